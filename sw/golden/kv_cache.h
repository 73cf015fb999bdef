// The KV cache in memory, byte for byte as the chip writes it. docs/isa.md "KV cache"; rtl/kv_cache.
#pragma once

#include <cstdint>
#include <span>

#include "sw/compiler/layout.h"

namespace weft::golden {

// Quantizes one head of one row, k[head_dim] after RoPE, in groups of 32 and writes it into the layer's K
// region. qs is the instruction's immediate; hinv multiplies the scales of a normed head.
void AppendK(const KvGeometry& kv, std::span<uint8_t> region, uint32_t slot, uint32_t position, uint32_t head,
             const float* k, float qs, float hinv = 1.0f);

// The same for v[head_dim]: one group.
void AppendV(const KvGeometry& kv, std::span<uint8_t> region, uint32_t slot, uint32_t position, uint32_t head,
             const float* v, float qs);

}  // namespace weft::golden
