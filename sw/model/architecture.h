// The decoder families that a checkpoint may have, and where they differ from Llama.
#pragma once

#include <span>
#include <string>

namespace weft {

struct Architecture {
  const char* name;      // in GGUF's general.architecture, and in ModelConfig
  bool qkv_bias;         // bq, bk, bv are added to q, k, v
  bool qk_norm;          // each head of q and k passes an RMSNorm of its own before RoPE
  bool half_split_file;  // its GGUF files rotate elements i and i + head_dim / 2, not 2i and 2i + 1
};

std::span<const Architecture> Architectures();
// Null for a family that is not known.
const Architecture* FindArchitecture(const std::string& name);
// "llama, qwen2 or qwen3", for messages.
std::string ArchitectureNames();

}  // namespace weft
