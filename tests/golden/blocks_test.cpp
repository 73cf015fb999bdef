// Corner values of the block functions; docs/numerics.md is the source of every expectation.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "sw/golden/activations.h"
#include "sw/golden/dequant.h"
#include "sw/golden/fp_env.h"
#include "sw/golden/matrix.h"
#include "sw/golden/prim.h"
#include "sw/golden/quantizer.h"
#include "sw/golden/rmsnorm.h"
#include "sw/golden/rope.h"
#include "sw/golden/softmax.h"
#include "sw/golden/special.h"
#include "sw/golden/swiglu.h"

namespace weft::golden {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kQs = 1.0f / 127;

TEST(FpEnvTest, SubnormalsAreZeroAndTheOldModeComesBack) {
  volatile float tiny = std::numeric_limits<float>::min();
  {
    const FpEnv env;
    EXPECT_EQ(Bits(Mul(tiny, 0.5f)), 0u);
    EXPECT_EQ(Bits(Mul(tiny, -0.5f)), 0x80000000u);
    EXPECT_EQ(Bits(Add(FromBits(1), FromBits(1))), 0u);
    // Tiny counts after rounding to 24 bits: 1 - 2^-24 stays below 1, 1 - 2^-26 rounds up to it.
    EXPECT_EQ(Bits(Mul(FromBits(0x00ffffff), 0.5f)), 0u);
    EXPECT_EQ(Bits(Mul(FromBits(0x00800400), 1.0f - 0x1p-13f)), 0x00800000u);
  }
  EXPECT_NE(tiny * 0.5f, 0.0f);
}

TEST(PrimTest, NanIsCanonicalAndZerosCancelToPlusZero) {
  const FpEnv env;
  EXPECT_EQ(Bits(Add(kInf, -kInf)), kNanBits);
  EXPECT_EQ(Bits(Mul(0.0f, FromBits(0xff800000u))), kNanBits);
  EXPECT_EQ(Bits(Add(1.5f, -1.5f)), 0u);
  EXPECT_EQ(Bits(Add(-0.0f, -0.0f)), 0x80000000u);
  EXPECT_FALSE(Gt(kNan, 0));
  EXPECT_FALSE(Gt(0, kNan));
  EXPECT_FALSE(Gt(0.0f, -0.0f));
  EXPECT_EQ(F2h(kNan), 0x7e00);
  EXPECT_EQ(F2h(-kNan), 0x7e00);
  EXPECT_EQ(F2h(65520.0f), 0x7c00);
  EXPECT_EQ(F2h(6e-8f), 1);  // a subnormal half
  EXPECT_EQ(H2f(1), std::ldexp(1.0f, -24));
}

TEST(PrimTest, RoundsToInt8) {
  const FpEnv env;
  EXPECT_EQ(RoundInt8(0.5f), 0);
  EXPECT_EQ(RoundInt8(1.5f), 2);
  EXPECT_EQ(RoundInt8(-2.5f), -2);
  EXPECT_EQ(RoundInt8(126.5f), 126);
  EXPECT_EQ(RoundInt8(1e30f), 127);
  EXPECT_EQ(RoundInt8(-kInf), -127);
  EXPECT_EQ(RoundInt8(kNan), 0);
}

TEST(QuantizerTest, Corners) {
  const FpEnv env;
  int8_t q[4] = {9, 9, 9, 9};
  const float zeros[4] = {0, -0.0f, 0, 0};
  EXPECT_EQ(Bits(Quantize(zeros, 4, kQs, q)), 0u);
  EXPECT_EQ(q[0], 0);
  const float below = std::nextafter(std::ldexp(1.0f, -100), 0.0f);
  EXPECT_EQ(Bits(Quantize(&below, 1, kQs, q)), 0u);
  const float at = std::ldexp(1.0f, -100);
  EXPECT_EQ(Quantize(&at, 1, kQs, q), at * kQs);
  EXPECT_EQ(q[0], 127);
  for (float bad : {kNan, kInf, -kInf}) {
    const float v[4] = {1, bad, -3, 2};
    EXPECT_EQ(Bits(Quantize(v, 4, kQs, q)), kNanBits);
    EXPECT_EQ(q[2], 0);
  }
  const float v[4] = {-8, 4, 0.03f, 8};
  EXPECT_EQ(Quantize(v, 4, kQs, q), 8 * kQs);
  EXPECT_EQ(q[0], -127);
  EXPECT_EQ(q[1], 64);  // 63.5 to even
  EXPECT_EQ(q[2], 0);
  EXPECT_EQ(q[3], 127);
  const float large = std::numeric_limits<float>::max();  // its reciprocal is subnormal: zero
  EXPECT_EQ(Quantize(&large, 1, kQs, q), large * kQs);
  EXPECT_EQ(q[0], 0);
}

TEST(QuantizerTest, LanesEqualTheBlockFunction) {
  const FpEnv env;
  std::mt19937 rng(1);
  std::uniform_int_distribution<int> exponent(-140, 127);
  for (int round = 0; round < 20000; ++round) {
    float v[32] = {};
    const int n = 1 + static_cast<int>(rng() % 32);
    const int e = exponent(rng);
    for (float& x : v) x = std::ldexp(static_cast<float>(rng() % 2001) / 1000 - 1, e);
    if (round % 50 == 0) v[rng() % 32] = round % 100 == 0 ? kNan : -kInf;
    int8_t want[32] = {}, got[32];
    int32_t minus_128_sum;
    const float want_scale = Quantize(v, n, kQs, want);
    const float got_scale = QuantizeGroup(v, n, kQs, got, &minus_128_sum);
    ASSERT_EQ(Bits(want_scale), Bits(got_scale));
    int32_t sum = 0;
    for (int i = 0; i < 32; ++i) {
      ASSERT_EQ(want[i], got[i]) << "element " << i << " of " << n;
      sum += want[i];
    }
    ASSERT_EQ(minus_128_sum, -128 * sum);
  }
}

TEST(MatrixTest, ExtremesDoNotSaturate) {
  int8_t low[32], high[32];
  std::fill_n(low, 32, int8_t{-128});
  std::fill_n(high, 32, int8_t{127});
  EXPECT_EQ(Dot(low, high, 32), -128 * 127 * 32);
  EXPECT_EQ(Dot(low, low, 12), 128 * 128 * 12);
}

TEST(DequantTest, FirstGroupIsStored) {
  const FpEnv env;
  const uint16_t half = 0x3800;  // 0.5
  EXPECT_EQ(DequantAdd(kNan, true, half, 3.0f, 7), 10.5f);
  EXPECT_EQ(DequantAdd(1.0f, false, half, 3.0f, 7), 11.5f);
  EXPECT_EQ(Bits(DequantAdd(0, true, half, kNan, 0)), kNanBits);
  EXPECT_EQ(AttentionAdd(kNan, true, 0.5f, 2.0f, 5), 10.0f);
  EXPECT_EQ(AttentionAdd(4.0f, false, 0.5f, 2.0f, 5), 12.0f);
}

TEST(RopeTest, TurnsAPair) {
  const FpEnv env;
  const Pair y = Rope({1, 2}, 0.6f, 0.8f);
  EXPECT_EQ(y.v0, (1 * 0.6f) - (2 * 0.8f));
  EXPECT_EQ(y.v1, (1 * 0.8f) + (2 * 0.6f));
}

TEST(RmsNormTest, EightPartialSums) {
  const FpEnv env;
  SumSquares squares;
  // Partial 0 holds 2^24 and then 1: the 1 is lost there, but not in partial 1.
  squares.Add(0, 4096.0f);
  squares.Add(8, 1.0f);
  squares.Add(1, 1.0f);
  squares.Add(9, 1.0f);
  EXPECT_EQ(squares.Total(), 16777218.0f);
  EXPECT_EQ(Rinv(4.0f, 0.25f, 0.0f), Rsqrt(1.0f));
  EXPECT_EQ(Bits(Rinv(kNan, 1, 0)), kNanBits);
  EXPECT_EQ(Rinv(kInf, 1, 0), 0.0f);
}

TEST(SwiGluTest, Corners) {
  const FpEnv env;
  EXPECT_EQ(SwiGlu(0, 5), 0.0f);
  EXPECT_EQ(SwiGlu(200, 2), 400.0f);
  EXPECT_EQ(SwiGlu(-200, 2), 0.0f);
  EXPECT_EQ(Bits(SwiGlu(-kInf, 2)), kNanBits);  // -inf * 0
  EXPECT_EQ(Bits(kMinusLog2E), 0xbfb8aa3bu);
}

TEST(SoftmaxTest, OneValidPositionTakesAll) {
  const FpEnv env;
  VrowState state{};
  float scores[32];
  uint16_t sv[32];
  std::fill_n(scores, 32, kNan);  // what lies past the valid positions does not matter
  std::fill_n(sv, 32, uint16_t{0x7e00});
  scores[0] = -3;
  sv[0] = 0x3c00;
  const auto out = SoftmaxBlock(state, true, scores, 1, sv);
  EXPECT_EQ(state.m, -3);
  EXPECT_EQ(state.l, 1);
  EXPECT_EQ(out.q[0], 127);
  EXPECT_EQ(out.q[1], 0);
  EXPECT_EQ(out.sp, kQs);
}

TEST(SoftmaxTest, LaterBlocksRescale) {
  const FpEnv env;
  VrowState state{};
  float scores[32] = {};
  uint16_t sv[32];
  std::fill_n(sv, 32, uint16_t{0x3c00});
  EXPECT_EQ(SoftmaxBlock(state, true, scores, 32, sv).first, true);
  EXPECT_EQ(state.l, 32);
  std::fill_n(scores, 32, 1.0f);
  const auto up = SoftmaxBlock(state, false, scores, 2, sv);
  EXPECT_EQ(up.alpha, 0.5f);
  EXPECT_EQ(state.m, 1);
  EXPECT_EQ(state.l, 18);
  std::fill_n(scores, 32, -1.0f);
  const auto down = SoftmaxBlock(state, false, scores, 4, sv);
  EXPECT_EQ(down.alpha, 1);  // exp2(0) is exactly 1
  EXPECT_EQ(state.l, 19);
}

TEST(SoftmaxTest, NanScoresPoisonTheSumNotTheMaximum) {
  const FpEnv env;
  VrowState state{};
  float scores[32] = {kNan, 2, 1};
  uint16_t sv[32];
  std::fill_n(sv, 32, uint16_t{0x3c00});
  const auto out = SoftmaxBlock(state, true, scores, 3, sv);
  EXPECT_EQ(state.m, 2);
  EXPECT_EQ(Bits(state.l), kNanBits);
  EXPECT_EQ(Bits(out.sp), kNanBits);
}

}  // namespace
}  // namespace weft::golden
