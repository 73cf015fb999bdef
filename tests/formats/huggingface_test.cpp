#include "sw/formats/huggingface.h"

#include <gtest/gtest.h>

#include "sw/formats/gguf.h"
#include "sw/formats/load.h"
#include "sw/reference/transformer.h"
#include "tests/formats/huggingface_folder.h"
#include "tests/formats/naive_decoder.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft {
namespace {

using testing::HfModel;
using testing::RandomHfModel;
using testing::WriteHfFolder;

const std::vector<int32_t> kIds = {3, 17, 0, 39, 21, 21, 8, 30, 5, 12, 33, 2};

class HuggingFaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("weft_hf_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // The model in the folder, or in a GGUF file written from it, against the second statement of its family.
  static void ExpectSameLogits(const Checkpoint& c, const HfModel& model, const std::string& what) {
    const std::vector<double> want = testing::NaiveDecoder(model).Logits(kIds);
    ReferenceModel reference(c);
    std::span<const float> found;
    for (size_t i = 0; i < kIds.size(); ++i) found = reference.Forward(kIds[i], static_cast<int32_t>(i));
    ASSERT_EQ(found.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(found[i], want[i], 2e-4) << what << ", logit " << i;
  }

  std::filesystem::path folder_;
};

TEST_F(HuggingFaceTest, EveryFamilyGivesTheLogitsOfItsEquations) {
  for (const char* type : {"llama", "mistral", "qwen2", "qwen3"}) {
    for (const bool tied : {true, false}) {
      const HfModel model = RandomHfModel(type, tied);
      WriteHfFolder(folder_, model);
      const auto found = LoadCheckpoint(folder_.string());
      ASSERT_TRUE(found.ok()) << type << ": " << found.error().message;
      EXPECT_EQ(found->tied(), tied);
      EXPECT_TRUE(found->vocab.empty());
      ExpectSameLogits(*found, model, type);
      const auto again = ReadGguf(*GgufBytes(*found));
      ASSERT_TRUE(again.ok()) << again.error().message;
      ExpectSameLogits(*again, model, std::string(type) + " through GGUF");
    }
  }
}

TEST_F(HuggingFaceTest, ScaledRopeTurnsAsTheConfigSays) {
  HfModel model = RandomHfModel("llama", true);
  model.config["rope_theta"] = 500000.0;
  const nlohmann::json scalings[] = {{{"rope_type", "llama3"},
                                      {"factor", 8.0},
                                      {"low_freq_factor", 1.0},
                                      {"high_freq_factor", 4.0},
                                      {"original_max_position_embeddings", 300}},
                                     {{"rope_type", "linear"}, {"factor", 3.0}}};
  for (const auto& scaling : scalings) {
    model.config["rope_scaling"] = scaling;
    WriteHfFolder(folder_, model);
    const auto found = LoadCheckpoint(folder_.string());
    ASSERT_TRUE(found.ok()) << found.error().message;
    ASSERT_EQ(found->config.rope_factors.size(), 4u);
    ExpectSameLogits(*found, model, scaling.dump());
    ExpectSameLogits(*ReadGguf(*GgufBytes(*found)), model, "GGUF " + scaling.dump());
  }
  // A ramp, a short and a long wavelength must all have been there.
  model.config["rope_scaling"] = scalings[0];
  WriteHfFolder(folder_, model);
  const auto factors = LoadCheckpoint(folder_.string())->config.rope_factors;
  EXPECT_EQ(factors[0], 1.0f);
  EXPECT_GT(factors[1], 1.0f);
  EXPECT_LT(factors[1], 8.0f);
  EXPECT_EQ(factors[3], 8.0f);
}

TEST_F(HuggingFaceTest, ShardsAndShortFloatsHoldTheSameModel) {
  const HfModel model = RandomHfModel("llama", false);
  WriteHfFolder(folder_ / "one", model);
  WriteHfFolder(folder_ / "two", model, "BF16", /*shards=*/true);
  const auto one = LoadCheckpoint((folder_ / "one").string());
  const auto two = LoadCheckpoint((folder_ / "two").string());
  ASSERT_TRUE(one.ok()) << one.error().message;
  ASSERT_TRUE(two.ok()) << two.error().message;
  EXPECT_EQ(two->layers[1].w_up.type, DType::kBF16);
  ReferenceModel a(*one), b(*two);
  const auto x = a.Forward(7, 0), y = b.Forward(7, 0);
  EXPECT_TRUE(std::equal(x.begin(), x.end(), y.begin()));
}

TEST_F(HuggingFaceTest, ATiedModelMayStoreItsHeadTwiceOrLeaveTheMatterOpen) {
  HfModel model = RandomHfModel("llama", false);
  model.config["tie_word_embeddings"] = true;
  WriteHfFolder(folder_, model);
  ASSERT_TRUE(LoadCheckpoint(folder_.string()).ok());
  EXPECT_TRUE(LoadCheckpoint(folder_.string())->tied());
  model = RandomHfModel("llama", true);
  model.config.erase("tie_word_embeddings");
  WriteHfFolder(folder_, model);
  ASSERT_TRUE(LoadCheckpoint(folder_.string()).ok());
  EXPECT_TRUE(LoadCheckpoint(folder_.string())->tied());
}

TEST_F(HuggingFaceTest, AWindowLimitsTheContextWhereItCounts) {
  HfModel model = RandomHfModel("mistral", true);
  model.config["sliding_window"] = 20;
  WriteHfFolder(folder_, model);
  EXPECT_EQ(LoadCheckpoint(folder_.string())->config.context, 20u);
  EXPECT_EQ(LoadCheckpoint(folder_.string())->notes.size(), 1u);
  model = RandomHfModel("qwen2", true);
  model.config["sliding_window"] = 20;
  model.config["use_sliding_window"] = false;
  WriteHfFolder(folder_, model);
  EXPECT_EQ(LoadCheckpoint(folder_.string())->config.context, 64u);
}

}  // namespace
}  // namespace weft
