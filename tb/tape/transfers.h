// Random transfers for weft_tape_fetch, and what must come out of them by the layouts of docs/isa.md.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <span>
#include <vector>

#include "sw/compiler/layout.h"

namespace weft::bench {

using Bytes = std::vector<uint8_t>;

enum class Kind : uint8_t { kInstr, kPanel, kV, kScale, kChunk, kVec, kRope, kShared };

// One request, fields as the ports req_*_i.
struct Transfer {
  Kind kind = Kind::kInstr;
  uint64_t addr = 0;
  uint32_t beats = 0;
  uint32_t count = 0;
  uint32_t tail = 0;
  uint32_t ns_log2 = 0;
  uint32_t buf = 0;
  uint32_t row = 0;
};

// A write into a memory behind the fetch: index is the bank, row or buffer.
struct Write {
  Kind kind;
  uint32_t index, addr;
  Bytes data;
  bool done = false;
  bool operator==(const Write&) const = default;
};

struct Expected {
  std::deque<Bytes> chunks, scales, instrs;
  std::deque<Write> writes;
  bool empty() const { return chunks.empty() && scales.empty() && instrs.empty() && writes.empty(); }
};

class TransferMaker {
 public:
  TransferMaker(uint32_t port, uint32_t panel_rows, uint32_t seed)
      : port_(port), panel_rows_(panel_rows), engine_(seed) {}

  // A transfer somewhere in memory[base ..]; kinds with probabilities that keep every path busy.
  Transfer Make(uint64_t base, std::span<const uint8_t> memory, Expected& expected) {
    Transfer t;
    static constexpr Kind kKinds[] = {Kind::kInstr, Kind::kPanel, Kind::kPanel, Kind::kV,    Kind::kV,
                                      Kind::kScale, Kind::kChunk, Kind::kVec,   Kind::kRope, Kind::kShared};
    t.kind = kKinds[Upto(9)];
    t.ns_log2 = t.kind == Kind::kPanel ? Upto(2) : 0;
    const uint32_t word = std::min(port_, 32u);
    t.tail = 32 - word * Upto(32 / word - 1);
    PanelLayout layout;
    uint64_t bytes = 0;
    const uint32_t subrows = std::max(1u, port_ / 32);
    switch (t.kind) {
      case Kind::kInstr:
        t.count = 1 + Upto(12);
        bytes = AlignUp(t.count * 32, port_);
        break;
      case Kind::kPanel:
        t.count = 1 + Upto(4);
        layout = PanelLayout(port_, panel_rows_, panel_rows_ * (1 + Upto(3)), (t.count - 1) * 32 + t.tail,
                             1 << t.ns_log2);
        bytes = layout.bytes();
        break;
      case Kind::kShared:
        t.count = 1 + Upto(19);
        t.ns_log2 = PartsLog2(WeightType::kTernary);
        layout = PanelLayout(port_, panel_rows_, (panel_rows_ << t.ns_log2) * (1 + Upto(1)),
                             (t.count - 1) * 32 + t.tail, WeightType::kTernary);
        bytes = layout.bytes();
        break;
      case Kind::kV: {
        const uint32_t hs = 1u << Upto(2);
        const KvGeometry kv = MakeKvGeometry(port_, panel_rows_, subrows * (1 + Upto(3)), hs, 1);
        t.count = static_cast<uint32_t>(kv.v_scale_bytes / port_);
        t.buf = v_buf_++ % 4;
        bytes = kv.vblk;
        break;
      }
      case Kind::kScale:
        bytes = std::max(port_, 2u);
        break;
      case Kind::kChunk:
        t.count = 1;
        bytes = port_ < 32 ? t.tail : port_;
        break;
      case Kind::kVec:
        bytes = AlignUp(4 * (1 + Upto(70)), port_);
        break;
      case Kind::kRope:
        bytes = AlignUp(8 * (1 + Upto(20)), port_);
        t.row = Upto(31);
        break;
    }
    t.beats = static_cast<uint32_t>(bytes / port_);
    const uint64_t at = Upto((memory.size() - bytes) / port_) * port_;
    t.addr = base + at;
    Expect(t, layout, memory.subspan(at, bytes), expected);
    return t;
  }

 private:
  uint32_t Upto(uint64_t most) { return static_cast<uint32_t>(engine_() % (most + 1)); }

  void Expect(const Transfer& t, const PanelLayout& layout, std::span<const uint8_t> in, Expected& expected) {
    const uint32_t entry = std::max(port_, 32u), scale_entry = std::max(port_, 8u);
    const auto take = [&](uint64_t at, uint64_t bytes, uint32_t width) {
      Bytes out(width);
      std::copy_n(in.begin() + at, bytes, out.begin());
      return out;
    };
    const auto writes = [&](uint32_t index, uint64_t from, uint64_t to, uint32_t width, uint32_t unit,
                            bool done) {
      for (uint64_t at = from; at < to; at += width) {
        expected.writes.push_back({t.kind, index, static_cast<uint32_t>((at - from) / unit),
                                   take(at, width, width), done && at + width == to});
      }
    };
    switch (t.kind) {
      case Kind::kInstr:
        for (uint32_t i = 0; i < t.count; ++i) expected.instrs.push_back(take(i * 32, 32, 32));
        break;
      case Kind::kPanel:
      case Kind::kShared: {
        const uint32_t step = std::max(1u, port_ / 32);  // slots side by side in an entry
        const uint32_t parts = t.kind == Kind::kShared ? 1u << t.ns_log2 : 1;
        uint64_t chunk = 0;
        for (uint32_t p = 0; p < layout.panels(); ++p) {
          for (uint32_t g = 0; g < layout.groups(); ++g) {
            for (uint32_t n = 0; n < panel_rows_; n += step, chunk += step) {
              const uint32_t output = p * parts * panel_rows_ + n;
              if (chunk % layout.unit_chunks() == 0) {
                expected.scales.push_back(
                    take(layout.ScaleOffset(output, g), layout.scale_bytes(), scale_entry));
              }
              expected.chunks.push_back(
                  take(layout.ChunkOffset(output, g), step == 1 ? layout.ChunkBytes(g) : port_, entry));
            }
          }
        }
        break;
      }
      case Kind::kV:
        writes(t.buf, 0, uint64_t{t.count} * port_, port_, 1, true);
        for (uint64_t at = uint64_t{t.count} * port_; at < in.size(); at += entry) {
          expected.chunks.push_back(take(at, entry, entry));
        }
        break;
      case Kind::kScale:
        expected.scales.push_back(take(0, in.size(), scale_entry));
        break;
      case Kind::kChunk:
        expected.chunks.push_back(take(0, in.size(), entry));
        break;
      case Kind::kVec:
        writes(bank_, 0, in.size(), std::max(port_, 4u), 4, false);
        bank_ ^= 1;
        break;
      case Kind::kRope:
        writes(t.row, 0, in.size(), port_, 1, false);
        break;
    }
  }

  uint32_t port_, panel_rows_;
  std::mt19937 engine_;
  uint32_t v_buf_ = 0, bank_ = 0;
};

}  // namespace weft::bench
