// Hugging Face folders with random weights, for tests: a config.json and one or two safetensors files.
#pragma once

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace weft::testing {

struct HfTensor {
  std::vector<uint32_t> shape;
  std::vector<float> values;
};

struct HfModel {
  nlohmann::json config;
  std::map<std::string, HfTensor> tensors;
};

// Two layers, dim 32, hidden 48, 4 heads of 8 (qwen3: of 12), 2 KV heads, 40 tokens.
inline HfModel RandomHfModel(const std::string& model_type, bool tied, uint32_t seed = 1) {
  const uint32_t dim = 32, hidden = 48, heads = 4, kv_heads = 2, vocab = 40;
  const uint32_t head_dim = model_type == "qwen3" ? 12 : 8;
  HfModel model;
  model.config = {{"model_type", model_type},     {"architectures", {"AnyForCausalLM"}},
                  {"hidden_act", "silu"},         {"hidden_size", dim},
                  {"intermediate_size", hidden},  {"num_hidden_layers", 2},
                  {"num_attention_heads", heads}, {"num_key_value_heads", kv_heads},
                  {"vocab_size", vocab},          {"max_position_embeddings", 64},
                  {"rope_theta", 10000.0},        {"rms_norm_eps", 1e-5},
                  {"rope_scaling", nullptr},      {"tie_word_embeddings", tied}};
  if (model_type == "qwen3") model.config["head_dim"] = head_dim;
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal(0, 0.3f);
  const auto add = [&](const std::string& name, std::vector<uint32_t> shape) {
    size_t count = 1;
    for (const uint32_t size : shape) count *= size;
    const bool gain = name.find("norm") != name.npos;
    HfTensor tensor{std::move(shape), std::vector<float>(count)};
    // Numbers that BF16 holds, so that every type says the same.
    for (float& v : tensor.values) {
      v = std::bit_cast<float>(std::bit_cast<uint32_t>(normal(rng) + (gain ? 1.0f : 0.0f)) & 0xffff0000u);
    }
    model.tensors.emplace(name, std::move(tensor));
  };
  add("model.embed_tokens.weight", {vocab, dim});
  for (int layer = 0; layer < 2; ++layer) {
    const std::string block = "model.layers." + std::to_string(layer) + ".";
    add(block + "input_layernorm.weight", {dim});
    add(block + "post_attention_layernorm.weight", {dim});
    add(block + "self_attn.q_proj.weight", {heads * head_dim, dim});
    add(block + "self_attn.k_proj.weight", {kv_heads * head_dim, dim});
    add(block + "self_attn.v_proj.weight", {kv_heads * head_dim, dim});
    add(block + "self_attn.o_proj.weight", {dim, heads * head_dim});
    if (model_type == "qwen2") {
      add(block + "self_attn.q_proj.bias", {heads * head_dim});
      add(block + "self_attn.k_proj.bias", {kv_heads * head_dim});
      add(block + "self_attn.v_proj.bias", {kv_heads * head_dim});
    }
    if (model_type == "qwen3") {
      add(block + "self_attn.q_norm.weight", {head_dim});
      add(block + "self_attn.k_norm.weight", {head_dim});
    }
    add(block + "mlp.gate_proj.weight", {hidden, dim});
    add(block + "mlp.up_proj.weight", {hidden, dim});
    add(block + "mlp.down_proj.weight", {dim, hidden});
  }
  add("model.norm.weight", {dim});
  if (!tied) add("lm_head.weight", {vocab, dim});
  return model;
}

// The bytes of a file of these tensors. `dtype` is F32 or BF16.
inline std::string SafetensorsBytes(const std::map<std::string, HfTensor>& tensors,
                                    const std::string& dtype = "F32") {
  nlohmann::json directory = {{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const size_t begin = data.size();
    for (const float value : tensor.values) {
      const char* bytes = reinterpret_cast<const char*>(&value);
      data.append(dtype == "F32" ? bytes : bytes + 2, dtype == "F32" ? 4 : 2);
    }
    directory[name] = {{"dtype", dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = directory.dump();
  const uint64_t length = text.size();
  std::string out(sizeof length, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out + text + data;
}

inline void WriteBytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Writes the folder; with `shards`, its tensors go to two files by turns.
inline void WriteHfFolder(const std::filesystem::path& folder, const HfModel& model,
                          const std::string& dtype = "F32", bool shards = false) {
  std::filesystem::create_directories(folder);
  WriteBytes(folder / "config.json", model.config.dump(2));
  if (!shards) return WriteBytes(folder / "model.safetensors", SafetensorsBytes(model.tensors, dtype));
  std::map<std::string, HfTensor> parts[2];
  nlohmann::json map;
  int turn = 0;
  for (const auto& entry : model.tensors) {
    parts[turn].insert(entry);
    map[entry.first] = "model-0000" + std::to_string(turn + 1) + "-of-00002.safetensors";
    turn = 1 - turn;
  }
  for (int part = 0; part < 2; ++part) {
    WriteBytes(folder / ("model-0000" + std::to_string(part + 1) + "-of-00002.safetensors"),
               SafetensorsBytes(parts[part], dtype));
  }
  WriteBytes(folder / "model.safetensors.index.json", nlohmann::json({{"weight_map", map}}).dump());
}

}  // namespace weft::testing
