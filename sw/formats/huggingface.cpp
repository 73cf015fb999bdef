#include "sw/formats/huggingface.h"

#include <filesystem>
#include <set>
#include <string_view>
#include <unordered_map>

#include "sw/formats/cursor.h"
#include "sw/formats/file_io.h"
#include "sw/formats/rope_order.h"
#include "sw/formats/safetensors.h"

namespace weft {
namespace {

constexpr const char* kConfigFile = "config.json";
constexpr const char* kWeightsFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";

constexpr struct {
  const char* gguf;
  const char* hugging_face;
} kNames[] = {
    {"attn_norm.weight", "input_layernorm.weight"},
    {"attn_q.weight", "self_attn.q_proj.weight"},
    {"attn_k.weight", "self_attn.k_proj.weight"},
    {"attn_v.weight", "self_attn.v_proj.weight"},
    {"attn_q.bias", "self_attn.q_proj.bias"},
    {"attn_k.bias", "self_attn.k_proj.bias"},
    {"attn_v.bias", "self_attn.v_proj.bias"},
    {"attn_q_norm.weight", "self_attn.q_norm.weight"},
    {"attn_k_norm.weight", "self_attn.k_norm.weight"},
    {"attn_output.weight", "self_attn.o_proj.weight"},
    {"ffn_norm.weight", "post_attention_layernorm.weight"},
    {"ffn_gate.weight", "mlp.gate_proj.weight"},
    {"ffn_up.weight", "mlp.up_proj.weight"},
    {"ffn_down.weight", "mlp.down_proj.weight"},
};

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// A table that follows from the config, in older files.
bool IsDerived(std::string_view name) { return name.ends_with(".rotary_emb.inv_freq"); }

// Puts tensors of one file after the other where they belong.
class Filler {
 public:
  Filler(Checkpoint* checkpoint, const HuggingFaceConfig& config) : checkpoint_(checkpoint), config_(config) {
    for (const auto& slot : TensorSlots(*checkpoint)) slots_.emplace(HuggingFaceTensorName(slot.name), slot);
  }

  Status Take(std::span<const uint8_t> bytes) {
    const auto tensors = ReadSafetensors(bytes);
    if (!tensors) return tensors.error();
    for (const SafeTensor& tensor : *tensors) {
      if (IsDerived(tensor.name)) continue;
      const auto found = slots_.find(tensor.name);
      if (found == slots_.end()) {
        return Error{"tensor " + Quoted(tensor.name) + " has no place in a " +
                     checkpoint_->config.architecture + " model of " +
                     std::to_string(checkpoint_->config.layers) + " layers, wanted only tensors that it uses"};
      }
      Tensor& to = *found->second.tensor;
      if (!to.empty()) return Error{"tensor " + Quoted(tensor.name) + " is there twice, wanted once"};
      to = {tensor.type, tensor.rows, tensor.cols, {tensor.data.begin(), tensor.data.end()}};
    }
    return {};
  }

  // What no file had. A head beside a tied embedding is a copy that nobody reads.
  Status Finish() const {
    for (const auto& slot : TensorSlots(*checkpoint_)) {
      if (!slot.tensor->empty()) continue;
      if (slot.optional && (config_.tied || !config_.tied_stated)) continue;
      return Error{"tensor '" + HuggingFaceTensorName(slot.name) + "' is missing, wanted one of shape [" +
                   std::to_string(slot.rows) + "][" + std::to_string(slot.cols) + "]"};
    }
    if (config_.tied) checkpoint_->output = {};
    return {};
  }

 private:
  Checkpoint* checkpoint_;
  const HuggingFaceConfig& config_;
  std::unordered_map<std::string, TensorSlot<Tensor>> slots_;
};

// The names of the weight files.
Result<std::set<std::string>> WeightFiles(const std::string& folder) {
  const std::string index = folder + "/" + kIndexFile;
  if (!Exists(index)) {
    if (Exists(folder + "/" + kWeightsFile)) return std::set<std::string>{kWeightsFile};
    return Error{folder + ": has neither " + kWeightsFile + " nor " + kIndexFile + ", wanted one of them"};
  }
  const auto bytes = ReadFile(index);
  if (!bytes) return bytes.error();
  const auto map = ReadSafetensorsIndex(*bytes);
  if (!map) return Error{index + ": " + map.error().message};
  std::set<std::string> files;
  for (const auto& [tensor, file] : *map) files.insert(file);
  return files;
}

}  // namespace

std::string HuggingFaceTensorName(const std::string& gguf) {
  if (gguf == "token_embd.weight") return "model.embed_tokens.weight";
  if (gguf == "output_norm.weight") return "model.norm.weight";
  if (gguf == "output.weight") return "lm_head.weight";
  const size_t layer = gguf.find('.') + 1;  // "blk.3.attn_q.weight"
  const size_t rest = gguf.find('.', layer) + 1;
  for (const auto& name : kNames) {
    if (gguf.compare(rest, gguf.npos, name.gguf) == 0) {
      return "model.layers." + gguf.substr(layer, rest - layer) + name.hugging_face;
    }
  }
  WEFT_CHECK(false, "every tensor of a checkpoint has a name");
  return "";
}

std::string HuggingFaceTokenizer(const std::string& folder) {
  for (const char* name : {"/tokenizer.json", "/tokenizer.model", "/tokenizer.bin"}) {
    if (Exists(folder + name)) return folder + name;
  }
  return "";
}

bool LooksLikeHuggingFace(const std::string& folder) { return Exists(folder + "/" + kConfigFile); }

Result<Checkpoint> LoadHuggingFace(const std::string& folder) {
  const std::string config_path = folder + "/" + kConfigFile;
  const auto config_bytes = ReadFile(config_path);
  if (!config_bytes) return config_bytes.error();
  auto config = ReadHuggingFaceConfig(*config_bytes);
  if (!config) return Error{config_path + ": " + config.error().message};
  const auto files = WeightFiles(folder);
  if (!files) return files.error();
  Checkpoint checkpoint;
  checkpoint.config = config->model;
  checkpoint.notes = config->notes;
  checkpoint.layers.resize(checkpoint.config.layers);
  Filler filler(&checkpoint, *config);
  for (const std::string& file : *files) {
    const std::string path = folder + "/" + file;
    const auto bytes = ReadFile(path);
    if (!bytes) return bytes.error();
    if (auto bad = filler.Take(*bytes)) return Error{path + ": " + bad->message};
  }
  if (auto bad = filler.Finish()) return Error{folder + ": " + bad->message};
  if (auto bad = Validate(checkpoint)) return Error{folder + ": " + bad->message};
  ReorderHeads(&checkpoint, RopeOrder::kHalfSplit, RopeOrder::kInterleaved);
  if (auto bad = CheckFinite(checkpoint)) return Error{folder + ": " + bad->message};
  return checkpoint;
}

}  // namespace weft
