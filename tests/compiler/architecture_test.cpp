// What a checkpoint says beside plain Llama, as the compiler takes it: scaled RoPE, other families, types that are
// rounded once more.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "sw/compiler/compiler.h"
#include "sw/compiler/conversion_notes.h"
#include "sw/model/architecture.h"
#include "sw/model/quantize.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft {
namespace {

using testing::TinyCheckpoint;

TEST(ArchitectureTest, TheRopeTableHoldsScaledAngles) {
  Checkpoint c = TinyCheckpoint();
  c.config.rope_factors = {1.0f, 2.0f, 4.5f, 8.0f};
  const auto tape = Compile(c, *FindConfig("base"));
  ASSERT_TRUE(tape.ok()) << tape.error().message;
  const auto& sections = tape->sections;
  const auto table = std::find_if(sections.begin(), sections.end(),
                                  [](const TapeSection& s) { return s.label == "RoPE table"; });
  ASSERT_NE(table, sections.end());
  const uint64_t stride = table->bytes / tape->context;
  for (const uint32_t position : {0u, 1u, 37u}) {
    float row[8];
    std::memcpy(row, &tape->bytes[table->offset + position * stride], sizeof row);
    for (size_t i = 0; i < 4; ++i) {
      const double angle =
          position * std::pow(10000.0, -0.25 * static_cast<double>(i)) / c.config.rope_factors[i];
      EXPECT_NEAR(row[2 * i], std::cos(angle), 1e-6) << position << ", pair " << i;
      EXPECT_NEAR(row[2 * i + 1], std::sin(angle), 1e-6) << position << ", pair " << i;
    }
  }
}

TEST(ArchitectureTest, EveryFamilyCompiles) {
  for (const Architecture& family : Architectures()) {
    const auto tape = Compile(TinyCheckpoint({.architecture = family.name}), *FindConfig("base"));
    EXPECT_TRUE(tape.ok()) << tape.error().message;
  }
}

TEST(ArchitectureTest, AContextBeyondTheWindowIsRefused) {
  Checkpoint c = TinyCheckpoint();
  c.config.window = 64;
  EXPECT_TRUE(Compile(c, *FindConfig("base")).ok());
  EXPECT_TRUE(Compile(c, *FindConfig("base"), {.context = 64}).ok());
  const auto beyond = Compile(c, *FindConfig("base"), {.context = 65});
  ASSERT_FALSE(beyond.ok());
  EXPECT_NE(beyond.error().message.find("wanted at most the model's attention window of 64"), std::string::npos);
}

TEST(ArchitectureTest, NotesCountWhatIsRoundedOnceMore) {
  Checkpoint c = TinyCheckpoint();
  EXPECT_TRUE(ConversionNotes(c).empty());
  for (Tensor* tensor : {&c.layers[0].wq, &c.layers[1].wq, &c.token_embd}) {
    tensor->type = DType::kIQ4_NL;
    tensor->data.assign(tensor->rows * RowBytes(tensor->type, tensor->cols), 0);
  }
  c.layers[0].wo = QuantizeQ8_0(c.layers[0].wo, c.layers[0].wo.cols);
  EXPECT_EQ(ConversionNotes(c), std::vector<std::string>{"3 matrices in IQ4_NL are requantized to Q8_0"});
}

}  // namespace
}  // namespace weft
