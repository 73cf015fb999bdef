#include "sw/formats/gguf.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "sw/formats/gguf_parser.h"
#include "sw/formats/load.h"
#include "tests/formats/gguf_builder.h"
#include "tests/model/tiny_checkpoint.h"
#include "tests/reference/stories.h"

namespace weft {
namespace {

using testing::StoriesPath;
using testing::TinyCheckpoint;
using testing::TinyGguf;

void ExpectSame(const Checkpoint& a, const Checkpoint& b) {
  EXPECT_EQ(a.config.architecture, b.config.architecture);
  EXPECT_EQ(a.config.name, b.config.name);
  EXPECT_EQ(a.config.dim, b.config.dim);
  EXPECT_EQ(a.config.hidden, b.config.hidden);
  EXPECT_EQ(a.config.layers, b.config.layers);
  EXPECT_EQ(a.config.heads, b.config.heads);
  EXPECT_EQ(a.config.kv_heads, b.config.kv_heads);
  EXPECT_EQ(a.config.head_dim, b.config.head_dim);
  EXPECT_EQ(a.config.vocab, b.config.vocab);
  EXPECT_EQ(a.config.context, b.config.context);
  EXPECT_EQ(a.config.rope_theta, b.config.rope_theta);
  EXPECT_EQ(a.config.rope_factors, b.config.rope_factors);
  EXPECT_EQ(a.config.norm_eps, b.config.norm_eps);
  EXPECT_EQ(a.vocab.pieces, b.vocab.pieces);
  EXPECT_EQ(a.vocab.scores, b.vocab.scores);
  EXPECT_EQ(a.vocab.kinds, b.vocab.kinds);
  EXPECT_EQ(a.vocab.bos, b.vocab.bos);
  EXPECT_EQ(a.vocab.eos, b.vocab.eos);
  EXPECT_EQ(a.vocab.unk, b.vocab.unk);
  EXPECT_EQ(a.vocab.add_bos, b.vocab.add_bos);
  EXPECT_EQ(a.vocab.add_space_prefix, b.vocab.add_space_prefix);
  EXPECT_TRUE(testing::SameTensors(a, b));
}

TEST(GgufTest, WhatIsWrittenIsReadBack) {
  for (DType type : {DType::kF32, DType::kF16, DType::kQ8_0}) {
    for (bool tied : {true, false}) {
      for (bool vocab : {true, false}) {
        const Checkpoint want = TinyCheckpoint({.type = type, .tied = tied, .vocab = vocab});
        const auto bytes = GgufBytes(want);
        ASSERT_TRUE(bytes.ok()) << bytes.error().message;
        const auto found = ReadGguf(*bytes);
        ASSERT_TRUE(found.ok()) << found.error().message;
        ExpectSame(*found, want);
      }
    }
  }
}

TEST(GgufTest, UnusualSettingsSurvive) {
  Checkpoint want = TinyCheckpoint();
  want.config.rope_theta = 500000.0f;
  want.config.norm_eps = 1e-6f;
  want.config.name.clear();
  want.vocab.bos = -1;
  want.vocab.unk = -1;
  want.vocab.eos = 7;
  want.vocab.add_bos = false;
  want.vocab.add_space_prefix = false;
  const auto found = ReadGguf(*GgufBytes(want));
  ASSERT_TRUE(found.ok()) << found.error().message;
  ExpectSame(*found, want);
}

TEST(GgufTest, RopeFactorsSurviveAsATensorOrAKey) {
  Checkpoint want = TinyCheckpoint();
  for (const std::vector<float>& factors : {std::vector<float>{1, 1, 4.5f, 8}, std::vector<float>(4, 2.0f)}) {
    want.config.rope_factors = factors;
    const auto found = ReadGguf(*GgufBytes(want));
    ASSERT_TRUE(found.ok()) << found.error().message;
    ExpectSame(*found, want);
  }
}

TEST(GgufTest, AWindowLimitsTheContext) {
  auto file = TinyGguf();
  file.Set("llama.attention.sliding_window", 16);
  EXPECT_EQ(ReadGguf(file.Bytes())->config.context, 16u);
  EXPECT_TRUE(ReadGguf(file.Bytes())->notes.empty());
  file.Set("llama.attention.sliding_window", 9);
  const auto found = ReadGguf(file.Bytes());
  EXPECT_EQ(found->config.context, 9u);
  EXPECT_EQ(ReadGguf(*GgufBytes(*found))->config.window, 9u);
  ASSERT_EQ(found->notes.size(), 1u);
  EXPECT_NE(found->notes[0].find("window of 9 positions"), std::string::npos);
}

// Qwen files keep each head of q and k in halves: row 1 of a head of 8 is element 2 of the pair order.
TEST(GgufTest, QwenHeadsAreReordered) {
  for (const char* architecture : {"qwen2", "qwen3"}) {
    const Checkpoint want = TinyCheckpoint({.architecture = architecture});
    const auto bytes = GgufBytes(want);
    const auto found = ReadGguf(*bytes);
    ASSERT_TRUE(found.ok()) << found.error().message;
    ExpectSame(*found, want);
    const auto file = ParseGguf(*bytes);
    ASSERT_TRUE(file.ok());
    for (const GgufTensor& tensor : file->tensors) {
      const bool rows = tensor.name == "blk.1.attn_k.weight";
      const bool elements = tensor.name == "blk.1.attn_q.bias" || tensor.name == "blk.1.attn_k_norm.weight";
      if (!rows && !elements) continue;
      const LayerWeights& layer = want.layers[1];
      const Tensor& mine = rows ? layer.wk : tensor.name == "blk.1.attn_q.bias" ? layer.bq : layer.k_norm;
      const size_t bytes_each = rows ? 32 * 4 : 4;
      EXPECT_EQ(std::memcmp(tensor.data.data() + bytes_each, mine.data.data() + 2 * bytes_each, bytes_each),
                0)
          << tensor.name;
      EXPECT_EQ(
          std::memcmp(tensor.data.data() + 5 * bytes_each, mine.data.data() + 3 * bytes_each, bytes_each), 0)
          << tensor.name;
    }
  }
}

TEST(GgufTest, HeadsNeedNotFillTheEmbedding) {
  Checkpoint want = TinyCheckpoint();
  want.config.head_dim = 6;
  std::mt19937 rng(4);
  for (const auto& slot : TensorSlots(want)) {
    if (!slot.tensor->empty()) *slot.tensor = testing::RandomTensor(slot.rows, slot.cols, DType::kF32, rng);
  }
  const auto found = ReadGguf(*GgufBytes(want));
  ASSERT_TRUE(found.ok()) << found.error().message;
  ExpectSame(*found, want);
}

TEST(GgufTest, WritesAtomicallyAndReportsWhereItCannot) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "weft_gguf_write";
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "tiny.gguf").string();
  std::ofstream(path) << "an older file";
  ASSERT_FALSE(WriteGguf(TinyCheckpoint(), path));
  const auto found = LoadCheckpoint(path);
  ASSERT_TRUE(found.ok()) << found.error().message;
  ExpectSame(*found, TinyCheckpoint());
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++files;
  EXPECT_EQ(files, 1u) << "a temporary file was left";
  std::filesystem::remove_all(folder);
  const Status bad = WriteGguf(TinyCheckpoint(), path);
  ASSERT_TRUE(bad);
  EXPECT_NE(bad->message.find("cannot create"), std::string::npos) << bad->message;
}

TEST(GgufTest, AnInvalidCheckpointIsNotWritten) {
  Checkpoint c = TinyCheckpoint();
  c.layers[0].wq.rows = 5;
  EXPECT_FALSE(GgufBytes(c).ok());
}

TEST(GgufTest, TheBuilderGivesAValidFileAndItsVocabulary) {
  const auto c = ReadGguf(TinyGguf().Bytes());
  ASSERT_TRUE(c.ok()) << c.error().message;
  EXPECT_EQ(c->config.head_dim, 4u);
  EXPECT_EQ(c->config.vocab, 8u);
  EXPECT_EQ(c->vocab.pieces[3], "\n");
  EXPECT_EQ(c->vocab.pieces[4], " ");
  EXPECT_EQ(c->vocab.pieces[7], "ab");
  EXPECT_EQ(c->vocab.scores[7], -4);
}

// Variants that other writers produce.
TEST(GgufTest, AcceptsWhatTheFormatLeavesOpen) {
  const struct {
    const char* what;
    void (*change)(testing::GgufBuilder&);
  } cases[] = {
      {"version 2", [](auto& f) { f.version = 2; }},
      {"counts as u64",
       [](auto& f) {
         f.SetRaw("llama.block_count", 10, testing::ByteWriter().template Put<uint64_t>(1).bytes());
       }},
      {"counts as i32",
       [](auto& f) {
         f.SetRaw("llama.block_count", 5, testing::ByteWriter().template Put<int32_t>(1).bytes());
       }},
      {"epsilon as f64",
       [](auto& f) {
         f.SetRaw("llama.attention.layer_norm_rms_epsilon", 12, testing::ByteWriter().Put(1e-5).bytes());
       }},
      {"no rope.dimension_count", [](auto& f) { f.Erase("llama.rope.dimension_count"); }},
      {"key and value length",
       [](auto& f) {
         f.Set("llama.attention.key_length", 4);
         f.Set("llama.attention.value_length", 4);
       }},
      {"linear scaling by 1",
       [](auto& f) {
         f.SetText("llama.rope.scaling.type", "linear");
         f.SetFloat("llama.rope.scaling.factor", 1);
       }},
      {"no token kinds", [](auto& f) { f.Erase("tokenizer.ggml.token_type"); }},
      {"no tokenizer", [](auto& f) { f.Erase("tokenizer.ggml.model"); }},
      {"a single-file split", [](auto& f) { f.Set("split.count", 1); }},
      {"alignment 64",
       [](auto& f) {
         f.Set("general.alignment", 64);
         uint64_t offset = 0;
         for (auto& tensor : f.tensors) {
           tensor.data.resize((tensor.data.size() + 63) / 64 * 64);
           tensor.offset = offset;
           offset += tensor.data.size();
         }
         // The builder pads to 32; a name of the right length moves the data to a multiple of 64.
         for (size_t n = 0; n < 64; ++n) {
           f.SetText("general.description", std::string(n, 'x'));
           size_t data = 0;
           for (auto& tensor : f.tensors) data += tensor.data.size();
           if ((f.Bytes().size() - data) % 64 == 0) break;
         }
       }},
      {"nested arrays",
       [](auto& f) {
         testing::ByteWriter value;
         value.template Put<uint32_t>(9).template Put<uint64_t>(1);
         value.template Put<uint32_t>(4).template Put<uint64_t>(1).template Put<uint32_t>(7);
         f.SetRaw("general.extra", 9, value.bytes());
       }},
      {"a vector of two dimensions",
       [](auto& f) {
         f.At("output_norm.weight").dims = {8, 1};
       }},
  };
  const auto want = ReadGguf(TinyGguf().Bytes());
  ASSERT_TRUE(want.ok());
  for (const auto& c : cases) {
    auto file = TinyGguf();
    c.change(file);
    const auto found = ReadGguf(file.Bytes());
    ASSERT_TRUE(found.ok()) << c.what << ": " << found.error().message;
    EXPECT_TRUE(testing::SameTensors(*found, *want)) << c.what;
    if (!found->vocab.empty()) {
      EXPECT_EQ(found->vocab.kinds, want->vocab.kinds) << c.what;
    }
  }
}

TEST(GgufTest, RealFilesLoad) {
  WEFT_SKIP_WITHOUT_STORIES();
  const struct {
    const char* file;
    uint32_t hidden;
    DType type;
  } cases[] = {{"stories260K-f32.gguf", 172, DType::kF32},
               {"stories260K-pad192-f32.gguf", 192, DType::kF32},
               {"stories260K-pad192-f16.gguf", 192, DType::kF16},
               {"stories260K-pad192-q8_0.gguf", 192, DType::kQ8_0},
               {"stories260K-pad192-q4_0.gguf", 192, DType::kQ4_0}};
  for (const auto& c : cases) {
    const auto found = LoadCheckpoint(StoriesPath(c.file));
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->config.dim, 64u);
    EXPECT_EQ(found->config.hidden, c.hidden);
    EXPECT_EQ(found->config.layers, 5u);
    EXPECT_EQ(found->config.heads, 8u);
    EXPECT_EQ(found->config.kv_heads, 4u);
    EXPECT_EQ(found->config.vocab, 512u);
    EXPECT_EQ(found->layers[4].w_down.type, c.type);
    EXPECT_EQ(found->vocab.pieces[259], " t");
    const auto again = ReadGguf(*GgufBytes(*found));
    ASSERT_TRUE(again.ok()) << again.error().message;
    ExpectSame(*again, *found);
  }
}

}  // namespace
}  // namespace weft
