// exp2, reciprocal and reciprocal square root: one table of quadratics, evaluated in 32-bit integers.
// docs/numerics.md section 1; rtl/prim/weft_special.
#pragma once

#include <cstdint>

namespace weft::golden {

// Rows of the coefficient table.
enum class Curve { kExp2 = 0, kRecip = 1, kRsqrtEven = 2, kRsqrtOdd = 3 };
inline constexpr int kCurves = 4;
inline constexpr int kSegments = 64;

struct Quadratic {
  int32_t c0, c1, c2;  // units 2^-26, 2^-15, 2^-10
};

// Coefficients of one segment of [0, 1).
const Quadratic& Segment(Curve curve, int segment);
// The 23-bit fraction of y(fraction * 2^-23) - 1.
uint32_t Mantissa(Curve curve, uint32_t fraction);

float Exp2(float x);
float Recip(float x);
float Rsqrt(float x);

// y[i] = Exp2(x[i]) for n values; n is a multiple of 16.
void Exp2Block(const float* x, float* y, int n);
// The same for Recip, zeros and infinities included.
void RecipBlock(const float* x, float* y, int n);

}  // namespace weft::golden
