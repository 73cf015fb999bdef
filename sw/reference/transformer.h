// The independent reference: a decoder of the Llama family in plain fp32, written from the equations.
//
// It reads a checkpoint and knows nothing of tapes, quantized activations or the chip's order of sums, so
// that a mistake in those cannot hide here too. Q8_0 weights count as what they say: scale * q.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sw/model/checkpoint.h"

namespace weft {

// y = x / rms(x) * gain                                       [n] <- [n], [n]
void RmsNorm(std::span<const float> x, std::span<const float> gain, float eps, std::span<float> y);
// y = W x                                                     [rows] <- [rows][cols], [cols]
void MatVec(std::span<const float> w, std::span<const float> x, std::span<float> y);
// Turns each pair (2i, 2i+1) of each head by pos * theta^(-2i / head_dim) / factors[i]     [heads * head_dim]
// No factors: all are 1.
void Rope(std::span<float> x, uint32_t head_dim, uint32_t pos, float theta,
          std::span<const float> factors = {});
// x = exp(x) / sum(exp(x))                                    [n]
void Softmax(std::span<float> x);
// gate = silu(gate) * up                                      [hidden]
void SwiGlu(std::span<float> gate, std::span<const float> up);

class ReferenceModel {
 public:
  // Dequantizes every weight once, to 4 bytes. The checkpoint must have passed Validate; it is not kept.
  explicit ReferenceModel(const Checkpoint& checkpoint);

  // Logits [vocab] after `token` at position `pos`; valid until the next call. Positions start at 0 and come
  // in order; an earlier one again forgets what followed it. The context length is not a limit here.
  std::span<const float> Forward(int32_t token, int32_t pos);

  // Forgets every position.
  void Reset();

  const ModelConfig& config() const { return config_; }

 private:
  using Floats = std::vector<float>;

  struct Layer {
    Floats attn_norm;             // [dim]
    Floats wq, wk, wv, wo;        // [q_width][dim], [kv_width][dim] x2, [dim][q_width]
    Floats bq, bk, bv;            // [q_width], [kv_width] x2; empty without bias
    Floats q_norm, k_norm;        // [head_dim]; empty without norm
    Floats ffn_norm;              // [dim]
    Floats w_gate, w_up, w_down;  // [hidden][dim] x2, [dim][hidden]
    Floats keys, values;          // [positions][kv_width] each, rotated keys
  };

  void Attention(Layer& layer, uint32_t pos);
  void NormHeads(std::span<float> heads, std::span<const float> gain);
  void AttendHead(const Layer& layer, uint32_t head, uint32_t pos);
  void FeedForward(const Layer& layer);

  ModelConfig config_;
  Floats token_embd_;   // [vocab][dim]
  Floats output_norm_;  // [dim]
  Floats output_;       // [vocab][dim]; empty when tied
  std::vector<Layer> layers_;
  int32_t length_ = 0;  // positions in the cache

  Floats x_;             // [dim], the residual stream
  Floats normed_;        // [dim]
  Floats q_, attended_;  // [heads * head_dim]
  Floats k_, v_;         // [kv_heads * head_dim]
  Floats scores_;        // [pos + 1], one head's
  Floats projected_;     // [dim], what a block adds to x
  Floats gate_, up_;     // [hidden]
  Floats logits_;        // [vocab]
};

}  // namespace weft
