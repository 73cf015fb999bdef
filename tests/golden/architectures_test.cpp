// Every decoder family on the golden machine against the fp32 reference, which knows nothing of tapes or
// int8.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "sw/golden/machine.h"
#include "sw/model/architecture.h"
#include "sw/reference/transformer.h"
#include "tests/golden/random_model.h"

namespace weft {
namespace {

using testing::RandomModel;
using testing::RandomTokens;
using testing::Shape;

std::vector<std::vector<float>> Reference(const Checkpoint& c, const std::vector<uint32_t>& tokens) {
  ReferenceModel model(c);
  std::vector<std::vector<float>> logits;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto step = model.Forward(static_cast<int32_t>(tokens[i]), static_cast<int32_t>(i));
    logits.emplace_back(step.begin(), step.end());
  }
  return logits;
}

std::vector<std::vector<float>> Golden(const Checkpoint& c, const std::vector<uint32_t>& tokens) {
  const HwConfig hw = *FindConfig("base");
  const auto tape = Compile(c, hw);
  EXPECT_TRUE(tape.ok()) << tape.error().message;
  auto machine = golden::Machine::Create(hw, *tape);
  EXPECT_TRUE(machine.ok()) << machine.error().message;
  std::vector<std::vector<float>> logits;
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    golden::Row row;
    row.token = tokens[i];
    row.position = i;
    row.dump = true;
    const auto step = machine->Step(std::vector<golden::Row>{row});
    EXPECT_TRUE(step.ok()) << step.error().message;
    const auto values = step->Logits(0);
    logits.emplace_back(values.begin(), values.end());
  }
  return logits;
}

// Root of the mean square difference, relative to the values.
double Error(const std::vector<std::vector<float>>& got, const std::vector<std::vector<float>>& want) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    for (size_t n = 0; n < want[i].size(); ++n) {
      difference += std::pow(double{got[i][n]} - double{want[i][n]}, 2);
      size += std::pow(double{want[i][n]}, 2);
    }
  }
  return std::sqrt(difference / size);
}

// Sets every element of a vector.
void Fill(Tensor& t, float value) {
  for (uint32_t i = 0; i < t.cols; ++i) std::memcpy(&t.data[i * 4], &value, 4);
}

class Architectures : public ::testing::TestWithParam<const char*> {};

TEST_P(Architectures, GoldenIsCloseToTheReference) {
  Shape shape{64, 172, 3, 4, 2, 32, 97, 64, true, DType::kF32, GetParam()};
  Checkpoint c = RandomModel(shape, 11);
  // Vectors that matter, different in each element; gains that give scores of the size that a softmax takes
  // well.
  const auto set = [](Tensor& t, float step) {
    for (uint32_t i = 0; i < t.cols; ++i) {
      const float value = step * static_cast<float>(2 + (i * 7 + t.cols) % 9);
      std::memcpy(&t.data[i * 4], &value, 4);
    }
  };
  for (LayerWeights& w : c.layers) {
    for (Tensor* t : {&w.bq, &w.bk, &w.bv}) set(*t, 0.25f);
    for (Tensor* t : {&w.q_norm, &w.k_norm}) set(*t, 0.1f);
  }
  const auto tokens = RandomTokens(40, shape.vocab, 5);
  const auto want = Reference(c, tokens);
  const double error = Error(Golden(c, tokens), want);
  RecordProperty("error", std::to_string(error));
  EXPECT_LT(error, 0.03);
  // The test sees each vector: without it the reference is far away.
  const Architecture& family = *FindArchitecture(GetParam());
  for (int which = 0; which < 5; ++which) {
    Checkpoint without = c;
    for (LayerWeights& w : without.layers) {
      Tensor* vectors[] = {&w.bq, &w.bk, &w.bv, &w.q_norm, &w.k_norm};
      Fill(*vectors[which], which < 3 ? 0.0f : 1.0f);
    }
    if (which < 3 ? !family.qkv_bias : !family.qk_norm) continue;
    EXPECT_GT(Error(Reference(without, tokens), want), 3 * error) << "vector " << which;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, Architectures, ::testing::Values("llama", "qwen2", "qwen3"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace weft
