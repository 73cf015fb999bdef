#include "sw/golden/special.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sw/golden/fp_env.h"

namespace weft::golden {
namespace {

struct Derivatives {
  double y, dy, ddy;
};

Derivatives Evaluate(Curve curve, double x) {
  const double ln2 = std::log(2.0);
  const double one = 1 + x;
  switch (curve) {
    case Curve::kExp2:
      return {std::exp2(x), ln2 * std::exp2(x), ln2 * ln2 * std::exp2(x)};
    case Curve::kRecip:
      return {2 / one, -2 / (one * one), 4 / (one * one * one)};
    case Curve::kRsqrtEven:
    case Curve::kRsqrtOdd: {
      const double y = 2 / std::sqrt(curve == Curve::kRsqrtOdd ? 2 * one : one);
      return {y, -y / (2 * one), 3 * y / (4 * one * one)};
    }
  }
  return {};
}

using Table = std::array<std::array<Quadratic, kSegments>, kCurves>;

Table MakeTable() {
  Table table;
  for (int curve = 0; curve < kCurves; ++curve) {
    for (int segment = 0; segment < kSegments; ++segment) {
      const Derivatives d = Evaluate(static_cast<Curve>(curve), (segment + 0.5) / kSegments);
      table[curve][segment] = {static_cast<int32_t>(std::lround((d.y - 1) * (1 << 26))),
                               static_cast<int32_t>(std::lround(d.dy * (1 << 15))),
                               static_cast<int32_t>(std::lround(d.ddy / 2 * (1 << 10)))};
    }
  }
  return table;
}

const Table kTable = MakeTable();

// sign and exponent field with a fraction; a field below 1 is zero of that sign.
float Assemble(uint32_t sign, int32_t exponent, uint32_t fraction) {
  if (exponent < 1) return FromBits(sign);
  return FromBits(sign | static_cast<uint32_t>(exponent) << 23 | fraction);
}

}  // namespace

const Quadratic& Segment(Curve curve, int segment) { return kTable[static_cast<int>(curve)][segment]; }

uint32_t Mantissa(Curve curve, uint32_t fraction) {
  const Quadratic& c = Segment(curve, static_cast<int>(fraction >> 17));
  const int32_t dx = static_cast<int32_t>((fraction >> 1) & 0xffffu) - 32768;
  const int32_t t = c.c0 + ((c.c1 * dx) >> 11) + ((c.c2 * ((dx * dx) >> 15)) >> 13);
  return static_cast<uint32_t>(std::clamp((t + 4) >> 3, 0, 0x7fffff));
}

float Exp2(float x) {
  if (IsNan(x)) return FromBits(kNanBits);
  if (x >= 128.0f) return FromBits(kInfBits);
  if (x < -126.0f) return 0.0f;
  const float scaled = x * 8388608.0f;  // exact
  int32_t fixed = static_cast<int32_t>(scaled);
  if (static_cast<float>(fixed) > scaled) --fixed;  // truncation to floor
  const uint32_t fraction = static_cast<uint32_t>(fixed) & 0x7fffffu;
  return Assemble(0, (fixed >> 23) + 127, fraction == 0 ? 0 : Mantissa(Curve::kExp2, fraction));
}

float Recip(float x) {
  if (IsNan(x)) return FromBits(kNanBits);
  const uint32_t sign = Bits(x) & 0x80000000u;
  const int32_t exponent = static_cast<int32_t>(Bits(x) >> 23 & 0xffu);
  const uint32_t fraction = Bits(x) & 0x7fffffu;
  if (exponent == 0) return FromBits(sign | kInfBits);
  if (exponent == 255) return FromBits(sign);
  if (fraction == 0) return Assemble(sign, 254 - exponent, 0);
  return Assemble(sign, 253 - exponent, Mantissa(Curve::kRecip, fraction));
}

float Rsqrt(float x) {
  if (IsNan(x)) return FromBits(kNanBits);
  const int32_t exponent = static_cast<int32_t>(Bits(x) >> 23 & 0xffu);
  if (exponent == 0) return FromBits(kInfBits);
  if (Bits(x) >> 31) return FromBits(kNanBits);
  if (exponent == 255) return 0.0f;
  const int32_t u = exponent - 127;
  const Curve curve = (u & 1) ? Curve::kRsqrtOdd : Curve::kRsqrtEven;
  return Assemble(0, 126 - (u >> 1), Mantissa(curve, Bits(x) & 0x7fffffu));
}

}  // namespace weft::golden
