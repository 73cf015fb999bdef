// llama2.c files written from a checkpoint, for tests.
#pragma once

#include <string>
#include <vector>

#include "sw/formats/piece_text.h"
#include "sw/model/checkpoint.h"
#include "tests/formats/gguf_builder.h"

namespace weft::testing {

// A version 0 file. Every tensor of the checkpoint must be F32.
inline std::vector<uint8_t> Llama2cBytes(const Checkpoint& c) {
  const ModelConfig& m = c.config;
  ByteWriter out;
  for (uint32_t value :
       {m.dim, m.hidden, m.layers, m.heads, m.kv_heads, c.tied() ? m.vocab : 0 - m.vocab, m.context}) {
    out.Put(value);
  }
  const auto put = [&](const Tensor& tensor) {
    out.Raw(std::string(tensor.data.begin(), tensor.data.end()));
  };
  const auto put_layers = [&](Tensor LayerWeights::* tensor) {
    for (const LayerWeights& layer : c.layers) put(layer.*tensor);
  };
  put(c.token_embd);
  for (auto tensor :
       {&LayerWeights::attn_norm, &LayerWeights::wq, &LayerWeights::wk, &LayerWeights::wv, &LayerWeights::wo,
        &LayerWeights::ffn_norm, &LayerWeights::w_gate, &LayerWeights::w_down, &LayerWeights::w_up}) {
    put_layers(tensor);
  }
  put(c.output_norm);
  out.Raw(std::string(size_t{m.context} * m.head_dim * sizeof(float), '\0'));  // the RoPE tables
  put(c.output);
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
