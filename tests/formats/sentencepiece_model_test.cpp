// SentencePiece .model files, against the library itself: it trains the models, and its ids are the right
// ones.
#include "sw/formats/sentencepiece_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "sw/formats/file_io.h"
#include "sw/formats/tokenizer_file.h"
#include "sw/tokenizer/tokenizer.h"
#include "tests/tokenizer/decode_all.h"

#ifdef WEFT_HAS_SENTENCEPIECE
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#endif

namespace weft {
namespace {

// A message's field of bytes, shorter than 128.
std::string Field(int number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) + bytes;
}
// A number below 128, of a field below 16.
std::string Number(int number, int value) {
  return std::string(1, static_cast<char>(number << 3)) + static_cast<char>(value);
}

Result<Vocabulary> ReadText(const std::string& bytes) {
  return ReadSentencePieceModel({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

std::string Piece(const std::string& text, int kind) { return Field(1, Field(1, text) + Number(3, kind)); }

const std::string kPieces = Piece("<unk>", 2) + Piece("<s>", 3) + Piece("</s>", 3) + Piece("a", 1);
const std::string kBpe = Field(2, Number(3, 2));
const std::string kKeepSpaces = Field(3, Number(4, 0));

TEST(SentencePieceModelTest, ReadsByHand) {
  const auto vocab = ReadText(kPieces + kBpe + kKeepSpaces);
  ASSERT_TRUE(vocab.ok()) << vocab.error().message;
  EXPECT_EQ(vocab->pieces, std::vector<std::string>({"<unk>", "<s>", "</s>", "a"}));
  EXPECT_EQ(vocab->bos, 1);
  EXPECT_EQ(vocab->kinds[2], TokenKind::kControl);
}

TEST(SentencePieceModelTest, WhatIsNotKnownIsRefusedByName) {
  const struct {
    std::string bytes;
    const char* says;
  } cases[] = {
      {kBpe + kKeepSpaces, "holds no pieces"},
      {kPieces + kKeepSpaces, "of type 1 (Unigram), wanted 2 (BPE)"},
      {kPieces + Field(2, Number(3, 4)) + kKeepSpaces, "of type 4, wanted 2 (BPE)"},
      {kPieces + kBpe, "removes extra spaces"},
      {kPieces + kBpe + Field(3, Number(4, 0) + Field(2, "rules")), "with normalization rules"},
      {kPieces + Field(2, Number(3, 2) + "\xc0\x01\x01") + kKeepSpaces, "spaces behind words"},
      {kPieces + Piece("b", 7) + kBpe + kKeepSpaces, "token 4 has kind 7"},
      {kPieces + Piece("b", 6) + kBpe + kKeepSpaces, "byte token 4 is 'b'"},
      {kPieces + Field(2, Number(3, 2) + "\xc8\x02\x09") + kKeepSpaces, "begin-of-text token is 9"},
      {kPieces + kBpe + kKeepSpaces + "\x0b", "has wire type 3"},
      {kPieces + kBpe + kKeepSpaces + std::string(11, '\xff'), "more than 10 bytes"},
      {kPieces + kBpe + kKeepSpaces + "\x0a\x05", "SentencePiece model"},
  };
  for (const auto& c : cases) {
    const auto vocab = ReadText(c.bytes);
    ASSERT_FALSE(vocab.ok()) << c.says;
    EXPECT_NE(vocab.error().message.find(c.says), std::string::npos)
        << vocab.error().message << ", wanted: " << c.says;
  }
}

#ifdef WEFT_HAS_SENTENCEPIECE

class Oracle {
 public:
  // Trains on this repository's pages.
  explicit Oracle(const std::string& options) {
    folder_ = std::filesystem::temp_directory_path() / ("weft_sentencepiece_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    std::ofstream corpus(folder_ / "corpus.txt");
    for (const char* page : {"README.md", "docs/numerics.md", "docs/isa.md", "docs/microarchitecture.md"}) {
      corpus << std::ifstream(std::string(WEFT_SOURCE_DIR "/") + page).rdbuf() << "\n";
    }
    for (int i = 0; i < 20; ++i)
      corpus << "na\xc3\xafve caf\xc3\xa9 \xe4\xb8\x96\xe7\x95\x8c  two  spaces 1234\n";
    corpus.close();
    const auto trained = sentencepiece::SentencePieceTrainer::Train(
        "--input=" + (folder_ / "corpus.txt").string() + " --model_prefix=" + (folder_ / "m").string() +
        " --model_type=bpe --normalization_rule_name=identity --remove_extra_whitespaces=false "
        "--minloglevel=2 "
        "--num_threads=1 " +
        options);
    EXPECT_TRUE(trained.ok()) << trained.ToString();
    EXPECT_TRUE(processor_.Load(path()).ok());
  }
  ~Oracle() { std::filesystem::remove_all(folder_); }
  std::string path() const { return (folder_ / "m.model").string(); }
  std::vector<int32_t> Encode(const std::string& text) const {
    std::vector<int> ids;
    EXPECT_TRUE(processor_.Encode(text, &ids).ok());
    return {ids.begin(), ids.end()};
  }
  std::string Decode(const std::vector<int32_t>& ids) const {
    std::string text;
    EXPECT_TRUE(processor_.Decode(std::vector<int>(ids.begin(), ids.end()), &text).ok());
    return text;
  }

 private:
  std::filesystem::path folder_;
  sentencepiece::SentencePieceProcessor processor_;
};

// Texts of whole characters, of words, of spaces. U+2581 is left out: the library reads it as a space.
std::string RandomText(std::mt19937& rng) {
  static const std::vector<std::string> kUnits = {"the ",
                                                  "chip",
                                                  " of",
                                                  "tape",
                                                  " ",
                                                  "  ",
                                                  "\n",
                                                  "\t",
                                                  "a",
                                                  "e",
                                                  "1",
                                                  "23",
                                                  ".",
                                                  ",",
                                                  "[x]",
                                                  "<sep>",
                                                  "x",
                                                  "\xc3\xa9",
                                                  "\xe4\xb8\x96",
                                                  "\xd0\x9f",
                                                  "\xf0\x9f\x98\x80",
                                                  "\xe1\x88\xb4",
                                                  "<s>",
                                                  "\xc2\xa0"};
  std::string text;
  for (int units = static_cast<int>(rng() % 20); units >= 0; --units) text += kUnits[rng() % kUnits.size()];
  return text;
}

TEST(SentencePieceModelTest, IdsEqualTheLibrarys) {
  for (const char* options :
       {"--vocab_size=700 --byte_fallback=true", "--vocab_size=500 --byte_fallback=false",
        "--vocab_size=700 --byte_fallback=true --user_defined_symbols=[x],<sep> --split_digits=true",
        "--vocab_size=700 --byte_fallback=true --add_dummy_prefix=false --bos_id=-1"}) {
    const Oracle oracle(options);
    const auto vocab = LoadSentencePieceModel(oracle.path());
    ASSERT_TRUE(vocab.ok()) << vocab.error().message;
    const auto any = LoadTokenizerFile(oracle.path(), static_cast<uint32_t>(vocab->pieces.size()));
    ASSERT_TRUE(any.ok()) << any.error().message;
    EXPECT_EQ(any->pieces, vocab->pieces);
    const Tokenizer tokenizer(*vocab);
    const uint32_t seed = 17;
    std::mt19937 rng(seed);
    for (int round = 0; round < 1000; ++round) {
      const std::string text = RandomText(rng);
      const std::vector<int32_t> ids = tokenizer.Encode(text, false);
      ASSERT_EQ(ids, oracle.Encode(text))
          << options << ", seed " << seed << ", round " << round << ": " << text;
      if (vocab->unk >= 0 && std::find(ids.begin(), ids.end(), vocab->unk) != ids.end()) continue;
      ASSERT_EQ(testing::DecodeAll(tokenizer, ids), text) << options << ", round " << round;
    }
  }
}

TEST(SentencePieceModelTest, DamagedFilesAreAnswered) {
  const Oracle oracle("--vocab_size=600 --byte_fallback=true");
  const auto good = ReadFile(oracle.path());
  ASSERT_TRUE(good.ok());
  const uint32_t seed = 19;
  std::mt19937 rng(seed);
  int read = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> bytes = *good;
    for (int change = 0; change < 2; ++change) bytes[rng() % bytes.size()] = static_cast<uint8_t>(rng());
    if (rng() % 4 == 0) bytes.resize(rng() % bytes.size());
    const auto vocab = ReadSentencePieceModel(bytes);
    if (!vocab.ok()) continue;
    ++read;
    const Tokenizer tokenizer(*vocab);
    for (const int32_t id : tokenizer.Encode("the chip \xf0\x9f", true)) {
      ASSERT_LT(id, tokenizer.size()) << "seed " << seed << ", round " << round;
    }
  }
  EXPECT_GT(read, 0);
}

#else

TEST(SentencePieceModelTest, IdsEqualTheLibrarys) { GTEST_SKIP() << "libsentencepiece-dev is not installed"; }

#endif

}  // namespace
}  // namespace weft
