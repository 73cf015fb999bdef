// Checkpoints of any shape with random weights, for timing and tests. The same seed gives the same bytes on every
// machine.
#pragma once

#include <cstdint>
#include <string>

#include "sw/base/result.h"
#include "sw/model/checkpoint.h"

namespace weft {

struct RandomModelOptions {
  uint32_t dim = 128, hidden = 352, layers = 2, heads = 4, kv_heads = 2, vocab = 512, context = 256;
  uint32_t head_dim = 0;  // 0: dim / heads
  std::string architecture = "llama";  // a name of sw/model/architecture.h
  bool tied = true;
  DType type = DType::kQ8_0;  // of the matrices: F32, F16, Q8_0, Q4_0 or TQ2_0
  bool mixed = false;         // instead, each matrix takes one of Q8_0, Q4_0, TQ2_0 and F16 that its rows allow
  uint32_t seed = 1;
};

// The message names the dimension that is wrong. Q8_0 and Q4_0 want every row a multiple of 32 long, TQ2_0 of 256.
Result<Checkpoint> RandomModel(const RandomModelOptions& options);

}  // namespace weft
