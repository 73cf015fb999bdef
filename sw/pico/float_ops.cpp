#include "sw/pico/float_ops.h"

#include <bit>
#include <utility>

#include "sw/golden/fp_env.h"
#include "sw/golden/special.h"

namespace weft::pico {
namespace {

using golden::Bits;
using golden::FromBits;

constexpr uint32_t kSign = 0x80000000u;

uint32_t Exponent(uint32_t a) { return a >> 23 & 0xff; }
uint32_t FlushInput(uint32_t a) { return Exponent(a) == 0 ? a & kSign : a; }

}  // namespace

uint32_t FloatAdd(uint32_t a, uint32_t b) { return Bits(golden::Canon(FromBits(a) + FromBits(b))); }
uint32_t FloatMultiply(uint32_t a, uint32_t b) { return Bits(golden::Canon(FromBits(a) * FromBits(b))); }
bool FloatIsNan(uint32_t a) { return golden::IsNan(FromBits(a)); }

bool FloatGreater(uint32_t a, uint32_t b) {
  const auto key = [](uint32_t x) {
    const int32_t magnitude = static_cast<int32_t>(x & ~kSign);
    return x & kSign ? -magnitude : magnitude;
  };
  return !FloatIsNan(a) && !FloatIsNan(b) && key(a) > key(b);
}

uint32_t AbsoluteMax(uint32_t a, uint32_t b) {
  const uint32_t magnitude = a & ~kSign;
  return magnitude < (b & ~kSign) ? b : magnitude;
}

uint32_t FloatAddTruncated(uint32_t a, uint32_t b) {
  a = FlushInput(a);
  b = FlushInput(b);
  // NaN, infinity and zero need no rounding.
  if (Exponent(a) == 255 || Exponent(b) == 255 || (a & ~kSign) == 0 || (b & ~kSign) == 0) return FloatAdd(a, b);
  if ((a & ~kSign) < (b & ~kSign)) std::swap(a, b);

  // The larger significand at bit 38, so that the smaller loses nothing up to an exponent difference of 38; beyond that
  // its lost bits become one bit below all others, which decides where a difference is cut.
  constexpr uint32_t kShift = 37;
  const uint32_t distance = Exponent(a) - Exponent(b);
  const uint64_t large = (uint64_t{(a & 0x7fffffu) | 0x800000u} << kShift) << 1;
  const uint64_t exact = uint64_t{(b & 0x7fffffu) | 0x800000u} << kShift;
  uint64_t small = 1;
  if (distance < 62) {
    small = (exact >> distance) << 1;
    if ((exact >> distance << distance) != exact) small |= 1;
  }
  const uint64_t sum = (a ^ b) & kSign ? large - small : large + small;
  if (sum == 0) return 0;  // of opposite signs: +0
  const int top = 63 - std::countl_zero(sum);
  const int exponent = static_cast<int>(Exponent(a)) + top - (23 + static_cast<int>(kShift) + 1);
  const uint32_t sign = a & kSign;
  if (exponent < 1) return sign;
  if (exponent > 254) return sign | golden::kInfBits;
  return sign | static_cast<uint32_t>(exponent) << 23 | (static_cast<uint32_t>(sum >> (top - 23)) & 0x7fffffu);
}

uint32_t SpecialFraction(int table, uint32_t a) {
  const uint32_t fraction = a & 0x7fffffu;
  if (fraction == 0 && table < 2) return 0;
  return golden::Mantissa(static_cast<golden::Curve>(table), fraction);
}

uint32_t HalfFirst(uint32_t a) {
  const uint32_t exponent = a >> 10 & 31, fraction = a & 0x3ff;
  uint32_t wide = exponent + 112;
  if (exponent == 31) wide = 255;
  if (exponent == 0) wide = fraction != 0 ? 113 : 0;
  return (a & 0x8000u) << 16 | wide << 23 | fraction << 13;
}

uint32_t HalfSecond(uint32_t a) {
  const uint32_t subnormal = (a >> 10 & 31) == 0 && (a & 0x3ff) != 0;
  return ((a >> 15 & 1) ^ subnormal) << 31 | (subnormal ? 113u << 23 : 0);
}

}  // namespace weft::pico
