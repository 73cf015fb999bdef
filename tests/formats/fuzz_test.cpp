// Random damage to valid files: the readers must answer, with a checkpoint or a sentence, and never crash.
// Run it under -fsanitize=address,undefined to see reads out of bounds; WEFT_LONG=1 damages 30 times as many
// files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "sw/formats/gguf.h"
#include "sw/formats/llama2c.h"
#include "sw/formats/load.h"
#include "sw/tokenizer/tokenizer.h"
#include "tests/formats/llama2c_bytes.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft {
namespace {

using Bytes = std::vector<uint8_t>;

const int kRounds = std::getenv("WEFT_LONG") != nullptr ? 90000 : 3000;

// One to four changes: a flipped bit, a random byte, a telling 32 or 64-bit value, a cut, a splice or a
// repeat.
Bytes Damage(Bytes bytes, size_t hot, std::mt19937& rng) {
  constexpr uint64_t kTelling[] = {0,          1,          0x7f,       0x80,       0x7fffffff,
                                   0x80000000, 0xffffffff, 1ull << 32, 1ull << 61, (1ull << 63) - 1,
                                   1ull << 63, ~0ull,      ~0ull - 31};
  for (int change = 1 + static_cast<int>(rng() % 4); change > 0 && !bytes.empty(); --change) {
    // Most of a file is weights; aim at the front, where the structure is.
    const size_t reach = rng() % 8 == 0 ? bytes.size() : std::min(bytes.size(), hot);
    const size_t at = rng() % reach;
    switch (rng() % 6) {
      case 0:
        bytes[at] ^= static_cast<uint8_t>(1u << rng() % 8);
        break;
      case 1:
        bytes[at] = static_cast<uint8_t>(rng());
        break;
      case 2: {
        const uint64_t value = kTelling[rng() % std::size(kTelling)];
        const size_t width = rng() % 2 == 0 ? 4 : 8;
        for (size_t i = 0; i < width && at + i < bytes.size(); ++i)
          bytes[at + i] = static_cast<uint8_t>(value >> (8 * i));
        break;
      }
      case 3:
        bytes.resize(at);
        break;
      case 4: {
        const size_t end = std::min(bytes.size(), at + rng() % 64);
        bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at), bytes.begin() + static_cast<ptrdiff_t>(end));
        break;
      }
      case 5: {
        const size_t from = rng() % bytes.size();
        const Bytes piece(bytes.begin() + static_cast<ptrdiff_t>(from),
                          bytes.begin() + static_cast<ptrdiff_t>(std::min(bytes.size(), from + rng() % 64)));
        bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), piece.begin(), piece.end());
        break;
      }
    }
  }
  return bytes;
}

// What loads must be usable: it can be written, and its vocabulary can tokenize.
void Use(const Result<Checkpoint>& result) {
  if (!result.ok()) {
    ASSERT_FALSE(result.error().message.empty());
    ASSERT_EQ(result.error().message.find('\n'), std::string::npos) << result.error().message;
    return;
  }
  ASSERT_FALSE(Validate(*result));
  ASSERT_TRUE(GgufBytes(*result).ok());
  if (result->vocab.empty()) return;
  const Tokenizer tokenizer(result->vocab);
  for (int32_t id : tokenizer.Encode("and the \xc3\xa9\xff", true)) {
    ASSERT_GE(id, 0);
    ASSERT_LT(id, tokenizer.size());
    tokenizer.Decode(id, -1);
  }
}

TEST(FuzzTest, DamagedGgufFilesAreAnswered) {
  std::mt19937 rng(1);
  const Bytes small = testing::TinyGguf().Bytes();
  const Bytes quantized = *GgufBytes(testing::TinyCheckpoint({.type = DType::kQ8_0, .layers = 1}));
  int loaded = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto result = LoadCheckpointBytes(Damage(round % 8 == 0 ? quantized : small, 1600, rng), "fuzz");
    loaded += result.ok();
    ASSERT_NO_FATAL_FAILURE(Use(result)) << "round " << round;
  }
  EXPECT_GT(loaded, 0);        // the damage is not always fatal,
  EXPECT_LT(loaded, kRounds);  // but it is damage
}

TEST(FuzzTest, DamagedLlama2cFilesAreAnswered) {
  std::mt19937 rng(2);
  const Bytes file = testing::Llama2cBytes(testing::TinyCheckpoint({.vocab = false,
                                                                    .dim = 8,
                                                                    .hidden = 12,
                                                                    .layers = 1,
                                                                    .heads = 2,
                                                                    .kv_heads = 1,
                                                                    .vocab_size = 8,
                                                                    .context = 4}));
  int loaded = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto result = ReadLlama2c(Damage(file, 64, rng));
    loaded += result.ok();
    ASSERT_NO_FATAL_FAILURE(Use(result)) << "round " << round;
  }
  EXPECT_GT(loaded, 0);
  EXPECT_LT(loaded, kRounds);
}

TEST(FuzzTest, DamagedTokenizersAreAnswered) {
  std::mt19937 rng(3);
  const Bytes file = testing::Llama2cTokenizerBytes(testing::TinyVocabulary());
  for (int round = 0; round < kRounds; ++round) {
    const auto vocab = ReadLlama2cTokenizer(Damage(file, file.size(), rng), 276);
    if (!vocab.ok()) continue;
    const Tokenizer tokenizer(*vocab);
    for (int32_t id : tokenizer.Encode("and the", true)) ASSERT_LT(id, tokenizer.size());
  }
}

}  // namespace
}  // namespace weft
