#include "sw/compiler/layout.h"

#include <algorithm>
#include <cstring>

namespace weft {
namespace {

constexpr uint32_t kChunk = 32;
constexpr uint32_t kBlockBytes = 34;  // of a Q8_0 block

}  // namespace

PanelLayout::PanelLayout(uint32_t port, uint32_t panel_rows, uint32_t outputs, uint32_t k, uint32_t ns)
    : port_(port), panel_rows_(panel_rows), outputs_(outputs), k_(k), ns_(ns) {
  groups_ = static_cast<uint32_t>(CeilDiv(k, kChunk));
  tail_ = static_cast<uint32_t>(AlignUp(k - (groups_ - 1) * kChunk, std::min(port, kChunk)));
  panels_ = static_cast<uint32_t>(CeilDiv(outputs, panel_rows));
  unit_chunks_ = std::max(1u, port / (2 * ns));
  scale_bytes_ = std::max(2 * ns, port);
  const uint64_t chunks = uint64_t{panels_} * groups_ * panel_rows;
  const uint64_t row_bytes = uint64_t{groups_ - 1} * kChunk + tail_;
  bytes_ = CeilDiv(chunks, unit_chunks_) * scale_bytes_ + uint64_t{panels_} * panel_rows * row_bytes;
}

uint64_t PanelLayout::UnitOffset(uint32_t n, uint32_t g, uint32_t* place) const {
  const uint32_t panel = n / panel_rows_;
  const uint32_t in_panel = n % panel_rows_;
  const uint64_t chunk = (uint64_t{panel} * groups_ + g) * panel_rows_ + in_panel;
  const uint64_t unit = chunk / unit_chunks_;
  *place = static_cast<uint32_t>(chunk % unit_chunks_);
  const uint64_t first = unit * unit_chunks_;  // chunk that opens the unit
  // Bytes of the chunks before it: each panel and each g before is whole, or (port >= 32) all chunks are 32.
  const uint64_t before_panel = first / (uint64_t{groups_} * panel_rows_);
  const uint64_t in_g = first % (uint64_t{groups_} * panel_rows_);
  const uint64_t row_bytes = uint64_t{groups_ - 1} * kChunk + tail_;
  const uint64_t full = std::min<uint64_t>(in_g, uint64_t{groups_ - 1} * panel_rows_);
  return unit * scale_bytes_ + before_panel * panel_rows_ * row_bytes + full * kChunk + (in_g - full) * tail_;
}

uint64_t PanelLayout::ChunkOffset(uint32_t n, uint32_t g) const {
  uint32_t place;
  const uint64_t unit = UnitOffset(n, g, &place);
  return unit + scale_bytes_ + uint64_t{place} * ChunkBytes(g);
}

uint64_t PanelLayout::ScaleOffset(uint32_t n, uint32_t g, uint32_t s) const {
  uint32_t place;
  const uint64_t unit = UnitOffset(n, g, &place);
  return unit + (uint64_t{place} * ns_ + s) * 2;
}

void PackWeights(const PanelLayout& layout, const std::function<const uint8_t*(uint32_t)>& row,
                 std::span<uint8_t> out) {
  WEFT_CHECK(out.size() == layout.bytes() && layout.ns() == 1, "a weight payload has its exact size");
  for (uint32_t n = 0; n < layout.outputs(); ++n) {
    const uint8_t* block = row(n);
    for (uint32_t g = 0; g < layout.groups(); ++g, block += kBlockBytes) {
      std::memcpy(&out[layout.ScaleOffset(n, g)], block, 2);
      std::memcpy(&out[layout.ChunkOffset(n, g)], block + 2, layout.ChunkBytes(g));
    }
  }
}

void UnpackRow(const PanelLayout& layout, std::span<const uint8_t> payload, uint32_t n, int8_t* q,
               uint16_t* scales) {
  for (uint32_t g = 0; g < layout.groups(); ++g, q += kChunk) {
    std::memcpy(&scales[g], &payload[layout.ScaleOffset(n, g)], 2);
    std::memset(q, 0, kChunk);
    std::memcpy(q, &payload[layout.ChunkOffset(n, g)], layout.ChunkBytes(g));
  }
}

uint32_t HeadsPerSet(uint32_t head_dim, uint32_t kv_heads) {
  for (uint32_t hs : {4u, 2u}) {
    if (hs * head_dim <= kChunk && kv_heads % hs == 0) return hs;
  }
  return 1;
}

KvGeometry MakeKvGeometry(uint32_t port, uint32_t panel_rows, uint32_t head_dim, uint32_t kv_heads,
                          uint32_t blocks) {
  KvGeometry kv;
  kv.port = port;
  kv.head_dim = head_dim;
  kv.kv_heads = kv_heads;
  kv.hs = HeadsPerSet(head_dim, kv_heads);
  kv.sets = kv_heads / kv.hs;
  kv.blocks = blocks;
  kv.k_block = PanelLayout(port, panel_rows, 32, kv.hs * head_dim, kv.hs);
  kv.k_groups = kv.k_block.groups();
  kv.k_tail = kv.k_block.tail();
  kv.kblk = kv.k_block.bytes();
  kv.v_scale_bytes = AlignUp(uint64_t{kv.hs} * 32 * 2, port);
  kv.vblk = kv.v_scale_bytes + AlignUp(uint64_t{kv.hs} * head_dim * 32, std::max(port, kChunk));
  return kv;
}

uint64_t KvGeometry::BlockK(uint32_t slot, uint32_t set, uint32_t block) const {
  return ((uint64_t{slot} * sets + set) * blocks + block) * kblk;
}

uint64_t KvGeometry::BlockV(uint32_t slot, uint32_t set, uint32_t block) const {
  return ((uint64_t{slot} * sets + set) * blocks + block) * vblk;
}

uint64_t KvGeometry::ElementK(uint32_t slot, uint32_t position, uint32_t head, uint32_t d) const {
  const uint32_t in_row = head % hs * head_dim + d;
  return BlockK(slot, head / hs, position / 32) + k_block.ChunkOffset(position % 32, in_row / 32) +
         in_row % 32;
}

uint64_t KvGeometry::ScaleK(uint32_t slot, uint32_t position, uint32_t head, uint32_t d) const {
  return BlockK(slot, head / hs, position / 32) + k_block.ScaleOffset(position % 32, d / 32, head % hs);
}

uint64_t KvGeometry::ElementV(uint32_t slot, uint32_t position, uint32_t head, uint32_t d) const {
  return BlockV(slot, head / hs, position / 32) + v_scale_bytes + (uint64_t{head % hs} * head_dim + d) * 32 +
         position % 32;
}

uint64_t KvGeometry::ScaleV(uint32_t slot, uint32_t position, uint32_t head) const {
  return BlockV(slot, head / hs, position / 32) + (uint64_t{head % hs} * 32 + position % 32) * 2;
}

}  // namespace weft
