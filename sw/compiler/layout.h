// Where each chunk, scale and cached value sits: the panel layout and the KV geometry of docs/isa.md.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sw/compiler/config.h"

namespace weft {

inline uint64_t AlignUp(uint64_t n, uint64_t step) { return (n + step - 1) / step * step; }
inline uint64_t CeilDiv(uint64_t n, uint64_t step) { return (n + step - 1) / step; }

// A payload of `outputs` rows of `k` int8 elements, `ns` fp16 scales a chunk of 32, in panels. Offsets are
// bytes from the payload's start.
class PanelLayout {
 public:
  PanelLayout() = default;
  PanelLayout(uint32_t port, uint32_t panel_rows, uint32_t outputs, uint32_t k, uint32_t ns = 1);

  uint32_t outputs() const { return outputs_; }
  uint32_t k() const { return k_; }
  uint32_t ns() const { return ns_; }
  uint32_t groups() const { return groups_; }            // G, chunks of a row
  uint32_t tail() const { return tail_; }                // bytes of the last chunk of a row
  uint32_t panels() const { return panels_; }            // outputs are padded to panels * panel_rows
  uint32_t unit_chunks() const { return unit_chunks_; }  // U
  uint32_t scale_bytes() const { return scale_bytes_; }  // of one unit
  uint64_t bytes() const { return bytes_; }              // a multiple of the port

  uint32_t ChunkBytes(uint32_t g) const { return g + 1 == groups_ ? tail_ : 32; }
  // Chunk g of output n, and scale s of it.
  uint64_t ChunkOffset(uint32_t n, uint32_t g) const;
  uint64_t ScaleOffset(uint32_t n, uint32_t g, uint32_t s = 0) const;

 private:
  // Start of the unit that holds chunk (n, g), and the chunk's place in it.
  uint64_t UnitOffset(uint32_t n, uint32_t g, uint32_t* place) const;

  uint32_t port_ = 1, panel_rows_ = 1, outputs_ = 0, k_ = 0, ns_ = 1;
  uint32_t groups_ = 0, tail_ = 0, panels_ = 0, unit_chunks_ = 1, scale_bytes_ = 2;
  uint64_t bytes_ = 0;
};

// Writes rows of Q8_0 blocks (34 bytes each: fp16 scale, 32 int8) as a weight payload into out[bytes()],
// which must be zero. `row(n)` gives the blocks of output n; each row holds at least groups() blocks.
void PackWeights(const PanelLayout& layout, const std::function<const uint8_t*(uint32_t)>& row,
                 std::span<uint8_t> out);
// The inverse for one output: q[groups() * 32] (zeros beyond the tail), scales[groups()] fp16.
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
