// A table of files that are wrong, each in one way, of every format that the program reads: each gets its
// sentence, exit code 2 and nothing else.
#include <algorithm>
#include <functional>

#include "sw/formats/gguf.h"
#include "tests/cli/process.h"
#include "tests/formats/gguf_builder.h"
#include "tests/formats/huggingface_folder.h"
#include "tests/formats/llama2c_bytes.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;

struct BadFile {
  const char* name;
  std::function<void(const fs::path& at)> make;  // writes a file or a folder
  const char* says;                              // part of the sentence
};

void Write(const fs::path& path, const std::vector<uint8_t>& bytes) {
  WriteText(path.string(), std::string(bytes.begin(), bytes.end()));
}

// Makers: a good file with one change.
auto Gguf(std::function<void(GgufBuilder&)> spoil) {
  return [spoil](const fs::path& at) {
    GgufBuilder file = TinyGguf();
    spoil(file);
    Write(at, file.Bytes());
  };
}
auto Bin(int32_t version, std::function<void(std::vector<uint8_t>&)> spoil) {
  return [version, spoil](const fs::path& at) {
    auto bytes = Llama2cBytes(TinyCheckpoint({.vocab = false}), version, 32);
    spoil(bytes);
    Write(at, bytes);
  };
}
auto Text(const std::string& text) {
  return [text](const fs::path& at) { WriteText(at.string(), text); };
}
auto Hf(std::function<void(HfModel&)> spoil) {
  return [spoil](const fs::path& at) {
    HfModel model = RandomHfModel("llama", true);
    spoil(model);
    WriteHfFolder(at, model);
  };
}
// A good folder, one of whose files is then replaced (or removed, if `text` is empty).
auto HfFile(const std::string& file, const std::string& text, bool shards = false) {
  return [=](const fs::path& at) {
    WriteHfFolder(at, RandomHfModel("llama", true), "F32", shards);
    fs::remove(at / file);
    if (!text.empty()) WriteText((at / file).string(), text);
  };
}
// A folder whose only weights are the file that `directory` heads.
auto Safetensors(const std::string& directory) {
  uint64_t length = directory.size();
  return HfFile("model.safetensors",
                std::string(reinterpret_cast<char*>(&length), 8) + directory + std::string(64, '\0'));
}
auto Config(const std::string& key, const nlohmann::json& value) {
  return Hf([=](HfModel& m) { m.config[key] = value; });
}

const BadFile kModels[] = {
    {"empty", Text(""), "is empty"},
    {"text", Text("# A readme, and not a model at all"), "starts with '# A read', wanted a GGUF file"},
    {"zeros", Text(std::string(64, '\0')), "wanted a GGUF file or a llama2.c checkpoint"},
    // GGUF
    {"gguf_cut", Gguf([](auto& f) { f.size = 200; }), "that fit into the rest of the file"},
    {"gguf_version", Gguf([](auto& f) { f.version = 1; }), "is GGUF version 1, wanted 2 or 3"},
    {"gguf_endian", Gguf([](auto& f) { f.version = 0x03000000; }), "is a big-endian GGUF file"},
    {"gguf_counts", Gguf([](auto& f) { f.tensor_count = UINT64_MAX; }),
     "claims 18446744073709551615 tensors"},
    {"gguf_family", Gguf([](auto& f) { f.SetText("general.architecture", "mamba"); }),
     "architecture is 'mamba', wanted llama, qwen2 or qwen3"},
    {"gguf_split", Gguf([](auto& f) { f.Set("split.count", 2); }),
     "'split.count' is 2, wanted 1: merge the split"},
    {"gguf_no_key", Gguf([](auto& f) { f.Erase("llama.block_count"); }),
     "key 'llama.block_count' is missing"},
    {"gguf_key_type", Gguf([](auto& f) { f.SetText("llama.block_count", "1"); }),
     "has type string, wanted an integer"},
    {"gguf_experts", Gguf([](auto& f) { f.Set("llama.expert_count", 8); }),
     "'llama.expert_count' is 8, wanted 0"},
    {"gguf_yarn", Gguf([](auto& f) { f.SetText("llama.rope.scaling.type", "yarn"); }),
     "wanted 'none' or 'linear'"},
    {"gguf_heads", Gguf([](auto& f) { f.Set("llama.attention.head_count", 3); }), "wanted a divisor"},
    {"gguf_no_tensor", Gguf([](auto& f) { f.Erase("output_norm.weight"); }),
     "'output_norm.weight' is missing"},
    {"gguf_more_tensors", Gguf([](auto& f) {
       f.tensors.push_back({"blk.0.attn_q.bias", {8}, 0, std::string(32, '\0'), {}, {}});
     }),
     "'blk.0.attn_q.bias' has no place in a llama model of 1 layers"},
    {"gguf_shape", Gguf([](auto& f) {
       f.At("blk.0.attn_q.weight").dims = {4, 16};
     }),
     "has shape [16][4], wanted [8][8]"},
    {"gguf_type", Gguf([](auto& f) { f.At("blk.0.attn_q.weight").type = 26; }),
     "is I32, wanted F32, F16, Q4_0,"},
    {"gguf_blocks", Gguf([](auto& f) { f.At("blk.0.attn_q.weight").type = 12; }),
     "is Q4_K with rows of 8 elements"},
    {"gguf_overlap", Gguf([](auto& f) { f.At("blk.0.attn_k.weight").offset = 0; }), "overlaps tensor"},
    {"gguf_nan", Gguf([](auto& f) { f.At("output_norm.weight").data.replace(0, 4, "\xff\xff\xff\x7f"); }),
     "has a weight that is infinite or NaN"},
    {"gguf_tokens", Gguf([](auto& f) { f.SetTexts("tokenizer.ggml.tokens", {"a"}); }),
     "'tokenizer.ggml.scores' has 8"},
    {"gguf_tokenizer", Gguf([](auto& f) { f.SetText("tokenizer.ggml.model", "bert"); }),
     "'tokenizer.ggml.model' is 'bert'"},
    // llama2.c
    {"bin_cut", Bin(0, [](auto& b) { b.resize(b.size() - 1); }), "that its llama2.c header describes"},
    {"bin_heads", Bin(0, [](auto& b) { b[12] = 5; }), "wanted a multiple of its 5 heads"},
    {"bin_kv_heads", Bin(0, [](auto& b) { b[16] = 3; }), "wanted a multiple of its 3 KV heads"},
    {"bin_version", Bin(1, [](auto& b) { b[4] = 3; }), "llama2.c checkpoint of version 3, wanted 0, 1 or 2"},
    {"bin1_flag", Bin(1, [](auto& b) { b[36] = 2; }), "tied-classifier flag is 2"},
    {"bin1_long", Bin(1, [](auto& b) { b.push_back(0); }), "that its llama2.c header describes"},
    {"bin2_group", Bin(2, [](auto& b) { b[37] = 33; }), "group size is 33, wanted a divisor"},
    {"bin2_no_group", Bin(2, [](auto& b) { b[37] = 0; }), "group size is 0"},
    // Hugging Face
    {"hf_no_config", HfFile("config.json", ""), "is a folder without a config.json"},
    {"hf_config_text", HfFile("config.json", "{\"model_type\": "), "config.json: is no JSON object"},
    {"hf_config_list", HfFile("config.json", "[1, 2]"), "config.json: is no JSON object"},
    {"hf_config_deep", HfFile("config.json", std::string(100000, '[')), "config.json: is no JSON object"},
    {"hf_family", Config("model_type", "gemma2"),
     "'model_type' is 'gemma2', wanted one of llama, mistral, qwen2, qwen3"},
    {"hf_no_size", Hf([](auto& m) { m.config.erase("hidden_size"); }), "'hidden_size' is missing"},
    {"hf_size_type", Config("hidden_size", "32"), "'hidden_size' is '32', wanted a whole number"},
    {"hf_size_negative", Config("hidden_size", -32), "'hidden_size' is -32, wanted a whole number"},
    {"hf_size_huge", Config("hidden_size", 4000000000u), "embedding length is 4000000000, wanted 1 to"},
    {"hf_activation", Config("hidden_act", "gelu"), "'hidden_act' is 'gelu', wanted 'silu'"},
    {"hf_bias", Config("attention_bias", true), "'attention_bias' is true, wanted false"},
    {"hf_quantized", Config("quantization_config", nlohmann::json::object()),
     "'quantization_config' is an object, wanted none"},
    {"hf_rope", Config("rope_scaling", {{"rope_type", "yarn"}, {"factor", 4.0}}),
     "wanted default, linear or llama3"},
    {"hf_rope_factor", Config("rope_scaling", {{"type", "linear"}, {"factor", 0}}),
     "'rope_scaling.factor' is 0.0"},
    {"hf_rope_numbers",
     Config("rope_scaling", {{"rope_type", "llama3"},
                             {"factor", 8},
                             {"low_freq_factor", 4},
                             {"high_freq_factor", 1},
                             {"original_max_position_embeddings", 64}}),
     "wanted a factor and a context of at least 1 and 0 < low < high"},
    {"hf_no_weights", HfFile("model.safetensors", ""), "has neither model.safetensors nor"},
    {"hf_weights_text", HfFile("model.safetensors", "version https://git-lfs.github.com/spec/v1\n"),
     "model.safetensors: has a directory of"},
    {"hf_weights_cut", HfFile("model.safetensors", std::string("\x40\0\0\0\0\0\0\0{}", 10)),
     "ends inside the directory"},
    {"hf_directory", Safetensors("[]"), "has a directory that is no JSON object"},
    {"hf_dtype", Safetensors(R"({"model.norm.weight":{"dtype":"I64","shape":[8],"data_offsets":[0,64]}})"),
     "is 'I64', wanted F32, F16 or BF16"},
    {"hf_shape",
     Safetensors(R"({"model.norm.weight":{"dtype":"F32","shape":[2,2,4],"data_offsets":[0,64]}})"),
     "has no shape of one or two numbers"},
    {"hf_bytes", Safetensors(R"({"model.norm.weight":{"dtype":"F32","shape":[8],"data_offsets":[0,31]}})"),
     "takes 31 bytes, wanted 1 x 8 elements of F32"},
    {"hf_offsets", Safetensors(R"({"model.norm.weight":{"dtype":"F32","shape":[8],"data_offsets":[64,96]}})"),
     "wanted inside its 64 bytes"},
    {"hf_overlap",
     Safetensors(
         R"({"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]},"b":{"dtype":"F32","shape":[8],"data_offsets":[16,48]}})"),
     "overlaps tensor"},
    {"hf_stranger", Safetensors(R"({"h.0.attn.weight":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}})"),
     "'h.0.attn.weight' has no place in a llama model of 2 layers"},
    {"hf_missing", Hf([](auto& m) { m.tensors.erase("model.layers.1.mlp.up_proj.weight"); }),
     "'model.layers.1.mlp.up_proj.weight' is missing, wanted one of shape [48][32]"},
    {"hf_no_head", Config("tie_word_embeddings", false), "'lm_head.weight' is missing"},
    {"hf_layers", Config("num_hidden_layers", 1), "has no place in a llama model of 1 layers"},
    {"hf_index_text", HfFile("model.safetensors.index.json", "{", true), "index.json: is no JSON object"},
    {"hf_index_map", HfFile("model.safetensors.index.json", "{}", true), "index.json: has no weight_map"},
    {"hf_index_path", HfFile("model.safetensors.index.json", R"({"weight_map":{"x":"../y"}})", true),
     "into file '../y', wanted the plain name"},
    {"hf_index_file", HfFile("model-00002-of-00002.safetensors", "", true),
     "00002-of-00002.safetensors: cannot open"},
    {"hf_tokenizer", HfFile("tokenizer.json", "{}"), "tokenizer.json: the tokenizer's model has no vocab"},
};

const BadFile kTokenizers[] = {
    {"tok_empty", Text(""), "is empty"},
    {"tok_bin_cut",
     [](const fs::path& at) {
       auto bytes = Llama2cTokenizerBytes(TinyVocabulary());
       bytes.resize(bytes.size() - 1);
       Write(at, bytes);
     },
     "ends inside token 275 of 276"},
    {"tok_bin_long",
     [](const fs::path& at) {
       auto bytes = Llama2cTokenizerBytes(TinyVocabulary());
       bytes.push_back(0);
       Write(at, bytes);
     },
     "goes on for 1 bytes after token 276"},
    {"tok_json_cut", Text("{\"model\": {"), "is no JSON object, wanted a tokenizer.json"},
    {"tok_json_unigram", Text(R"({"model":{"type":"Unigram","vocab":[]}})"),
     "model is 'Unigram', wanted 'BPE'"},
    {"tok_json_no_vocab", Text(R"({"model":{"type":"BPE"}})"), "has no vocab, wanted an object"},
    {"tok_json_no_merges", Text(R"({"model":{"type":"BPE","vocab":{"a":0}}})"),
     "has no merges, wanted a list"},
};

class BadFiles : public ::testing::Test {
 protected:
  static void Expect(const BadFile& bad, const std::vector<std::string>& arguments, const std::string& path) {
    const Outcome outcome = Weft(arguments);
    EXPECT_EQ(outcome.code, 2) << bad.name << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, "") << bad.name;
    EXPECT_EQ(outcome.err.rfind("weft: " + path, 0), 0u) << bad.name << "\n" << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << bad.name << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(bad.says), std::string::npos) << bad.name << "\n" << outcome.err;
  }

  TempFolder folder_;
};

TEST_F(BadFiles, ModelsGetTheirSentence) {
  for (const BadFile& bad : kModels) {
    const std::string path = folder_ / bad.name;
    bad.make(path);
    Expect(bad, {"info", path}, path);
  }
}

TEST_F(BadFiles, TokenizersGetTheirSentence) {
  const std::string model = folder_ / "good.bin";
  Write(model, Llama2cBytes(TinyCheckpoint({.vocab = false})));
  for (const BadFile& bad : kTokenizers) {
    const std::string path = folder_ / bad.name;
    bad.make(path);
    Expect(bad, {"info", model, "--tokenizer", path}, path);
  }
}

TEST_F(BadFiles, ImagesGetTheirSentence) {
  const std::string model = folder_ / "good.gguf", image = folder_ / "good.weft";
  Write(model, *GgufBytes(TinyCheckpoint()));
  ASSERT_EQ(Weft({"compile", model, "-o", image}).code, 0);
  const std::string good = ReadText(image);
  const struct {
    const char* name;
    std::function<void(std::string&)> spoil;
    const char* says;
  } cases[] = {
      {"weft_cut", [](auto& b) { b.resize(b.size() / 2); }, "wanted at most the"},
      {"weft_head", [](auto& b) { b.resize(12); }, "ends inside"},
      {"weft_version", [](auto& b) { b[8] = 99; }, "has version 99"},
      {"weft_bit", [](auto& b) { b[b.size() - 9] ^= 1; }, "wrong checksum: the file is damaged"},
      {"weft_directory", [](auto& b) { b[20] ^= 1; }, "the header's checksum is wrong"},
      {"weft_long", [](auto& b) { b += "x"; }, "1 bytes after its last section"},
      {"weft_text_mode", [](auto& b) { b.erase(4, 1); }, "starts with"},
  };
  for (const auto& c : cases) {
    std::string bytes = good;
    c.spoil(bytes);
    const std::string path = folder_ / c.name;
    WriteText(path, bytes);
    Expect({c.name, nullptr, c.says}, {"info", path}, path);
  }
}

}  // namespace
}  // namespace weft::testing
