#include <array>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "sw/formats/config_rules.h"
#include "sw/formats/cursor.h"
#include "sw/formats/huggingface.h"
#include "sw/model/architecture.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr HuggingFaceFamily kFamilies[] = {
    {"llama", "llama", 0, true},
    {"mistral", "llama", 0, false},
    {"qwen2", "qwen2", 0, true},
    {"qwen3", "qwen3", 128, true},
};

// Typed access to the members of one object. The first failure sticks, as in Cursor.
class Fields {
 public:
  Fields(const Json& object, std::string prefix, Status* error)
      : object_(object), prefix_(std::move(prefix)), error_(error) {}

  void Fail(std::string message) {
    if (!*error_) *error_ = Error{std::move(message)};
  }

  // Null counts as absent.
  const Json* Find(const std::string& key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  uint32_t Count(const std::string& key, std::optional<uint32_t> fallback = {}) {
    const Json* value = Get(key, !fallback, "a whole number");
    if (value == nullptr) return fallback.value_or(0);
    if (value->is_number_unsigned() && value->get<uint64_t>() <= UINT32_MAX) {
      return static_cast<uint32_t>(value->get<uint64_t>());
    }
    Refuse(key, *value, "a whole number below 2^32");
    return 0;
  }
  double Number(const std::string& key, std::optional<double> fallback = {}) {
    const Json* value = Get(key, !fallback, "a number");
    if (value == nullptr) return fallback.value_or(0);
    if (value->is_number()) return value->get<double>();
    Refuse(key, *value, "a number");
    return 0;
  }
  bool Flag(const std::string& key, bool fallback) {
    const Json* value = Find(key);
    if (value == nullptr) return fallback;
    if (value->is_boolean()) return value->get<bool>();
    Refuse(key, *value, "true or false");
    return fallback;
  }
  std::string Text(const std::string& key, std::optional<std::string> fallback = {}) {
    const Json* value = Get(key, !fallback, "a string");
    if (value == nullptr) return fallback.value_or("");
    if (value->is_string()) return value->get<std::string>();
    Refuse(key, *value, "a string");
    return "";
  }
  void Refuse(const std::string& key, const Json& found, const std::string& wanted) {
    std::string text = found.is_object() ? "an object" : found.is_array() ? "a list" : "";
    if (found.is_string()) text = Quoted(found.get<std::string>());
    if (text.empty()) text = found.dump();
    Fail("'" + prefix_ + key + "' is " + text + ", wanted " + wanted);
  }

 private:
  const Json* Get(const std::string& key, bool required, const char* wanted) {
    const Json* value = Find(key);
    if (value == nullptr && required) Fail("'" + prefix_ + key + "' is missing, wanted " + wanted);
    return value;
  }

  const Json& object_;
  std::string prefix_;
  Status* error_;
};

const HuggingFaceFamily* FindFamily(Fields* fields) {
  const std::string type = fields->Text("model_type");
  for (const HuggingFaceFamily& family : kFamilies) {
    if (type == family.model_type) return &family;
  }
  std::string known;
  for (const HuggingFaceFamily& family : kFamilies) known += std::string(known.empty() ? "" : ", ") + family.model_type;
  fields->Fail("'model_type' is " + Quoted(type) + ", wanted one of " + known);
  return nullptr;
}

void RefuseUnsupported(Fields* fields) {
  const std::string activation = fields->Text("hidden_act", "silu");
  if (activation != "silu") fields->Fail("'hidden_act' is " + Quoted(activation) + ", wanted 'silu'");
  for (const char* key : {"attention_bias", "mlp_bias"}) {
    if (fields->Flag(key, false)) fields->Fail(std::string("'") + key + "' is true, wanted false");
  }
  for (const char* key : {"quantization_config", "num_local_experts", "num_experts", "attn_logit_softcapping"}) {
    if (const Json* found = fields->Find(key)) fields->Refuse(key, *found, "none");
  }
  const double rotated = fields->Number("partial_rotary_factor", 1.0);
  if (rotated != 1) fields->Fail("'partial_rotary_factor' is " + std::to_string(rotated) + ", wanted 1");
}

// "rope_scaling", or "rope_parameters" of newer files, which holds the base too.
void ReadRope(const Json& root, Status* error, ModelConfig* config) {
  Fields fields(root, "", error);
  config->rope_theta = static_cast<float>(fields.Number("rope_theta", 10000.0));
  for (const std::string key : {"rope_scaling", "rope_parameters"}) {
    const Json* object = fields.Find(key);
    if (object == nullptr) continue;
    if (!object->is_object()) return fields.Refuse(key, *object, "an object");
    Fields scaling(*object, key + ".", error);
    config->rope_theta = static_cast<float>(scaling.Number("rope_theta", double{config->rope_theta}));
    const std::string type = scaling.Text("rope_type", scaling.Text("type", "default"));
    if (type == "default") continue;
    if (type != "linear" && type != "llama3") {
      return fields.Fail("'" + key + ".rope_type' is " + Quoted(type) + ", wanted default, linear or llama3");
    }
    const double factor = scaling.Number("factor");
    if (!(factor >= 1) || !(factor <= 1e6)) {
      return scaling.Fail("'" + key + ".factor' is " + std::to_string(factor) + ", wanted 1 to 1000000");
    }
    if (type == "linear") {
      ApplyLinearScaling(factor, config);
      continue;
    }
    const RopeScaling llama3 = {factor, scaling.Number("low_freq_factor"), scaling.Number("high_freq_factor"),
                                scaling.Number("original_max_position_embeddings")};
    if (*error) return;
    if (Status bad = ApplyLlama3Scaling(llama3, config)) fields.Fail(bad->message);
  }
}

uint32_t HeadSize(const HuggingFaceFamily& family, const ModelConfig& config, Fields* fields) {
  if (fields->Find("head_dim") != nullptr) return fields->Count("head_dim");
  if (family.head_dim != 0) return family.head_dim;
  if (config.heads != 0 && config.dim % config.heads == 0) return config.dim / config.heads;
  fields->Fail("'num_attention_heads' is " + std::to_string(config.heads) + ", wanted a divisor of the hidden size " +
               std::to_string(config.dim));
  return 0;
}

void ReadWindow(const HuggingFaceFamily& family, Fields* fields, HuggingFaceConfig* out) {
  if (!fields->Flag("use_sliding_window", !family.window_needs_switch)) return;
  ApplySlidingWindow(fields->Count("sliding_window", 0), &out->model, &out->notes);
}

}  // namespace

std::span<const HuggingFaceFamily> HuggingFaceFamilies() { return kFamilies; }

Result<HuggingFaceConfig> ReadHuggingFaceConfig(std::span<const uint8_t> json) {
  const Json root = Json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return Error{"is no JSON object, wanted the config of a model"};
  Status error;
  Fields fields(root, "", &error);
  const HuggingFaceFamily* family = FindFamily(&fields);
  if (family == nullptr) return *error;
  HuggingFaceConfig out;
  ModelConfig& m = out.model;
  m.architecture = family->architecture;
  m.name = fields.Text("_name_or_path", "");
  m.dim = fields.Count("hidden_size");
  m.hidden = fields.Count("intermediate_size");
  m.layers = fields.Count("num_hidden_layers");
  m.heads = fields.Count("num_attention_heads");
  m.kv_heads = fields.Count("num_key_value_heads", m.heads);
  m.vocab = fields.Count("vocab_size");
  m.context = fields.Count("max_position_embeddings");
  m.norm_eps = static_cast<float>(fields.Number("rms_norm_eps", 1e-6));
  if (!error) m.head_dim = HeadSize(*family, m, &fields);
  RefuseUnsupported(&fields);
  if (error) return *error;
  if (Status bad = ValidateConfig(m)) return *bad;  // before anything is allocated by its sizes
  ReadRope(root, &error, &m);
  ReadWindow(*family, &fields, &out);
  out.tied_stated = fields.Find("tie_word_embeddings") != nullptr;
  out.tied = fields.Flag("tie_word_embeddings", false);
  if (error) return *error;
  if (Status bad = ValidateConfig(m)) return *bad;
  return out;
}

}  // namespace weft
