#include "sw/golden/special.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sw/golden/fp_env.h"
#include "sw/golden/lanes.h"

namespace weft::golden {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Largest relative error over a fraction sweep of [from, 2 * from) that meets every segment and its ends.
template <typename Function, typename Exact>
double WorstError(float from, Function function, Exact exact) {
  double worst = 0;
  for (uint32_t fraction = 0; fraction < (1u << 23); fraction += fraction % 131072 < 64 ? 1 : 61) {
    const float x = FromBits(Bits(from) + fraction);
    const double want = exact(static_cast<double>(x));
    worst = std::max(worst, std::fabs(function(x) - want) / want);
  }
  return worst;
}

// The bounds of docs/numerics.md section 1.
TEST(SpecialTest, ErrorStaysBelowTheStatedBounds) {
  const FpEnv env;
  EXPECT_LT(WorstError(
                1.0f, [](float x) { return Exp2(x - 1.0f); }, [](double x) { return std::exp2(x - 1); }),
            std::exp2(-21.4));
  EXPECT_LT(WorstError(1.0f, Recip, [](double x) { return 1 / x; }), std::exp2(-20.6));
  const auto rsqrt = [](double x) { return 1 / std::sqrt(x); };
  EXPECT_LT(WorstError(1.0f, Rsqrt, rsqrt), std::exp2(-21.9));
  EXPECT_LT(WorstError(2.0f, Rsqrt, rsqrt), std::exp2(-21.9));
}

TEST(SpecialTest, PowersOfTwoAreExact) {
  const FpEnv env;
  for (int n = -126; n < 128; ++n) {
    const float power = std::ldexp(1.0f, n);
    EXPECT_EQ(Exp2(static_cast<float>(n)), power);
    EXPECT_EQ(Recip(power), n <= 126 ? std::ldexp(1.0f, -n) : 0.0f);
  }
  EXPECT_EQ(Exp2(-0.0f), 1.0f);
  EXPECT_EQ(Recip(-4.0f), -0.25f);
}

TEST(SpecialTest, Corners) {
  const FpEnv env;
  const struct {
    float (*function)(float);
    float x;
    uint32_t want;
  } kCases[] = {
      {Exp2, kNan, kNanBits},
      {Exp2, kInf, kInfBits},
      {Exp2, -kInf, 0},
      {Exp2, 128.0f, kInfBits},
      {Exp2, FromBits(0x42ffffff), 0x7f7fffa7},  // the last float below 128
      {Exp2, -126.0f, 0x00800000},
      {Exp2, FromBits(0xc2fc0001), 0},  // the first below -126
      {Exp2, FromBits(0x00000001), 0x3f800000},
      {Recip, kNan, kNanBits},
      {Recip, 0.0f, kInfBits},
      {Recip, -0.0f, kInfBits | 0x80000000u},
      {Recip, FromBits(0x80000001), kInfBits | 0x80000000u},
      {Recip, kInf, 0},
      {Recip, -kInf, 0x80000000u},
      {Recip, std::ldexp(1.0f, 127), 0},
      {Recip, -3e38f, 0x80000000u},
      {Rsqrt, kNan, kNanBits},
      {Rsqrt, 0.0f, kInfBits},
      {Rsqrt, -0.0f, kInfBits},
      {Rsqrt, FromBits(0x80000001), kInfBits},
      {Rsqrt, -1.0f, kNanBits},
      {Rsqrt, -kInf, kNanBits},
      {Rsqrt, kInf, 0},
  };
  for (const auto& c : kCases) EXPECT_EQ(Bits(c.function(c.x)), c.want) << std::hex << Bits(c.x);
}

TEST(SpecialTest, TableComesFromTheFormula) {
  EXPECT_EQ(Segment(Curve::kExp2, 0).c0, std::lround((std::exp2(0.5 / 64) - 1) * 67108864));
  EXPECT_EQ(Segment(Curve::kRecip, 63).c1, std::lround(-2 / std::pow(1 + 63.5 / 64, 2) * 32768));
  EXPECT_EQ(Segment(Curve::kRsqrtEven, 7).c2, std::lround(0.75 * std::pow(1 + 7.5 / 64, -2.5) * 1024));
  EXPECT_EQ(Segment(Curve::kRsqrtOdd, 7).c2,
            std::lround(0.75 * std::sqrt(0.5) * std::pow(1 + 7.5 / 64, -2.5) * 1024));
}

TEST(SpecialTest, BlocksEqualTheScalarFunctions) {
  const FpEnv env;
  float x[lanes::kLanes], exp2[lanes::kLanes], recip[lanes::kLanes];
  // 2^32 in uneven steps: every exponent, both signs, NaN and infinity.
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32);) {
    for (float& v : x) v = FromBits(static_cast<uint32_t>(bits)), bits += 4999;
    Exp2Block(x, exp2, lanes::kLanes);
    RecipBlock(x, recip, lanes::kLanes);
    for (int i = 0; i < lanes::kLanes; ++i) {
      ASSERT_EQ(Bits(exp2[i]), Bits(Exp2(x[i]))) << std::hex << Bits(x[i]);
      ASSERT_EQ(Bits(recip[i]), Bits(Recip(x[i]))) << std::hex << Bits(x[i]);
    }
  }
}

}  // namespace
}  // namespace weft::golden
