// Small checkpoints with random weights, for tests that need a valid model and no file.
#pragma once

#include <bit>
#include <cstring>
#include <random>
#include <string>

#include "sw/model/checkpoint.h"
#include "sw/model/half.h"
#include "sw/model/quantize.h"

namespace weft::testing {

// <unk>, <s>, </s>, the 256 bytes, then a few pieces with falling scores.
inline Vocabulary TinyVocabulary() {
  Vocabulary vocab;
  const auto add = [&](std::string piece, float score, TokenKind kind) {
    vocab.pieces.push_back(std::move(piece));
    vocab.scores.push_back(score);
    vocab.kinds.push_back(kind);
  };
  add("<unk>", 0, TokenKind::kUnknown);
  add("<s>", 0, TokenKind::kControl);
  add("</s>", 0, TokenKind::kControl);
  for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)), 0, TokenKind::kByte);
  float score = 0;
  for (const char* piece : {" t", "he", " a", " the", "an", "and", " and", " ", "a", "b", "c", "d", "e", "h",
                            "n", "t", "\xc3\xa9"}) {
    add(piece, score--, TokenKind::kNormal);
  }
  return vocab;
}

inline Tensor RandomTensor(uint32_t rows, uint32_t cols, DType type, std::mt19937& rng) {
  Tensor tensor;
  tensor.rows = rows;
  tensor.cols = cols;
  std::normal_distribution<float> normal(0.0f, 0.2f);
  for (uint64_t i = 0; i < uint64_t{rows} * cols; ++i) {
    const float value = normal(rng);
    const uint32_t bits = type == DType::kF16 ? FloatToHalf(value) : std::bit_cast<uint32_t>(value);
    for (int byte = 0; byte < (type == DType::kF16 ? 2 : 4); ++byte) {
      tensor.data.push_back(static_cast<uint8_t>(bits >> (8 * byte)));
    }
  }
  if (type == DType::kF16) tensor.type = type;
  if (type == DType::kQ4_0) return QuantizeQ4_0(tensor, cols);
  if (type == DType::kTQ2_0) return QuantizeTQ2_0(tensor, cols);
  return type == DType::kQ8_0 ? QuantizeQ8_0(tensor, cols) : tensor;
}

struct TinyOptions {
  uint32_t seed = 1;
  DType type = DType::kF32;  // of the matrices; gains are F32
  bool tied = true;
  bool vocab = true;
  const char* architecture = "llama";
  uint32_t dim = 32, hidden = 64, layers = 2, heads = 4, kv_heads = 2, vocab_size = 276, context = 64;
};

inline Checkpoint TinyCheckpoint(const TinyOptions& o = {}) {
  std::mt19937 rng(o.seed);
  Checkpoint c;
  c.config.name = "tiny";
  c.config.architecture = o.architecture;
  c.config.dim = o.dim;
  c.config.hidden = o.hidden;
  c.config.layers = o.layers;
  c.config.heads = o.heads;
  c.config.kv_heads = o.kv_heads;
  c.config.head_dim = o.dim / o.heads;
  c.config.vocab = o.vocab_size;
  c.config.context = o.context;
  c.layers.resize(o.layers);
  for (const auto& slot : TensorSlots(c)) {
    if (slot.optional && o.tied) continue;
    *slot.tensor = RandomTensor(slot.rows, slot.cols, slot.vector ? DType::kF32 : o.type, rng);
  }
  if (o.vocab) c.vocab = TinyVocabulary();
  return c;
}

// Whether two checkpoints hold the same tensors, bit for bit.
inline bool SameTensors(const Checkpoint& a, const Checkpoint& b) {
  const auto x = TensorSlots(a);
  const auto y = TensorSlots(b);
  if (x.size() != y.size()) return false;
  for (size_t i = 0; i < x.size(); ++i) {
    const Tensor& s = *x[i].tensor;
    const Tensor& t = *y[i].tensor;
    if (x[i].name != y[i].name || s.type != t.type || s.rows != t.rows || s.cols != t.cols) return false;
    if (s.data != t.data) return false;
  }
  return true;
}

}  // namespace weft::testing
