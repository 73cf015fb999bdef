// Checkpoint in, tape out: the instruction stream and payloads of docs/isa.md for one configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/compiler/config.h"
#include "sw/compiler/isa.h"
#include "sw/model/checkpoint.h"

namespace weft {

struct CompileOptions {
  uint32_t context = 0;  // positions per slot, at most the configuration's; 0: as many as the model was trained for
  uint32_t slots = 0;    // users in the KV cache; 0: the configuration's
  WeightType quant = WeightType::kInt8;  // what F32, F16 and BF16 matrices become: Q8_0, Q4_0 or TQ2_0 blocks
};

// A payload or table of the tape, for listings.
struct TapeSection {
  std::string label;  // "layer 3 wq"
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

// What one step must move and compute at least, from the checkpoint's own shape: weights of their types and fp16
// scales without padding. Utilization counts against these.
struct StepNeeds {
  uint64_t weight_bytes = 0;           // every matrix, once a step; LM head included
  uint64_t lm_head_bytes = 0;          // the part that is skipped when no row wants a token
  uint64_t gain_bytes = 0;             // norm vectors, once a step
  uint64_t embed_bytes_per_row = 0;    // the gathered embedding row
  uint64_t rope_bytes_per_row = 0;     // the gathered row of the RoPE table
  uint64_t kv_bytes_per_position = 0;  // read per cached position that a segment attends to
  uint64_t kv_bytes_per_row = 0;       // written
  uint64_t macs_per_row = 0;           // of the matrices; LM head included
  uint64_t lm_head_macs = 0;           // the part of rows that want a token
  uint64_t macs_per_position = 0;      // of attention: K and V, per row and position it attends to

  bool operator==(const StepNeeds&) const = default;
};

struct Tape {
  std::vector<uint8_t> bytes;
  uint32_t boot_count = 0;    // instructions of the first segment
  uint64_t kv_bytes = 0;      // memory for the KV cache, all slots
  uint32_t logit_stride = 0;  // bytes between the logit rows of a step, a multiple of the port
  uint32_t max_rows = 0;      // rows a step may hold with this model
  uint32_t context = 0;       // positions per slot
  uint32_t slots = 0;
  uint32_t vocab = 0;
  StepNeeds needs;
  std::vector<TapeSection> sections;
};

// Q8_0, Q4_0 and TQ2_0 matrices go to the tape bit for bit; others are quantized along K (sw/compiler/weights.h).
// The message of a model that does not fit names the limit.
Result<Tape> Compile(const Checkpoint& checkpoint, const HwConfig& hw, const CompileOptions& options = {});

}  // namespace weft
