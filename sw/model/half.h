// IEEE 754 binary16 <-> binary32 in integer arithmetic: the same bits on every host, whatever its float mode.
#pragma once

#include <bit>
#include <cstdint>

namespace weft {

// Exact for every input; NaN keeps its sign and payload.
inline float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  const uint32_t fraction = half & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  if (fraction == 0) return std::bit_cast<float>(sign);
  // Subnormal: fraction * 2^-24. Its highest set bit becomes the hidden one.
  const int top = 31 - std::countl_zero(fraction);
  return std::bit_cast<float>(sign | static_cast<uint32_t>(top + 103) << 23 |
                              ((fraction << (23 - top)) & 0x7fffffu));
}

// Rounds to nearest, ties to even, subnormals kept, overflow to infinity; every NaN becomes 0x7E00.
inline uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return 0x7e00;
  if (magnitude >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7c00u);  // 2^16 and above
  uint32_t kept;     // the half's magnitude, rounded down
  uint32_t dropped;  // the bits rounded away, and the value of half a unit among them
  uint32_t tie;
  if (magnitude >= 0x38800000u) {  // 2^-14 and above: normal
    kept = (magnitude >> 13) - (112u << 10);
    dropped = magnitude & 0x1fffu;
    tie = 0x1000u;
  } else {
    if (magnitude < 0x33000000u) return static_cast<uint16_t>(sign);  // below 2^-25
    const uint32_t fraction = (magnitude & 0x7fffffu) | 0x800000u;
    const uint32_t shift = 126 - (magnitude >> 23);  // 14 .. 24
    kept = fraction >> shift;
    dropped = fraction & ((1u << shift) - 1);
    tie = 1u << (shift - 1);
  }
  // A carry out of the fraction steps the exponent, up to infinity, as it should.
  if (dropped > tie || (dropped == tie && (kept & 1))) ++kept;
  return static_cast<uint16_t>(sign | kept);
}

}  // namespace weft
