#include "sw/golden/special.h"

#include <cmath>

#include "sw/golden/fp_env.h"
#include "sw/golden/lanes_special.h"
#include "sw/golden/special_inl.h"

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

struct Tables {
  Quadratic quadratics[kCurves][kSegments];
  lanes::PackedCurve exp2;
  lanes::PackedCurve recip;
};

Tables MakeTables() {
  Tables t;
  for (int curve = 0; curve < kCurves; ++curve) {
    for (int segment = 0; segment < kSegments; ++segment) {
      const Derivatives d = Evaluate(static_cast<Curve>(curve), (segment + 0.5) / kSegments);
      t.quadratics[curve][segment] = {static_cast<int32_t>(std::lround((d.y - 1) * (1 << 26))),
                                      static_cast<int32_t>(std::lround(d.dy * (1 << 15))),
                                      static_cast<int32_t>(std::lround(d.ddy / 2 * (1 << 10)))};
    }
  }
  t.exp2 = lanes::Pack(t.quadratics[static_cast<int>(Curve::kExp2)]);
  t.recip = lanes::Pack(t.quadratics[static_cast<int>(Curve::kRecip)]);
  return t;
}

const Tables kTables = MakeTables();

}  // namespace

namespace inl {
const Quadratic (&kTable)[kCurves][kSegments] = kTables.quadratics;
}
namespace lanes {
const PackedCurve& kExp2Curve = kTables.exp2;
const PackedCurve& kRecipCurve = kTables.recip;
}  // namespace lanes

const Quadratic& Segment(Curve curve, int segment) { return inl::kTable[static_cast<int>(curve)][segment]; }
uint32_t Mantissa(Curve curve, uint32_t fraction) { return inl::Mantissa(curve, fraction); }
float Exp2(float x) { return inl::Exp2(x); }
float Recip(float x) { return inl::Recip(x); }

float Rsqrt(float x) {
  if (IsNan(x)) return FromBits(kNanBits);
  const int32_t exponent = static_cast<int32_t>(Bits(x) >> 23 & 0xffu);
  if (exponent == 0) return FromBits(kInfBits);
  if (Bits(x) >> 31) return FromBits(kNanBits);
  if (exponent == 255) return 0.0f;
  const int32_t u = exponent - 127;
  const Curve curve = (u & 1) ? Curve::kRsqrtOdd : Curve::kRsqrtEven;
  return inl::Assemble(0, 126 - (u >> 1), Mantissa(curve, Bits(x) & 0x7fffffu));
}

void Exp2Block(const float* x, float* y, int n) {
  for (int i = 0; i < n; i += lanes::kLanes) lanes::Store(y + i, lanes::Exp2(lanes::Load(x + i)));
}

void RecipBlock(const float* x, float* y, int n) {
  for (int i = 0; i < n; i += lanes::kLanes) lanes::Store(y + i, lanes::Recip(lanes::Load(x + i)));
}

}  // namespace weft::golden
