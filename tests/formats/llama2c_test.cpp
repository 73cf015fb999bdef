#include "sw/formats/llama2c.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "sw/formats/load.h"
#include "tests/formats/llama2c_bytes.h"
#include "tests/model/tiny_checkpoint.h"
#include "tests/reference/stories.h"

namespace weft {
namespace {

using testing::Llama2cBytes;
using testing::Llama2cTokenizerBytes;
using testing::TinyCheckpoint;
using testing::TinyVocabulary;

using Bytes = std::vector<uint8_t>;

// Overwrites the 32-bit word at `offset`.
template <typename T>
void Poke(Bytes& bytes, size_t offset, T value) {
  static_assert(sizeof(T) == 4);
  std::memcpy(bytes.data() + offset, &value, 4);
}

TEST(Llama2cTest, TiedAndUntiedFilesAreRead) {
  for (bool tied : {true, false}) {
    const Checkpoint want = TinyCheckpoint({.tied = tied, .vocab = false});
    const auto found = LoadCheckpointBytes(Llama2cBytes(want), "tiny");
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_TRUE(testing::SameTensors(*found, want));
    EXPECT_EQ(found->tied(), tied);
    EXPECT_EQ(found->config.head_dim, 8u);
    EXPECT_TRUE(found->vocab.empty());
  }
}

TEST(Llama2cTest, TokenizerFilesAreRead) {
  const Vocabulary want = TinyVocabulary();
  const auto found = ReadLlama2cTokenizer(Llama2cTokenizerBytes(want), 276);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->pieces, want.pieces);
  EXPECT_EQ(found->scores, want.scores);
  EXPECT_EQ(found->kinds, want.kinds);
}

TEST(Llama2cTest, BadCheckpointsAreNamed) {
  const struct {
    const char* phrase;
    std::function<void(Bytes&)> spoil;
  } cases[] = {
      {"the file ends inside the header", [](Bytes& b) { b.resize(27); }},
      {"embedding length is 0, wanted at least 1", [](Bytes& b) { Poke(b, 0, 0); }},
      {"feed-forward length is -64", [](Bytes& b) { Poke(b, 4, -64); }},
      {"layer count is 0", [](Bytes& b) { Poke(b, 8, 0); }},
      {"head count is -2147483648", [](Bytes& b) { Poke(b, 12, INT32_MIN); }},
      {"KV head count is 0", [](Bytes& b) { Poke(b, 16, 0); }},
      {"vocabulary size is 0", [](Bytes& b) { Poke(b, 20, 0); }},
      {"vocabulary size is -2147483648", [](Bytes& b) { Poke(b, 20, INT32_MIN); }},
      {"context length is 0", [](Bytes& b) { Poke(b, 24, 0); }},
      {"embedding length is 32, wanted a multiple of its 5 heads", [](Bytes& b) { Poke(b, 12, 5); }},
      {"wanted a multiple of its 3 KV heads", [](Bytes& b) { Poke(b, 16, 3); }},
      {"head size is 1, wanted an even number", [](Bytes& b) { Poke(b, 12, 32), Poke(b, 16, 32); }},
      {"layer count is 2147483647, wanted 1 to 4096", [](Bytes& b) { Poke(b, 8, INT32_MAX); }},
      {"that its llama2.c header describes", [](Bytes& b) { b.pop_back(); }},
      {"that its llama2.c header describes", [](Bytes& b) { b.push_back(0); }},
      {"that its llama2.c header describes", [](Bytes& b) { Poke(b, 20, -276); }},
      {"that its llama2.c header describes", [](Bytes& b) { Poke(b, 4, 1 << 20); }},
      {"tensor 'token_embd.weight' has a weight that is infinite", [](Bytes& b) { Poke(b, 28, NAN); }},
      {"llama2.c checkpoint of version 3, wanted 0, 1 or 2",
       [](Bytes& b) { Poke(b, 0, 0x616b3432), Poke(b, 4, 3); }},
  };
  for (const auto& c : cases) {
    Bytes bytes = Llama2cBytes(TinyCheckpoint({.vocab = false}));
    c.spoil(bytes);
    const auto found = ReadLlama2c(bytes);
    ASSERT_FALSE(found.ok()) << c.phrase;
    EXPECT_NE(found.error().message.find(c.phrase), std::string::npos) << found.error().message << "\n"
                                                                       << c.phrase;
  }
}

TEST(Llama2cTest, VersionOneIsRead) {
  for (bool tied : {true, false}) {
    const Checkpoint want = TinyCheckpoint({.tied = tied, .vocab = false});
    const auto found = LoadCheckpointBytes(Llama2cBytes(want, 1), "tiny");
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_TRUE(testing::SameTensors(*found, want));
  }
}

// Groups of 128 run over the rows of 32 and 64; hidden is no multiple of them.
TEST(Llama2cTest, VersionTwoMultipliesItsGroupsOut) {
  for (const auto& [tied, group] : {std::pair(true, 32u), std::pair(false, 128u)}) {
    const Checkpoint from = TinyCheckpoint({.tied = tied, .vocab = false, .hidden = 48});
    const auto found = LoadCheckpointBytes(Llama2cBytes(from, 2, group), "tiny");
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->layers[1].ffn_norm.data, from.layers[1].ffn_norm.data);
    const auto want = TensorSlots(from), got = TensorSlots(*found);
    for (size_t t = 0; t < want.size(); ++t) {
      if (want[t].vector || want[t].tensor->empty()) continue;
      const std::vector<float> values = testing::Values(*want[t].tensor),
                               read = testing::Values(*got[t].tensor);
      for (size_t i = 0; i < values.size(); ++i) {
        ASSERT_EQ(read[i], testing::Llama2cRounded(values, i, group)) << want[t].name << " at " << i;
      }
    }
  }
}

TEST(Llama2cTest, BadLaterVersionsAreNamed) {
  const struct {
    const char* phrase;
    std::function<void(Bytes&)> spoil;
  } cases[] = {
      {"the file ends inside the header", [](Bytes& b) { b.resize(255); }},
      {"the file ends inside the header", [](Bytes& b) { b.resize(38); }},
      {"tied-classifier flag is 7, wanted 0 or 1", [](Bytes& b) { b[36] = 7; }},
      {"group size is 0, wanted at least 1", [](Bytes& b) { b[37] = 0; }},
      {"group size is 33, wanted a divisor of the", [](Bytes& b) { b[37] = 33; }},
      {"vocabulary size is -276, wanted at least 1", [](Bytes& b) { Poke(b, 28, -276); }},
      {"that its llama2.c header describes", [](Bytes& b) { b[36] = 0; }},
      {"that its llama2.c header describes", [](Bytes& b) { b[4] = 1; }},
      {"tensor 'output_norm.weight' has a weight that is infinite",
       [](Bytes& b) { Poke(b, 256 + 4 * 32 * 4, NAN); }},
  };
  for (const auto& c : cases) {
    Bytes bytes = Llama2cBytes(TinyCheckpoint({.vocab = false}), 2, 32);
    c.spoil(bytes);
    const auto found = ReadLlama2c(bytes);
    ASSERT_FALSE(found.ok()) << c.phrase;
    EXPECT_NE(found.error().message.find(c.phrase), std::string::npos) << found.error().message << "\n"
                                                                       << c.phrase;
  }
}

TEST(Llama2cTest, BadTokenizersAreNamed) {
  const struct {
    const char* phrase;
    uint32_t size;
    std::function<void(Bytes&)> spoil;
  } cases[] = {
      {"ends inside the longest piece's length", 276, [](Bytes& b) { b.resize(3); }},
      {"ends inside token 275 of 276", 276, [](Bytes& b) { b.pop_back(); }},
      {"ends inside token 276 of 277", 277, [](Bytes&) {}},
      {"goes on for", 275, [](Bytes&) {}},
      {"goes on for 1 bytes after token 276", 276, [](Bytes& b) { b.push_back(0); }},
      {"token 0 of 276 has length -5", 276, [](Bytes& b) { Poke(b, 8, -5); }},
      {"ends inside token 0 of 276", 276, [](Bytes& b) { Poke(b, 8, INT32_MAX); }},
      {"holds 2 tokens, wanted at least", 2, [](Bytes& b) { b.resize(4 + 8 + 5 + 8 + 5); }},
  };
  for (const auto& c : cases) {
    Bytes bytes = Llama2cTokenizerBytes(TinyVocabulary());
    c.spoil(bytes);
    const auto found = ReadLlama2cTokenizer(bytes, c.size);
    ASSERT_FALSE(found.ok()) << c.phrase;
    EXPECT_NE(found.error().message.find(c.phrase), std::string::npos) << found.error().message << "\n"
                                                                       << c.phrase;
  }
}

TEST(Llama2cTest, RealFilesLoad) {
  WEFT_SKIP_WITHOUT_STORIES();
  const auto c = LoadCheckpoint(testing::StoriesPath("stories260K.bin"), testing::StoriesPath("tok512.bin"));
  ASSERT_TRUE(c.ok()) << c.error().message;
  EXPECT_EQ(c->config.hidden, 172u);
  EXPECT_EQ(c->config.context, 512u);
  EXPECT_TRUE(c->tied());
  EXPECT_EQ(c->vocab.pieces[1], "<s>");
  EXPECT_EQ(c->vocab.pieces[13], "\n");
  const auto gguf = LoadCheckpoint(testing::StoriesPath("stories260K-f32.gguf"));
  ASSERT_TRUE(gguf.ok()) << gguf.error().message;
  EXPECT_EQ(c->vocab.pieces, gguf->vocab.pieces);
  EXPECT_EQ(c->vocab.scores, gguf->vocab.scores);
  EXPECT_EQ(c->vocab.kinds, gguf->vocab.kinds);
  for (uint32_t i = 0; i < 5; ++i) {  // the converter must not have permuted Q and K
    EXPECT_EQ(c->layers[i].wq.data, gguf->layers[i].wq.data);
    EXPECT_EQ(c->layers[i].wk.data, gguf->layers[i].wk.data);
  }
}

}  // namespace
}  // namespace weft
