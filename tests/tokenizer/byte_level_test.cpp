// Byte-level BPE: against Hugging Face's tokenizers (recorded by scripts/gen_tokenizer_oracle.py) and against
// its definition in quadratic time.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "sw/formats/tokenizer_json.h"
#include "sw/tokenizer/pretokenizer.h"
#include "sw/tokenizer/tokenizer.h"
#include "sw/tokenizer/utf8.h"
#include "tests/tokenizer/decode_all.h"

namespace weft {
namespace {

using nlohmann::json;
using testing::DecodeAll;
using Ids = std::vector<int32_t>;

json Data(const std::string& name) {
  std::ifstream in(WEFT_SOURCE_DIR "/tests/tokenizer/data/" + name);
  return json::parse(in);
}

// The trained vocabulary with the cutting rules of a recorded family.
Vocabulary FamilyVocabulary(const json& family) {
  json file = Data("byte_level.json");
  file["pre_tokenizer"] = family["pre_tokenizer"];
  file["model"]["ignore_merges"] = family["ignore_merges"];
  const auto vocab = ReadTokenizerJson(file.dump(), "");
  EXPECT_TRUE(vocab.ok()) << vocab.error().message;
  return vocab.ok() ? *vocab : Vocabulary{};
}

Ids EncodeTrusted(const Tokenizer& tokenizer, const std::string& text) {
  const TextPart part = {text, true};
  return tokenizer.Encode({&part, 1}, false);
}

TEST(ByteLevelTest, EveryFamilyGivesTheRecordedIds) {
  const json oracle = Data("oracle.json");
  ASSERT_EQ(oracle["families"].size(), 6u);
  for (const auto& [name, family] : oracle["families"].items()) {
    const Tokenizer tokenizer(FamilyVocabulary(family));
    ASSERT_EQ(family["ids"].size(), 240u);
    for (size_t i = 0; i < oracle["texts"].size(); ++i) {
      const std::string text = oracle["texts"][i];
      const Ids ids = EncodeTrusted(tokenizer, text);
      EXPECT_EQ(ids, family["ids"][i].get<Ids>())
          << name << ", text " << i << ": " << oracle["texts"][i].dump();
      const bool plain = text.find("<|endoftext|>") == text.npos;
      EXPECT_TRUE(!plain || DecodeAll(tokenizer, ids) == text) << oracle["texts"][i].dump();
    }
  }
}

// The definition: of the pairs in a word the one that stands first in the list merges, leftmost of equals.
void SlowWord(const Vocabulary& vocab, std::string_view word, Ids* ids) {
  const auto find = [&](const std::string& piece) {
    for (size_t id = 0; id < vocab.pieces.size(); ++id) {
      if (vocab.kinds[id] == TokenKind::kNormal && vocab.pieces[id] == piece) return static_cast<int32_t>(id);
    }
    return -1;
  };
  if (vocab.ignore_merges && find(std::string(word)) >= 0) return ids->push_back(find(std::string(word)));
  Ids symbols;
  for (const char c : word) symbols.push_back(find(std::string(1, c)));
  for (bool merged = true; merged;) {
    merged = false;
    for (const Merge& merge : vocab.merges) {
      for (size_t i = 0; i + 1 < symbols.size() && !merged; ++i) {
        if (symbols[i] != merge.left || symbols[i + 1] != merge.right) continue;
        symbols[i] = find(vocab.pieces[static_cast<size_t>(merge.left)] +
                          vocab.pieces[static_cast<size_t>(merge.right)]);
        symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(i) + 1);
        merged = true;
      }
      if (merged) break;
    }
  }
  ids->insert(ids->end(), symbols.begin(), symbols.end());
}

TEST(ByteLevelTest, EqualsTheDefinitionOnRandomText) {
  const json oracle = Data("oracle.json");
  for (const char* family : {"qwen2", "llama-bpe"}) {
    const Vocabulary vocab = FamilyVocabulary(oracle["families"][family]);
    const Tokenizer tokenizer(vocab);
    const TextCutter cutter(vocab.pre);
    const uint32_t seed = 7;
    std::mt19937 rng(seed);
    const std::string alphabet = "the chip of  a tape 12\n";
    for (int round = 0; round < 200; ++round) {
      std::string text(1 + rng() % 24, ' ');
      for (char& c : text) c = alphabet[rng() % alphabet.size()];
      Ids want;
      cutter.Cut(text, [&](std::string_view word) { SlowWord(vocab, word, &want); });
      ASSERT_EQ(tokenizer.Encode(text, false), want) << text << ", seed " << seed << ", round " << round;
    }
  }
}

TEST(ByteLevelTest, WordsAreCutAsTheExpressionsSay) {
  const auto cut = [](PreTokenizer pre, std::string_view text) {
    std::vector<std::string> words;
    TextCutter(pre).Cut(text, [&](std::string_view word) { words.emplace_back(word); });
    return words;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(cut(PreTokenizer::kGpt2, "I'm 2026  years"), Words({"I", "'m", " 2026", " ", " years"}));
  EXPECT_EQ(cut(PreTokenizer::kLlama3, "I'M 2026  years"),
            Words({"I", "'M", " ", "202", "6", " ", " years"}));
  EXPECT_EQ(cut(PreTokenizer::kQwen2, "a 2026\n\nb"), Words({"a", " ", "2", "0", "2", "6", "\n\n", "b"}));
  EXPECT_EQ(cut(PreTokenizer::kSmolLm, "a 20  b"), Words({"a", " ", "2", "0", " ", " b"}));
  EXPECT_EQ(cut(PreTokenizer::kGpt2, "a\xff\xfe b"), Words({"a", "\xff\xfe", " b"}));
  // As Hugging Face's tokenizers cuts them: U+180E is no space, U+0085 is one, U+017F is an s.
  EXPECT_EQ(cut(PreTokenizer::kGpt2, "a \u180e! b"), Words({"a", " \u180e!", " b"}));
  EXPECT_EQ(cut(PreTokenizer::kLlama3,
                "\u0085\u0085"
                "b"),
            Words({"\u0085",
                   "\u0085"
                   "b"}));
  EXPECT_EQ(cut(PreTokenizer::kLlama3, "'\u017f x"), Words({"'\u017f", " x"}));
}

TEST(ByteLevelTest, AnyBytesComeBack) {
  const json oracle = Data("oracle.json");
  for (const auto& [name, family] : oracle["families"].items()) {
    const Tokenizer tokenizer(FamilyVocabulary(family));
    const uint32_t seed = 11;
    std::mt19937 rng(seed);
    for (int round = 0; round < 500; ++round) {
      std::string text(1 + rng() % 60, ' ');
      for (char& c : text) c = static_cast<char>(rng() % 3 == 0 ? rng() : " 1a\n'"[rng() % 5]);
      ASSERT_EQ(DecodeAll(tokenizer, tokenizer.Encode(text, false)), text)
          << name << ", seed " << seed << ", round " << round;
    }
  }
}

TEST(ByteLevelTest, LongRunsTakeLittleTimeAndNoStack) {
  const json oracle = Data("oracle.json");
  for (const auto& [name, family] : oracle["families"].items()) {
    const Tokenizer tokenizer(FamilyVocabulary(family));
    for (const char* unit : {"x", " ", "1", "!", "\n", " \n", "\xff", "the ", "\xe4\xb8\x96"}) {
      std::string text;
      while (text.size() < 200000) text += unit;
      ASSERT_EQ(DecodeAll(tokenizer, tokenizer.Encode(text + "y", false)), text + "y")
          << name << ", run of " << unit;
    }
  }
}

TEST(ByteLevelTest, StreamedTextNeverSplitsACharacter) {
  const Tokenizer tokenizer(FamilyVocabulary(Data("oracle.json")["families"]["qwen2"]));
  const std::string text = "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 caf\xc3\xa9 \xed\x95\x9c";
  const Ids ids = tokenizer.Encode(text, false);
  Utf8Stream stream;
  std::string streamed;
  size_t held = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const std::string piece = stream.Push(tokenizer.Decode(ids[i], i == 0 ? -1 : ids[i - 1]));
    for (std::string_view rest = piece; !rest.empty();) {
      bool incomplete = false;
      const size_t length = Utf8Length(rest, &incomplete);
      ASSERT_GT(length, 0u) << "token " << i;
      rest.remove_prefix(length);
    }
    held += piece.empty();
    streamed += piece;
  }
  EXPECT_GT(held, 0u);  // some tokens are parts of characters
  EXPECT_EQ(streamed + stream.Flush(), text);
}

TEST(ByteLevelTest, ControlTokensCountOnlyWhereTrusted) {
  const Tokenizer tokenizer(FamilyVocabulary(Data("oracle.json")["families"]["gpt-2"]));
  const int32_t end = tokenizer.Special("<|endoftext|>");
  const int32_t user = tokenizer.Special("<|user piece|>");
  ASSERT_GE(end, 0);
  ASSERT_GE(user, 0);
  EXPECT_EQ(EncodeTrusted(tokenizer, "<|endoftext|>"), Ids({end}));
  EXPECT_EQ(DecodeAll(tokenizer, tokenizer.Encode("<|endoftext|>", false)), "<|endoftext|>");
  EXPECT_EQ(tokenizer.Encode("<|user piece|>", false), Ids({user}));
  // Words reach over the border of parts.
  const TextPart parts[] = {{"<|endoftext|>th", true}, {"e<|endoftext|>", false}};
  const Ids ids = tokenizer.Encode(parts, false);
  EXPECT_EQ(ids[0], end);
  EXPECT_EQ(ids[1], EncodeTrusted(tokenizer, "the")[0]);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), end), 1);
}

TEST(ByteLevelTest, TheLongestOfThePiecesThatStartAtOnePlaceCounts) {
  Vocabulary vocab = FamilyVocabulary(Data("oracle.json")["families"]["gpt-2"]);
  const int32_t first = static_cast<int32_t>(vocab.pieces.size());
  for (const char* piece : {"[x]", "[x][y]", "]["}) {
    vocab.pieces.push_back(piece);
    vocab.scores.push_back(0);
    vocab.kinds.push_back(TokenKind::kUser);
  }
  const Tokenizer tokenizer(std::move(vocab));
  EXPECT_EQ(tokenizer.Encode("[x][y][x][x]", false), Ids({first + 1, first, first}));
  EXPECT_EQ(tokenizer.Encode("][x]", false)[0], first + 2);
}

TEST(ByteLevelTest, BosIsNeverDoubled) {
  Vocabulary vocab = FamilyVocabulary(Data("oracle.json")["families"]["gpt-2"]);
  const Tokenizer plain(vocab);
  const int32_t end = plain.Special("<|endoftext|>");
  vocab.bos = end;
  const Tokenizer tokenizer(std::move(vocab));
  const TextPart parts[] = {{"<|endoftext|>the", true}};
  EXPECT_EQ(tokenizer.Encode(parts, true), plain.Encode(parts, false));
  EXPECT_EQ(tokenizer.Encode("the", true)[0], end);
}

TEST(ByteLevelTest, HostileMergesAreHarmless) {
  const uint32_t seed = 13;
  std::mt19937 rng(seed);
  for (int round = 0; round < 300; ++round) {
    Vocabulary vocab;
    vocab.pre = static_cast<PreTokenizer>(1 + rng() % (kPreTokenizers - 1));
    vocab.bos = vocab.eos = -1;
    vocab.unk = rng() % 2 == 0 ? 0 : -1;
    vocab.ignore_merges = rng() % 2 == 0;
    const size_t count = 1 + rng() % 40;
    for (size_t i = 0; i < count; ++i) {
      std::string piece(rng() % 4, ' ');
      for (char& c : piece) c = "ab \xc3\xa9"[rng() % 5];
      vocab.pieces.push_back(piece);
      vocab.scores.push_back(0);
      vocab.kinds.push_back(static_cast<TokenKind>(1 + rng() % 5));
    }
    for (size_t i = rng() % 60; i > 0; --i) {  // unknown results, loops and repeats among them
      vocab.merges.push_back({static_cast<int32_t>(rng() % count), static_cast<int32_t>(rng() % count)});
    }
    ASSERT_FALSE(ValidateVocabulary(vocab).has_value());
    const Tokenizer tokenizer(std::move(vocab));
    std::string text(rng() % 30, ' ');
    for (char& c : text) c = "ab \xc3\xa9\xff"[rng() % 6];
    for (const int32_t id : tokenizer.Encode(text, true)) {
      ASSERT_GE(id, 0) << "seed " << seed << ", round " << round;
      ASSERT_LT(id, tokenizer.size());
    }
  }
}

}  // namespace
}  // namespace weft
