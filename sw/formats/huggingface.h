// Models as folders of Hugging Face's transformers: config.json, *.safetensors (one, or several and an index), and
// a tokenizer.
//
// Families by model_type: llama (SmolLM and many others are that too), mistral, qwen2, qwen3. What would change the
// model's arithmetic without being read is refused by name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/model/checkpoint.h"

namespace weft {

// What a model_type is here, and what its config means where it says nothing.
struct HuggingFaceFamily {
  const char* model_type;
  const char* architecture;  // sw/model/architecture.h
  uint32_t head_dim;         // 0: hidden_size / num_attention_heads
  bool window_needs_switch;  // sliding_window counts only with use_sliding_window
};
std::span<const HuggingFaceFamily> HuggingFaceFamilies();

struct HuggingFaceConfig {
  ModelConfig model;
  bool tied = false;       // the LM head is the embedding
  bool tied_stated = false;  // or left open: then it is tied if the files hold no head
  std::vector<std::string> notes;
};

// The text of a config.json, checked. The messages do not name the file.
Result<HuggingFaceConfig> ReadHuggingFaceConfig(std::span<const uint8_t> json);

// The name that a GGUF tensor has in these files: "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight".
std::string HuggingFaceTensorName(const std::string& gguf);

// Whether `folder` is a folder with a config.json.
bool LooksLikeHuggingFace(const std::string& folder);

// The path of the folder's tokenizer.json, tokenizer.model or tokenizer.bin; empty when it has none.
std::string HuggingFaceTokenizer(const std::string& folder);

// The model in `folder`, validated, with finite weights and no vocabulary. Each message starts with the path of the
// file at fault.
Result<Checkpoint> LoadHuggingFace(const std::string& folder);

}  // namespace weft
