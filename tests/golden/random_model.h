// Random models of any shape, and sequences of tokens for them.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "sw/model/checkpoint.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft::testing {

struct Shape {
  uint32_t dim = 64, hidden = 172, layers = 2, heads = 8, kv_heads = 4, head_dim = 8, vocab = 97,
           context = 96;
  bool tied = true;
  DType type = DType::kF32;
  const char* architecture = "llama";
};

inline Checkpoint RandomModel(const Shape& s, uint32_t seed = 1) {
  std::mt19937 rng(seed);
  Checkpoint c;
  c.config = {s.architecture, "random",   s.dim,      s.hidden, s.layers,
              s.heads, s.kv_heads, s.head_dim, s.vocab,  s.context};
  c.layers.resize(s.layers);
  for (const auto& slot : TensorSlots(c)) {
    if (slot.optional && s.tied) continue;
    *slot.tensor = RandomTensor(slot.rows, slot.cols, slot.vector ? DType::kF32 : s.type, rng);
  }
  return c;
}

inline std::vector<uint32_t> RandomTokens(uint32_t count, uint32_t vocab, uint32_t seed) {
  std::mt19937 rng(seed);
  std::vector<uint32_t> tokens(count);
  for (uint32_t& token : tokens) token = rng() % vocab;
  return tokens;
}

}  // namespace weft::testing
