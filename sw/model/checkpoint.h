// A checkpoint in memory, whatever file it came from.
//
// Readers in sw/formats fill it; the compiler and the fp32 reference read it. Tensors keep the bytes of the
// file (quantized blocks stay bit for bit), so that quantized weights reach the tape unchanged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/model/dtype.h"
#include "sw/model/vocabulary.h"

namespace weft {

// A matrix [rows][cols] (a vector has rows = 1). cols is the contiguous dimension, the K of a matmul.
// cols is a multiple of the type's block, and data holds rows * RowBytes(type, cols) bytes.
struct Tensor {
  DType type = DType::kF32;
  uint32_t rows = 0;
  uint32_t cols = 0;
  std::vector<uint8_t> data;

  bool empty() const { return data.empty(); }
  // Dequantizes row `row` into out[cols], exactly as the type defines its values in fp32.
  void Row(uint32_t row, float* out) const;
};

// Hyper-parameters of a Llama-family decoder.
struct ModelConfig {
  std::string architecture = "llama";  // a name of sw/model/architecture.h
  std::string name;
  uint32_t dim = 0;     // embedding length
  uint32_t hidden = 0;  // feed-forward length
  uint32_t layers = 0;
  uint32_t heads = 0;     // query heads
  uint32_t kv_heads = 0;  // divides heads
  uint32_t head_dim = 0;  // even
  uint32_t vocab = 0;
  uint32_t context = 0;  // positions the model was trained for
  uint32_t window = 0;   // positions that attention looks back, at least the context; 0: all
  float rope_theta = 10000.0f;
  // [head_dim / 2]: pair i turns by position * rope_theta^(-2i / head_dim) / rope_factors[i]; empty: all 1
  std::vector<float> rope_factors = {};
  float norm_eps = 1e-5f;
};

// One decoder layer. The heads of wq, wk, bq, bk, q_norm and k_norm are in interleaved-pair RoPE order (elements
// 2i and 2i+1 rotate together).
struct LayerWeights {
  Tensor attn_norm;             // [1][dim]
  Tensor wq, wk, wv, wo;        // [heads*head_dim][dim], [kv_heads*head_dim][dim] x2, [dim][heads*head_dim]
  Tensor bq, bk, bv;            // [1][heads*head_dim], [1][kv_heads*head_dim] x2; of architectures with a bias
  Tensor q_norm, k_norm;        // [1][head_dim], gains of every head; of architectures with that norm
  Tensor ffn_norm;              // [1][dim]
  Tensor w_gate, w_up, w_down;  // [hidden][dim] x2, [dim][hidden]
};

struct Checkpoint {
  ModelConfig config;
  Tensor token_embd;  // [vocab][dim]
  std::vector<LayerWeights> layers;
  Tensor output_norm;  // [1][dim]
  Tensor output;       // [vocab][dim]; empty when tied to token_embd
  Vocabulary vocab;    // may be empty: llama2.c files carry no tokenizer
  // Sentences about what the reader changed, for the user; usually none.
  std::vector<std::string> notes;

  bool tied() const { return output.empty(); }
};

// One tensor of a checkpoint: its GGUF name and the shape that the config asks for.
template <typename T>  // Tensor or const Tensor
struct TensorSlot {
  std::string name;
  T* tensor;
  uint32_t rows;
  uint32_t cols;
  bool vector;    // a gain or bias: one row, never in blocks
  bool optional;  // may be empty
};

// Every tensor in the order of the forward pass; resize `layers` to config.layers before calling.
// The config must be valid (ValidateConfig), or the shapes overflow.
std::vector<TensorSlot<Tensor>> TensorSlots(Checkpoint& checkpoint);
std::vector<TensorSlot<const Tensor>> TensorSlots(const Checkpoint& checkpoint);

// Checks the hyper-parameters alone: counts in range, head counts that divide, products that fit 32 bits.
Status ValidateConfig(const ModelConfig& config);
// Checks the config, the shape, type and byte count of each tensor, and the vocabulary. Does not read
// weights.
Status Validate(const Checkpoint& checkpoint);
// Reads every weight and refuses infinity and NaN, and ternary codes other than 0 to 2. Readers call it once per file.
Status CheckFinite(const Checkpoint& checkpoint);

}  // namespace weft
