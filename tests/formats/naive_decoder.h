// A second statement of the decoder families, from Hugging Face tensors as they stand in the file: in double,
// one loop per equation, half-split RoPE, every position computed anew. It shares nothing with sw/reference.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/formats/huggingface_folder.h"

namespace weft::testing {

class NaiveDecoder {
 public:
  explicit NaiveDecoder(const HfModel& model) : m_(model) {}

  // Logits of the last of `ids`.
  std::vector<double> Logits(const std::vector<int32_t>& ids) const {
    const size_t dim = Size("hidden_size");
    std::vector<Row> x;
    for (const int32_t id : ids) x.push_back(RowOf("model.embed_tokens.weight", static_cast<size_t>(id)));
    for (size_t layer = 0; layer < Size("num_hidden_layers"); ++layer) {
      const std::string block = "model.layers." + std::to_string(layer) + ".";
      const std::vector<Row> attended = Attention(block, x);
      for (size_t t = 0; t < x.size(); ++t) {
        for (size_t i = 0; i < dim; ++i) x[t][i] += attended[t][i];
        const Row h = Norm(x[t], block + "post_attention_layernorm.weight");
        Row gate = Product(block + "mlp.gate_proj", h);
        const Row up = Product(block + "mlp.up_proj", h);
        for (size_t i = 0; i < gate.size(); ++i) gate[i] *= up[i] / (1 + std::exp(-gate[i]));
        const Row down = Product(block + "mlp.down_proj", gate);
        for (size_t i = 0; i < dim; ++i) x[t][i] += down[i];
      }
    }
    const bool tied = m_.config["tie_word_embeddings"];
    return Product(tied ? "model.embed_tokens" : "lm_head", Norm(x.back(), "model.norm.weight"));
  }

 private:
  using Row = std::vector<double>;

  size_t Size(const char* key) const { return m_.config[key]; }
  size_t HeadDim() const {
    return m_.config.contains("head_dim") ? Size("head_dim")
                                          : Size("hidden_size") / Size("num_attention_heads");
  }
  const HfTensor& At(const std::string& name) const { return m_.tensors.at(name); }
  Row RowOf(const std::string& name, size_t row) const {
    const HfTensor& t = At(name);
    const size_t cols = t.shape.back();
    return {t.values.begin() + static_cast<ptrdiff_t>(row * cols),
            t.values.begin() + static_cast<ptrdiff_t>((row + 1) * cols)};
  }
  // W x (+ b)
  Row Product(const std::string& name, const Row& x) const {
    Row y(At(name + ".weight").shape[0]);
    for (size_t r = 0; r < y.size(); ++r) {
      const Row w = RowOf(name + ".weight", r);
      for (size_t i = 0; i < x.size(); ++i) y[r] += w[i] * x[i];
      if (m_.tensors.count(name + ".bias")) y[r] += At(name + ".bias").values[r];
    }
    return y;
  }
  Row Norm(const Row& x, const std::string& gain) const {
    double sum = 0;
    for (const double v : x) sum += v * v;
    Row y(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      y[i] = x[i] / std::sqrt(sum / static_cast<double>(x.size()) + m_.config["rms_norm_eps"].get<double>()) *
             At(gain).values[i];
    }
    return y;
  }
  // Radians that pair i turns per position, by transformers' formula for rope_type llama3 or linear.
  double Frequency(size_t i) const {
    const double theta = m_.config["rope_theta"];
    const double f = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(HeadDim()));
    const auto& scaling = m_.config["rope_scaling"];
    if (scaling.is_null()) return f;
    const double factor = scaling["factor"];
    if (scaling["rope_type"] == "linear") return f / factor;
    const double old = scaling["original_max_position_embeddings"];
    const double low = scaling["low_freq_factor"], high = scaling["high_freq_factor"];
    const double wavelength = 2 * std::numbers::pi / f;
    if (wavelength < old / high) return f;
    if (wavelength > old / low) return f / factor;
    const double smooth = (old / wavelength - low) / (high - low);
    return (1 - smooth) * f / factor + smooth * f;
  }
  void RotateHalf(Row& head, size_t position) const {
    const size_t half = head.size() / 2;
    for (size_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(position) * Frequency(i);
      const double a = head[i], b = head[i + half];
      head[i] = a * std::cos(angle) - b * std::sin(angle);
      head[i + half] = b * std::cos(angle) + a * std::sin(angle);
    }
  }
  // Heads of position t: projected, normed if the family does, turned.
  std::vector<Row> Heads(const std::string& block, const std::string& which, const Row& h, size_t t) const {
    const Row all = Product(block + "self_attn." + which + "_proj", h);
    std::vector<Row> heads;
    for (size_t at = 0; at < all.size(); at += HeadDim()) {
      Row head(all.begin() + static_cast<ptrdiff_t>(at),
               all.begin() + static_cast<ptrdiff_t>(at + HeadDim()));
      const std::string gain = block + "self_attn." + which + "_norm.weight";
      if (m_.tensors.count(gain)) head = Norm(head, gain);
      if (which != "v") RotateHalf(head, t);
      heads.push_back(head);
    }
    return heads;
  }
  std::vector<Row> Attention(const std::string& block, const std::vector<Row>& x) const {
    const size_t heads = Size("num_attention_heads"), shared = heads / Size("num_key_value_heads");
    std::vector<std::vector<Row>> q, k, v;
    for (size_t t = 0; t < x.size(); ++t) {
      const Row h = Norm(x[t], block + "input_layernorm.weight");
      q.push_back(Heads(block, "q", h, t));
      k.push_back(Heads(block, "k", h, t));
      v.push_back(Heads(block, "v", h, t));
    }
    std::vector<Row> out;
    for (size_t t = 0; t < x.size(); ++t) {
      Row joined;
      for (size_t head = 0; head < heads; ++head) {
        Row weights(t + 1), sum(HeadDim());
        double total = 0;
        for (size_t s = 0; s <= t; ++s) {
          double dot = 0;
          for (size_t i = 0; i < HeadDim(); ++i) dot += q[t][head][i] * k[s][head / shared][i];
          total += weights[s] = std::exp(dot / std::sqrt(static_cast<double>(HeadDim())));
        }
        for (size_t s = 0; s <= t; ++s) {
          for (size_t i = 0; i < HeadDim(); ++i) sum[i] += weights[s] / total * v[s][head / shared][i];
        }
        joined.insert(joined.end(), sum.begin(), sum.end());
      }
      out.push_back(Product(block + "self_attn.o_proj", joined));
    }
    return out;
  }

  const HfModel& m_;
};

}  // namespace weft::testing
