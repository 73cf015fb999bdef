// llama2.c files written from a checkpoint, for tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "sw/formats/piece_text.h"
#include "sw/model/checkpoint.h"
#include "tests/formats/gguf_builder.h"

namespace weft::testing {

// Every element, row after row.
inline std::vector<float> Values(const Tensor& tensor) {
  std::vector<float> values(size_t{tensor.rows} * tensor.cols);
  for (uint32_t r = 0; r < tensor.rows; ++r) tensor.Row(r, &values[size_t{r} * tensor.cols]);
  return values;
}

// The scale of the group of element i, and its int8 value.
inline std::pair<float, int8_t> Llama2cQuantized(const std::vector<float>& values, size_t i, size_t group) {
  float peak = 0;
  for (size_t k = i / group * group; k < i / group * group + group; ++k) peak = std::max(peak, std::fabs(values[k]));
  const float scale = peak / 127.0f;
  return {scale, static_cast<int8_t>(std::round(values[i] / scale))};
}
inline float Llama2cRounded(const std::vector<float>& values, size_t i, size_t group) {
  const auto [scale, q] = Llama2cQuantized(values, i, group);
  return static_cast<float>(q) * scale;
}

// A file of version 0, 1 or 2 (with groups of `group`). Every tensor of the checkpoint must be F32.
inline std::vector<uint8_t> Llama2cBytes(const Checkpoint& c, int32_t version = 0, size_t group = 0) {
  const ModelConfig& m = c.config;
  ByteWriter out;
  if (version > 0) out.Put<uint32_t>(0x616b3432).Put(version);
  const uint32_t vocab = c.tied() || version > 0 ? m.vocab : 0 - m.vocab;
  for (uint32_t value : {m.dim, m.hidden, m.layers, m.heads, m.kv_heads, vocab, m.context}) out.Put(value);
  if (version > 0) out.Put(static_cast<uint8_t>(c.tied()));
  if (version > 1) out.Put(static_cast<int32_t>(group));
  if (version > 0) out.PadTo(256);
  const auto put = [&](const Tensor& tensor) {
    out.Raw(std::string(tensor.data.begin(), tensor.data.end()));
  };
  const auto put_matrix = [&](const Tensor& tensor) {
    if (version < 2) return put(tensor);
    const std::vector<float> values = Values(tensor);
    for (size_t i = 0; i < values.size(); ++i) out.Put(Llama2cQuantized(values, i, group).second);
    for (size_t i = 0; i < values.size(); i += group) out.Put(Llama2cQuantized(values, i, group).first);
  };
  const auto put_gains = [&](Tensor LayerWeights::* tensor) {
    for (const LayerWeights& layer : c.layers) put(layer.*tensor);
  };
  if (version > 0) {
    put_gains(&LayerWeights::attn_norm);
    put_gains(&LayerWeights::ffn_norm);
    put(c.output_norm);
  }
  put_matrix(c.token_embd);
  if (version == 0) put_gains(&LayerWeights::attn_norm);
  for (auto tensor : {&LayerWeights::wq, &LayerWeights::wk, &LayerWeights::wv, &LayerWeights::wo,
                      &LayerWeights::w_gate, &LayerWeights::w_down, &LayerWeights::w_up}) {
    if (version == 0 && tensor == &LayerWeights::w_gate) put_gains(&LayerWeights::ffn_norm);
    for (const LayerWeights& layer : c.layers) put_matrix(layer.*tensor);
  }
  if (version == 0) {
    put(c.output_norm);
    out.Raw(std::string(size_t{m.context} * m.head_dim * sizeof(float), '\0'));  // the RoPE tables
  }
  if (!c.tied()) put_matrix(c.output);
  return {out.bytes().begin(), out.bytes().end()};
}

inline std::vector<uint8_t> Llama2cTokenizerBytes(const Vocabulary& vocab) {
  ByteWriter out;
  out.Put<int32_t>(8);
  for (size_t id = 0; id < vocab.pieces.size(); ++id) {
    std::string text = vocab.pieces[id];
    if (vocab.kinds[id] == TokenKind::kByte) text = ByteToText(static_cast<uint8_t>(text[0]));
    if (vocab.kinds[id] == TokenKind::kControl) text = "\n" + text + "\n";
    out.Put(vocab.scores[id]).Put(static_cast<int32_t>(text.size())).Raw(text);
  }
  return {out.bytes().begin(), out.bytes().end()};
}

}  // namespace weft::testing
