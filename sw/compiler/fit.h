// Whether a model fits a configuration, and where its activations live.
#pragma once

#include <cstdint>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/compiler/layout.h"
#include "sw/model/checkpoint.h"

namespace weft {

// Base addresses in each column's activation memory, in words. h shares its words with q, p and o: it is
// written after the last read of o and read before the next layer's queries.
struct ActMap {
  uint32_t xn = 0;  // gain * residual, [pass][ceil(dim / 32)]
  uint32_t q = 0;   // queries, [set][q_passes][k_groups]
  uint32_t p = 0;   // probabilities, [4][passes]
  uint32_t o = 0;   // attention output, [pass][ceil(heads * head_dim / 32)]
  uint32_t h = 0;   // SwiGLU output, [pass][ceil(hidden / 32)]
  uint32_t words = 0;
};

struct ModelFit {
  uint32_t context = 0;
  uint32_t slots = 0;
  uint32_t max_rows = 0;
  uint32_t q_passes = 0;
  KvGeometry kv;
  uint64_t k_region = 0;  // bytes of a layer's K region, all slots
  uint64_t v_region = 0;
  ActMap act;
};

// What the configuration's memory must hold beside the tape.
inline uint64_t MemoryNeeds(const ModelConfig& model, const ModelFit& fit, uint32_t port) {
  return model.layers * (fit.k_region + fit.v_region) + uint64_t{fit.max_rows} * AlignUp(uint64_t{model.vocab} * 4, port);
}
// Refuses a tape that is longer than the configuration's storage.
Status CheckTapeBytes(const HwConfig& hw, uint64_t bytes);

// The placement, or a sentence that names the first limit exceeded. copies_log2: columns that hold a copy of each row,
// the most that any matrix asks for (PartsLog2 of its weights). Without a context in the options it is as long as model,
// configuration and memory allow; if the memory sets the limit, a multiple of 32.
Result<ModelFit> FitModel(const ModelConfig& model, const HwConfig& hw, const CompileOptions& options,
                          uint32_t copies_log2);

}  // namespace weft
