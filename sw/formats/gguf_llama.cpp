#include "sw/formats/gguf_llama.h"

#include "sw/formats/config_rules.h"
#include "sw/formats/cursor.h"
#include "sw/model/architecture.h"

namespace weft {
namespace {

// Keys that change the arithmetic in ways a Checkpoint cannot say, and the value that changes nothing.
constexpr struct {
  const char* key;
  uint32_t neutral;
} kNeutralCounts[] = {{"expert_count", 0}};

constexpr struct {
  const char* key;
  double neutral;
} kNeutralNumbers[] = {{"attention.scale", 0},
                       {"attention.clamp_kqv", 0},
                       {"attention.max_alibi_bias", 0},
                       {"attention.logit_softcapping", 0},
                       {"final_logit_softcapping", 0},
                       {"logit_scale", 0},
                       {"embedding_scale", 0},
                       {"residual_scale", 0},
                       {"rope.scaling.attn_factor", 1}};

void RefuseUnsupported(const std::string& prefix, GgufKeys* keys) {
  for (const auto& [key, neutral] : kNeutralCounts) {
    const uint32_t value = keys->Count(prefix + key, neutral);
    if (value != neutral) {
      keys->Fail("key '" + prefix + key + "' is " + std::to_string(value) + ", wanted " +
                 std::to_string(neutral) + " or none");
    }
  }
  for (const auto& [key, neutral] : kNeutralNumbers) {
    const double value = keys->Number(prefix + key, neutral);
    if (value != neutral) {
      keys->Fail("key '" + prefix + key + "' is " + std::to_string(value) + ", wanted " +
                 std::to_string(static_cast<int>(neutral)) + " or none");
    }
  }
}

// Scaling that keys state. Llama 3's comes as a tensor instead.
void ReadRopeScaling(const std::string& prefix, GgufKeys* keys, ModelConfig* config) {
  const std::string_view scaling = keys->Text(prefix + "rope.scaling.type", "linear");
  if (scaling == "none") return;
  if (scaling != "linear") {
    return keys->Fail("key '" + prefix + "rope.scaling.type' is " + Quoted(scaling) +
                      ", wanted 'none' or 'linear'");
  }
  const std::string key = prefix + "rope.scaling.factor";
  const std::string old_key = prefix + "rope.scale_linear";
  const double factor = keys->Number(key, keys->Number(old_key, 1.0));
  if (!(factor >= 1) || !(factor <= 1e6)) {
    return keys->Fail("key '" + (keys->Has(key) ? key : old_key) + "' is " + std::to_string(factor) +
                      ", wanted 1 to 1000000");
  }
  ApplyLinearScaling(factor, config);
}

// The size of a head: stated, or an even share of the embedding. 0 after a failure.
uint32_t HeadSize(const std::string& prefix, const ModelConfig& config, GgufKeys* keys) {
  const std::string stated = prefix + "attention.key_length";
  uint32_t share = 0;
  if (!keys->Has(stated)) {
    if (config.heads == 0 || config.dim % config.heads != 0) {
      keys->Fail("key '" + prefix + "attention.head_count' is " + std::to_string(config.heads) +
                 ", wanted a divisor of the embedding length " + std::to_string(config.dim));
      return 0;
    }
    share = config.dim / config.heads;
  }
  const uint32_t size = keys->Count(stated, share);
  for (const char* name : {"attention.value_length", "rope.dimension_count"}) {
    const uint32_t value = keys->Count(prefix + name, size);
    if (value != size) {
      keys->Fail("key '" + prefix + name + "' is " + std::to_string(value) + ", wanted the head size " +
                 std::to_string(size));
    }
  }
  return size;
}

}  // namespace

ModelConfig LlamaConfig(GgufKeys* keys, std::vector<std::string>* notes) {
  ModelConfig config;
  config.architecture = keys->Text("general.architecture");
  if (!keys->status() && FindArchitecture(config.architecture) == nullptr) {
    keys->Fail("the model's architecture is " + Quoted(config.architecture) + ", wanted " +
               ArchitectureNames());
  }
  const uint32_t split = keys->Count("split.count", 1);
  if (split > 1) {
    keys->Fail("key 'split.count' is " + std::to_string(split) +
               ", wanted 1: merge the split files into one first");
  }
  const std::string prefix = config.architecture + ".";
  config.name = keys->Text("general.name", "");
  config.dim = keys->Count(prefix + "embedding_length");
  config.hidden = keys->Count(prefix + "feed_forward_length");
  config.layers = keys->Count(prefix + "block_count");
  config.heads = keys->Count(prefix + "attention.head_count");
  config.kv_heads = keys->Count(prefix + "attention.head_count_kv", config.heads);
  config.context = keys->Count(prefix + "context_length");
  config.vocab = keys->Count(prefix + "vocab_size", 0);
  config.norm_eps = static_cast<float>(keys->Number(prefix + "attention.layer_norm_rms_epsilon"));
  config.rope_theta = static_cast<float>(keys->Number(prefix + "rope.freq_base", 10000.0));
  const uint32_t window = keys->Count(prefix + "attention.sliding_window", 0);
  if (!keys->status()) config.head_dim = HeadSize(prefix, config, keys);
  RefuseUnsupported(prefix, keys);
  if (keys->status()) return config;
  ModelConfig sized = config;  // checked before anything is allocated by its sizes
  if (sized.vocab == 0) sized.vocab = 1;
  if (auto bad = ValidateConfig(sized)) {
    keys->Fail(bad->message);
    return config;
  }
  ReadRopeScaling(prefix, keys, &config);
  ApplySlidingWindow(window, &config, notes);
  return config;
}

}  // namespace weft
