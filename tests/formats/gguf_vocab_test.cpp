// Byte-level vocabularies and chat templates through GGUF and the .weft vocabulary section.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "sw/formats/gguf.h"
#include "sw/formats/tokenizer_json.h"
#include "sw/image/vocabulary.h"
#include "sw/tokenizer/tokenizer.h"
#include "tests/formats/gguf_builder.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft {
namespace {

Vocabulary ByteLevelVocabulary() {
  std::ifstream in(WEFT_SOURCE_DIR "/tests/tokenizer/data/byte_level.json");
  auto vocab = ReadTokenizerJson(std::string(std::istreambuf_iterator<char>(in), {}), "");
  EXPECT_TRUE(vocab.ok()) << vocab.error().message;
  vocab->bos = vocab->eos = Tokenizer(*vocab).Special("<|endoftext|>");
  vocab->add_eos = true;
  vocab->chat_template = "{{ '<|im_start|>' }}\nwith a second line";
  EXPECT_FALSE(PadVocabulary(&*vocab, static_cast<uint32_t>(vocab->pieces.size()) + 3));
  return *vocab;
}

void ExpectEqual(const Vocabulary& found, const Vocabulary& want) {
  EXPECT_EQ(found.pieces, want.pieces);
  EXPECT_EQ(found.scores, want.scores);
  EXPECT_EQ(found.kinds, want.kinds);
  EXPECT_EQ(found.merges, want.merges);
  EXPECT_EQ(found.pre, want.pre);
  EXPECT_EQ(found.bos, want.bos);
  EXPECT_EQ(found.eos, want.eos);
  EXPECT_EQ(found.unk, want.unk);
  EXPECT_EQ(found.add_bos, want.add_bos);
  EXPECT_EQ(found.add_eos, want.add_eos);
  EXPECT_EQ(found.add_space_prefix, want.add_space_prefix);
  EXPECT_EQ(found.ignore_merges, want.ignore_merges);
  EXPECT_EQ(found.chat_template, want.chat_template);
}

TEST(GgufVocabTest, ByteLevelVocabulariesComeBack) {
  Vocabulary vocab = ByteLevelVocabulary();
  for (const PreTokenizer pre :
       {PreTokenizer::kGpt2, PreTokenizer::kLlama3, PreTokenizer::kQwen2, PreTokenizer::kSmolLm}) {
    vocab.pre = pre;
    vocab.ignore_merges = pre == PreTokenizer::kLlama3;
    Checkpoint checkpoint = testing::TinyCheckpoint(
        {.vocab = false, .layers = 1, .vocab_size = static_cast<uint32_t>(vocab.pieces.size())});
    checkpoint.vocab = vocab;
    const auto bytes = GgufBytes(checkpoint);
    ASSERT_TRUE(bytes.ok()) << bytes.error().message;
    const auto again = ReadGguf(*bytes);
    ASSERT_TRUE(again.ok()) << again.error().message;
    ExpectEqual(again->vocab, vocab);
    const auto section = DecodeVocabulary(EncodeVocabulary(vocab));
    ASSERT_TRUE(section.ok()) << section.error().message;
    ExpectEqual(*section, vocab);
  }
}

std::vector<uint8_t> SmallByteLevelGguf(const char* pre) {
  testing::GgufBuilder file = testing::TinyGguf();
  file.SetText("tokenizer.ggml.model", "gpt2");
  file.SetText("tokenizer.ggml.pre", pre);
  file.SetTexts("tokenizer.ggml.merges", {"a b"});
  file.SetTexts("tokenizer.ggml.tokens", {"<|a|>", "<|b|>", "x", "\xc4\xa0", "\xc4\x8a", "a", "b", "ab"});
  file.SetArray<int32_t>("tokenizer.ggml.token_type", 5, {3, 4, 1, 1, 1, 1, 1, 1});
  file.Erase("tokenizer.ggml.scores");
  return file.Bytes();
}

TEST(GgufVocabTest, WhatAFileLeavesOutIsTheFamilysHabit) {
  const auto read = [](const char* pre) {
    auto found = ReadGguf(SmallByteLevelGguf(pre));
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found->vocab;
  };
  const Vocabulary qwen = read("qwen2");
  EXPECT_FALSE(qwen.add_bos);
  EXPECT_EQ(qwen.bos, -1);
  EXPECT_EQ(qwen.unk, -1);
  EXPECT_FALSE(qwen.ignore_merges);
  EXPECT_EQ(qwen.pieces[3], " ");   // U+0120
  EXPECT_EQ(qwen.pieces[4], "\n");  // U+010A
  EXPECT_EQ(qwen.pieces[0], "<|a|>");
  EXPECT_EQ(qwen.merges, std::vector<Merge>({{5, 6}}));
  EXPECT_EQ(Tokenizer(qwen).Encode("ab <|b|>b<|a|>"),
            std::vector<int32_t>({7, 3, 1, 6, 5}));  // lacks '<', '|', '>'
  const Vocabulary llama = read("llama-bpe");
  EXPECT_TRUE(llama.add_bos);
  EXPECT_TRUE(llama.ignore_merges);
}

TEST(GgufVocabTest, DamagedFilesAreAnswered) {
  const std::vector<uint8_t> good = SmallByteLevelGguf("llama-bpe");
  const uint32_t seed = 6;
  std::mt19937 rng(seed);
  int read = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<uint8_t> bytes = good;
    for (int change = static_cast<int>(rng() % 3); change >= 0; --change) {
      bytes[rng() % 1300] =
          static_cast<uint8_t>(rng() % 2 == 0 ? rng() : rng() % 8);  // in front of the weights
    }
    const auto found = ReadGguf(bytes);
    if (!found.ok() || found->vocab.empty()) continue;
    ++read;
    const Tokenizer tokenizer(found->vocab);
    for (const int32_t id : tokenizer.Encode("ab x\n<|b|>\xff", true)) {
      ASSERT_GE(id, 0) << "seed " << seed << ", round " << round;
      ASSERT_LT(id, tokenizer.size());
    }
  }
  EXPECT_GT(read, 0);
}

TEST(GgufVocabTest, DamagedSectionsAreAnswered) {
  const std::vector<uint8_t> good = EncodeVocabulary(ByteLevelVocabulary());
  const uint32_t seed = 5;
  std::mt19937 rng(seed);
  int read = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> bytes = good;
    for (int change = 0; change < 3; ++change) bytes[rng() % bytes.size()] = static_cast<uint8_t>(rng());
    if (rng() % 4 == 0) bytes.resize(rng() % bytes.size());
    const auto vocab = DecodeVocabulary(bytes);
    if (!vocab.ok()) {
      ASSERT_FALSE(vocab.error().message.empty());
      continue;
    }
    ++read;
    const Tokenizer tokenizer(*vocab);
    for (const int32_t id : tokenizer.Encode("the chip \xf0\x9f", true)) {
      ASSERT_LT(id, tokenizer.size()) << "seed " << seed << ", round " << round;
    }
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace weft
