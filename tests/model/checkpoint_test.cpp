#include "sw/model/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/model/tiny_checkpoint.h"

namespace weft {
namespace {

using testing::TinyCheckpoint;
using testing::TinyOptions;

TEST(CheckpointTest, TinyCheckpointsOfEveryTypeAreValid) {
  for (DType type : {DType::kF32, DType::kF16, DType::kQ8_0}) {
    for (bool tied : {true, false}) {
      const Checkpoint c = TinyCheckpoint({.type = type, .tied = tied});
      EXPECT_FALSE(Validate(c)) << Validate(c)->message;
      EXPECT_FALSE(CheckFinite(c));
      EXPECT_EQ(c.tied(), tied);
    }
  }
}

TEST(CheckpointTest, ArchitecturesAskForTheirTensors) {
  const auto names = [](const char* architecture) {
    std::string all;
    for (const auto& slot : TensorSlots(TinyCheckpoint({.architecture = architecture})))
      all += slot.name + " ";
    return all;
  };
  EXPECT_EQ(names("llama").find("bias"), std::string::npos);
  EXPECT_EQ(names("llama").find("q_norm"), std::string::npos);
  EXPECT_NE(names("qwen2").find("blk.1.attn_v.bias"), std::string::npos);
  EXPECT_NE(names("qwen3").find("blk.0.attn_k_norm.weight"), std::string::npos);
}

struct BadCheckpoint {
  const char* phrase;
  std::function<void(Checkpoint&)> spoil;
};

TEST(CheckpointTest, ValidateNamesWhatIsWrong) {
  const BadCheckpoint cases[] = {
      {"architecture is 'mamba', wanted llama, qwen2 or qwen3",
       [](Checkpoint& c) { c.config.architecture = "mamba"; }},
      {"embedding length is 0, wanted 1 to", [](Checkpoint& c) { c.config.dim = 0; }},
      {"feed-forward length is 4294967295", [](Checkpoint& c) { c.config.hidden = UINT32_MAX; }},
      {"layer count is 0", [](Checkpoint& c) { c.config.layers = 0; }},
      {"head count is 0", [](Checkpoint& c) { c.config.heads = 0; }},
      {"KV head count is 0", [](Checkpoint& c) { c.config.kv_heads = 0; }},
      {"head count is 4, wanted a multiple of its 3 KV heads", [](Checkpoint& c) { c.config.kv_heads = 3; }},
      {"head size is 7, wanted an even number", [](Checkpoint& c) { c.config.head_dim = 7; }},
      {"heads are 4194304 wide together", [](Checkpoint& c) { c.config.head_dim = 1 << 20; }},
      {"vocabulary size is 0", [](Checkpoint& c) { c.config.vocab = 0; }},
      {"context length is 0", [](Checkpoint& c) { c.config.context = 0; }},
      {"RoPE base is nan", [](Checkpoint& c) { c.config.rope_theta = NAN; }},
      {"has 3 RoPE factors, wanted 4",
       [](Checkpoint& c) {
         c.config.rope_factors = {1, 2, 3};
       }},
      {"RoPE factor of the model is 0",
       [](Checkpoint& c) {
         c.config.rope_factors = {1, 0, 3, 1};
       }},
      {"norm epsilon is -1", [](Checkpoint& c) { c.config.norm_eps = -1; }},
      {"holds 1 layers, wanted 2", [](Checkpoint& c) { c.layers.pop_back(); }},
      {"tensor 'blk.1.attn_k.weight' has shape [17][32], wanted [16][32]",
       [](Checkpoint& c) { c.layers[1].wk.rows = 17; }},
      {"tensor 'blk.0.ffn_down.weight' holds 8191 bytes, wanted 8192",
       [](Checkpoint& c) { c.layers[0].w_down.data.pop_back(); }},
      {"tensor 'output_norm.weight' has shape [0][0], wanted [1][32]",
       [](Checkpoint& c) { c.output_norm = {}; }},
      {"tensor 'token_embd.weight' has type id 9, wanted F32, F16,",
       [](Checkpoint& c) { c.token_embd.type = static_cast<DType>(9); }},
      {"tensor 'output_norm.weight' is Q8_0", [](Checkpoint& c) { c.output_norm.type = DType::kQ8_0; }},
      {"has 275 pieces, wanted 276", [](Checkpoint& c) { c.vocab.pieces.pop_back(); }},
      {"has 275 scores, wanted 276", [](Checkpoint& c) { c.vocab.scores.pop_back(); }},
      {"has 275 token kinds, wanted 276", [](Checkpoint& c) { c.vocab.kinds.pop_back(); }},
      {"begin-of-text token is 276", [](Checkpoint& c) { c.vocab.bos = 276; }},
      {"end-of-text token is -2", [](Checkpoint& c) { c.vocab.eos = -2; }},
      {"token 9 has score NaN", [](Checkpoint& c) { c.vocab.scores[9] = NAN; }},
      {"byte token 3 has 2 bytes, wanted 1", [](Checkpoint& c) { c.vocab.pieces[3] = "ab"; }},
      {"no unknown token and 255 different byte tokens",
       [](Checkpoint& c) { c.vocab.unk = -1, c.vocab.kinds[70] = TokenKind::kNormal; }},
      {"token 0 has kind 9", [](Checkpoint& c) { c.vocab.kinds[0] = static_cast<TokenKind>(9); }},
  };
  for (const BadCheckpoint& bad : cases) {
    Checkpoint c = TinyCheckpoint();
    bad.spoil(c);
    const Status status = Validate(c);
    ASSERT_TRUE(status.has_value()) << bad.phrase;
    EXPECT_NE(status->message.find(bad.phrase), std::string::npos)
        << status->message << "\nwanted " << bad.phrase;
  }
}

TEST(CheckpointTest, QuantizedRowsNeedWholeBlocks) {
  Checkpoint c = TinyCheckpoint({.hidden = 40});
  c.layers[0].w_down.type = DType::kQ8_0;
  ASSERT_TRUE(Validate(c));
  EXPECT_NE(Validate(c)->message.find("rows of 40 elements, wanted a multiple of 32"), std::string::npos);
}

TEST(CheckpointTest, AFourthTernaryValueIsRefused) {
  Checkpoint c = TinyCheckpoint({.dim = 256, .hidden = 256});
  Tensor& tensor = c.layers[1].wo;
  tensor = QuantizeTQ2_0(tensor, 256);
  EXPECT_FALSE(Validate(c));
  EXPECT_FALSE(CheckFinite(c));
  tensor.data[66 * 3 + 63] |= 0x30;
  ASSERT_TRUE(CheckFinite(c));
  EXPECT_NE(CheckFinite(c)->message.find("'blk.1.attn_output.weight' has a ternary value of code 3"),
            std::string::npos);
}

TEST(CheckpointTest, CheckFiniteNamesTheTensor) {
  for (DType type : {DType::kF32, DType::kF16, DType::kQ8_0}) {
    Checkpoint c = TinyCheckpoint({.type = type});
    auto& data = c.layers[1].w_up.data;
    const size_t at = type == DType::kQ8_0 ? 34 + 1 : type == DType::kF16 ? 7 : 11;  // a top byte
    data[at] = 0x7f;
    data[at - 1] = 0x80;
    const Status status = CheckFinite(c);
    ASSERT_TRUE(status) << DTypeName(type);
    EXPECT_NE(status->message.find("'blk.1.ffn_up.weight'"), std::string::npos) << status->message;
  }
}

}  // namespace
}  // namespace weft
