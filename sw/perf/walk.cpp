#include "sw/perf/walk.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace weft::perf {

namespace {

std::vector<Row> Copy(std::span<const Row> rows) { return {rows.begin(), rows.end()}; }

StepShape MakeShape(const HwConfig& hw, const MemoryTiming& memory, std::span<const Row> rows,
                    uint64_t kv_base) {
  StepShape shape;
  shape.hw = hw;
  shape.memory = memory;
  shape.kv_base = kv_base;
  shape.rows = Copy(rows);
  for (uint32_t r = 0; r < rows.size(); ++r) {
    shape.all_rows.push_back(r);
    if (rows[r].want || rows[r].dump) shape.wanted_rows.push_back(r);
  }
  return shape;
}

// Passes of the array over rows or virtual rows first .. last, and the highest column with work.
void Place(uint32_t first, uint32_t last, uint32_t columns, uint32_t* passes, uint32_t* last_col) {
  *passes = last / columns - first / columns + 1;
  *last_col = *passes > 1 ? columns - 1 : last % columns;
}

}  // namespace

Walk::Walk(const HwConfig& hw, const MemoryTiming& memory, std::span<const Row> rows, uint64_t kv_base,
           uint32_t vocab)
    : shape_(MakeShape(hw, memory, rows, kv_base)),
      vocab_(vocab),
      quantizer_(hw.max_rows, rows.size(), memory),
      drain_(shape_, quantizer_, softmax_),
      stream_(shape_),
      array_(shape_, stream_, drain_, softmax_) {}

// An emission in the first cycle from `earliest` on in which the three queues have room.
Time Walk::Emit(Time earliest) {
  const Time works = works_ < kDrainDepth ? 0 : drain_.Popped(works_ - kDrainDepth) + 1;
  return std::max({earliest, stream_.RequestRoom(), array_.DescRoom(), works});
}

void Walk::Push(DrainWork work, Time at) {
  work.seen = at + 1;
  drain_.Push(work);
  ++works_;
}

ChipCounters Walk::Run(std::span<const TapeStep> steps, uint32_t boot_count) {
  const Time boot = Emit(kBoot);
  Instructions(boot, 0, boot_count);
  next_ = boot + 1;
  for (uint32_t number = 0; number < steps.size(); ++number) {
    const TapeStep& step = steps[number];
    const Time at = std::max(next_, seen_[number]) + kDecode;  // S_EMIT
    const bool wait = step.instr.flags() & kFlagWait;
    switch (step.instr.op()) {
      case Op::kLoadi: {
        const Time emitted = Emit(at);
        next_ = emitted + 1;
        Instructions(emitted, step.payload_offset, LoadiInstr::Decode(step.instr).count);
        break;
      }
      case Op::kModel:
        Model(ModelInstr::Decode(step.instr), at);
        break;
      case Op::kRope:
        Rope(RopeInstr::Decode(step.instr), at);
        break;
      case Op::kEmbed:
        Embed(EmbedInstr::Decode(step.instr), at, wait, number);
        break;
      case Op::kVec:
        Vec(step, at);
        break;
      case Op::kMatmul:
        Matmul(step, at, number);
        break;
      case Op::kAttn:
        Attn(AttnInstr::Decode(step.instr), at, number);
        break;
      default:
        drain_.Finish();
        return Counters(at + 1);
    }
  }
  return {};
}

void Walk::Instructions(Time at, uint64_t address, uint32_t count) {
  const uint32_t port = shape_.hw.port;
  stream_.Begin(at, address, CeilDiv(uint64_t{count} * kInstrBytes, port));
  for (uint32_t i = 0; i < count; ++i) {
    if (port <= kInstrBytes)
      stream_.Take(kInstrBytes / port);
    else if (i % (port / kInstrBytes) == 0)
      stream_.Take(1);
    seen_.push_back(stream_.last() + 1);
  }
  stream_.End();
}

void Walk::Model(const ModelInstr& model, Time at) {
  next_ = at + 1;
  shape_.model = model;
  kv_ = MakeKvGeometry(shape_.hw.port, shape_.hw.panel_rows, model.head_dim, model.hs * model.sets,
                       model.blocks);
  const uint32_t rows = static_cast<uint32_t>(shape_.rows.size()), heads = shape_.set_heads();
  shape_.segments.clear();
  for (uint32_t r = 0; r < rows; ++r) {
    const Row& row = shape_.rows[r];
    if (r == 0 || row.slot != shape_.rows[r - 1].slot) {
      shape_.segments.push_back({r, 0, row.slot, row.position / 32, 0, 0, 0});
    }
    Segment& s = shape_.segments.back();
    s.last_block = row.position / 32;
    ++s.rows;
    Place(s.first_row * heads, (r + 1) * heads - 1, shape_.hw.columns, &s.passes, &s.last_col);
  }
  const Time segments = static_cast<Time>(shape_.segments.size());
  segments_ready_ = at + std::max<Time>(kSegmentsFixed + kSegmentCycles * segments, 1 + Time{rows} * heads);
}

void Walk::Rope(const RopeInstr& rope, Time at) {
  const Time scanned = static_cast<Time>(shape_.rows.size()) + 1;
  Time next = Emit(std::max(at, scanned)) + kGather;
  for (const Row& row : shape_.rows) {
    next = Emit(next);
    stream_.Begin(next, rope.address + uint64_t{row.position} * rope.stride, rope.stride / shape_.hw.port);
    stream_.End();
    next += 2;
  }
  next_ = next;
}

void Walk::Embed(const EmbedInstr& embed, Time at, bool wait, uint32_t number) {
  const Time scanned = static_cast<Time>(shape_.rows.size()) + 1;
  const Time emitted = Emit(std::max(at, scanned));
  DrainWork work;
  work.kind = DrainWork::Kind::kEmbed;
  work.epilogue = Epilogue::kEmbed;
  work.n = embed.n;
  work.rows = &shape_.all_rows;
  work.instr = number;
  Push(work, emitted);
  const uint32_t port = shape_.hw.port;
  const PanelLayout layout = EmbedLayout(embed, vocab_, shape_.hw);
  Time next = emitted + kGather;
  for (uint32_t r = 0; r < shape_.rows.size(); ++r) {
    for (uint32_t g = 0; g < embed.groups; ++g) {
      const uint32_t token = shape_.rows[r].token, bytes = layout.ChunkBytes(g);
      const auto beat = [&](uint64_t offset) { return (embed.address + offset) / port * port; };
      next = Emit(next);
      stream_.Begin(next, beat(layout.ScaleOffset(token, g)), layout.scale_bytes() / port);
      array_.EmbedScale();
      stream_.End();
      next = Emit(next + 1);
      stream_.Begin(next, beat(layout.ChunkOffset(token, g)), std::max(1u, bytes / port));
      array_.Start(next + 1, wait && r == 0 && g == 0);
      array_.EmbedChunk(r, g, bytes, (std::min(32u, embed.n - 32 * g) + 1) / 2);
      stream_.End();
      ++next;
    }
    ++next;
  }
  next_ = next;
}

void Walk::Vec(const TapeStep& step, Time at) {
  const Time emitted = Emit(at);
  next_ = emitted + 1;
  const Time bank = vecs_ < kGainBanks ? 0 : drain_.GainFree(vecs_ - kGainBanks);
  ++vecs_;
  stream_.Begin(emitted, step.payload_offset, step.payload_bytes / shape_.hw.port, bank, PortCause::kGain);
  stream_.End();
}

void Walk::Matmul(const TapeStep& step, Time at, uint32_t number) {
  const MatmulInstr m = MatmulInstr::Decode(step.instr);
  const Time emitted = Emit(at);
  next_ = emitted + 1;
  const std::vector<uint32_t>& rows = m.flags & kFlagWant ? shape_.wanted_rows : shape_.all_rows;
  if (rows.empty()) return;
  DrainWork work;
  work.epilogue = m.epilogue;
  work.norm = m.flags & kFlagNorm;
  work.n = m.n;
  work.panels = m.panels;
  work.parts = 1u << PartsLog2(m.wtype);
  work.rows = &rows;
  work.instr = number;
  Push(work, emitted);

  PanelJob job;
  job.panels = m.panels;
  job.groups = m.groups;
  job.tail = m.tail;
  job.scales = work.parts;
  job.share = MatmulLayout(m, shape_.hw).share();
  uint64_t passes = 0;
  for (const uint32_t r : rows) {
    const uint32_t first = r << m.src_copies_log2, copies = 1u << m.src_copies_log2;
    passes |= uint64_t{1} << first / shape_.hw.columns;
    job.last_col = std::max(job.last_col, first % shape_.hw.columns + copies - 1);
  }
  job.passes = static_cast<uint32_t>(std::popcount(passes));
  job.period = drain_.Period(m.epilogue, work.parts);
  job.by_group = true;
  stream_.Begin(emitted, step.payload_offset, step.payload_bytes / shape_.hw.port);
  array_.Start(emitted + 1, m.flags & kFlagWait);
  array_.Panels(job);
  stream_.End();
}

// ---- Attention
// -------------------------------------------------------------------------------------------------------

void Walk::Attn(const AttnInstr& attn, Time at, uint32_t number) {
  const uint32_t sets = shape_.model.sets;
  // The walks of K and V: over segments, sets and blocks.
  struct Cursor {
    uint32_t segment = 0, set = 0, block = 0;
    Time valid = 0;  // the block is on the outputs
  };
  const auto look = [&](const Cursor& c) {
    const Segment& s = shape_.segments[c.segment];
    Block b;
    b.segment = &s;
    b.set = c.set, b.block = c.block;
    b.first = c.block == 0, b.last = c.block == s.last_block;
    b.segment_end = b.last && c.set + 1 == sets;
    b.last_set = c.set + 1 == sets && c.segment + 1 == shape_.segments.size();
    return b;
  };
  const auto move = [&](Cursor* c, const Block& b, Time emitted) {
    c->valid = emitted + (b.segment_end ? 2 : 1);
    if (!b.last) return void(++c->block);
    c->block = 0;
    if (++c->set < sets) return;
    c->set = 0;
    ++c->segment;
  };
  Time flushed = -1;
  const auto own = [&](const Block& b) -> Time {
    if (b.block < b.segment->own_block) return 0;
    if (flushed < 0) flushed = drain_.KvFlushed();
    return flushed;
  };

  Time next = Emit(std::max(at, segments_ready_)) + kAttnStart;
  Cursor k, v;
  k.valid = v.valid = next;
  const size_t segments = shape_.segments.size();
  bool wait = attn.flags & kFlagWait;
  for (uint32_t lead = 0; v.segment < segments;) {
    if (k.segment < segments && lead <= kKvAhead) {
      const Block b = look(k);
      next = Emit(std::max({next, k.valid, own(b)}));
      KeyBlock(attn, b, next, wait, number);
      wait = false;
      move(&k, b, next);
      ++lead;
    } else {
      const Block b = look(v);
      next = Emit(std::max({next, v.valid, own(b)}));
      ValueBlock(attn, b, next, number);
      move(&v, b, next);
      --lead;
    }
    ++next;
  }
  next_ = next - 1 + kWalkBack;
}

void Walk::KeyBlock(const AttnInstr& attn, const Block& b, Time at, bool wait, uint32_t number) {
  const ModelInstr& m = shape_.model;
  DrainWork work;
  work.kind = DrainWork::Kind::kScores;
  work.panels = 32 / shape_.hw.panel_rows;
  work.first_row = b.segment->first_row;
  work.row_count = b.segment->rows;
  work.set = b.set;
  work.block = b.block;
  work.instr = number;
  Push(work, at);

  PanelJob job;
  job.panels = work.panels;
  job.groups = m.k_groups;
  job.tail = m.k_tail;
  job.scales = m.hs;
  job.passes = b.segment->passes;
  job.last_col = b.segment->last_col;
  stream_.Begin(at, shape_.kv_base + attn.k_address + kv_.BlockK(b.segment->slot, b.set, b.block),
                kv_.kblk / shape_.hw.port, 0, PortCause::kOther, Late(b));
  array_.Start(at + 1, wait);
  array_.Panels(job);
  stream_.End();
  ++keys_;
}

void Walk::ValueBlock(const AttnInstr& attn, const Block& b, Time at, uint32_t number) {
  const uint32_t port = shape_.hw.port;
  if (b.last) {
    DrainWork work;
    work.kind = DrainWork::Kind::kOutput;
    work.epilogue = Epilogue::kO;
    work.norm = attn.flags & kFlagNorm;
    work.last = b.last_set;
    work.n = shape_.model.sets * shape_.set_heads() * shape_.model.head_dim;
    work.first_row = b.segment->first_row;
    work.row_count = b.segment->rows;
    work.set = b.set;
    work.instr = number;
    Push(work, at);
  }
  const Time buffer = values_ < kKvBufs ? 0 : softmax_.ProbsReady(values_ - kKvBufs) + 1;
  stream_.Begin(at,
                shape_.kv_base + attn.k_address + attn.v_offset + kv_.BlockV(b.segment->slot, b.set, b.block),
                kv_.vblk / port, buffer, PortCause::kSoftmax, Late(b));
  stream_.Take(static_cast<uint32_t>(kv_.v_scale_bytes / port));
  softmax_.ScalesTaken(values_, stream_.last());
  ValueJob job;
  job.block = values_;
  job.first = b.first;
  job.last = b.last;
  job.entries = shape_.model.hs * shape_.model.head_dim / shape_.hw.subrows();
  job.passes = b.segment->passes;
  job.last_col = b.segment->last_col;
  array_.Start(at + 1, false);
  drain_.Scores(values_);
  array_.Values(job);
  stream_.End();
  ++values_;
}

// ---- The end
// ---------------------------------------------------------------------------------------------------------

// What keeps the request of a block.
PortCause Walk::Late(const Block& b) const {
  return b.block < b.segment->own_block ? PortCause::kWalk : PortCause::kFence;
}

ChipCounters Walk::Counters(Time walk_end) const {
  const Time end = std::max({walk_end, stream_.last() + 1, drain_.Idle(), kFirstEnd});
  ChipCounters c;
  c.cycles = static_cast<uint64_t>(end) + 1;
  c.steps = 1;
  c.write_beats = quantizer_.kv().beats() + drain_.logit_writes();
  c.drain_busy = drain_.busy();
  c.softmax_busy = softmax_.busy();
  c.array = array_.causes();
  c.array[static_cast<uint32_t>(ArrayCause::kNone)] =
      c.cycles - std::accumulate(c.array.begin(), c.array.end(), uint64_t{0});
  c.port = stream_.causes();
  c.port[static_cast<uint32_t>(PortCause::kRead)] = stream_.beats();
  c.port[static_cast<uint32_t>(PortCause::kTail)] = static_cast<uint64_t>(end - stream_.last());
  Refused(&c);
  return c;
}

// A full queue counts for what the array waits for, as far as it waits: shares in proportion, the rest is the
// array itself.
void Walk::Refused(ChipCounters* c) const {
  constexpr std::pair<ArrayCause, PortCause> kCauses[] = {
      {ArrayCause::kDrain, PortCause::kDrain}, {ArrayCause::kEpilogue, PortCause::kEpilogue},
      {ArrayCause::kNorm, PortCause::kNorm},   {ArrayCause::kQuantizer, PortCause::kQuantizer},
      {ArrayCause::kPanel, PortCause::kPanel}, {ArrayCause::kSoftmax, PortCause::kSoftmax},
      {ArrayCause::kOut, PortCause::kOut}};
  uint64_t waits = 0, rest = stream_.refused();
  for (const auto& [array, port] : kCauses) waits += (*c)[array];
  const uint64_t share = std::min(waits, rest);
  for (const auto& [array, port] : kCauses) {
    const uint64_t cycles = waits == 0 ? 0 : share * (*c)[array] / waits;
    c->port[static_cast<uint32_t>(port)] += cycles;
    rest -= cycles;
  }
  c->port[static_cast<uint32_t>(PortCause::kArray)] += rest;
}

}  // namespace weft::perf
