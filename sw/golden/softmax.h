// Online softmax over one block of 32 positions. docs/numerics.md section 4; rtl/softmax.
#pragma once

#include <cstdint>

namespace weft::golden {

// What a virtual row (one query head of one row) carries from block to block.
struct VrowState {
  float m;  // running maximum
  float l;  // running sum
};

struct SoftmaxBlockResult {
  int8_t q[32];  // probabilities times V scales, quantized
  float sp;      // their scale
  float alpha;   // what the V accumulators are multiplied by; 0 and unused in the first block
  bool first;
};

// scores[32], of which the first `valid` (1..32) count; sv[32] fp16 V scales.
SoftmaxBlockResult SoftmaxBlock(VrowState& state, bool first, const float* scores, int valid,
                                const uint16_t* sv);

}  // namespace weft::golden
