// weft_epilogue turns accumulators into what the golden model says, bit for bit, on every path.
#include <gtest/gtest.h>

#include "tb/drain/records.h"
#include "tb/epilogue/epilogue_scene.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

constexpr bool kVectors = WEFT_CFG_QK_NORM != 0;  // the chip has units for biases and norms of heads

class EpilogueTest : public testing::TestWithParam<Stalls> {};

TEST_P(EpilogueTest, EveryPathMatchesTheGoldenModel) {
  const int cases = Long() ? 300 : 20;
  uint64_t rinv_checks = 0;
  for (int i = 0; i < cases; ++i) {
    SCOPED_TRACE(testing::Message() << "case " << i << ", WEFT_SEED=" << Seed());
    const uint32_t seed = Seed() * 1000u + static_cast<uint32_t>(i);
    Numbers order(seed + 77);
    std::vector<Epilogue> epilogues = {kEpiEmbed};
    for (int k = 0; k < 14; ++k) {
      static constexpr Epilogue kKinds[] = {kEpiQ,   kEpiK,   kEpiV,      kEpiO,      kEpiRes,
                                            kEpiRes, kEpiGlu, kEpiLogits, kEpiLogits, kEpiEmbed};
      epilogues.push_back(kKinds[order.Pick(0, std::size(kKinds) - 1)]);
    }
    Scene scene(GetParam(), seed, i % 2 == 1, kVectors ? static_cast<Family>(i / 2 % 3) : Family::kPlain);
    scene.Run(epilogues);
    if (HasFatalFailure()) return;
    rinv_checks += scene.rinv_checks();
  }
  EXPECT_GT(rinv_checks, 0u);
}

INSTANTIATE_TEST_SUITE_P(Stalls, EpilogueTest,
                         testing::Values(Stalls::kNone, Stalls::kInput, Stalls::kOutput, Stalls::kBoth),
                         [](const auto& info) { return StallName(info.param); });

// Without stalls a pair goes in every cycle and its result comes out a fixed time later.
TEST(EpilogueTimingTest, OnePairEveryCycleAtAFixedLatency) {
  const struct {
    Epilogue epi;
    uint64_t latency;
    Family family = Family::kPlain;
  } kPaths[] = {{kEpiQ, 11},
                {kEpiV, 11},
                {kEpiO, 11},
                {kEpiEmbed, 12},
                {kEpiRes, 12},
                {kEpiGlu, 27},
                {kEpiQ, 15, Family::kBias},
                {kEpiV, 15, Family::kBias},
                {kEpiO, 11, Family::kBias},
                {kEpiQ, 15, Family::kQkNorm},
                {kEpiV, 15, Family::kQkNorm}};
  for (const auto& path : kPaths) {
    if (!kVectors && path.family != Family::kPlain) continue;
    Scene scene(Stalls::kNone, 5, false, path.family);
    scene.Run({kEpiEmbed, path.epi});
    if (HasFatalFailure()) return;
    EXPECT_EQ(scene.accept_cycles(), scene.pairs()) << "epilogue " << path.epi;
    EXPECT_EQ(scene.latency(), path.latency) << "epilogue " << path.epi;
  }
}

}  // namespace
}  // namespace weft::bench
