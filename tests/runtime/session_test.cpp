// The decode loop on a device that says what it is told: blocks, stop reasons, limits.
#include "sw/runtime/session.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// Answers token + 1, and remembers the rows of every step.
class CountingDevice : public Device {
 public:
  std::string name() const override { return "counting"; }
  uint32_t max_rows() const override { return 4; }
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink*) override {
    steps.emplace_back(rows.begin(), rows.end());
    if (steps.size() == fail_at) return Error{"it broke"};
    StepResult result;
    for (const StepRow& row : rows) result.tokens.push_back(row.want ? row.token + 1 : -1);
    return result;
  }

  std::vector<std::vector<StepRow>> steps;
  size_t fail_at = 0;
};

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    tape_.context = 20;
    tape_.max_rows = 4;
    tape_.vocab = 100;
    tape_.slots = 1;
    options_.eos = 50;
    options_.bos = 51;
  }
  std::vector<int32_t> Prompt(int count) {
    std::vector<int32_t> ids(count);
    for (int i = 0; i < count; ++i) ids[i] = 10 + i;
    return ids;
  }

  CountingDevice device_;
  Tape tape_;
  GenerateOptions options_;
};

TEST_F(SessionTest, FeedsThePromptInBlocksAndWantsOnlyItsLastRow) {
  options_.max_tokens = 2;
  const auto result = Generate(device_, tape_, Prompt(10), options_);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(device_.steps.size(), 4u);  // 4 + 4 + 2 rows, one decode step
  EXPECT_EQ(device_.steps[0].size(), 4u);
  EXPECT_EQ(device_.steps[2].size(), 2u);
  EXPECT_FALSE(device_.steps[0].back().want);
  EXPECT_TRUE(device_.steps[2].back().want);
  EXPECT_EQ(device_.steps[2].back().position, 9u);
  EXPECT_EQ(device_.steps[3][0].position, 10u);
  EXPECT_EQ(device_.steps[3][0].token, 20);
  EXPECT_EQ(result->tokens.size(), 12u);
  EXPECT_EQ(result->tokens.back(), 21);
  EXPECT_EQ(result->prompt_tokens, 10u);
  EXPECT_EQ(result->generated(), 2u);
  EXPECT_EQ(result->decode_steps, 1u);
  EXPECT_EQ(result->stop, StopReason::kLength);
}

TEST_F(SessionTest, StopsAtTheEndOfTheTextWithoutItsToken) {
  const auto result = Generate(device_, tape_, std::vector<int32_t>{47}, options_);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stop, StopReason::kEndOfText);
  EXPECT_EQ(result->tokens, (std::vector<int32_t>{47, 48, 49}));
}

TEST_F(SessionTest, AChatStopsAtTheEndOfTheTurn) {
  options_.end_of_turn = 49;
  const auto result = Generate(device_, tape_, std::vector<int32_t>{47}, options_);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stop, StopReason::kEndOfText);
  EXPECT_EQ(result->tokens, (std::vector<int32_t>{47, 48}));
}

TEST_F(SessionTest, StopsWhenTheContextIsFull) {
  options_.max_tokens = 0;
  options_.stop_at_end = false;
  const auto result = Generate(device_, tape_, Prompt(5), options_);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stop, StopReason::kContextFull);
  EXPECT_EQ(device_.steps.back()[0].position, 19u);
  EXPECT_EQ(result->tokens.size(), 21u);  // the last one has no position of its own any more
}

TEST_F(SessionTest, APromptOfTheWholeContextGivesOneToken) {
  const auto result = Generate(device_, tape_, Prompt(20), options_);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->generated(), 1u);
  EXPECT_EQ(result->stop, StopReason::kContextFull);
}

TEST_F(SessionTest, RefusesEmptyAndOverlongPrompts) {
  const auto empty = Generate(device_, tape_, {}, options_);
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().message, "the prompt is empty, want at least one token");
  const auto big = Generate(device_, tape_, Prompt(21), options_);
  ASSERT_FALSE(big.ok());
  EXPECT_EQ(big.error().message, "the prompt has 21 tokens, the context holds 20");
}

TEST_F(SessionTest, AnInterruptEndsItWithWhatThereIs) {
  std::atomic<bool> interrupted{false};
  options_.interrupted = &interrupted;
  options_.on_token = [&](int32_t token) { interrupted = token == 15; };
  const auto result = Generate(device_, tape_, Prompt(3), options_);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stop, StopReason::kInterrupted);
  EXPECT_EQ(result->tokens.back(), 15);
}

TEST_F(SessionTest, AFailureKeepsWhatWasMadeBefore) {
  device_.fail_at = 4;
  Generation partial;
  const auto result = Generate(device_, tape_, Prompt(3), options_, &partial);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "it broke");
  EXPECT_EQ(partial.tokens.size(), 6u);
}

TEST(Sampling, TemperatureBecomesTheChipsFactor) {
  StepRow row;
  SetSampling({0.5f, 40, 7}, &row);
  EXPECT_EQ(row.z, 2.8853900817779268f);
  EXPECT_EQ(row.top_k, 40u);
  EXPECT_EQ(row.seed, 7u);
  SetSampling({0.0f, 40, 7}, &row);
  EXPECT_EQ(row.top_k, 1u);
  EXPECT_EQ(row.z, 0.0f);
}

TEST(CheckRows, NamesTheRowThatIsWrong) {
  Tape tape;
  tape.context = 8;
  tape.max_rows = 4;
  tape.vocab = 10;
  tape.slots = 2;
  const auto row = [](int32_t token, uint32_t position, uint32_t slot) {
    StepRow r;
    r.token = token;
    r.position = position;
    r.slot = slot;
    return r;
  };
  const auto says = [&](std::vector<StepRow> rows) {
    const auto status = CheckRows(tape, rows);
    return status ? status->message : std::string();
  };
  EXPECT_EQ(says({row(1, 0, 0), row(2, 1, 0), row(3, 5, 1)}), "");
  EXPECT_EQ(says({}), "a step has 0 rows, want 1 to 4");
  EXPECT_EQ(says({row(10, 0, 0)}), "token id 10 is out of range, the vocabulary has ids 0 to 9");
  EXPECT_EQ(says({row(-1, 0, 0)}), "token id -1 is out of range, the vocabulary has ids 0 to 9");
  EXPECT_EQ(says({row(1, 0, 2)}), "slot 2 is out of range, the KV cache has 2");
  EXPECT_EQ(says({row(1, 8, 0)}), "position 8 is beyond the context of 8");
  EXPECT_EQ(says({row(1, 0, 0), row(1, 2, 0)}), "row 1 has position 2, want the one after 0");
  EXPECT_EQ(says({row(1, 0, 0), row(1, 0, 1), row(1, 1, 0)}), "the rows of slot 0 are not adjacent");
}

}  // namespace
}  // namespace weft
