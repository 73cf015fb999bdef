// Operands for floating-point benches: every corner value, and random numbers that land where mistakes are
// made.
#pragma once

#include <array>
#include <cstdint>
#include <random>

#include "sw/golden/fp_env.h"

namespace weft::bench {

inline constexpr std::array<uint32_t, 37> kCorners = {
    0x00000000, 0x80000000,                                                  // zeros
    0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00400000,              // subnormals
    0x00800000, 0x80800000, 0x00800001, 0x00ffffff, 0x01000000, 0x80ffffff,  // the smallest normals
    0x3f800000, 0xbf800000, 0x3f800001, 0x3f7fffff, 0x40000000, 0x34000000, 0x33800000,
    0x33000000, 0x1fffffff, 0x20000000, 0x3f000000, 0x4b800000,  // products and sums around the edges
    0x42fc0000, 0xc2fc0000, 0xc2fc0001, 0x43000000, 0x42ffffff, 0xc3000000,  // range of exp2
    0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,                          // largest, infinities
    0x7fc00000, 0xffa00001};                                                 // NaN

class Operands {
 public:
  explicit Operands(uint32_t seed) : engine_(seed) {}

  uint32_t Word() { return static_cast<uint32_t>(engine_()); }

  // Any bit pattern; now and then a corner, few significand bits, or a moderate exponent.
  uint32_t Float() {
    const uint32_t pick = Word();
    const uint32_t bits = Word();
    switch (pick & 7) {
      case 0:
        return kCorners[bits % kCorners.size()];
      case 1:
        return bits & 0xfff80000u;
      case 2:
        return (bits & 0xffff8000u) | 0x7fffu;
      case 3:
      case 4:
        return Moderate(20);
      default:
        return bits;
    }
  }

  // A normal number within 2^+-range.
  uint32_t Moderate(int range) {
    const uint32_t bits = Word();
    const uint32_t exponent = 127 - range + Word() % (2 * range + 1);
    return (bits & 0x807fffffu) | exponent << 23;
  }

  // A partner for a: often near it in magnitude, so that sums cancel and quotients tie.
  uint32_t Near(uint32_t a) {
    const uint32_t pick = Word();
    if ((pick & 3) != 0) return Float();
    const int32_t shift = static_cast<int32_t>(Word() % 55) - 27;
    const uint32_t exponent = ((a >> 23 & 0xffu) + static_cast<uint32_t>(shift)) & 0xffu;
    const uint32_t fraction = (pick & 4) ? a + Word() % 9 - 4 : Word();
    return (Word() & 0x80000000u) | exponent << 23 | (fraction & 0x7fffffu);
  }

  // A partner for `a` (its fraction is made odd) such that what rounding drops from the product is half a
  // unit, or one part in 2^22 beside it, or nearly nothing: random operands almost never tie.
  uint32_t Tie(uint32_t& a) {
    a |= 1;
    const uint32_t odd = (a & 0x7fffffu) | 0x800000u;
    uint32_t inverse = odd;  // modulo 2^32, by Newton's iteration
    for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
    const uint32_t dropped = 23 + (Word() & 1);  // bits, by the size of the product
    const uint32_t half = (Word() & 3) ? 1u << (dropped - 1) : 0;
    const uint32_t low = (half + Word() % 3 - 1) * inverse;  // odd * low ends in the wanted bits
    return (Word() & 0x80000000u) | (96 + Word() % 64) << 23 | (low & 0x7fffffu);
  }

  std::mt19937& engine() { return engine_; }

 private:
  std::mt19937 engine_;
};

// Equal bits, or both NaN (any payload, any sign).
inline bool SameFloat(uint32_t a, uint32_t b) {
  return a == b || (golden::IsNan(golden::FromBits(a)) && golden::IsNan(golden::FromBits(b)));
}

}  // namespace weft::bench
