// Comparing two devices: divergences by hand, and windows that both are fed.
#include "sw/runtime/comparison.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weft {
namespace {

// Four tokens, of which `favourite` is e^`by` times as likely as the others.
class Favouring : public Device {
 public:
  Favouring(int favourite, float by, uint32_t max_rows)
      : favourite_(favourite), by_(by), max_rows_(max_rows) {}
  std::string name() const override { return "favouring"; }
  uint32_t max_rows() const override { return max_rows_; }
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink*) override {
    StepResult result;
    for (const StepRow& row : rows) {
      fed.emplace_back(row.position, row.token);
      for (int id = 0; id < 4; ++id) result.logits.push_back(id == favourite_ ? by_ : 0.0f);
      result.tokens.push_back(-1);
    }
    return result;
  }
  std::vector<std::pair<uint32_t, int32_t>> fed;

 private:
  int favourite_;
  float by_;
  uint32_t max_rows_;
};

Tape MakeTape(uint32_t context, uint32_t vocab = 4) {
  Tape tape;
  tape.context = context;
  tape.vocab = vocab;
  return tape;
}

TEST(Comparison, DivergenceIsKullbackLeiblers) {
  const float a[] = {0, 0, 1, 0}, flat[] = {7, 7, 7, 7};
  const double e = std::exp(1.0), sum = 3 + e;
  const double want = e / sum * std::log(e / sum * 4) + 3 / sum * std::log(4 / sum);
  EXPECT_NEAR(Compare(a, flat).nats, want, 1e-12);
  EXPECT_NEAR(Compare(flat, a).nats, std::log(sum / 4) - 0.25, 1e-12);  // not symmetric
  EXPECT_FALSE(Compare(a, flat).same_top);
  EXPECT_EQ(Compare(a, a).nats, 0);
  EXPECT_TRUE(Compare(a, a).same_top);
  const float wide[] = {3e4f, -3e4f, 0, 0};
  EXPECT_EQ(Compare(wide, wide).nats, 0);
}

TEST(Comparison, BothAreFedTheSameWindows) {
  Favouring a(2, 1, 3), b(1, 1, 2);
  const std::vector<std::vector<int32_t>> sequences = {{1, 0, 2, 3, 0, 2, 2}};
  const auto result = CompareSequences(a, MakeTape(9), b, MakeTape(4), sequences);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(a.fed, b.fed);
  EXPECT_EQ(a.fed,
            (std::vector<std::pair<uint32_t, int32_t>>{{0, 1}, {1, 0}, {2, 2}, {3, 3}, {0, 1}, {1, 2}}));
  EXPECT_EQ(result->tokens, 6u);
  const double sum = 3 + std::exp(1.0);
  EXPECT_NEAR(result->MeanDivergence(), (std::exp(1.0) - 1) / sum, 1e-9);
  EXPECT_NEAR(result->divergence_max, result->MeanDivergence(), 1e-9);
  EXPECT_EQ(result->TopAgreement(), 0);
  EXPECT_NEAR(result->a.Perplexity(), std::exp(std::log(sum) - 0.5),
              1e-9);                               // three targets are the favourite
  EXPECT_NEAR(result->b.Perplexity(), sum, 1e-9);  // none is
}

TEST(Comparison, ADeviceEqualsItself) {
  Favouring a(2, 1, 3), b(2, 1, 3);
  const std::vector<std::vector<int32_t>> sequences = {{1, 0, 2}, {1, 3, 3}};
  const auto result = CompareSequences(a, MakeTape(9), b, MakeTape(9), sequences);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->divergence_max, 0);
  EXPECT_EQ(result->TopAgreement(), 1);
  EXPECT_EQ(result->a.nats, result->b.nats);
}

TEST(Comparison, OtherVocabulariesAndIdsAreRefused) {
  Favouring a(2, 1, 3), b(2, 1, 3);
  const std::vector<std::vector<int32_t>> good = {{1, 0}}, bad = {{1, 4}};
  EXPECT_EQ(CompareSequences(a, MakeTape(9), b, MakeTape(9, 5), good).error().message,
            "the second model has a vocabulary of 5, want 4 as the first");
  EXPECT_FALSE(CompareSequences(a, MakeTape(9), b, MakeTape(9), bad).ok());
  EXPECT_TRUE(a.fed.empty());
}

}  // namespace
}  // namespace weft
