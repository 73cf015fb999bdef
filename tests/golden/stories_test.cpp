// The golden model on a real checkpoint: perplexity and logits against fp32. Skipped where the files are
// absent.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "sw/formats/file_io.h"
#include "sw/formats/load.h"
#include "sw/golden/machine.h"
#include "sw/reference/transformer.h"

namespace weft {
namespace {

constexpr const char* kModel = WEFT_SHARED_DIR "/models/stories260K/stories260K.bin";
constexpr const char* kEval = WEFT_SHARED_DIR "/models/reference/stories260K.eval.tokens.i32";

class StoriesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kModel) || !std::filesystem::exists(kEval)) {
      GTEST_SKIP() << kModel << " is not there";
    }
    checkpoint_ = *LoadCheckpoint(kModel);
    hw_ = *FindConfig("base");
    tape_ = *Compile(checkpoint_, hw_);
  }

  // The next story of the file, BOS first; empty at its end.
  std::vector<int32_t> NextStory(const std::vector<uint8_t>& file) {
    if (at_ + 4 > file.size()) return {};
    int32_t count;
    std::memcpy(&count, &file[at_], 4);
    std::vector<int32_t> ids(static_cast<size_t>(count));
    std::memcpy(ids.data(), &file[at_ + 4], ids.size() * 4);
    at_ += 4 + ids.size() * 4;
    return ids;
  }

  Checkpoint checkpoint_;
  HwConfig hw_;
  Tape tape_;
  size_t at_ = 0;
};

double NegativeLogLikelihood(std::span<const float> logits, int32_t next) {
  double largest = -INFINITY, sum = 0;
  for (float x : logits) largest = std::max<double>(largest, x);
  for (float x : logits) sum += std::exp(x - largest);
  return largest + std::log(sum) - logits[static_cast<size_t>(next)];
}

// On all 300 stories fp32 has 4.1009, other int8 programs 4.106. A third of them by default: fp32 has 4.1562
// there.
TEST_F(StoriesTest, PerplexityTracksFp32) {
  const bool all = std::getenv("WEFT_ALL_STORIES") != nullptr;
  auto machine = golden::Machine::Create(hw_, tape_);
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  const auto file = ReadFile(kEval);
  ASSERT_TRUE(file.ok());
  double loss = 0;
  size_t scored = 0;
  for (int story = 0; all || story < 100; ++story) {
    const auto ids = NextStory(*file);
    if (ids.empty()) break;
    for (size_t i = 0; i + 1 < ids.size();) {
      std::vector<golden::Row> rows;
      for (; rows.size() < 32 && i + 1 < ids.size(); ++i) {
        golden::Row row;
        row.token = static_cast<uint32_t>(ids[i]);
        row.position = static_cast<uint32_t>(i);
        row.dump = true;
        rows.push_back(row);
      }
      const auto result = machine->Step(rows);
      ASSERT_TRUE(result.ok()) << result.error().message;
      for (size_t r = 0; r < rows.size(); ++r) {
        loss += NegativeLogLikelihood(result->Logits(r), ids[rows[r].position + 1]);
        ++scored;
      }
    }
  }
  EXPECT_EQ(scored, all ? 116177u : 39230u);
  const double perplexity = std::exp(loss / static_cast<double>(scored));
  RecordProperty("perplexity", std::to_string(perplexity));
  EXPECT_LT(perplexity, all ? 4.12 : 4.175);
  EXPECT_GT(perplexity, all ? 4.10 : 4.155);
}

TEST_F(StoriesTest, LogitsTrackFp32) {
  auto machine = golden::Machine::Create(hw_, tape_);
  ASSERT_TRUE(machine.ok());
  ReferenceModel reference(checkpoint_);
  const auto file = ReadFile(kEval);
  ASSERT_TRUE(file.ok());
  double error = 0, size = 0;
  for (int story = 0; story < 2; ++story) {
    const auto ids = NextStory(*file);
    for (size_t i = 0; i < ids.size(); ++i) {
      golden::Row row;
      row.token = static_cast<uint32_t>(ids[i]);
      row.position = static_cast<uint32_t>(i);
      row.dump = true;
      const auto got = machine->Step({&row, 1})->Logits(0);
      const auto want = reference.Forward(ids[i], static_cast<int32_t>(i));
      for (size_t n = 0; n < want.size(); ++n) {
        error += std::pow(got[n] - want[n], 2);
        size += std::pow(want[n], 2);
      }
    }
  }
  const double relative = std::sqrt(error / size);
  RecordProperty("relative_rms_error", std::to_string(relative));
  EXPECT_LT(relative, 0.03);
}

}  // namespace
}  // namespace weft
