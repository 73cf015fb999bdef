#include "sw/model/quantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "sw/model/half.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft {
namespace {

Tensor FromFloats(const std::vector<float>& values, uint32_t rows) {
  Tensor tensor;
  tensor.rows = rows;
  tensor.cols = static_cast<uint32_t>(values.size() / rows);
  tensor.data.resize(values.size() * sizeof(float));
  std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
  return tensor;
}

uint16_t Scale(const Tensor& tensor, size_t block) {
  uint16_t half;
  std::memcpy(&half, &tensor.data[block * 34], sizeof half);
  return half;
}

int8_t Value(const Tensor& tensor, size_t block, size_t i) {
  return static_cast<int8_t>(tensor.data[block * 34 + 2 + i]);
}

TEST(QuantizeTest, FollowsTheStatedRuleForEachElement) {
  std::mt19937 rng(7);
  for (float spread : {1e-7f, 1e-5f, 1e-3f, 1.0f, 1e4f}) {
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> values(32 * 64);
    for (float& v : values) v = normal(rng);
    const Tensor q = QuantizeQ8_0(FromFloats(values, 8), 256);
    ASSERT_EQ(q.data.size(), 64u * 34);
    for (size_t block = 0; block < 64; ++block) {
      float amax = 0;
      for (size_t i = 0; i < 32; ++i) amax = std::max(amax, std::fabs(values[block * 32 + i]));
      ASSERT_EQ(Scale(q, block), FloatToHalf(amax / 127)) << "block " << block;
      const double d = HalfToFloat(Scale(q, block));
      for (size_t i = 0; i < 32; ++i) {
        const double ratio = d == 0 ? 0 : values[block * 32 + i] / d;
        const int found = Value(q, block, i);
        ASSERT_LE(std::abs(found), 127);
        if (std::fabs(ratio) <= 127) {
          ASSERT_LE(std::fabs(found - ratio), 0.5 + 1e-5) << "block " << block << " at " << i;
        } else {
          ASSERT_EQ(found, ratio > 0 ? 127 : -127);
        }
      }
    }
  }
}

TEST(QuantizeTest, TiesGoToEven) {
  std::vector<float> values(32, 0.0f);
  values[0] = 127;  // a scale of exactly 1
  values[1] = 0.5f;
  values[2] = 1.5f;
  values[3] = -2.5f;
  values[4] = -3.5f;
  const Tensor q = QuantizeQ8_0(FromFloats(values, 1), 32);
  EXPECT_EQ(Scale(q, 0), 0x3c00);
  EXPECT_EQ(Value(q, 0, 0), 127);
  EXPECT_EQ(Value(q, 0, 1), 0);
  EXPECT_EQ(Value(q, 0, 2), 2);
  EXPECT_EQ(Value(q, 0, 3), -2);
  EXPECT_EQ(Value(q, 0, 4), -4);
}

TEST(QuantizeTest, PadsEachRowWithZeros) {
  std::mt19937 rng(3);
  const Tensor in = testing::RandomTensor(3, 44, DType::kF16, rng);
  const Tensor q = QuantizeQ8_0(in, 96);
  EXPECT_EQ(q.rows, 3u);
  EXPECT_EQ(q.cols, 96u);
  std::vector<float> want(44), got(96);
  for (uint32_t row = 0; row < 3; ++row) {
    in.Row(row, want.data());
    q.Row(row, got.data());
    for (size_t i = 0; i < 44; ++i) EXPECT_NEAR(got[i], want[i], 0.01f);
    for (size_t i = 44; i < 96; ++i) EXPECT_EQ(got[i], 0.0f);
    EXPECT_EQ(Scale(q, row * 3 + 2), 0);
  }
}

TEST(QuantizeTest, TinyBlocksBecomeZeroAndHugeOnesSaturate) {
  std::vector<float> values(96, 0.0f);
  values[0] = 126 * std::ldexp(1.0f, -25);  // rounds to a zero scale
  values[32] = 128 * std::ldexp(1.0f, -25);
  values[64] = 3e38f;
  values[65] = -1e6f;
  const Tensor q = QuantizeQ8_0(FromFloats(values, 1), 96);
  EXPECT_EQ(Scale(q, 0), 0);
  EXPECT_EQ(Value(q, 0, 0), 0);
  EXPECT_EQ(Scale(q, 1), 1);  // the smallest subnormal
  EXPECT_EQ(Value(q, 1, 0), 64);
  EXPECT_EQ(Scale(q, 2), 0x7bff);
  EXPECT_EQ(Value(q, 2, 0), 127);
  EXPECT_EQ(Value(q, 2, 1), -15);
}

TEST(QuantizeTest, QuantizedBlocksStayBitForBit) {
  std::mt19937 rng(5);
  Tensor in = testing::RandomTensor(4, 64, DType::kQ8_0, rng);
  in.data[2] = 0x80;  // -128, which the rule above never gives
  EXPECT_EQ(QuantizeQ8_0(in, 64).data, in.data);
  const Tensor wide = QuantizeQ8_0(in, 96);
  for (size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(std::memcmp(&wide.data[row * 102], &in.data[row * 68], 68), 0);
    EXPECT_TRUE(std::all_of(&wide.data[row * 102 + 68], &wide.data[row * 102] + 102,
                            [](uint8_t b) { return b == 0; }));
  }
}

// Blocks of any width, for the sums of squared errors below.
double SquaredError(const Tensor& a, const Tensor& b) {
  std::vector<float> x(a.cols), y(b.cols);
  double error = 0;
  for (uint32_t row = 0; row < a.rows; ++row) {
    a.Row(row, x.data());
    b.Row(row, y.data());
    for (uint32_t i = 0; i < a.cols; ++i) error += (double{x[i]} - y[i]) * (double{x[i]} - y[i]);
  }
  return error;
}

TEST(QuantizeTest, FourBitsTakeTheBestOfTheStatedScales) {
  std::mt19937 rng(13);
  std::normal_distribution<float> normal(0, 0.3f);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> values(32);
    for (float& v : values) v = normal(rng);
    const Tensor in = FromFloats(values, 1);
    const Tensor q = QuantizeQ4_0(in, 32);
    ASSERT_EQ(q.data.size(), 18u);
    const double found = SquaredError(in, q);
    const float peak = *std::max_element(values.begin(), values.end(),
                                         [](float a, float b) { return std::fabs(a) < std::fabs(b); });
    double least = INFINITY;
    for (int k = -12; k <= 12; ++k) {
      for (const double sign : {-1.0, 1.0}) {
        double wanted = sign * peak / (8 + k / 8.0);
        for (int fit = 0; fit < 2; ++fit) {
          const float d = HalfToFloat(FloatToHalf(static_cast<float>(wanted)));
          double error = 0, xq = 0, qq = 0;
          for (const float v : values) {
            const double q4 = std::min(std::max(std::nearbyint(v / d), -8.0f), 7.0f);
            error += std::pow(v - q4 * d, 2);
            xq += v * q4;
            qq += q4 * q4;
          }
          least = std::min(least, error);
          wanted = xq / qq;
        }
      }
    }
    EXPECT_DOUBLE_EQ(found, least);
  }
}

TEST(QuantizeTest, FourBitValuesOnTheGridStay) {
  std::vector<float> values(32);
  for (int i = 0; i < 32; ++i) values[i] = 0.25f * static_cast<float>(i % 16 - 8);
  const Tensor q = QuantizeQ4_0(FromFloats(values, 1), 64);
  std::vector<float> out(64);
  q.Row(0, out.data());
  for (int i = 0; i < 64; ++i) EXPECT_EQ(out[i], i < 32 ? values[i] : 0.0f) << i;
  EXPECT_EQ(q.data[18], 0);  // the padding: scale 0, values 0
  EXPECT_EQ(q.data[19], 0);
  EXPECT_EQ(q.data[20], 0x88);
  EXPECT_EQ(QuantizeQ4_0(q, 64).data, q.data);
  EXPECT_EQ(QuantizeQ4_0(FromFloats({values.rbegin(), values.rend()}, 1), 32).data.size(), 18u);
}

TEST(QuantizeTest, TernaryBlocksAreTheBestOfAllTernaryBlocks) {
  std::mt19937 rng(17);
  std::normal_distribution<float> normal(0, 0.3f);
  std::vector<float> values(256);
  for (float& v : values) v = normal(rng);
  const Tensor in = FromFloats(values, 1);
  const double found = SquaredError(in, QuantizeTQ2_0(in, 256));
  for (float d = 0.01f; d < 1.5f; d += 0.01f) {  // any scale, with the best values for it
    double error = 0;
    for (const float v : values) {
      error += std::min({std::pow(double{v} - d, 2), std::pow(double{v}, 2), std::pow(double{v} + d, 2)});
    }
    EXPECT_LE(found, error * 1.001) << d;
  }
}

TEST(QuantizeTest, TernaryValuesStay) {
  std::mt19937 rng(19);
  std::vector<float> values(512);
  for (float& v : values) v = 0.125f * (static_cast<float>(rng() % 3) - 1);
  std::fill(values.begin() + 256, values.end(), 0.0f);
  values[300] = -3;
  const Tensor q = QuantizeTQ2_0(FromFloats(values, 1), 768);
  std::vector<float> out(768);
  q.Row(0, out.data());
  for (int i = 0; i < 768; ++i) EXPECT_EQ(out[i], i < 512 ? values[i] : 0.0f) << i;
  EXPECT_EQ(q.data[132], 0x55);  // the padding: values 0, scale 0
  EXPECT_EQ(q.data[132 + 64], 0);
}

TEST(QuantizeTest, HalvesRoundToNearestEven) {
  const Tensor half = ToF16(FromFloats({1.0f, 0.1f, 1.0f + 0x1p-11f, -2.5f}, 2));
  EXPECT_EQ(half.type, DType::kF16);
  EXPECT_EQ(half.data.size(), 8u);
  std::vector<float> row(2);
  ToF32(half).Row(1, row.data());
  EXPECT_EQ(row[0], 1.0f);
  EXPECT_EQ(row[1], -2.5f);
}

// What is on the grid already stays there: quantizing the values of a quantized tensor changes none of them.
TEST(QuantizeTest, QuantizingAgainKeepsValuesOfFullBlocks) {
  std::mt19937 rng(11);
  const Tensor once = testing::RandomTensor(8, 128, DType::kQ8_0, rng);
  std::vector<float> values(8 * 128);
  for (uint32_t row = 0; row < 8; ++row) once.Row(row, &values[row * 128]);
  EXPECT_EQ(QuantizeQ8_0(FromFloats(values, 8), 128).data, once.data);
}

}  // namespace
}  // namespace weft
