// Dynamic int8 of activations, one group at a time. docs/numerics.md section 2; rtl/quantizer.
#pragma once

#include <cstdint>

namespace weft::golden {

inline constexpr int kGroup = 32;

// q[n] <- v[n]; returns the group's fp32 scale. NaN or infinity anywhere: zeros and a NaN scale.
float Quantize(const float* v, int n, float qs, int8_t* q);

}  // namespace weft::golden
