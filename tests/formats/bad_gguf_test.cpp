// One spoiled GGUF file per line, and the words that its message must have.
#include <gtest/gtest.h>

#include <cmath>

#include "sw/formats/load.h"
#include "tests/formats/gguf_builder.h"

namespace weft {
namespace {

using testing::ByteWriter;
using testing::GgufBuilder;

struct BadFile {
  const char* phrase;
  void (*spoil)(GgufBuilder&);
};

constexpr const char* kEmbedding = "token_embd.weight";
constexpr const char* kQuery = "blk.0.attn_q.weight";

// A Q8_0 block of 32, with the given scale.
std::string Q8Block(uint16_t scale) { return ByteWriter().Put(scale).Raw(std::string(32, '\1')).bytes(); }

// `depth` arrays, one in the other.
std::string Nested(int depth) {
  ByteWriter out;
  for (int i = 1; i < depth; ++i) out.Put<uint32_t>(9).Put<uint64_t>(1);
  out.Put<uint32_t>(0).Put<uint64_t>(0);
  return out.bytes();
}

const BadFile kContainer[] = {
    {"starts with 'GGUM", [](auto& f) { f.magic = "GGUM"; }},
    {"starts with '.?.?", [](auto& f) { f.magic = ".\x1b.\xff"; }},
    {"ends inside the version: 0 bytes are left at offset 4, wanted 4", [](auto& f) { f.size = 4; }},
    {"ends inside the tensor count", [](auto& f) { f.size = 12; }},
    {"ends inside the key count", [](auto& f) { f.size = 20; }},
    {"is GGUF version 1, wanted 2 or 3", [](auto& f) { f.version = 1; }},
    {"is GGUF version 4, wanted 2 or 3", [](auto& f) { f.version = 4; }},
    {"is GGUF version 0, wanted 2 or 3", [](auto& f) { f.version = 0; }},
    {"is a big-endian GGUF file", [](auto& f) { f.version = 0x03000000; }},
    {"claims 18446744073709551615 tensors", [](auto& f) { f.tensor_count = UINT64_MAX; }},
    {"claims 18446744073709551615 keys", [](auto& f) { f.key_count = UINT64_MAX; }},
    {"has 9 dimensions, wanted 1 to 4", [](auto& f) { f.key_count = f.keys.size() - 1; }},
    {"a key's name has 0 bytes", [](auto& f) { f.keys[2].name.clear(); }},
    {"a key's name has 70000 bytes, wanted 1 to 65535",
     [](auto& f) { f.keys[2].name = std::string(70000, 'k'); }},
    {"a tensor's name has 65 bytes, wanted 1 to 64",
     [](auto& f) { f.tensors[0].name = std::string(65, 't'); }},
    {"key 'general.name' has value type 13, wanted 0 to 12",
     [](auto& f) { f.SetRaw("general.name", 13, ""); }},
    {"key 'general.name' is a bool of value 2", [](auto& f) { f.SetRaw("general.name", 7, "\2"); }},
    {"key 'general.name' is there twice", [](auto& f) { f.keys.push_back(f.keys[1]); }},
    {"tensor 'blk.0.attn_q.weight' is there twice", [](auto& f) { f.tensors.push_back(f.At(kQuery)); }},
    {"elements in key 'x', wanted at most",
     [](auto& f) {
       f.SetRaw("x", 9, ByteWriter().template Put<uint32_t>(8).template Put<uint64_t>(1ull << 61).bytes());
     }},
    {"elements in key 'x', wanted at most",
     [](auto& f) {
       f.SetRaw("x", 9, ByteWriter().template Put<uint32_t>(10).template Put<uint64_t>(1ull << 61).bytes());
     }},
    {"elements in key 'x', wanted at most",
     [](auto& f) {
       f.SetRaw("x", 9, ByteWriter().template Put<uint32_t>(9).template Put<uint64_t>(1ull << 60).bytes());
     }},
    {"nests arrays deeper than wanted", [](auto& f) { f.SetRaw("x", 9, Nested(5)); }},
    {"ends inside key 'x'",
     [](auto& f) { f.SetRaw("x", 8, ByteWriter().template Put<uint64_t>(1ull << 40).bytes()); }},
    {"key 'general.alignment' has type string", [](auto& f) { f.SetText("general.alignment", "32"); }},
    {"key 'general.alignment' is 0", [](auto& f) { f.Set("general.alignment", 0); }},
    {"key 'general.alignment' is 24, wanted a power of two", [](auto& f) { f.Set("general.alignment", 24); }},
    {"key 'general.alignment' is 2147483648", [](auto& f) { f.Set("general.alignment", 1u << 31); }},
    {"has 0 dimensions, wanted 1 to 4", [](auto& f) { f.At(kQuery).dims.clear(); }},
    {"has 5 dimensions, wanted 1 to 4", [](auto& f) { f.At(kQuery).rank = 5; }},
    {"has a dimension of 0",
     [](auto& f) {
       f.At(kQuery).dims = {8, 0};
     }},
    {"product overflows",
     [](auto& f) {
       f.At(kQuery).dims = {1ull << 32, 1ull << 32, 8};
     }},
    {"product overflows",
     [](auto& f) {
       f.At(kQuery).dims = {1ull << 62, 1};
     }},
    {"has type id 99", [](auto& f) { f.At(kQuery).type = 99; }},
    {"is Q8_0 with rows of 8 elements, wanted a multiple of 32", [](auto& f) { f.At(kQuery).type = 8; }},
    {"starts at offset 17, wanted a multiple of 32", [](auto& f) { f.At(kQuery).offset = 17; }},
    {"from offset 18446744073709551584 of the data, wanted inside",
     [](auto& f) { f.At(kQuery).offset = UINT64_MAX - 31; }},
    {"wanted inside its", [](auto& f) { f.size = f.Bytes().size() - 1; }},
    {"overlaps tensor 'token_embd.weight', wanted at least offset 256",
     [](auto& f) { f.At("blk.0.attn_norm.weight").offset = 32; }},
};

const BadFile kModel[] = {
    {"key 'general.architecture' is missing", [](auto& f) { f.Erase("general.architecture"); }},
    {"architecture is 'gemma2', wanted llama, qwen2 or qwen3",
     [](auto& f) { f.SetText("general.architecture", "gemma2"); }},
    {"key 'split.count' is 3", [](auto& f) { f.Set("split.count", 3); }},
    {"key 'llama.block_count' is missing, wanted an integer", [](auto& f) { f.Erase("llama.block_count"); }},
    {"key 'llama.block_count' has type string, wanted an integer",
     [](auto& f) { f.SetText("llama.block_count", "one"); }},
    {"key 'llama.block_count' is -1",
     [](auto& f) { f.SetRaw("llama.block_count", 5, ByteWriter().template Put<int32_t>(-1).bytes()); }},
    {"key 'llama.block_count' is 4294967296",
     [](auto& f) {
       f.SetRaw("llama.block_count", 10, ByteWriter().template Put<uint64_t>(1ull << 32).bytes());
     }},
    {"layer count is 4294967295, wanted 1 to 4096", [](auto& f) { f.Set("llama.block_count", UINT32_MAX); }},
    {"tensor 'blk.1.attn_norm.weight' is missing", [](auto& f) { f.Set("llama.block_count", 2); }},
    {"layer count is 0", [](auto& f) { f.Set("llama.block_count", 0); }},
    {"key 'llama.attention.head_count' has type array of u32",
     [](auto& f) { f.template SetArray<uint32_t>("llama.attention.head_count", 4, {2}); }},
    {"key 'llama.attention.head_count' is 0, wanted a divisor",
     [](auto& f) { f.Set("llama.attention.head_count", 0); }},
    {"key 'llama.attention.head_count' is 3, wanted a divisor of the embedding length 8",
     [](auto& f) { f.Set("llama.attention.head_count", 3); }},
    {"KV head count is 0", [](auto& f) { f.Set("llama.attention.head_count_kv", 0); }},
    {"embedding length is 0",
     [](auto& f) {
       f.Set("llama.embedding_length", 0);
       f.Erase("llama.rope.dimension_count");
     }},
    {"context length is 0", [](auto& f) { f.Set("llama.context_length", 0); }},
    {"key 'llama.rope.dimension_count' is 2, wanted the head size 4",
     [](auto& f) { f.Set("llama.rope.dimension_count", 2); }},
    {"key 'llama.attention.value_length' is 8, wanted the head size 4",
     [](auto& f) { f.Set("llama.attention.value_length", 8); }},
    {"key 'llama.rope.dimension_count' is 4, wanted the head size 8",
     [](auto& f) { f.Set("llama.attention.key_length", 8); }},
    {"key 'llama.rope.scaling.type' is 'yarn', wanted 'none' or 'linear'",
     [](auto& f) { f.SetText("llama.rope.scaling.type", "yarn"); }},
    {"key 'llama.rope.scaling.factor' is 0.500000, wanted 1 to 1000000",
     [](auto& f) { f.SetFloat("llama.rope.scaling.factor", 0.5f); }},
    {"key 'llama.final_logit_softcapping' is 30.000000, wanted 0 or none",
     [](auto& f) { f.SetFloat("llama.final_logit_softcapping", 30); }},
    {"key 'llama.rope.freq_base' has type u32, wanted a float",
     [](auto& f) { f.Set("llama.rope.freq_base", 1); }},
    {"RoPE base is 0", [](auto& f) { f.SetFloat("llama.rope.freq_base", 0); }},
    {"norm epsilon is nan", [](auto& f) { f.SetFloat("llama.attention.layer_norm_rms_epsilon", NAN); }},
    {"key 'llama.attention.layer_norm_rms_epsilon' is missing",
     [](auto& f) { f.Erase("llama.attention.layer_norm_rms_epsilon"); }},
    {"key 'llama.expert_count' is 8, wanted 0", [](auto& f) { f.Set("llama.expert_count", 8); }},
    {"vocabulary has 8 pieces, wanted 9",
     [](auto& f) {
       f.Set("llama.vocab_size", 9);
       f.At(kEmbedding).dims = {8, 9};
       f.At(kEmbedding).data.resize(288);
     }},
    {"tensor 'token_embd.weight' has shape [8][8], wanted [9][8]",
     [](auto& f) { f.Set("llama.vocab_size", 9); }},
    {"tensor 'blk.0.attn_q.weight' is missing, wanted one of shape [8][8]", [](auto& f) { f.Erase(kQuery); }},
    {"tensor 'blk.0.attn_q.weight' has shape [4][16], wanted [8][8]",
     [](auto& f) {
       f.At(kQuery).dims = {16, 4};
     }},
    {"tensor 'blk.0.attn_q.weight' has more than two dimensions",
     [](auto& f) {
       f.At(kQuery).dims = {8, 4, 2};
     }},
    {"tensor 'blk.0.attn_q.weight' is I16, wanted F32, F16, Q4_0,", [](auto& f) { f.At(kQuery).type = 25; }},
    {"tensor 'output_norm.weight' has a weight that is infinite or NaN",
     [](auto& f) { f.At("output_norm.weight").data.replace(0, 4, ByteWriter().Put(INFINITY).bytes()); }},
    {"a RoPE factor of the model is 0",
     [](auto& f) {
       f.tensors.push_back({"rope_freqs.weight", {2}, 0, std::string(8, '\0'), {}, {}});
     }},
    {"tensor 'rope_freqs.weight' is F32 of shape [1][3], wanted F32 of [1][2]",
     [](auto& f) {
       f.tensors.push_back({"rope_freqs.weight", {3}, 0, std::string(12, '\0'), {}, {}});
     }},
    {"tensor 'blk.0.attn_q.bias' has no place in a llama model",
     [](auto& f) {
       f.tensors.push_back({"blk.0.attn_q.bias", {8}, 0, std::string(32, '\0'), {}, {}});
     }},
    {"tensor 'token_embd.weight' has a scale that is infinite or NaN",
     [](auto& f) {
       f.Set("llama.embedding_length", 32);
       f.Set("llama.rope.dimension_count", 16);
       for (auto& tensor : f.tensors) {
         const uint64_t rows = tensor.name.find("attn_q") != std::string::npos        ? 32
                               : tensor.name.find("attn_output") != std::string::npos ? 32
                               : tensor.name.find("attn_k") != std::string::npos      ? 16
                               : tensor.name.find("attn_v") != std::string::npos      ? 16
                               : tensor.name.find("ffn_down") != std::string::npos    ? 32
                               : tensor.dims.size() == 2                              ? tensor.dims[1]
                                                                                      : 1;
         const uint64_t cols = tensor.name.find("ffn_down") != std::string::npos ? 16 : 32;
         tensor.dims = {cols, rows};
         tensor.data.assign(cols * rows * 4, '\0');
       }
       f.At(kEmbedding).type = 8;
       f.At(kEmbedding).data = Q8Block(0x3c00) + Q8Block(0x7c01) + Q8Block(0) + Q8Block(0) + Q8Block(0) +
                               Q8Block(0) + Q8Block(0) + Q8Block(0);
     }},
};

void MakeByteLevel(GgufBuilder& file, const std::string& pre, const std::vector<std::string>& merges) {
  file.SetText("tokenizer.ggml.model", "gpt2");
  file.SetText("tokenizer.ggml.pre", pre);
  file.SetTexts("tokenizer.ggml.merges", merges);
  file.SetArray<int32_t>("tokenizer.ggml.token_type", 5, {3, 3, 3, 1, 1, 1, 1, 1});
}

const BadFile kTokenizer[] = {
    {"key 'tokenizer.ggml.model' is 'bert', wanted 'llama' (SentencePiece) or 'gpt2' (byte-level BPE)",
     [](auto& f) { f.SetText("tokenizer.ggml.model", "bert"); }},
    {"key 'tokenizer.ggml.pre' is missing", [](auto& f) { f.SetText("tokenizer.ggml.model", "gpt2"); }},
    {"key 'tokenizer.ggml.pre' is 'tekken', wanted one of gpt-2, llama-bpe, qwen2, smollm",
     [](auto& f) { MakeByteLevel(f, "tekken", {}); }},
    {"key 'tokenizer.ggml.merges' is missing",
     [](auto& f) { MakeByteLevel(f, "qwen2", {}), f.Erase("tokenizer.ggml.merges"); }},
    {"key 'tokenizer.ggml.merges': merge 1 is of 'a' and 'c', and 'c' is no token",
     [](auto& f) {
       MakeByteLevel(f, "qwen2", {"a b", "a c"});
     }},
    {"key 'tokenizer.ggml.merges': merge 0 is of 'b' and 'a', and 'ba' is no token",
     [](auto& f) { MakeByteLevel(f, "qwen2", {"b a"}); }},
    {"key 'tokenizer.ggml.merges': merge 0 is 'ab', wanted two pieces",
     [](auto& f) { MakeByteLevel(f, "gpt-2", {"ab"}); }},
    {"byte token 3 is '<0x0A>', wanted no byte tokens beside merges",
     [](auto& f) {
       MakeByteLevel(f, "smollm", {});
       f.template SetArray<int32_t>("tokenizer.ggml.token_type", 5, {3, 3, 3, 6, 1, 1, 1, 1});
     }},
    {"key 'tokenizer.ggml.tokens' is missing, wanted an array of string",
     [](auto& f) { f.Erase("tokenizer.ggml.tokens"); }},
    {"key 'tokenizer.ggml.scores' is missing", [](auto& f) { f.Erase("tokenizer.ggml.scores"); }},
    {"key 'tokenizer.ggml.scores' has type array of i32, wanted an array of f32",
     [](auto& f) { f.template SetArray<int32_t>("tokenizer.ggml.scores", 5, {1}); }},
    {"key 'tokenizer.ggml.scores' has 1 elements",
     [](auto& f) { f.template SetArray<float>("tokenizer.ggml.scores", 6, {1}); }},
    {"key 'tokenizer.ggml.token_type' has 2 elements",
     [](auto& f) {
       f.template SetArray<int32_t>("tokenizer.ggml.token_type", 5, {1, 1});
     }},
    {"key 'tokenizer.ggml.tokens' has 0 elements", [](auto& f) { f.SetTexts("tokenizer.ggml.tokens", {}); }},
    {"token 4 has kind 7, wanted 1 to 6",
     [](auto& f) {
       f.template SetArray<int32_t>("tokenizer.ggml.token_type", 5, {2, 3, 3, 6, 7, 1, 1, 1});
     }},
    {"byte token 5 is 'a', wanted '<0x00>'",
     [](auto& f) {
       f.template SetArray<int32_t>("tokenizer.ggml.token_type", 5, {2, 3, 3, 6, 1, 6, 1, 1});
     }},
    {"token 6 has score NaN",
     [](auto& f) {
       f.template SetArray<float>("tokenizer.ggml.scores", 6, {0, 0, 0, 0, 0, 0, NAN, 0});
     }},
    {"key 'tokenizer.ggml.bos_token_id' is 8, wanted an id below 8",
     [](auto& f) { f.Set("tokenizer.ggml.bos_token_id", 8); }},
    {"key 'tokenizer.ggml.add_bos_token' has type u32, wanted a bool",
     [](auto& f) { f.Set("tokenizer.ggml.add_bos_token", 1); }},
};

template <size_t N>
void ExpectRefused(const BadFile (&files)[N]) {
  for (const BadFile& bad : files) {
    GgufBuilder file = testing::TinyGguf();
    bad.spoil(file);
    const auto found = LoadCheckpointBytes(file.Bytes(), "tiny");
    ASSERT_FALSE(found.ok()) << "loaded in spite of: " << bad.phrase;
    const std::string& message = found.error().message;
    EXPECT_NE(message.find(bad.phrase), std::string::npos) << message << "\nwanted: " << bad.phrase;
    EXPECT_EQ(message.substr(0, 6), "tiny: ");
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(BadGgufTest, ContainerErrorsAreNamed) { ExpectRefused(kContainer); }
TEST(BadGgufTest, ModelErrorsAreNamed) { ExpectRefused(kModel); }
TEST(BadGgufTest, TokenizerErrorsAreNamed) { ExpectRefused(kTokenizer); }

TEST(BadGgufTest, EveryTruncationIsRefused) {
  const auto bytes = testing::TinyGguf().Bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(LoadCheckpointBytes(std::span(bytes).first(size), "tiny").ok()) << size;
  }
}

}  // namespace
}  // namespace weft
