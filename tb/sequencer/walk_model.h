// What weft_sequencer must emit for a program and its rows, written from docs/isa.md over sw/compiler's
// layouts.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "sw/compiler/isa.h"
#include "sw/compiler/layout.h"
#include "sw/compiler/tape.h"
#include "tb/drain/records.h"

namespace weft::bench {

enum class Kind : uint8_t { kInstr, kPanel, kV, kScale, kChunk, kVec, kRope, kShared };

// Fields as the ports req_*; those without a meaning for the kind stay 0.
struct Request {
  Kind kind = Kind::kInstr;
  uint64_t addr = 0;
  uint64_t beats = 0, count = 0, tail = 0, ns_log2 = 0, buf = 0, row = 0;
  // Not ports:
  bool is_kv = false;  // a block of the KV cache
  int kv_before = 0;   // K and V matmuls that must be in memory before

  auto Key() const { return std::tie(kind, addr, beats, count, tail, ns_log2, buf, row); }
  bool operator==(const Request& o) const { return Key() == o.Key(); }
};

inline std::ostream& operator<<(std::ostream& out, const Request& r) {
  return out << "{kind " << static_cast<int>(r.kind) << " addr 0x" << std::hex << r.addr << std::dec
             << " beats " << r.beats << " count " << r.count << " tail " << r.tail << " ns_log2 " << r.ns_log2
             << " buf " << r.buf << " row " << r.row << "}";
}

// weft_pkg::array_desc_t
struct ArrayDesc {
  uint64_t mode = 0, wait_idle = 0, panels = 0, groups = 0, tail = 0, ns_log2 = 0, src_base = 0,
           pass_stride = 0;
  uint64_t pass_mask = 0, last_col = 0, head_dim = 0, hs = 0, kv_buf = 0, o_buf = 0, o_last = 0, row = 0,
           emb_g = 0;
  uint64_t emb_last = 0, pick = 0;

  static constexpr std::array<int, 19> kWidths = {2, 1, 16, 16, 8, 2, 16, 16, 64, 8,
                                                  8, 8, 2,  1,  1, 8, 16, 1,  8};
  auto Fields() {
    return std::tie(mode, wait_idle, panels, groups, tail, ns_log2, src_base, pass_stride, pass_mask,
                    last_col, head_dim, hs, kv_buf, o_buf, o_last, row, emb_g, emb_last, pick);
  }
  bool operator==(const ArrayDesc&) const = default;
};

template <typename Record>
std::string Show(Record record) {
  std::string text;
  std::apply([&](auto&... field) { ((text += std::to_string(field) + " "), ...); }, record.Fields());
  return text;
}

struct RowState {
  uint32_t token = 0, position = 0, slot = 0;
  bool want = false, dump = false;
};

struct Program {
  std::vector<std::vector<Instr>> segments;  // segment 0 is the boot segment
  uint64_t tape_base = 0, kv_base = 0;
};

struct Emitted {
  std::deque<Request> requests;
  std::deque<ArrayDesc> descs;
  std::deque<DrainDesc> drains;
  std::map<uint64_t, std::vector<Instr>> at;  // segments by address
};

class WalkModel {
 public:
  WalkModel(const HwConfig& hw, const std::vector<RowState>& rows) : hw_(hw), rows_(rows) {}

  Emitted Walk(const Program& program) {
    tape_ = program.tape_base;
    Load(program.segments[0]);
    uint64_t number = 0;
    size_t next = 1;
    for (size_t s = 0; s < program.segments.size(); ++s) {
      for (const Instr& i : program.segments[s]) {
        number_ = number++;
        const uint64_t payload = tape_;
        switch (i.op()) {
          case Op::kLoadi:
            if (next < program.segments.size()) Load(program.segments[next++]);
            continue;
          case Op::kModel:
            Model(ModelInstr::Decode(i));
            break;
          case Op::kRope:
            Rope(RopeInstr::Decode(i), program.tape_base);
            break;
          case Op::kEmbed:
            Embed(EmbedInstr::Decode(i), program.tape_base);
            break;
          case Op::kVec:
            if (PayloadBytes(i, hw_) == 0) break;
            out_.requests.push_back(
                {.kind = Kind::kVec, .addr = payload, .beats = PayloadBytes(i, hw_) / hw_.port});
            break;
          case Op::kMatmul:
            Matmul(MatmulInstr::Decode(i), payload);
            break;
          case Op::kAttn:
            Attention(AttnInstr::Decode(i), program.kv_base);
            break;
          default:
            return out_;
        }
        tape_ += PayloadBytes(i, hw_);
      }
    }
    return out_;
  }

 private:
  struct Segment {
    uint32_t first, rows;
  };

  void Load(const std::vector<Instr>& segment) {
    const uint64_t bytes = AlignUp(segment.size() * kInstrBytes, hw_.port);
    out_.requests.push_back(
        {.kind = Kind::kInstr, .addr = tape_, .beats = bytes / hw_.port, .count = segment.size()});
    out_.at[tape_] = segment;
    tape_ += bytes;
  }

  void Model(const ModelInstr& m) {
    model_ = m;
    kv_ = MakeKvGeometry(hw_.port, hw_.panel_rows, m.head_dim, m.hs * m.sets, m.blocks);
    segments_.clear();
    for (uint32_t r = 0; r < rows_.size(); ++r) {
      if (r == 0 || rows_[r].slot != rows_[r - 1].slot) segments_.push_back({r, 0});
      segments_.back().rows++;
    }
  }

  void Rope(const RopeInstr& i, uint64_t base) {
    for (uint32_t r = 0; r < rows_.size(); ++r) {
      out_.requests.push_back({.kind = Kind::kRope,
                               .addr = base + i.address + uint64_t{rows_[r].position} * i.stride,
                               .beats = i.stride / hw_.port,
                               .row = r});
    }
  }

  void Embed(const EmbedInstr& i, uint64_t base) {
    DrainDesc d;
    d.epi = kEpiEmbed, d.norm = (i.flags & kFlagNorm) != 0, d.n = i.n, d.rows = rows_.size(), d.last = 1;
    d.dst_base = i.dst_base, d.dst_groups = i.dst_groups, d.qs = std::bit_cast<uint32_t>(i.qs),
    d.dst_copies_log2 = i.dst_copies_log2, d.instr = number_;
    out_.drains.push_back(d);
    const PanelLayout layout = EmbedLayout(i, 1 << 20, hw_);
    for (uint32_t r = 0; r < rows_.size(); ++r) {
      for (uint32_t g = 0; g < i.groups; ++g) {
        const uint64_t scale = layout.ScaleOffset(rows_[r].token, g);
        const uint64_t chunk = layout.ChunkOffset(rows_[r].token, g);
        const uint64_t from = scale / hw_.port * hw_.port;  // a unit's scales start at a multiple of the port
        out_.requests.push_back({.kind = Kind::kScale,
                                 .addr = base + i.address + from,
                                 .beats = std::max(1u, layout.scale_bytes() / hw_.port)});
        out_.requests.push_back({.kind = Kind::kChunk,
                                 .addr = base + i.address + chunk / hw_.port * hw_.port,
                                 .beats = std::max(1u, layout.ChunkBytes(g) / hw_.port),
                                 .count = 1,
                                 .tail = layout.ChunkBytes(g)});
        ArrayDesc a;
        a.mode = 3, a.wait_idle = (i.flags & kFlagWait) && r == 0 && g == 0;
        a.panels = a.groups = 1, a.tail = layout.ChunkBytes(g), a.row = r, a.emb_g = g;
        a.emb_last = g + 1 == i.groups, a.pick = (scale - from) / 2;
        out_.descs.push_back(a);
      }
    }
  }

  void Matmul(const MatmulInstr& i, uint64_t payload) {
    ArrayDesc a;
    a.mode = 0, a.wait_idle = (i.flags & kFlagWait) != 0, a.panels = i.panels, a.groups = i.groups,
    a.tail = i.tail;
    a.ns_log2 = PartsLog2(i.wtype);
    a.src_base = i.src_base, a.pass_stride = i.groups * hw_.words_per_chunk();
    const bool want = i.flags & kFlagWant;
    for (uint32_t r = 0; r < rows_.size(); ++r) {
      if (want && !rows_[r].want && !rows_[r].dump) continue;
      const uint64_t first = uint64_t{r} << i.src_copies_log2;  // the copies never straddle two passes
      a.pass_mask |= 1ull << (first / hw_.columns);
      a.last_col = std::max(a.last_col, first % hw_.columns + (1u << i.src_copies_log2) - 1);
    }
    if (a.pass_mask == 0) return;
    DrainDesc d;
    d.epi = static_cast<uint64_t>(i.epilogue), d.norm = (i.flags & kFlagNorm) != 0, d.want = want, d.n = i.n;
    d.parts_log2 = PartsLog2(i.wtype), d.copies_log2 = i.src_copies_log2, d.dst_copies_log2 = i.dst_copies_log2;
    d.panels = i.panels, d.rows = rows_.size(), d.last = 1, d.dst_base = i.dst_base,
    d.dst_groups = i.dst_groups;
    d.qs = std::bit_cast<uint32_t>(i.qs), d.addr = i.address, d.instr = number_;
    out_.descs.push_back(a);
    out_.drains.push_back(d);
    out_.requests.push_back({.kind = ScaleShare(i.wtype) > 1 ? Kind::kShared : Kind::kPanel,
                             .addr = payload,
                             .beats = MatmulLayout(i, hw_).bytes() / hw_.port,
                             .count = i.groups,
                             .tail = i.tail,
                             .ns_log2 = PartsLog2(i.wtype)});
    if (i.epilogue == weft::Epilogue::kK || i.epilogue == weft::Epilogue::kV) ++kv_matmuls_;
  }

  struct Block {
    Segment segment;
    uint32_t set, block;
    bool last_block, last_set, own;
    uint32_t kv_buf, o_buf;
  };

  void Attention(const AttnInstr& i, uint64_t kv_base) {
    std::vector<Block> blocks;
    for (const Segment& s : segments_) {
      const uint32_t own = rows_[s.first].position / 32, last = rows_[s.first + s.rows - 1].position / 32;
      for (uint32_t set = 0; set < model_.sets; ++set, o_buf_ ^= 1) {
        for (uint32_t b = 0; b <= last; ++b) {
          blocks.push_back({s, set, b, b == last, set + 1 == model_.sets && &s == &segments_.back(), b >= own,
                            kv_buf_++ % 4, o_buf_});
        }
      }
    }
    size_t k = 0, v = 0;
    while (v < blocks.size()) {
      if (k < blocks.size() && k < v + 3)
        EmitK(i, kv_base, blocks[k], k == 0), ++k;
      else
        EmitV(i, kv_base, blocks[v++]);
    }
  }

  // Passes and columns of the segment's virtual rows.
  void Place(const Block& b, ArrayDesc& a) const {
    const uint32_t gq = model_.q_per_kv * model_.hs;
    const uint32_t first = b.segment.first * gq, last = (b.segment.first + b.segment.rows) * gq - 1;
    for (uint32_t p = first / hw_.columns; p <= last / hw_.columns; ++p) a.pass_mask |= 1ull << p;
    a.last_col = first / hw_.columns == last / hw_.columns ? last % hw_.columns : hw_.columns - 1;
  }

  DrainDesc Results(const AttnInstr& i, const Block& b) const {
    DrainDesc d;
    d.epi = kEpiO, d.row_first = b.segment.first, d.rows = b.segment.rows, d.set = b.set, d.o_buf = b.o_buf;
    d.dst_base = i.dst_base, d.dst_groups = i.dst_groups, d.qs = std::bit_cast<uint32_t>(i.qs),
    d.dst_copies_log2 = i.dst_copies_log2, d.instr = number_;
    return d;
  }

  void EmitK(const AttnInstr& i, uint64_t kv_base, const Block& b, bool first) {
    const uint32_t slot = rows_[b.segment.first].slot, wpc = hw_.words_per_chunk();
    const uint64_t ns = model_.hs == 4 ? 2 : model_.hs == 2 ? 1 : 0;
    out_.requests.push_back({.kind = Kind::kPanel,
                             .addr = kv_base + i.k_address + kv_.BlockK(slot, b.set, b.block),
                             .beats = kv_.kblk / hw_.port,
                             .count = kv_.k_groups,
                             .tail = kv_.k_tail,
                             .ns_log2 = ns,
                             .is_kv = true,
                             .kv_before = b.own ? kv_matmuls_ : 0});
    ArrayDesc a;
    a.mode = 1, a.wait_idle = (i.flags & kFlagWait) && first, a.panels = 32 / hw_.panel_rows,
    a.groups = kv_.k_groups;
    a.tail = kv_.k_tail, a.ns_log2 = ns, a.pass_stride = kv_.k_groups * wpc, a.kv_buf = b.kv_buf;
    a.src_base = model_.q_base + b.set * model_.q_passes * kv_.k_groups * wpc;
    Place(b, a);
    out_.descs.push_back(a);
    DrainDesc d = Results(i, b);
    d.is_k = 1, d.n = 32, d.panels = a.panels, d.block = b.block, d.kv_buf = b.kv_buf, d.last = b.last_block;
    out_.drains.push_back(d);
  }

  void EmitV(const AttnInstr& i, uint64_t kv_base, const Block& b) {
    const uint32_t slot = rows_[b.segment.first].slot, wpc = hw_.words_per_chunk();
    out_.requests.push_back({.kind = Kind::kV,
                             .addr = kv_base + i.k_address + i.v_offset + kv_.BlockV(slot, b.set, b.block),
                             .beats = kv_.vblk / hw_.port,
                             .count = kv_.v_scale_bytes / hw_.port,
                             .buf = b.kv_buf,
                             .is_kv = true,
                             .kv_before = b.own ? kv_matmuls_ : 0});
    ArrayDesc a;
    a.mode = 2, a.groups = 1, a.tail = 32, a.src_base = model_.p_base + b.kv_buf * hw_.passes() * wpc;
    a.pass_stride = wpc, a.head_dim = model_.head_dim, a.hs = model_.hs, a.kv_buf = b.kv_buf,
    a.o_buf = b.o_buf;
    a.o_last = b.last_block;
    Place(b, a);
    out_.descs.push_back(a);
    if (!b.last_block) return;
    DrainDesc d = Results(i, b);
    d.norm = (i.flags & kFlagNorm) != 0,
    d.n = uint64_t{model_.sets} * model_.hs * model_.q_per_kv * model_.head_dim;
    d.last = b.last_set;
    out_.drains.push_back(d);
  }

  HwConfig hw_;
  std::vector<RowState> rows_;
  Emitted out_;
  ModelInstr model_;
  KvGeometry kv_;
  std::vector<Segment> segments_;
  uint64_t tape_ = 0, number_ = 0;
  uint32_t kv_buf_ = 0, o_buf_ = 0;
  int kv_matmuls_ = 0;
};

}  // namespace weft::bench
