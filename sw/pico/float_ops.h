// The engine's float operations on bit patterns, by docs/numerics.md section 1. Callers hold a golden::FpEnv.
#pragma once

#include <cstdint>

namespace weft::pico {

uint32_t FloatAdd(uint32_t a, uint32_t b);
uint32_t FloatMultiply(uint32_t a, uint32_t b);
// a + b, what does not fit the fraction cut off; an overflow is infinity all the same.
uint32_t FloatAddTruncated(uint32_t a, uint32_t b);
// By sign and magnitude: +0 and -0 are equal, a NaN is not greater nor is anything greater; subnormals are not flushed.
bool FloatGreater(uint32_t a, uint32_t b);
// |a|, or b as it is if its magnitude is larger.
uint32_t AbsoluteMax(uint32_t a, uint32_t b);
bool FloatIsNan(uint32_t a);
// The fraction that SPEC gives: row 0 exp2, 1 reciprocal, 2 and 3 reciprocal square root.
uint32_t SpecialFraction(int table, uint32_t a);
// The two summands of fp16 a as fp32.
uint32_t HalfFirst(uint32_t a);
uint32_t HalfSecond(uint32_t a);

}  // namespace weft::pico
