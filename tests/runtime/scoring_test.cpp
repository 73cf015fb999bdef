// Perplexity: windows, probabilities, and the files that texts and ids come from.
#include "sw/runtime/scoring.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

namespace weft {
namespace {

// Says that every token is as likely as every other, but `favourite` e times more.
class FlatDevice : public Device {
 public:
  std::string name() const override { return "flat"; }
  uint32_t max_rows() const override { return 3; }
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink*) override {
    StepResult result;
    for (const StepRow& row : rows) {
      positions.push_back(row.position);
      tokens.push_back(row.token);
      for (int id = 0; id < 4; ++id) result.logits.push_back(id == 2 ? 1.0f : 0.0f);
      result.tokens.push_back(-1);
    }
    return result;
  }
  std::vector<uint32_t> positions;
  std::vector<int32_t> tokens;
};

TEST(Scoring, NatsAreOfTheSoftmax) {
  const float logits[] = {0, 0, 1, 0};
  const double sum = 3 + std::exp(1.0);
  EXPECT_NEAR(TokenNats(logits, 2), std::log(sum) - 1, 1e-12);
  EXPECT_NEAR(TokenNats(logits, 0), std::log(sum), 1e-12);
}

TEST(Scoring, LongSequencesStartAgainAfterTheFirstToken) {
  FlatDevice device;
  Tape tape;
  tape.context = 4;
  tape.vocab = 4;
  const std::vector<std::vector<int32_t>> sequences = {{1, 0, 2, 3, 0, 2, 2}};
  const auto score = ScoreSequences(device, tape, sequences);
  ASSERT_TRUE(score.ok());
  EXPECT_EQ(score->tokens, 6u);
  EXPECT_EQ(device.tokens, (std::vector<int32_t>{1, 0, 2, 3, 1, 2}));
  EXPECT_EQ(device.positions, (std::vector<uint32_t>{0, 1, 2, 3, 0, 1}));
  const double sum = std::log(3 + std::exp(1.0));
  EXPECT_NEAR(score->nats, 6 * sum - 3, 1e-9);  // three of the targets are the favourite
  EXPECT_NEAR(score->Perplexity(), std::exp(score->nats / 6), 1e-9);
  EXPECT_NEAR(score->BitsPerByte(10), score->nats / std::log(2.0) / 10, 1e-9);
}

TEST(Scoring, RefusesIdsOutOfRangeBeforeTheFirstStep) {
  FlatDevice device;
  Tape tape;
  tape.context = 4;
  tape.vocab = 4;
  const std::vector<std::vector<int32_t>> sequences = {{1, 0}, {1, 4}};
  const auto score = ScoreSequences(device, tape, sequences);
  ASSERT_FALSE(score.ok());
  EXPECT_EQ(score.error().message, "sequence 1 has token id 4, the vocabulary has ids 0 to 3");
  EXPECT_TRUE(device.tokens.empty());
}

TEST(Scoring, TextsAreSplitAndStripped) {
  EXPECT_EQ(SplitTexts("  one \n<|endoftext|>\n two\nlines\n<|endoftext|>\n \n"),
            (std::vector<std::string>{"one", "two\nlines"}));
  EXPECT_EQ(SplitTexts("only"), std::vector<std::string>{"only"});
  EXPECT_TRUE(SplitTexts(" \n").empty());
}

TEST(Scoring, IdFilesAreCheckedForTheirCounts) {
  const auto parse = [](std::vector<int32_t> words, size_t drop = 0) {
    std::vector<uint8_t> bytes(words.size() * 4 - drop);
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return ParseIdSequences(bytes);
  };
  const auto good = parse({2, 1, 7, 3, 1, 8, 9});
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, (std::vector<std::vector<int32_t>>{{1, 7}, {1, 8, 9}}));
  EXPECT_FALSE(parse({2, 1, 7}, 1).ok());
  EXPECT_FALSE(parse({3, 1, 7}).ok());
  EXPECT_FALSE(parse({1, 1}).ok());
  EXPECT_FALSE(parse({-5, 1}).ok());
  EXPECT_FALSE(parse({0x7fffffff, 1}).ok());
  EXPECT_FALSE(ParseIdSequences({}).ok());
}

}  // namespace
}  // namespace weft
