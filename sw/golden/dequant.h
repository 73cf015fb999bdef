// Group sums to fp32 accumulators. docs/numerics.md sections 3 and 4; rtl/dequant.
#pragma once

#include <cstdint>

namespace weft::golden {

// acc + (h2f(sw) * sa) * i2f(sum); the first group is stored instead of added.
float DequantAdd(float acc, bool first, uint16_t sw, float sa, int32_t sum);

// o * alpha + sp * i2f(sum): one block of probabilities times V; the first block is stored.
float AttentionAdd(float o, bool first, float alpha, float sp, int32_t sum);

}  // namespace weft::golden
