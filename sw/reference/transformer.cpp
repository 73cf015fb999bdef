#include "sw/reference/transformer.h"

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

// [rows][cols], whatever the file's type
std::vector<float> Dequantize(const Tensor& tensor) {
  std::vector<float> out(size_t{tensor.rows} * tensor.cols);
  for (uint32_t r = 0; r < tensor.rows; ++r) tensor.Row(r, out.data() + size_t{r} * tensor.cols);
  return out;
}

// sum a[i] * b[i]. Sixteen sums side by side, because a single one is a chain that no compiler may vectorize.
float Dot(const float* a, const float* b, size_t n) {
  constexpr size_t kLanes = 16;
  float sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (float s : sums) sum += s;
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// x += y
void Add(std::span<const float> y, std::span<float> x) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

}  // namespace

void RmsNorm(std::span<const float> x, std::span<const float> gain, float eps, std::span<float> y) {
  const float mean_square = Dot(x.data(), x.data(), x.size()) / static_cast<float>(x.size());
  const float scale = 1.0f / std::sqrt(mean_square + eps);
  for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] * scale * gain[i];
}

void MatVec(std::span<const float> w, std::span<const float> x, std::span<float> y) {
  for (size_t row = 0; row < y.size(); ++row) y[row] = Dot(&w[row * x.size()], x.data(), x.size());
}

void Rope(std::span<float> x, uint32_t head_dim, uint32_t pos, float theta, std::span<const float> factors) {
  for (uint32_t i = 0; i < head_dim; i += 2) {
    const float factor = factors.empty() ? 1.0f : factors[i / 2];
    const float frequency = std::pow(theta, -static_cast<float>(i) / static_cast<float>(head_dim)) / factor;
    const float angle = static_cast<float>(pos) * frequency;
    const float cosine = std::cos(angle);
    const float sine = std::sin(angle);
    for (size_t at = i; at < x.size(); at += head_dim) {  // the same pair of every head
      const float even = x[at];
      const float odd = x[at + 1];
      x[at] = even * cosine - odd * sine;
      x[at + 1] = even * sine + odd * cosine;
    }
  }
}

void Softmax(std::span<float> x) {
  const float highest = *std::max_element(x.begin(), x.end());
  float sum = 0;
  for (float& v : x) sum += v = std::exp(v - highest);
  for (float& v : x) v /= sum;
}

void SwiGlu(std::span<float> gate, std::span<const float> up) {
  for (size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1.0f + std::exp(-gate[i])) * up[i];
}

ReferenceModel::ReferenceModel(const Checkpoint& checkpoint)
    : config_(checkpoint.config),
      token_embd_(Dequantize(checkpoint.token_embd)),
      output_norm_(Dequantize(checkpoint.output_norm)),
      output_(Dequantize(checkpoint.output)) {
  for (const LayerWeights& from : checkpoint.layers) {
    Layer layer;
    layer.attn_norm = Dequantize(from.attn_norm);
    layer.wq = Dequantize(from.wq);
    layer.wk = Dequantize(from.wk);
    layer.wv = Dequantize(from.wv);
    layer.wo = Dequantize(from.wo);
    layer.bq = Dequantize(from.bq);
    layer.bk = Dequantize(from.bk);
    layer.bv = Dequantize(from.bv);
    layer.q_norm = Dequantize(from.q_norm);
    layer.k_norm = Dequantize(from.k_norm);
    layer.ffn_norm = Dequantize(from.ffn_norm);
    layer.w_gate = Dequantize(from.w_gate);
    layer.w_up = Dequantize(from.w_up);
    layer.w_down = Dequantize(from.w_down);
    layers_.push_back(std::move(layer));
  }
  const size_t q_width = size_t{config_.heads} * config_.head_dim;
  const size_t kv_width = size_t{config_.kv_heads} * config_.head_dim;
  x_.resize(config_.dim);
  normed_.resize(config_.dim);
  q_.resize(q_width);
  attended_.resize(q_width);
  k_.resize(kv_width);
  v_.resize(kv_width);
  projected_.resize(config_.dim);
  gate_.resize(config_.hidden);
  up_.resize(config_.hidden);
  logits_.resize(config_.vocab);
}

void ReferenceModel::Reset() { length_ = 0; }

std::span<const float> ReferenceModel::Forward(int32_t token, int32_t pos) {
  WEFT_CHECK(token >= 0 && static_cast<uint32_t>(token) < config_.vocab,
             "the token must be in the vocabulary");
  WEFT_CHECK(pos >= 0 && pos <= length_, "positions come in order");
  const auto embedding = token_embd_.begin() + static_cast<ptrdiff_t>(token) * config_.dim;
  std::copy_n(embedding, config_.dim, x_.begin());
  for (Layer& layer : layers_) {
    Attention(layer, static_cast<uint32_t>(pos));
    FeedForward(layer);
  }
  length_ = pos + 1;
  RmsNorm(x_, output_norm_, config_.norm_eps, normed_);
  MatVec(output_.empty() ? token_embd_ : output_, normed_, logits_);
  return logits_;
}

// Each head of heads [heads * head_dim] by itself, if there is a gain.
void ReferenceModel::NormHeads(std::span<float> heads, std::span<const float> gain) {
  if (gain.empty()) return;
  for (size_t at = 0; at < heads.size(); at += config_.head_dim) {
    const auto head = heads.subspan(at, config_.head_dim);
    RmsNorm(head, gain, config_.norm_eps, head);
  }
}

// x += Wo attention(RoPE(Wq norm(x)), RoPE(Wk norm(x)), Wv norm(x)), where the products may have biases, and q and
// k a norm of each head in front of RoPE
void ReferenceModel::Attention(Layer& layer, uint32_t pos) {
  RmsNorm(x_, layer.attn_norm, config_.norm_eps, normed_);
  MatVec(layer.wq, normed_, q_);
  MatVec(layer.wk, normed_, k_);
  MatVec(layer.wv, normed_, v_);
  if (!layer.bq.empty()) {
    Add(layer.bq, q_);
    Add(layer.bk, k_);
    Add(layer.bv, v_);
  }
  NormHeads(q_, layer.q_norm);
  NormHeads(k_, layer.k_norm);
  Rope(q_, config_.head_dim, pos, config_.rope_theta, config_.rope_factors);
  Rope(k_, config_.head_dim, pos, config_.rope_theta, config_.rope_factors);
  layer.keys.resize(pos * k_.size());  // what followed is forgotten
  layer.values.resize(pos * v_.size());
  layer.keys.insert(layer.keys.end(), k_.begin(), k_.end());
  layer.values.insert(layer.values.end(), v_.begin(), v_.end());
  for (uint32_t head = 0; head < config_.heads; ++head) AttendHead(layer, head, pos);
  MatVec(layer.wo, attended_, projected_);
  Add(projected_, x_);
}

// attended[head] = sum over t <= pos of softmax(q . k[t] / sqrt(head_dim))[t] * v[t]
void ReferenceModel::AttendHead(const Layer& layer, uint32_t head, uint32_t pos) {
  const size_t n = config_.head_dim;
  const size_t kv_width = k_.size();
  const size_t kv_head = head / (config_.heads / config_.kv_heads);  // several query heads share one
  const float* query = q_.data() + head * n;                         // [head_dim]
  const float* keys = layer.keys.data() + kv_head * n;               // [pos + 1] rows, kv_width apart
  const float* values = layer.values.data() + kv_head * n;           // likewise
  float* out = attended_.data() + head * n;                          // [head_dim]
  const float scale = 1.0f / std::sqrt(static_cast<float>(n));

  scores_.resize(size_t{pos} + 1);
  for (size_t t = 0; t <= pos; ++t) scores_[t] = Dot(query, keys + t * kv_width, n) * scale;
  Softmax(scores_);
  std::fill_n(out, n, 0.0f);
  for (size_t t = 0; t <= pos; ++t) {
    for (size_t i = 0; i < n; ++i) out[i] += scores_[t] * values[t * kv_width + i];
  }
}

// x += W_down (silu(W_gate norm(x)) * W_up norm(x))
void ReferenceModel::FeedForward(const Layer& layer) {
  RmsNorm(x_, layer.ffn_norm, config_.norm_eps, normed_);
  MatVec(layer.w_gate, normed_, gate_);
  MatVec(layer.w_up, normed_, up_);
  SwiGlu(gate_, up_);
  MatVec(layer.w_down, gate_, projected_);
  Add(projected_, x_);
}

}  // namespace weft
