// tokenizer.json: what is recognised, what is refused by name, and the ids that Hugging Face's tokenizers
// gives.
#include "sw/formats/tokenizer_json.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "sw/formats/tokenizer_file.h"
#include "sw/tokenizer/tokenizer.h"
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

Vocabulary Read(const json& file, const json& config = json::object()) {
  const auto vocab = ReadTokenizerJson(file.dump(), config.dump());
  EXPECT_TRUE(vocab.ok()) << vocab.error().message;
  return vocab.ok() ? *vocab : Vocabulary{};
}

std::string Message(const json& file) {
  const auto vocab = ReadTokenizerJson(file.dump(), "");
  return vocab.ok() ? "" : vocab.error().message;
}

TEST(TokenizerJsonTest, MetaspaceModelsGiveTheRecordedIds) {
  const json oracle = Data("oracle.json");
  const Tokenizer tokenizer(Read(Data("metaspace.json")));
  ASSERT_EQ(oracle["metaspace"].size(), 240u);
  size_t compared = 0;
  for (size_t i = 0; i < oracle["texts"].size(); ++i) {
    const std::string text = oracle["texts"][i];
    // U+2581 is a space there and a character here; control tokens are text here.
    if (text.find("\xe2\x96\x81") != text.npos || text == "<unk>" || text == "</s>") continue;
    const Ids ids = tokenizer.Encode(text, false);
    EXPECT_EQ(ids, oracle["metaspace"][i].get<Ids>()) << i << ": " << oracle["texts"][i].dump();
    EXPECT_EQ(DecodeAll(tokenizer, ids), text);
    ++compared;
  }
  EXPECT_GE(compared, 230u);
}

TEST(TokenizerJsonTest, BothSpellingsOfMergesAreOne) {
  for (const char* name : {"byte_level.json", "metaspace.json"}) {
    json file = Data(name);
    const Vocabulary pairs = Read(file);
    for (json& merge : file["model"]["merges"]) {
      merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
    }
    const Vocabulary texts = Read(file);
    EXPECT_EQ(texts.merges, pairs.merges);
    EXPECT_EQ(texts.scores, pairs.scores);
    EXPECT_EQ(texts.kinds, pairs.kinds);
  }
}

TEST(TokenizerJsonTest, MetaspaceIsAPreTokenizerToo) {
  json file = Data("metaspace.json");
  const Vocabulary normalized = Read(file);
  file["normalizer"] = nullptr;
  file["pre_tokenizer"] = {
      {"type", "Metaspace"}, {"replacement", "\xe2\x96\x81"}, {"prepend_scheme", "first"}, {"split", false}};
  const Vocabulary first = Read(file);
  EXPECT_EQ(first.kinds, normalized.kinds);
  EXPECT_TRUE(first.add_space_prefix);
  EXPECT_FALSE(first.prefix_after_control);
  EXPECT_TRUE(normalized.prefix_after_control);
  json split = Data("metaspace.json");
  split["pre_tokenizer"] = {{"type", "Split"},
                            {"pattern", {{"String", " "}}},
                            {"behavior", "MergedWithPrevious"},
                            {"invert", false}};
  EXPECT_EQ(Read(split).scores, normalized.scores);
  file["pre_tokenizer"]["split"] = true;  // words stay apart: "e " can be no piece's end
  const Tokenizer apart(Read(file));
  for (const int32_t id : apart.Encode("the chip  of  a tape", false)) {
    const std::string& piece = apart.vocabulary().pieces[static_cast<size_t>(id)];
    EXPECT_EQ(piece.find(' ', 1), piece.npos) << piece;
  }
}

TEST(TokenizerJsonTest, PiecesThatNoMergeGivesAreNeverUsed) {
  json file = Data("metaspace.json");
  const Ids before = Tokenizer(Read(file)).Encode("the chip", false);
  // Two pieces side by side in the text, as one that no merge makes.
  const Vocabulary vocab = Read(file);
  const std::string joined =
      vocab.pieces[static_cast<size_t>(before[0])] + vocab.pieces[static_cast<size_t>(before[1])];
  std::string spelt = "\xe2\x96\x81" + joined.substr(1);
  file["model"]["vocab"][spelt] = file["model"]["vocab"].size();
  const Tokenizer tokenizer(Read(file));
  EXPECT_EQ(tokenizer.vocabulary().pieces.back(), joined);
  EXPECT_EQ(tokenizer.Encode("the chip", false), before);
}

TEST(TokenizerJsonTest, TheConfigNamesTheEnds) {
  json file = Data("byte_level.json");
  const json config = {{"bos_token", {{"content", "<|endoftext|>"}}},
                       {"eos_token", "<|endoftext|>"},
                       {"add_bos_token", true},
                       {"chat_template", json::array({{{"name", "tool"}, {"template", "no"}},
                                                      {{"name", "default"}, {"template", "yes"}}})}};
  const Vocabulary vocab = Read(file, config);
  EXPECT_EQ(vocab.bos, vocab.eos);
  EXPECT_GE(vocab.bos, 0);
  EXPECT_TRUE(vocab.add_bos);
  EXPECT_FALSE(vocab.add_eos);
  EXPECT_EQ(vocab.chat_template, "yes");
  const Vocabulary bare = Read(file);
  EXPECT_EQ(bare.bos, -1);
  EXPECT_FALSE(bare.add_bos);
  const json end = {{"SpecialToken", {{"id", "<|endoftext|>"}, {"type_id", 0}}}};
  const json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  file["post_processor"] = {{"type", "TemplateProcessing"}, {"single", json::array({end, text, end})}};
  const Vocabulary both = Read(file);
  EXPECT_TRUE(both.add_bos && both.add_eos);
  file["post_processor"] = {
      {"type", "Sequence"},
      {"processors", json::array({{{"type", "ByteLevel"}},
                                  {{"type", "TemplateProcessing"}, {"single", json::array({end, text})}}})}};
  EXPECT_TRUE(Read(file).add_bos);
  EXPECT_FALSE(Read(file).add_eos);
}

TEST(TokenizerJsonTest, FilesAndTheirNeighbours) {
  const auto folder = std::filesystem::temp_directory_path() / "weft_tokenizer_json_test";
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "tokenizer.json").string();
  std::ofstream(path) << Data("byte_level.json").dump();
  std::ofstream(folder / "tokenizer_config.json")
      << json({{"eos_token", "<|endoftext|>"}, {"chat_template", "old"}}).dump();
  auto vocab = LoadTokenizerJson(path);
  ASSERT_TRUE(vocab.ok()) << vocab.error().message;
  EXPECT_GE(vocab->eos, 0);
  EXPECT_EQ(vocab->chat_template, "old");
  std::ofstream(folder / "chat_template.jinja") << "new";
  EXPECT_EQ(LoadTokenizerJson(path)->chat_template, "new");
  const auto padded = LoadTokenizerFile(path, 700);
  ASSERT_TRUE(padded.ok()) << padded.error().message;
  EXPECT_EQ(padded->pieces.size(), 700u);
  EXPECT_EQ(padded->kinds.back(), TokenKind::kUnused);
  const auto small = LoadTokenizerFile(path, 10);
  ASSERT_FALSE(small.ok());
  EXPECT_NE(small.error().message.find("tokens, wanted at most the model's 10"), std::string::npos)
      << small.error().message;
  std::ofstream(folder / "tokenizer_config.json") << "[]";
  const auto bad = LoadTokenizerJson(path);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message.substr(0, path.size() + 2), path + ": ");
  EXPECT_FALSE(LoadTokenizerJson((folder / "absent.json").string()).ok());
  std::filesystem::remove_all(folder);
}

TEST(TokenizerJsonTest, WhatIsNotKnownIsRefusedByName) {
  const struct {
    const char* base;
    std::function<void(json&)> spoil;
    const char* says;
  } cases[] = {
      {"byte_level.json", [](json& f) { f["model"]["type"] = "Unigram"; },
       "the tokenizer's model is 'Unigram'"},
      {"byte_level.json", [](json& f) { f["model"].erase("vocab"); }, "has no vocab"},
      {"byte_level.json", [](json& f) { f["model"].erase("merges"); }, "has no merges"},
      {"byte_level.json", [](json& f) { f["model"]["end_of_word_suffix"] = "</w>"; },
       "end_of_word_suffix is '</w>'"},
      {"byte_level.json", [](json& f) { f["pre_tokenizer"]["add_prefix_space"] = true; },
       "adds a space in front"},
      {"byte_level.json",
       [](json& f) {
         f["pre_tokenizer"] = {{"type", "Whitespace"}};
       },
       "pre-tokenizer is Whitespace"},
      {"byte_level.json",
       [](json& f) {
         f["pre_tokenizer"] = {
             {"type", "Sequence"},
             {"pretokenizers",
              json::array({{{"type", "Split"}, {"pattern", {{"Regex", "[a-z]+"}}}, {"behavior", "Isolated"}},
                           {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}})}};
       },
       "unknown expression '[a-z]+'"},
      {"byte_level.json",
       [](json& f) {
         f["pre_tokenizer"] = {
             {"type", "Sequence"},
             {"pretokenizers", json::array({{{"type", "Punctuation"}},
                                            {{"type", "ByteLevel"}, {"add_prefix_space", false}}})}};
       },
       "pre-tokenizer is a sequence of Punctuation, ByteLevel"},
      {"byte_level.json",
       [](json& f) {
         f["normalizer"] = {{"type", "Lowercase"}};
       },
       "normalizer is Lowercase"},
      {"byte_level.json",
       [](json& f) {
         f["post_processor"] = {{"type", "BertProcessing"}};
       },
       "'BertProcessing'"},
      {"byte_level.json", [](json& f) { f["added_tokens"][0]["lstrip"] = true; }, "has lstrip"},
      {"byte_level.json", [](json& f) { f["added_tokens"][0]["id"] = 4000000000u; },
       "is 4000000000, wanted a number below"},
      {"byte_level.json", [](json& f) { f["model"]["vocab"]["a"] = -1; }, "the id of token 'a' is -1"},
      {"byte_level.json", [](json& f) { f["model"]["vocab"]["a"] = "1"; },
       "the id of token 'a' is no number"},
      {"byte_level.json", [](json& f) { f["model"]["vocab"]["b"] = f["model"]["vocab"]["a"]; },
       "wanted one that is not that of"},
      {"byte_level.json", [](json& f) { f["model"]["merges"][3] = 5; }, "merge 3 is neither a text nor two"},
      {"byte_level.json",
       [](json& f) {
         f["model"]["merges"][3] = {"a", "qqq"};
       },
       "'qqq' is no token"},
      {"metaspace.json", [](json& f) { f["model"]["merges"][3] = "aqqq"; }, "is no token"},
      {"metaspace.json", [](json& f) { f["normalizer"] = nullptr; },
       "pre-tokenizer is nothing, wanted Metaspace"},
      {"metaspace.json",
       [](json& f) {
         f["normalizer"] = {{"type", "NFKC"}};
       },
       "normalizer is NFKC"},
      {"metaspace.json", [](json& f) { f["model"]["byte_fallback"] = f["model"]["fuse_unk"] = false; },
       "byte_fallback"},
      {"metaspace.json", [](json& f) { f["model"]["ignore_merges"] = true; }, "ignores merges"},
  };
  for (const auto& c : cases) {
    json file = Data(c.base);
    c.spoil(file);
    const std::string message = Message(file);
    EXPECT_NE(message.find(c.says), std::string::npos) << "'" << message << "', wanted: " << c.says;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
  EXPECT_FALSE(ReadTokenizerJson("{", "").ok());
  EXPECT_FALSE(ReadTokenizerJson("[]", "").ok());
  EXPECT_FALSE(
      ReadTokenizerJson("{\"added_tokens\":" + std::string(100000, '[') + std::string(100000, ']') + "}", "")
          .ok());
}

TEST(TokenizerJsonTest, DamagedFilesAreAnswered) {
  const std::string good[] = {Data("byte_level.json").dump(), Data("metaspace.json").dump()};
  const uint32_t seed = 3;
  std::mt19937 rng(seed);
  int read = 0;
  for (int round = 0; round < 600; ++round) {
    std::string text = good[round % 2];
    for (int change = 1 + static_cast<int>(rng() % 3); change > 0; --change) {
      const size_t at = rng() % text.size();
      if (rng() % 3 == 0) {
        text.erase(at, rng() % 8);
      } else {
        text[at] = "\"[]{}:,0159ab\\ "[rng() % 15];
      }
    }
    const auto vocab = ReadTokenizerJson(text, "");
    if (!vocab.ok()) continue;
    ++read;
    const Tokenizer tokenizer(*vocab);
    for (const int32_t id : tokenizer.Encode("the chip \xf0\x9f", true)) {
      ASSERT_GE(id, 0) << "seed " << seed << ", round " << round;
      ASSERT_LT(id, tokenizer.size());
    }
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace weft
