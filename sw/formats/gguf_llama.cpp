#include "sw/formats/gguf_llama.h"

#include "sw/formats/cursor.h"

namespace weft {
namespace {

// Keys that change the arithmetic in ways a Checkpoint cannot say, and the value that changes nothing.
constexpr struct {
  const char* key;
  uint32_t neutral;
} kNeutralCounts[] = {{"llama.expert_count", 0}, {"llama.attention.sliding_window", 0}};

constexpr struct {
  const char* key;
  double neutral;
} kNeutralNumbers[] = {{"llama.rope.scaling.factor", 1},
                       {"llama.rope.scale_linear", 1},
                       {"llama.attention.scale", 0},
                       {"llama.attention.clamp_kqv", 0},
                       {"llama.attention.max_alibi_bias", 0}};

void RefuseUnsupported(GgufKeys* keys) {
  const std::string_view scaling = keys->Text("llama.rope.scaling.type", "none");
  if (scaling != "none" && scaling != "linear") {  // linear with factor 1 changes nothing
    keys->Fail("key 'llama.rope.scaling.type' is " + Quoted(scaling) + ", wanted 'none'");
  }
  for (const auto& [key, neutral] : kNeutralCounts) {
    const uint32_t value = keys->Count(key, neutral);
    if (value != neutral) {
      keys->Fail(std::string("key '") + key + "' is " + std::to_string(value) + ", wanted " +
                 std::to_string(neutral) + " or none");
    }
  }
  for (const auto& [key, neutral] : kNeutralNumbers) {
    const double value = keys->Number(key, neutral);
    if (value != neutral) {
      keys->Fail(std::string("key '") + key + "' is " + std::to_string(value) + ", wanted " +
                 std::to_string(static_cast<int>(neutral)) + " or none");
    }
  }
}

// The size of a head: stated, or an even share of the embedding. 0 after a failure.
uint32_t HeadSize(const ModelConfig& config, GgufKeys* keys) {
  uint32_t share = 0;
  if (!keys->Has("llama.attention.key_length")) {
    if (config.heads == 0 || config.dim % config.heads != 0) {
      keys->Fail("key 'llama.attention.head_count' is " + std::to_string(config.heads) +
                 ", wanted a divisor of the embedding length " + std::to_string(config.dim));
      return 0;
    }
    share = config.dim / config.heads;
  }
  const uint32_t size = keys->Count("llama.attention.key_length", share);
  for (const char* key : {"llama.attention.value_length", "llama.rope.dimension_count"}) {
    const uint32_t value = keys->Count(key, size);
    if (value != size) {
      keys->Fail(std::string("key '") + key + "' is " + std::to_string(value) + ", wanted the head size " +
                 std::to_string(size));
    }
  }
  return size;
}

}  // namespace

ModelConfig LlamaConfig(GgufKeys* keys) {
  ModelConfig config;
  const std::string_view architecture = keys->Text("general.architecture");
  if (!keys->status() && architecture != "llama") {
    keys->Fail("the model's architecture is " + Quoted(architecture) + ", wanted 'llama'");
  }
  const uint32_t split = keys->Count("split.count", 1);
  if (split > 1) {
    keys->Fail("key 'split.count' is " + std::to_string(split) + ", wanted 1: merge the split files first");
  }
  config.name = keys->Text("general.name", "");
  config.dim = keys->Count("llama.embedding_length");
  config.hidden = keys->Count("llama.feed_forward_length");
  config.layers = keys->Count("llama.block_count");
  config.heads = keys->Count("llama.attention.head_count");
  config.kv_heads = keys->Count("llama.attention.head_count_kv", config.heads);
  config.context = keys->Count("llama.context_length");
  config.vocab = keys->Count("llama.vocab_size", 0);
  config.norm_eps = static_cast<float>(keys->Number("llama.attention.layer_norm_rms_epsilon"));
  config.rope_theta = static_cast<float>(keys->Number("llama.rope.freq_base", 10000.0));
  if (!keys->status()) config.head_dim = HeadSize(config, keys);
  RefuseUnsupported(keys);
  return config;
}

}  // namespace weft
