// The machine's KV cache and attention: the values of docs/isa.md's cache in an order that suits 16 lanes.
#pragma once

#include <cstdint>

#include "sw/golden/aligned.h"
#include "sw/golden/lanes.h"

namespace weft::golden {

// One layer's cache, [slot][kv head][block of 32 positions]. Scales are the cached fp16, widened.
class LayerCache {
 public:
  LayerCache() = default;
  LayerCache(uint32_t slots, uint32_t kv_heads, uint32_t blocks, uint32_t head_dim);

  // Quantizes k[head_dim] (room for 32 past each group's start), after RoPE; hinv multiplies the scales.
  void AppendK(uint32_t slot, uint32_t position, uint32_t head, const float* k, float qs, float hinv);
  void AppendV(uint32_t slot, uint32_t position, uint32_t head, const float* v, float qs);

  uint32_t groups() const { return groups_; }  // of a K row or a query

  // The `count` query heads of one KV head over positions 0..position: q [count][groups * 32], scale and
  // -128 * sum [count][groups]. Head i's result starts at y[i * head_dim]; whole vectors are written, in
  // ascending order, so y needs room for 16 more.
  void Attend(uint32_t slot, uint32_t position, uint32_t head, uint32_t count, const int8_t* q,
              const float* scale, const int32_t* minus_128_sum, float* y) const;

 private:
  size_t Block(uint32_t slot, uint32_t head, uint32_t position) const {
    return (size_t{slot} * kv_heads_ + head) * blocks_ + position / 32;
  }
  // kHeads query heads side by side, to hide latencies; kVectors: head_dim in vectors, 0 if not known.
  template <int kHeads, int kVectors>
  void AttendHeads(size_t first_block, uint32_t position, const int8_t* q, const float* scale,
                   const int32_t* minus_128_sum, float* y) const;
  template <int kVectors>
  void AttendVectors(size_t first_block, uint32_t position, uint32_t count, const int8_t* q,
                     const float* scale, const int32_t* minus_128_sum, float* y) const;

  uint32_t kv_heads_ = 0, blocks_ = 0, head_dim_ = 0;
  uint32_t groups_ = 0;
  uint32_t quads_ = 0;      // of a K row
  uint32_t v_vectors_ = 0;  // head_dim in whole vectors
  Aligned<uint8_t> k_;      // [...][quad][32 tokens][4], value + 128
  Aligned<float> k_scale_;  // [...][group][32 tokens]
  Aligned<int8_t> v_;       // [...][token / 4][v_vectors * 16][4]
  Aligned<float> v_scale_;  // [...][32 tokens]
};

}  // namespace weft::golden
