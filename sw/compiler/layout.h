// Where each chunk, scale and cached value sits: the panel layout and the KV geometry of docs/isa.md.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sw/compiler/config.h"
#include "sw/compiler/isa.h"

namespace weft {

inline uint64_t AlignUp(uint64_t n, uint64_t step) { return (n + step - 1) / step * step; }
inline uint64_t CeilDiv(uint64_t n, uint64_t step) { return (n + step - 1) / step; }

// A payload of `outputs` rows of `k` elements in panels. A slot holds a chunk (32 elements along K) of one output, or
// packed chunks of 2 (int4) or 4 (ternary) outputs that stand panel_rows apart: part p of a panel are its outputs
// p * panel_rows .. + panel_rows - 1. Byte m of a slot holds element m of each part. `ns` fp16 scales a slot: one for
// each part, or for each head that shares a K chunk. Offsets are bytes from the payload's start.
class PanelLayout {
 public:
  PanelLayout() = default;
  // A K block of the cache.
  PanelLayout(uint32_t port, uint32_t panel_rows, uint32_t outputs, uint32_t k, uint32_t ns);
  // Weights.
  PanelLayout(uint32_t port, uint32_t panel_rows, uint32_t outputs, uint32_t k, WeightType type);

  WeightType type() const { return type_; }
  uint32_t outputs() const { return outputs_; }
  uint32_t k() const { return k_; }
  uint32_t ns() const { return ns_; }
  uint32_t groups() const { return groups_; }            // G, chunks of a row
  uint32_t tail() const { return tail_; }                // bytes of the last chunk of a row
  uint32_t panels() const { return panels_; }            // outputs are padded to panels * panel_rows * parts
  uint32_t share() const { return share_; }              // groups along K that share a scale
  uint32_t Part(uint32_t n) const { return n / panel_rows_ % parts_; }
  uint32_t unit_chunks() const { return unit_chunks_; }  // U, slots behind one run of scales
  uint32_t scale_bytes() const { return scale_bytes_; }  // of one unit
  uint64_t bytes() const { return bytes_; }              // a multiple of the port

  uint32_t ChunkBytes(uint32_t g) const { return g + 1 == groups_ ? tail_ : 32; }
  // The slot that holds chunk g of output n, and the chunk's scale (s: head of a K chunk).
  uint64_t ChunkOffset(uint32_t n, uint32_t g) const;
  uint64_t ScaleOffset(uint32_t n, uint32_t g, uint32_t s = 0) const;

 private:
  void Measure();
  // Start of the unit that holds the slot of (n, g), and the slot's place in it; share() is 1.
  uint64_t UnitOffset(uint32_t n, uint32_t g, uint32_t* place) const;
  // With shared scales: bytes of a panel before its group g, and of the scales of one panel step.
  uint64_t StepOffset(uint32_t n, uint32_t g) const;
  uint64_t StepScaleBytes() const { return uint64_t{panel_rows_ / unit_chunks_} * scale_bytes_; }

  WeightType type_ = WeightType::kInt8;
  uint32_t port_ = 1, panel_rows_ = 1, outputs_ = 0, k_ = 0, ns_ = 1, parts_ = 1, share_ = 1;
  uint32_t groups_ = 0, tail_ = 0, panels_ = 0, unit_chunks_ = 1, scale_bytes_ = 2;
  uint64_t bytes_ = 0;
};

// Values q[32] of group g of a row of blocks (Q8_0, Q4_0 or TQ2_0, by the type), and their scale, fp16.
uint16_t ReadGroup(WeightType type, const uint8_t* blocks, uint32_t g, int8_t* q);

// Writes rows of blocks as a weight payload into out[bytes()], which must be zero: Q8_0 blocks for int8, Q4_0 for
// int4, TQ2_0 for ternary, every element and scale bit for bit. `row(n)` gives the blocks of output n; each row holds
// at least groups() groups.
void PackWeights(const PanelLayout& layout, const std::function<const uint8_t*(uint32_t)>& row,
                 std::span<uint8_t> out);
// The inverse for one output: values q[groups() * 32] (zeros beyond the tail), scales[groups()] fp16.
void UnpackRow(const PanelLayout& layout, std::span<const uint8_t> payload, uint32_t n, int8_t* q,
               uint16_t* scales);

// Shape of one layer's KV cache for a model on a configuration.
struct KvGeometry {
  uint32_t port = 0;
  uint32_t head_dim = 0;
  uint32_t kv_heads = 0;
  uint32_t hs = 0;             // KV heads that share a chunk
  uint32_t sets = 0;           // kv_heads / hs
  uint32_t blocks = 0;         // of 32 positions, per slot
  uint32_t k_groups = 0;       // chunks of a K row
  uint32_t k_tail = 0;         // bytes of the last one
  uint64_t kblk = 0;           // bytes of a K block
  uint64_t vblk = 0;           // bytes of a V block
  uint64_t v_scale_bytes = 0;  // of a V block, before its values
  PanelLayout k_block;         // 32 outputs, hs * head_dim elements, hs scales

  uint64_t SlotBytesK() const { return uint64_t{sets} * blocks * kblk; }
  uint64_t SlotBytesV() const { return uint64_t{sets} * blocks * vblk; }
  // Start of a block in the layer's K or V region.
  uint64_t BlockK(uint32_t slot, uint32_t set, uint32_t block) const;
  uint64_t BlockV(uint32_t slot, uint32_t set, uint32_t block) const;
  // In the K region: element d, and its group's scale.
  uint64_t ElementK(uint32_t slot, uint32_t position, uint32_t head, uint32_t d) const;
  uint64_t ScaleK(uint32_t slot, uint32_t position, uint32_t head, uint32_t d) const;
  // In the V region.
  uint64_t ElementV(uint32_t slot, uint32_t position, uint32_t head, uint32_t d) const;
  uint64_t ScaleV(uint32_t slot, uint32_t position, uint32_t head) const;
};

// KV heads that share a chunk: 4, 2 or 1.
uint32_t HeadsPerSet(uint32_t head_dim, uint32_t kv_heads);
KvGeometry MakeKvGeometry(uint32_t port, uint32_t panel_rows, uint32_t head_dim, uint32_t kv_heads,
                          uint32_t blocks);

}  // namespace weft
