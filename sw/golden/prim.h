// The arithmetic primitives of rtl/prim, one call an operation. NaN results are canonical.
#pragma once

#include <cstdint>

namespace weft::golden {

float Mul(float a, float b);
float Add(float a, float b);
// a > b; false when either is NaN.
bool Gt(float a, float b);

// fp16 -> fp32, exact.
float H2f(uint16_t half);
// fp32 -> fp16, nearest even, subnormal fp16 kept; NaN gives 0x7e00.
uint16_t F2h(float x);
// Exact: |i| < 2^24.
float I2f(int32_t i);
// clamp(rne(x), -127, 127); NaN gives 0.
int8_t RoundInt8(float x);

}  // namespace weft::golden
