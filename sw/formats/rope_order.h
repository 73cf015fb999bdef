// The two orders of a head's elements that checkpoints use for RoPE.
//
// Interleaved: elements 2i and 2i + 1 rotate together (llama2.c, GGUF files of Llama, every Checkpoint here).
// Half-split: elements i and i + head_dim / 2 do (Hugging Face, GGUF files of Qwen).
#pragma once

#include <cstdint>

#include "sw/model/checkpoint.h"

namespace weft {

enum class RopeOrder { kInterleaved, kHalfSplit };

// Reorders the rows of Wq or Wk, or the elements of a bias or gain (one row of F32, F16 or BF16), within each
// head. The count must be a multiple of head_dim.
void ReorderHeads(Tensor* tensor, uint32_t head_dim, RopeOrder from, RopeOrder to);

// The same for every tensor of the checkpoint that a head's order concerns.
void ReorderHeads(Checkpoint* checkpoint, RopeOrder from, RopeOrder to);

}  // namespace weft
