// The scalar special functions, inline, for the machine's inner loops. special.cpp holds the table.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sw/golden/fp_env.h"
#include "sw/golden/special.h"

namespace weft::golden::inl {

extern const Quadratic (&kTable)[kCurves][kSegments];

inline uint32_t Mantissa(Curve curve, uint32_t fraction) {
  const Quadratic& c = kTable[static_cast<int>(curve)][fraction >> 17];
  const int32_t dx = static_cast<int32_t>((fraction >> 1) & 0xffffu) - 32768;
  const int32_t t = c.c0 + ((c.c1 * dx) >> 11) + ((c.c2 * ((dx * dx) >> 15)) >> 13);
  return static_cast<uint32_t>(std::clamp((t + 4) >> 3, 0, 0x7fffff));
}

// sign and exponent field with a fraction; a field below 1 is zero of that sign.
inline float Assemble(uint32_t sign, int32_t exponent, uint32_t fraction) {
  if (exponent < 1) return FromBits(sign);
  return FromBits(sign | static_cast<uint32_t>(exponent) << 23 | fraction);
}

inline float Exp2(float x) {
  if (IsNan(x)) return FromBits(kNanBits);
  if (x >= 128.0f) return FromBits(kInfBits);
  if (x < -126.0f) return 0.0f;
  const float scaled = x * 8388608.0f;  // exact
  int32_t fixed = static_cast<int32_t>(scaled);
  if (static_cast<float>(fixed) > scaled) --fixed;  // truncation to floor
  const uint32_t fraction = static_cast<uint32_t>(fixed) & 0x7fffffu;
  return Assemble(0, (fixed >> 23) + 127, fraction == 0 ? 0 : inl::Mantissa(Curve::kExp2, fraction));
}

inline float Recip(float x) {
  if (IsNan(x)) return FromBits(kNanBits);
  const uint32_t sign = Bits(x) & 0x80000000u;
  const int32_t exponent = static_cast<int32_t>(Bits(x) >> 23 & 0xffu);
  const uint32_t fraction = Bits(x) & 0x7fffffu;
  if (exponent == 0) return FromBits(sign | kInfBits);
  if (exponent == 255) return FromBits(sign);
  if (fraction == 0) return Assemble(sign, 254 - exponent, 0);
  return Assemble(sign, 253 - exponent, inl::Mantissa(Curve::kRecip, fraction));
}

}  // namespace weft::golden::inl
