#include "sw/tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <random>

#include "sw/formats/load.h"
#include "tests/model/tiny_checkpoint.h"
#include "tests/reference/stories.h"
#include "tests/tokenizer/decode_all.h"

namespace weft {
namespace {

using testing::DecodeAll;
using testing::kPrompts;
using testing::RecordedIds;
using testing::StoriesPath;
using testing::TinyVocabulary;

using Ids = std::vector<int32_t>;

// The definition, in quadratic time: merge the best pair, leftmost of equals, until there is none.
Ids SlowEncode(const Vocabulary& vocab, std::string_view text) {
  std::vector<std::string> parts;
  for (char c : " " + std::string(text)) parts.push_back(std::string(1, c));  // ASCII only
  const auto find = [&](const std::string& piece) {
    for (size_t id = 0; id < vocab.pieces.size(); ++id) {
      if (vocab.kinds[id] == TokenKind::kNormal && vocab.pieces[id] == piece) return static_cast<int32_t>(id);
    }
    return -1;
  };
  for (;;) {
    size_t best = parts.size();
    float score = -1e30f;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const int32_t id = find(parts[i] + parts[i + 1]);
      if (id >= 0 && vocab.scores[id] > score) best = i, score = vocab.scores[id];
    }
    if (best == parts.size()) break;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
  Ids ids;
  for (const std::string& part : parts) {
    const int32_t id = find(part);
    if (id >= 0)
      ids.push_back(id);
    else
      for (char c : part) ids.push_back(static_cast<uint8_t>(c) + 3);
  }
  return ids;
}

TEST(TokenizerTest, MergesByScoreAndFallsBackToBytes) {
  const Tokenizer tokenizer(TinyVocabulary());
  EXPECT_EQ(tokenizer.Encode("", true), Ids({1}));
  EXPECT_EQ(tokenizer.Encode("", false), Ids());
  EXPECT_EQ(tokenizer.Encode("the", true), Ids({1, 262}));          // " t" + "he"
  EXPECT_EQ(tokenizer.Encode("z", false), Ids({266, 'z' + 3}));     // " ", then a byte
  EXPECT_EQ(tokenizer.Encode("\xc3\xa9", false), Ids({266, 275}));  // a character that is a piece
  EXPECT_EQ(tokenizer.Encode("\xc3\xa8", false), Ids({266, 0xc3 + 3, 0xa8 + 3}));
  EXPECT_EQ(tokenizer.Encode("\xc3", false), Ids({266, 0xc3 + 3}));  // not UTF-8
  EXPECT_EQ(tokenizer.Encode(std::string_view("\0", 1), false), Ids({266, 3}));
  EXPECT_EQ(tokenizer.Encode("<s>", false),
            Ids({266, '<' + 3, 's' + 3, '>' + 3}));  // text, not a control token
}

TEST(TokenizerTest, EqualsTheDefinitionOnRandomText) {
  const Vocabulary vocab = TinyVocabulary();
  const Tokenizer tokenizer(TinyVocabulary());
  std::mt19937 rng(2);
  const std::string alphabet = "aandhet  bz";
  for (int round = 0; round < 3000; ++round) {
    std::string text(1 + rng() % 24, ' ');
    for (char& c : text) c = alphabet[rng() % alphabet.size()];
    ASSERT_EQ(tokenizer.Encode(text, false), SlowEncode(vocab, text)) << text;
  }
}

TEST(TokenizerTest, AnyBytesComeBack) {
  const Tokenizer tokenizer(TinyVocabulary());
  std::mt19937 rng(3);
  for (int round = 0; round < 1000; ++round) {
    std::string text(1 + rng() % 40, ' ');
    for (char& c : text) c = static_cast<char>(rng());
    ASSERT_EQ(DecodeAll(tokenizer, tokenizer.Encode(text, true)), text);
    ASSERT_EQ(DecodeAll(tokenizer, tokenizer.Encode(text, false)), text);
  }
}

TEST(TokenizerTest, DecodeTakesOneSpaceOffTheFirstTokenOnly) {
  const Tokenizer tokenizer(TinyVocabulary());
  EXPECT_EQ(tokenizer.Decode(262, 1), "the");
  EXPECT_EQ(tokenizer.Decode(262, -1), "the");
  EXPECT_EQ(tokenizer.Decode(262, 262), " the");
  EXPECT_EQ(tokenizer.Decode(266, 1), "");
  EXPECT_EQ(tokenizer.Decode(' ' + 3, 1), " ");  // a byte token is no padding
  EXPECT_EQ(tokenizer.Decode(1, -1), "");
  EXPECT_EQ(tokenizer.Decode(2, 262), "");
  EXPECT_EQ(tokenizer.Decode(9999, 262), "");
}

TEST(TokenizerTest, FollowsTheVocabularysFlags) {
  Vocabulary vocab = TinyVocabulary();
  vocab.add_bos = false;
  vocab.add_space_prefix = false;
  const Tokenizer tokenizer(std::move(vocab));
  EXPECT_EQ(tokenizer.Encode("and"), Ids({264}));
  EXPECT_EQ(tokenizer.Encode(" the"), Ids({262}));
  EXPECT_EQ(tokenizer.Encode("the"), Ids({274, 260}));
  EXPECT_EQ(tokenizer.Decode(262, -1), " the");
}

TEST(TokenizerTest, UserPiecesAreNeverCutAndUnknownTextBecomesTheUnknownToken) {
  Vocabulary vocab;
  for (const char* piece : {"<unk>", "<s>", "</s>", "a", "b", "ab", "a[x]b", "[x]"}) {
    vocab.pieces.push_back(piece);
    vocab.scores.push_back(0);
    vocab.kinds.push_back(TokenKind::kNormal);
  }
  vocab.kinds[0] = TokenKind::kUnknown;
  vocab.kinds[1] = vocab.kinds[2] = TokenKind::kControl;
  vocab.kinds[7] = TokenKind::kUser;
  vocab.add_space_prefix = false;
  const Tokenizer tokenizer(std::move(vocab));
  EXPECT_EQ(tokenizer.Encode("ab[x]ab", false), Ids({5, 7, 5}));
  EXPECT_EQ(tokenizer.Encode("a[x]b", false), Ids({3, 7, 4}));
  EXPECT_EQ(tokenizer.Encode("aqb", false), Ids({3, 0, 4}));
}

TEST(TokenizerTest, LongTextsTakeLittleTime) {
  const Tokenizer tokenizer(TinyVocabulary());
  std::string text;
  while (text.size() < 2000000) text += "and then the hand";
  const Ids ids = tokenizer.Encode(text, false);  // quadratic time would be minutes
  EXPECT_EQ(DecodeAll(tokenizer, ids), text);
}

TEST(TokenizerTest, PromptsAndTextsEqualTheRecordedRuns) {
  WEFT_SKIP_WITHOUT_STORIES();
  for (const char* file : {"stories260K.bin", "stories260K-f32.gguf"}) {
    const bool gguf = std::string(file).ends_with(".gguf");
    auto checkpoint = LoadCheckpoint(StoriesPath(file), gguf ? "" : StoriesPath("tok512.bin"));
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    const Tokenizer tokenizer(checkpoint->vocab);
    for (int prompt = 0; prompt < 3; ++prompt) {
      const Ids recorded = RecordedIds(prompt);
      ASSERT_FALSE(recorded.empty());
      const Ids ids = tokenizer.Encode(kPrompts[prompt], true);
      ASSERT_LT(ids.size(), recorded.size());
      EXPECT_EQ(ids, Ids(recorded.begin(), recorded.begin() + static_cast<ptrdiff_t>(ids.size())));
      const std::string text = testing::Slurp(testing::RecordPath(prompt, "llama2c-run-f32.txt"));
      EXPECT_EQ(DecodeAll(tokenizer, recorded).substr(0, text.size()), text);
    }
  }
}

// Encoding the decoded evaluation stories gives their ids back: 116 thousand tokens of another program's
// work.
TEST(TokenizerTest, EvaluationStoriesEncodeToTheirIds) {
  WEFT_SKIP_WITHOUT_STORIES();
  auto checkpoint = LoadCheckpoint(StoriesPath("stories260K.bin"), StoriesPath("tok512.bin"));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  const Tokenizer tokenizer(checkpoint->vocab);
  const auto stories = testing::EvaluationStories();
  ASSERT_EQ(stories.size(), 300u);
  size_t equal = 0;
  for (const Ids& story : stories) equal += tokenizer.Encode(DecodeAll(tokenizer, story), true) == story;
  EXPECT_EQ(equal, stories.size());
}

}  // namespace
}  // namespace weft
