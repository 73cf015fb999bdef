#include "sw/compiler/layout.h"

#include <algorithm>
#include <cstring>

namespace weft {
namespace {

constexpr uint32_t kChunk = 32;
// Bytes of a block of the formats that the weight types take over.
constexpr uint32_t kQ8Bytes = 34;   // fp16 scale, 32 int8
constexpr uint32_t kQ4Bytes = 18;   // fp16 scale, 16 bytes: low nibbles are elements 0 to 15
constexpr uint32_t kTq2Bytes = 66;  // 64 bytes of 4 elements, fp16 scale; 8 groups of 32
constexpr uint32_t kTq2Groups = 8;

// Bits of element m of group g of a row, as the file stores them.
uint8_t ElementBits(WeightType type, const uint8_t* row, uint32_t g, uint32_t m) {
  switch (type) {
    case WeightType::kInt8:
      return row[size_t{g} * kQ8Bytes + 2 + m];
    case WeightType::kInt4: {
      const uint8_t byte = row[size_t{g} * kQ4Bytes + 2 + m % 16];
      return m < 16 ? byte & 15 : byte >> 4;
    }
    case WeightType::kTernary: {
      // Byte m of each half holds elements m, m + 32, m + 64, m + 96 of its 128.
      const uint32_t in_block = g % kTq2Groups;
      const uint8_t byte = row[size_t{g / kTq2Groups} * kTq2Bytes + in_block / 4 * kChunk + m];
      return byte >> (2 * (in_block % 4)) & 3;
    }
  }
  return 0;
}

const uint8_t* ScaleBits(WeightType type, const uint8_t* row, uint32_t g) {
  switch (type) {
    case WeightType::kInt8:
      return row + size_t{g} * kQ8Bytes;
    case WeightType::kInt4:
      return row + size_t{g} * kQ4Bytes;
    case WeightType::kTernary:
      return row + size_t{g / kTq2Groups} * kTq2Bytes + 2 * kChunk;
  }
  return row;
}

// Value of a part of a slot's byte.
int8_t Unpack(WeightType type, uint8_t byte, uint32_t part) {
  switch (type) {
    case WeightType::kInt8:
      return static_cast<int8_t>(byte);
    case WeightType::kInt4:
      return static_cast<int8_t>((byte >> (4 * part) & 15) - 8);
    case WeightType::kTernary:
      return static_cast<int8_t>((byte >> (2 * part) & 3) - 1);
  }
  return 0;
}

}  // namespace

PanelLayout::PanelLayout(uint32_t port, uint32_t panel_rows, uint32_t outputs, uint32_t k, uint32_t ns)
    : port_(port), panel_rows_(panel_rows), outputs_(outputs), k_(k), ns_(ns) {
  Measure();
}

PanelLayout::PanelLayout(uint32_t port, uint32_t panel_rows, uint32_t outputs, uint32_t k, WeightType type)
    : type_(type),
      port_(port),
      panel_rows_(panel_rows),
      outputs_(outputs),
      k_(k),
      ns_(1u << PartsLog2(type)),
      parts_(ns_),
      share_(ScaleShare(type)) {
  Measure();
}

void PanelLayout::Measure() {
  groups_ = static_cast<uint32_t>(CeilDiv(k_, kChunk));
  tail_ = static_cast<uint32_t>(AlignUp(k_ - (groups_ - 1) * kChunk, std::min(port_, kChunk)));
  panels_ = static_cast<uint32_t>(CeilDiv(outputs_, panel_rows_ * parts_));
  unit_chunks_ = std::max(1u, port_ / (2 * ns_));
  scale_bytes_ = std::max(2 * ns_, port_);
  const uint64_t row_bytes = uint64_t{groups_ - 1} * kChunk + tail_;
  const uint64_t slots = uint64_t{panels_} * groups_ * panel_rows_;
  const uint64_t scales = share_ == 1 ? CeilDiv(slots, unit_chunks_) * scale_bytes_
                                      : panels_ * CeilDiv(groups_, share_) * StepScaleBytes();
  bytes_ = scales + uint64_t{panels_} * panel_rows_ * row_bytes;
}

uint64_t PanelLayout::UnitOffset(uint32_t n, uint32_t g, uint32_t* place) const {
  const uint32_t panel = n / (panel_rows_ * parts_);
  const uint32_t in_panel = n % panel_rows_;
  const uint64_t slot = (uint64_t{panel} * groups_ + g) * panel_rows_ + in_panel;
  const uint64_t unit = slot / unit_chunks_;
  *place = static_cast<uint32_t>(slot % unit_chunks_);
  const uint64_t first = unit * unit_chunks_;  // slot that opens the unit
  // Bytes of the slots before it: each panel and each g before is whole, or (port >= 32) all slots are 32.
  const uint64_t before_panel = first / (uint64_t{groups_} * panel_rows_);
  const uint64_t in_g = first % (uint64_t{groups_} * panel_rows_);
  const uint64_t row_bytes = uint64_t{groups_ - 1} * kChunk + tail_;
  const uint64_t full = std::min<uint64_t>(in_g, uint64_t{groups_ - 1} * panel_rows_);
  return unit * scale_bytes_ + before_panel * panel_rows_ * row_bytes + full * kChunk + (in_g - full) * tail_;
}

uint64_t PanelLayout::StepOffset(uint32_t n, uint32_t g) const {
  const uint64_t row_bytes = uint64_t{groups_ - 1} * kChunk + tail_;
  const uint64_t panel_bytes = panel_rows_ * row_bytes + CeilDiv(groups_, share_) * StepScaleBytes();
  return n / (panel_rows_ * parts_) * panel_bytes + uint64_t{g} * panel_rows_ * kChunk +
         CeilDiv(g, share_) * StepScaleBytes();
}

uint64_t PanelLayout::ChunkOffset(uint32_t n, uint32_t g) const {
  if (share_ == 1) {
    uint32_t place;
    const uint64_t unit = UnitOffset(n, g, &place);
    return unit + scale_bytes_ + uint64_t{place} * ChunkBytes(g);
  }
  const uint32_t in_panel = n % panel_rows_;
  const uint64_t scales = g % share_ == 0 ? uint64_t{in_panel / unit_chunks_ + 1} * scale_bytes_ : 0;
  return StepOffset(n, g) + scales + uint64_t{in_panel} * ChunkBytes(g);
}

uint64_t PanelLayout::ScaleOffset(uint32_t n, uint32_t g, uint32_t s) const {
  const uint32_t which = parts_ > 1 ? Part(n) : s;
  if (share_ == 1) {
    uint32_t place;
    const uint64_t unit = UnitOffset(n, g, &place);
    return unit + (uint64_t{place} * ns_ + which) * 2;
  }
  const uint32_t in_panel = n % panel_rows_;
  const uint32_t first = g - g % share_;
  const uint64_t unit_bytes = scale_bytes_ + uint64_t{unit_chunks_} * ChunkBytes(first);
  return StepOffset(n, first) + in_panel / unit_chunks_ * unit_bytes +
         (uint64_t{in_panel % unit_chunks_} * ns_ + which) * 2;
}

uint16_t ReadGroup(WeightType type, const uint8_t* blocks, uint32_t g, int8_t* q) {
  for (uint32_t m = 0; m < kChunk; ++m) q[m] = Unpack(type, ElementBits(type, blocks, g, m), 0);
  uint16_t scale;
  std::memcpy(&scale, ScaleBits(type, blocks, g), 2);
  return scale;
}

void PackWeights(const PanelLayout& layout, const std::function<const uint8_t*(uint32_t)>& row,
                 std::span<uint8_t> out) {
  const WeightType type = layout.type();
  WEFT_CHECK(out.size() == layout.bytes() && layout.ns() == 1u << PartsLog2(type),
             "a weight payload has its exact size");
  const uint32_t bits = 8 >> PartsLog2(type);
  for (uint32_t n = 0; n < layout.outputs(); ++n) {
    const uint8_t* blocks = row(n);
    const uint32_t shift = bits * layout.Part(n);
    for (uint32_t g = 0; g < layout.groups(); ++g) {
      std::memcpy(&out[layout.ScaleOffset(n, g)], ScaleBits(type, blocks, g), 2);
      uint8_t* slot = &out[layout.ChunkOffset(n, g)];
      if (type == WeightType::kInt8) {
        std::memcpy(slot, blocks + size_t{g} * kQ8Bytes + 2, layout.ChunkBytes(g));
        continue;
      }
      for (uint32_t m = 0; m < layout.ChunkBytes(g); ++m) {
        slot[m] = static_cast<uint8_t>(slot[m] | ElementBits(type, blocks, g, m) << shift);
      }
    }
  }
}

void UnpackRow(const PanelLayout& layout, std::span<const uint8_t> payload, uint32_t n, int8_t* q,
               uint16_t* scales) {
  const uint32_t part = layout.Part(n);
  for (uint32_t g = 0; g < layout.groups(); ++g, q += kChunk) {
    std::memcpy(&scales[g], &payload[layout.ScaleOffset(n, g)], 2);
    const uint8_t* slot = &payload[layout.ChunkOffset(n, g)];
    std::memset(q, 0, kChunk);
    for (uint32_t m = 0; m < layout.ChunkBytes(g); ++m) q[m] = Unpack(layout.type(), slot[m], part);
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
