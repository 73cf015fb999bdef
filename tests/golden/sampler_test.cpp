#include "sw/golden/sampler.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <vector>

#include "sw/golden/fp_env.h"

namespace weft::golden {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

uint32_t Pick(const std::vector<float>& logits, const SampleParams& params = {}) {
  const FpEnv env;
  return Sample(logits.data(), static_cast<uint32_t>(logits.size()), params);
}

TEST(SamplerTest, GreedyTakesTheFirstOfTheLargest) {
  EXPECT_EQ(Pick({1, 3, 3, 2}), 1u);
  EXPECT_EQ(Pick({-0.0f, 0.0f}), 0u);
  EXPECT_EQ(Pick({kNan, -5, kNan, -4}), 3u);
  EXPECT_EQ(Pick({kNan, -kInf, -kInf}), 1u);
  EXPECT_EQ(Pick({kNan, kNan}), 0u);
  EXPECT_EQ(Pick({1, kInf, kInf}), 1u);
  std::vector<float> many(100, -kInf);
  many[77] = -1e30f;
  EXPECT_EQ(Pick(many), 77u);
}

TEST(SamplerTest, TopKNeverLeavesTheKBest) {
  std::vector<float> logits(200, 0.0f);
  logits[150] = logits[20] = logits[99] = 1;
  std::map<uint32_t, int> seen;
  for (uint32_t seed = 0; seed < 500; ++seed) ++seen[Pick(logits, {1.0f, 3, seed, 7})];
  ASSERT_EQ(seen.size(), 3u);
  for (uint32_t id : {20u, 99u, 150u}) EXPECT_NEAR(seen[id], 167, 60);
  // Equal values: lower indices are kept.
  seen.clear();
  for (uint32_t seed = 0; seed < 300; ++seed) ++seen[Pick(logits, {1.0f, 5, seed, 7})];
  EXPECT_EQ(seen.rbegin()->first, 150u);
  EXPECT_TRUE(seen.count(0) && seen.count(1) && !seen.count(2));
}

TEST(SamplerTest, DrawDependsOnSeedAndPositionOnly) {
  std::vector<float> logits;
  std::mt19937 rng(1);
  for (int i = 0; i < 300; ++i) logits.push_back(static_cast<float>(rng() % 1000) / 250);
  const SampleParams params{1.5f, 40, 123, 45};
  const uint32_t token = Pick(logits, params);
  logits[5] = -100;  // not among the candidates
  ASSERT_NE(token, 5u);
  EXPECT_EQ(Pick(logits, params), token);
  EXPECT_EQ(SampleHash(0, 0), 0u);
  EXPECT_EQ(SampleHash(1, 0), 0x688990c0u);
  EXPECT_EQ(SampleHash(123, 45), 0x66d02749u);
}

TEST(SamplerTest, FastPathEqualsTheStream) {
  const FpEnv env;
  std::mt19937 rng(2);
  const auto draw = [&] { return static_cast<uint32_t>(rng()); };
  for (int round = 0; round < 300; ++round) {
    std::vector<float> logits;
    for (int i = 0; i < 333; ++i) {
      logits.push_back(rng() % 40 == 0 ? kNan : static_cast<float>(static_cast<int>(rng() % 64)) - 32);
    }
    const SampleParams params{0.3f, draw() % 70, draw(), draw() % 512};
    Sampler stream(params, 16);
    for (uint32_t i = 0; i < logits.size(); ++i) stream.Add(i, logits[i]);
    ASSERT_EQ(Sample(logits.data(), 333, params, 16), stream.Finish());
  }
}

}  // namespace
}  // namespace weft::golden
