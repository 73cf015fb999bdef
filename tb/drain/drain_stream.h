// Random steps for the bench of weft_drain: descriptors, what the array finishes for them, and the beats that
// leave.
//
// A value is a hash of where and in which unit of work it was accumulated, so a pair read from the wrong
// place or at the wrong time differs.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

#include "sw/golden/prim.h"
#include "tb/drain/records.h"

namespace weft::bench {

inline constexpr int kColumns = WEFT_CFG_COLUMNS;
inline constexpr int kPanelRows = WEFT_CFG_PANEL_ROWS;
inline constexpr int kMaxRows = WEFT_CFG_MAX_ROWS;
inline constexpr uint32_t kOne = 0x3f800000;

inline uint32_t Hash(std::initializer_list<uint32_t> words) {
  uint32_t h = 0x9e3779b9;
  for (uint32_t w : words) {
    h = (h ^ w) * 0x85ebca6b;
    h ^= h >> 13;
  }
  return h;
}

// What stands in the accumulators: unit is the panel's or accumulator half's number in stream order.
inline uint32_t Accumulated(bool attention, uint32_t unit, uint32_t col, uint32_t pass, uint32_t idx) {
  return Hash({attention ? 1u : 0u, unit, col, pass, idx});
}
inline uint32_t RowFactor(uint32_t epoch, uint32_t row) { return Hash({2, epoch, row}); }
inline uint32_t HeadFactor(uint32_t unit, uint32_t vrow) { return Hash({3, unit, vrow}); }

// Rows of one slot.
struct Segment {
  int first, rows, position;
};

// One step: what is stable while its descriptors run.
struct Step {
  ModelRecord model;
  int rows = 0;
  std::vector<Segment> segments;
  std::vector<uint32_t> positions;
  uint64_t wantdump = 0;
  int gq() const { return static_cast<int>(model.q_per_kv * model.hs); }
  int heads() const { return static_cast<int>(model.sets) * gq(); }
};

// One result on its way out.
struct Beat {
  size_t desc = 0;
  bool score = false;
  PairCtx ctx;
  uint32_t a0 = 0, a1 = 0, mul = 0;
  // Scores
  uint32_t vrow = 0, position = 0, block = 0, kv_buf = 0, sub = 0, last_set_block = 0, o_buf = 0, pair = 0;
  uint32_t last = 0, skip = 0;
};

// One thing the array finishes: a panel, an accumulator half or an embedding chunk, and the beats it becomes.
struct Unit {
  enum Kind { kPanel, kHalf, kChunk } kind;
  uint32_t id = 0;  // panels and halves are counted apart
  uint32_t beats = 0;
  bool cut = false;  // a row ends inside
  uint32_t row = 0, g = 0;
  bool last = false;
  uint32_t data[8] = {};
  uint16_t scale = 0;
};

struct Stream {
  std::vector<DrainDesc> descs;
  std::vector<Unit> units;  // in stream order
  std::vector<Beat> beats;  // in stream order
  uint64_t kv_pairs = 0, kv_descs = 0;
};

class Generator {
 public:
  explicit Generator(uint32_t seed) : rng_(seed) {}

  int Pick(int low, int high) {
    return low + static_cast<int>(rng_() % static_cast<uint32_t>(high - low + 1));
  }

  Step MakeStep() {
    Step step;
    static constexpr int kHeadDims[] = {4, 8, 10, 12, 16, 20, 32, 48, 64, 80, 128};
    int head_dim;
    do head_dim = kHeadDims[Pick(0, 10)];
    while (head_dim > WEFT_CFG_MAX_HEAD_DIM);
    step.model.head_dim = head_dim;
    int hs = 1 << Pick(0, 2);
    while (hs * head_dim > 32 && hs > 1) hs /= 2;
    step.model.hs = hs;
    do step.model.q_per_kv = Pick(1, 8);
    while (step.gq() > WEFT_CFG_MAX_VROWS / 2);
    step.model.sets = Pick(1, 3);
    step.model.dim = 2 * Pick(4, 40);
    step.rows = Pick(1, std::min(kMaxRows, WEFT_CFG_MAX_VROWS / step.gq()));
    for (int row = 0; row < step.rows;) {
      Segment segment{row, Pick(1, step.rows - row), Pick(0, 150)};
      // Often a segment lies across the border of two blocks, so that its first rows are below the second.
      if (segment.rows > 1 && Pick(0, 1)) segment.position = 32 * Pick(1, 4) - Pick(1, segment.rows - 1);
      row += segment.rows;
      step.segments.push_back(segment);
      for (int i = 0; i < segment.rows; ++i)
        step.positions.push_back(static_cast<uint32_t>(segment.position + i));
    }
    while (step.positions.size() < kMaxRows) step.positions.push_back(rng_() & 0xffff);
    step.wantdump = rng_();
    step.wantdump &= (uint64_t{1} << kMaxRows) - 1;
    if ((step.wantdump & ((1ull << step.rows) - 1)) == 0) step.wantdump |= 1u << Pick(0, step.rows - 1);
    return step;
  }

  void Add(Stream& stream, const Step& step) {
    const int kind = Pick(0, 9);
    if (kind < 5) {
      static constexpr Epilogue kKinds[] = {kEpiQ, kEpiK, kEpiV, kEpiRes, kEpiGlu, kEpiLogits};
      AddMatmul(stream, step, kKinds[Pick(0, 5)]);
    } else if (kind < 8) {
      AddScores(stream, step);
    } else if (kind < 9) {
      AddOutput(stream, step);
    } else {
      AddEmbedding(stream, step);
    }
  }

  void AddMatmul(Stream& stream, const Step& step, Epilogue epi, int outputs = 0) {
    DrainDesc d = Common(stream, epi);
    const bool heads = epi == kEpiQ || epi == kEpiK || epi == kEpiV;
    d.n = heads ? step.model.head_dim * static_cast<uint64_t>(Pick(1, 4))
                : static_cast<uint64_t>(2 * Pick(1, 40));
    if (epi == kEpiLogits) d.n = static_cast<uint64_t>(Pick(1, 90));
    if (outputs != 0) d.n = static_cast<uint64_t>(outputs);
    d.norm = epi != kEpiRes && Pick(0, 1);
    d.rows = static_cast<uint64_t>(step.rows);
    d.want = epi == kEpiLogits || Pick(0, 5) == 0;
    d.copies_log2 = static_cast<uint64_t>(Pick(0, std::min(2, std::countr_zero(unsigned{kColumns}))));
    d.parts_log2 = static_cast<uint64_t>(Pick(0, static_cast<int>(d.copies_log2)));
    const uint32_t parts = 1u << d.parts_log2;
    d.panels = (d.n + kPanelRows * parts - 1) / (kPanelRows * parts);
    if (epi == kEpiRes) ++epoch_;

    std::vector<uint32_t> rows;
    for (uint32_t r = 0; r < d.rows; ++r) {
      if (!d.want || (step.wantdump >> r & 1)) rows.push_back(r);
    }
    for (uint32_t p = 0; p < d.panels; ++p) {
      Unit unit{Unit::kPanel, panels_++};
      for (uint32_t row : rows) {
        for (uint32_t i = 0; i < kPanelRows * parts; i += 2) {
          const uint64_t n = uint64_t{p} * kPanelRows * parts + i;
          if (n >= d.n) break;
          Beat beat;
          beat.desc = stream.descs.size();
          beat.ctx = Context(d, row, n);
          beat.ctx.last = n + 2 >= d.n;
          beat.ctx.last_all = beat.ctx.last && row == rows.back();
          beat.ctx.odd_pad = n + 1 >= d.n;
          if (heads) {
            beat.ctx.head = n / step.model.head_dim;
            beat.ctx.d = n % step.model.head_dim;
          }
          Read(beat, false, unit.id, (row << d.copies_log2) + i / kPanelRows, i % kPanelRows);
          beat.mul = d.norm ? RowFactor(epoch_, row) : kOne;
          stream.beats.push_back(beat);
          ++unit.beats;
        }
      }
      stream.units.push_back(unit);
    }
    if (epi == kEpiK || epi == kEpiV) {
      ++stream.kv_descs;
      stream.kv_pairs += (d.n + 1) / 2 * rows.size();
    }
    stream.descs.push_back(d);
  }

  void AddScores(Stream& stream, const Step& step, int block = -1) {
    const Segment& segment =
        step.segments[static_cast<size_t>(Pick(0, static_cast<int>(step.segments.size()) - 1))];
    DrainDesc d = Common(stream, kEpiO);
    const int last_block = (segment.position + segment.rows - 1) / 32;
    d.is_k = 1;
    d.n = rng_() & 0xffffff;  // no part of the contract
    d.panels = 32 / kPanelRows;
    d.row_first = static_cast<uint64_t>(segment.first);
    d.rows = static_cast<uint64_t>(segment.rows);
    d.block = static_cast<uint64_t>(block >= 0 ? block : Pick(0, 1) ? last_block : Pick(0, last_block));
    d.kv_buf = rng_() & 3;
    d.o_buf = rng_() & 1;
    d.last = rng_() & 1;
    for (uint32_t p = 0; p < d.panels; ++p) {
      Unit unit{Unit::kPanel, panels_++};
      for (uint32_t row = static_cast<uint32_t>(d.row_first); row < d.row_first + d.rows; ++row) {
        const bool skip = step.positions[row] < 32 * d.block, last_row = row + 1 == d.row_first + d.rows;
        const uint32_t last_pair = step.positions[row] / 32 == d.block ? step.positions[row] % 32 / 2 : 15;
        for (uint32_t q = 0; q < static_cast<uint32_t>(step.gq()); ++q) {
          for (uint32_t i = 0; i < kPanelRows; i += 2) {
            Beat beat;
            beat.desc = stream.descs.size();
            beat.score = true;
            beat.skip = skip;
            beat.vrow = row * static_cast<uint32_t>(step.gq()) + q;
            beat.position = step.positions[row];
            beat.block = static_cast<uint32_t>(d.block);
            beat.kv_buf = static_cast<uint32_t>(d.kv_buf);
            beat.sub = q / static_cast<uint32_t>(step.model.q_per_kv);
            beat.last_set_block = static_cast<uint32_t>(d.last);
            beat.o_buf = static_cast<uint32_t>(d.o_buf);
            beat.pair = (p * kPanelRows + i) / 2;
            beat.last = !skip && last_row && q + 1 == static_cast<uint32_t>(step.gq()) && beat.pair == last_pair;
            Read(beat, false, unit.id, beat.vrow, i);
            if (skip && (p != 0 || i != 0)) continue;     // a row below the block says so once
            if (!skip && beat.pair > last_pair) {          // tokens beyond the row's position
              unit.cut |= i != 0;
              continue;
            }
            stream.beats.push_back(beat);
            ++unit.beats;
          }
        }
      }
      stream.units.push_back(unit);
    }
    stream.descs.push_back(d);
  }

  void AddOutput(Stream& stream, const Step& step) {
    const size_t s = static_cast<size_t>(Pick(0, static_cast<int>(step.segments.size()) - 1));
    const Segment& segment = step.segments[s];
    DrainDesc d = Common(stream, kEpiO);
    d.n = static_cast<uint64_t>(step.heads()) * step.model.head_dim;
    d.row_first = static_cast<uint64_t>(segment.first);
    d.rows = static_cast<uint64_t>(segment.rows);
    d.set = static_cast<uint64_t>(Pick(0, static_cast<int>(step.model.sets) - 1));
    d.last = d.set + 1 == step.model.sets && s + 1 == step.segments.size();
    Unit unit{Unit::kHalf, halves_++};
    d.o_buf = unit.id & 1;
    for (uint32_t row = static_cast<uint32_t>(d.row_first); row < d.row_first + d.rows; ++row) {
      for (uint32_t q = 0; q < static_cast<uint32_t>(step.gq()); ++q) {
        for (uint32_t i = 0; i < step.model.head_dim; i += 2) {
          Beat beat;
          beat.desc = stream.descs.size();
          const bool head_end = q + 1 == static_cast<uint32_t>(step.gq()) && i + 2 >= step.model.head_dim;
          beat.ctx =
              Context(d, row, (d.set * static_cast<uint32_t>(step.gq()) + q) * step.model.head_dim + i);
          beat.ctx.last = d.set + 1 == step.model.sets && head_end;
          beat.ctx.last_all = d.last && head_end && row + 1 == d.row_first + d.rows;
          const uint32_t vrow = row * static_cast<uint32_t>(step.gq()) + q;
          Read(beat, true, unit.id, vrow, i);
          beat.mul = HeadFactor(unit.id, vrow);
          stream.beats.push_back(beat);
          ++unit.beats;
        }
      }
    }
    stream.units.push_back(unit);
    stream.descs.push_back(d);
  }

  void AddEmbedding(Stream& stream, const Step& step) {
    DrainDesc d = Common(stream, kEpiEmbed);
    ++epoch_;
    d.n = step.model.dim;
    d.rows = static_cast<uint64_t>(step.rows);
    const uint32_t groups = static_cast<uint32_t>((d.n + 31) / 32);
    for (uint32_t row = 0; row < d.rows; ++row) {
      for (uint32_t g = 0; g < groups; ++g) {
        Unit unit{Unit::kChunk};
        unit.row = row;
        unit.g = g;
        unit.last = g + 1 == groups;
        unit.scale = static_cast<uint16_t>(rng_());
        for (uint32_t& word : unit.data) word = rng_();
        for (uint32_t i = 0; i < 32 && g * 32 + i < d.n; i += 2) {
          Beat beat;
          beat.desc = stream.descs.size();
          beat.ctx = Context(d, row, g * 32 + i);
          beat.ctx.last = g * 32 + i + 2 >= d.n;
          beat.ctx.last_all = beat.ctx.last && row + 1 == d.rows;
          const auto byte = [&](uint32_t k) { return static_cast<int8_t>(unit.data[k / 4] >> 8 * (k % 4)); };
          beat.a0 = std::bit_cast<uint32_t>(golden::I2f(byte(i)));
          beat.a1 = std::bit_cast<uint32_t>(golden::I2f(byte(i + 1)));
          beat.mul = std::bit_cast<uint32_t>(golden::H2f(unit.scale));
          stream.beats.push_back(beat);
          ++unit.beats;
        }
        stream.units.push_back(unit);
      }
    }
    stream.descs.push_back(d);
  }

 private:
  DrainDesc Common(const Stream& stream, Epilogue epi) {
    DrainDesc d;
    d.epi = epi;
    d.dst_base = rng_() & 0xffff;
    d.dst_groups = rng_() & 0xffff;
    d.qs = rng_();
    d.addr = (uint64_t{rng_()} << 16 ^ rng_()) & 0xffffffffffff;
    d.dst_copies_log2 = static_cast<uint64_t>(Pick(0, 2));
    d.instr = stream.descs.size() & 0xffff;
    return d;
  }

  static PairCtx Context(const DrainDesc& d, uint64_t row, uint64_t n) {
    PairCtx ctx;
    ctx.epi = d.epi;
    ctx.norm = d.norm;
    ctx.row = row;
    ctx.n = n;
    ctx.first = n == 0;
    ctx.instr = d.instr;
    return ctx;
  }

  static void Read(Beat& beat, bool attention, uint32_t unit, uint32_t place, uint32_t idx) {
    const uint32_t col = place % kColumns, pass = place / kColumns;
    beat.a0 = Accumulated(attention, unit, col, pass, idx);
    beat.a1 = Accumulated(attention, unit, col, pass, idx + 1);
  }

  std::mt19937 rng_;
  uint32_t panels_ = 0, halves_ = 0, epoch_ = 0;
};

}  // namespace weft::bench
