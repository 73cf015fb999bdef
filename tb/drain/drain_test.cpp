// weft_drain sends every result of a random stream of descriptors once, scores in order and pairs in order,
// with its context and its factor, while the array, the descriptors, the epilogue and the softmax hesitate at
// random.
//
// The bench is the array (finished panels, accumulator halves, embedding chunks), weft_dequant's read port,
// the row registers, rinv and recip(l). A value is a hash of where and in which unit of work it was
// accumulated, so a pair read from the wrong place or at the wrong time differs.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "Vweft_drain.h"
#include "sw/golden/prim.h"
#include "tb/drain/records.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

constexpr int kColumns = WEFT_CFG_COLUMNS;
constexpr int kPanelRows = WEFT_CFG_PANEL_ROWS;
constexpr int kMaxRows = WEFT_CFG_MAX_ROWS;
constexpr uint32_t kOne = 0x3f800000;

uint32_t Hash(std::initializer_list<uint32_t> words) {
  uint32_t h = 0x9e3779b9;
  for (uint32_t w : words) {
    h = (h ^ w) * 0x85ebca6b;
    h ^= h >> 13;
  }
  return h;
}

// What stands in the accumulators: unit is the panel's or accumulator half's number in stream order.
uint32_t Accumulated(bool attention, uint32_t unit, uint32_t col, uint32_t pass, uint32_t idx) {
  return Hash({attention ? 1u : 0u, unit, col, pass, idx});
}
uint32_t RowFactor(uint32_t epoch, uint32_t row) { return Hash({2, epoch, row}); }
uint32_t HeadFactor(uint32_t unit, uint32_t vrow) { return Hash({3, unit, vrow}); }

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
        const bool skip = step.positions[row] < 32 * d.block;
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
            beat.last = p + 1 == d.panels && row + 1 == d.row_first + d.rows &&
                        q + 1 == static_cast<uint32_t>(step.gq()) && i + 2 == kPanelRows;
            Read(beat, false, unit.id, beat.vrow, i);
            if (skip && (p != 0 || i != 0)) continue;  // a row below the block says so once
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

struct Timing {
  uint64_t first_beat = 0, last_beat = 0;
};

// Runs a stream through a fresh block and checks everything that leaves it.
class Scene {
 public:
  Scene(const Step& step, const Stream& stream, Stalls stalls, uint32_t seed)
      : step_(step), stream_(stream), stalls_(stalls), stall_(seed) {
    left_.resize(stream.descs.size());
    for (size_t b = 0; b < stream.beats.size(); ++b) {
      order_[stream.beats[b].score].push_back(b);
      ++left_[stream.beats[b].desc];
    }
  }

  void Execute() {
    ToPort(step_.model, dut_->model_i);
    dut_->wantdump_i = static_cast<uint32_t>(step_.wantdump);
    uint64_t quiet = 0;
    while (received_ < stream_.beats.size() || unit_ < stream_.units.size() || quiet < 12) {
      Cycle();
      if (testing::Test::HasFatalFailure()) return;
      quiet = received_ == stream_.beats.size() && !progress_ ? quiet + 1 : 0;
      idle_cycles_ = progress_ ? 0 : idle_cycles_ + 1;
      ASSERT_LT(idle_cycles_, 2000) << "no progress: beat " << received_ << " of " << stream_.beats.size()
                                    << ", unit " << unit_ << ", descriptor " << desc_;
    }
    EXPECT_EQ(desc_, stream_.descs.size());
    EXPECT_EQ(configured_, stream_.descs.size());
    EXPECT_EQ(kv_pairs_, stream_.kv_pairs);
    EXPECT_EQ(kv_descs_, stream_.kv_descs);
    EXPECT_TRUE(panel_units_[0] < 0 && panel_units_[1] < 0) << "a panel was not given back";
    EXPECT_TRUE(half_units_[0] < 0 && half_units_[1] < 0) << "an accumulator half was not given back";
    EXPECT_TRUE(dut_->idle_o) << "idle at the end";
    EXPECT_TRUE(dut_->empty_o) << "empty at the end";
  }

  Timing timing;
  uint64_t scores_before_pairs = 0;  // scores that passed an attention output

 private:
  // Percentages of cycles in which a side goes ahead; they change now and then, so queues fill and run dry.
  bool Go(bool stalls) {
    if (!stalls) return true;
    if (stall_.Go(2)) pace_ = 10 + static_cast<int>(stall_.engine()() % 90);
    return stall_.Go(pace_);
  }

  void Cycle() {
    const bool in = InputStalls(stalls_), out = OutputStalls(stalls_);
    progress_ = false;

    // Descriptors.
    // Some come late: results are complete and the block has been empty for a while.
    if (dut_->empty_o && late_ > 0) --late_;
    if (!offering_ && desc_ < stream_.descs.size() && late_ == 0 && Go(in)) offering_ = true;
    dut_->desc_valid_i = offering_;
    DrainDesc garbage;
    garbage.n = 0xabcdef;
    ToPort(offering_ ? stream_.descs[desc_] : garbage, dut_->desc_i);

    // The array finishes units in stream order, as far as there is room.
    bool panel_done = false, half_done = false;
    int done_buf = 0;
    dut_->emb_valid_i = 0;
    if (pause_ > 0) --pause_;
    if (unit_ < stream_.units.size()) {
      const Unit& unit = stream_.units[unit_];
      done_buf = unit.id & 1;
      if (unit.kind == Unit::kChunk) {
        if (!chunk_offered_) chunk_offered_ = Go(in);
        dut_->emb_valid_i = chunk_offered_;
      } else if ((unit.kind == Unit::kPanel ? panel_units_ : half_units_)[done_buf] < 0 && pause_ == 0 &&
                 Go(in)) {
        (unit.kind == Unit::kPanel ? panel_done : half_done) = true;
      }
      const uint32_t mask = chunk_offered_ ? 0 : 0x5a5a5a5a;
      for (int i = 0; i < 8; ++i) dut_->emb_data_i[i] = unit.data[i] ^ mask;
      dut_->emb_scale_i = unit.scale ^ (mask & 0xffff);
      dut_->emb_row_i = unit.row ^ (mask & 0xff);
      dut_->emb_g_i = unit.g ^ (mask & 0xffff);
      dut_->emb_last_i = unit.last ^ (mask & 1);
    }
    dut_->panel_done_i = panel_done;
    dut_->o_done_i = half_done;

    // weft_dequant's read port answers after two cycles, rinv and recip(l) after one.
    dut_->rd_a0_i = read_[1] ? (*read_[1])[0] : stall_.engine()();
    dut_->rd_a1_i = read_[1] ? (*read_[1])[1] : stall_.engine()();
    if (rinv_wait_ > 0) --rinv_wait_;
    const bool rinv_ready = rinv_wait_ == 0 && residuals_open_ == 0;
    dut_->rinv_ready_i = rinv_ready;
    dut_->rinv_i = rinv_;
    dut_->rl_i = rl_;
    dut_->pair_ready_i = Go(out);
    dut_->score_ready_i = Go(out);
    dut_.Settle();
    dut_->row_position_i = dut_->row_idx_o < kMaxRows ? step_.positions[dut_->row_idx_o] : 0;
    dut_.Settle();

    CheckStart();
    CheckBeat();
    if (testing::Test::HasFatalFailure()) return;
    CheckIdle(panel_done, half_done);
    if (testing::Test::HasFatalFailure()) return;

    // Reads and completions of this cycle.
    read_[1] = read_[0];
    read_[0].reset();
    if (dut_->rd_valid_o) {
      const int unit = (dut_->rd_o_o ? half_units_ : panel_units_)[dut_->rd_buf_o];
      ASSERT_GE(unit, 0) << "a buffer that is not finished is read, attention " << int{dut_->rd_o_o}
                         << ", cycle " << dut_.cycles();
      ASSERT_EQ(dut_->rd_idx_o % 2, 0);
      const auto at = [&](int odd) {
        return Accumulated(dut_->rd_o_o, static_cast<uint32_t>(unit), dut_->rd_col_o, dut_->rd_pass_o,
                           dut_->rd_idx_o + static_cast<uint32_t>(odd));
      };
      read_[0] = std::array<uint32_t, 2>{at(0), at(1)};
    }
    rinv_ = rinv_ready ? RowFactor(epoch_, dut_->rinv_row_o) : stall_.engine()();
    const int half = half_units_[dut_->rl_buf_o];
    rl_ = half >= 0 ? HeadFactor(static_cast<uint32_t>(half), dut_->rl_vrow_o) : stall_.engine()();
    if (dut_->panel_free_o) {
      ASSERT_GE(panel_units_[next_panel_free_], 0) << "a panel buffer is given back that is not finished";
      panel_units_[next_panel_free_] = -1;
      next_panel_free_ ^= 1;
      progress_ = true;
    }
    if (dut_->o_free_o) {
      ASSERT_GE(half_units_[next_half_free_], 0) << "an accumulator half is given back that is not finished";
      half_units_[next_half_free_] = -1;
      next_half_free_ ^= 1;
      progress_ = true;
    }
    if (panel_done || half_done) {
      const Unit& unit = stream_.units[unit_++];
      (panel_done ? panel_units_ : half_units_)[done_buf] = static_cast<int>(unit.id);
      due_ += unit.beats;
      pause_ = in && stall_.Go(10) ? static_cast<int>(stall_.engine()() % 100) : 0;
      progress_ = true;
    }
    if (dut_->emb_valid_i && dut_->emb_ready_o) {
      due_ += stream_.units[unit_++].beats;
      chunk_offered_ = false;
      progress_ = true;
    }
    if (offering_ && dut_->desc_ready_o) {
      offering_ = false;
      ++desc_;
      late_ = in && stall_.Go(30) ? static_cast<int>(stall_.engine()() % 60) : 0;
      progress_ = true;
    }
    kv_pairs_ += dut_->kv_pair_o;
    kv_descs_ += dut_->kv_desc_done_o;
    dut_.Tick();
  }

  // The pulses of a descriptor that starts, once each and before its first pair.
  void CheckStart() {
    while (configured_ < desc_ && stream_.descs[configured_].is_k) ++configured_;
    if (!dut_->cfg_we_o) {
      ASSERT_FALSE(dut_->res_start_o);
      ASSERT_FALSE(dut_->logits_start_o);
      return;
    }
    ASSERT_LT(configured_, desc_) << "a configuration without a descriptor";
    const DrainDesc& d = stream_.descs[configured_++];
    const QuantCfg cfg = FromPort<QuantCfg>(dut_->cfg_o);
    EXPECT_TRUE((cfg == QuantCfg{d.epi, d.dst_copies_log2, d.dst_base, d.dst_groups, d.qs, d.addr})) << "descriptor " << d.instr;
    EXPECT_EQ(dut_->cfg_tag_o, d.instr & 3);
    const bool residual = d.epi == kEpiRes || d.epi == kEpiEmbed;
    ASSERT_EQ(dut_->res_start_o, residual) << "descriptor " << d.instr;
    ASSERT_EQ(dut_->logits_start_o, d.epi == kEpiLogits) << "descriptor " << d.instr;
    if (residual) {
      EXPECT_EQ(dut_->res_rows_o, d.rows);
      ++epoch_;
      ++residuals_open_;
    }
  }

  void CheckBeat() {
    ASSERT_FALSE(dut_->pair_valid_o && dut_->score_valid_o);
    if (stalled_) {
      ASSERT_TRUE(stalled_score_ ? dut_->score_valid_o : dut_->pair_valid_o) << "a stalled beat disappeared";
    }
    if (!dut_->pair_valid_o && !dut_->score_valid_o) return;
    std::deque<size_t>& order = order_[dut_->score_valid_o != 0];
    ASSERT_FALSE(order.empty()) << "a beat too many";
    const Beat& want = stream_.beats[order.front()];
    const DrainDesc& d = stream_.descs[want.desc];
    const auto where = [&] {
      return ::testing::Message() << "beat " << order.front() << " of descriptor " << want.desc
                                  << " (epilogue " << d.epi << ", is_k " << d.is_k << ", n " << d.n
                                  << ", rows " << d.rows << "), cycle " << dut_.cycles() << ", seed "
                                  << Seed();
    };
    // Scores may overtake an attention output, nothing else overtakes anything.
    for (size_t before = serving_; before < want.desc; ++before) {
      ASSERT_TRUE(left_[before] == 0 || (want.score && IsOutput(before)))
          << where() << " overtakes " << before;
    }
    if (want.score) {
      ASSERT_EQ(dut_->score_skip_o, want.skip) << where();
      ASSERT_EQ(dut_->score_vrow_o, want.vrow) << where();
      ASSERT_EQ(dut_->score_kv_buf_o, want.kv_buf) << where();
      ASSERT_EQ(dut_->score_block_o, want.block) << where();
      ASSERT_EQ(dut_->score_sub_o, want.sub) << where();
      ASSERT_EQ(dut_->score_position_o, want.position) << where();
      ASSERT_EQ(dut_->score_last_set_block_o, want.last_set_block) << where();
      ASSERT_EQ(dut_->score_o_buf_o, want.o_buf) << where();
      ASSERT_EQ(dut_->score_last_o, want.last) << where();
      if (!want.skip) {
        ASSERT_EQ(dut_->score_pair_o, want.pair) << where();
        ASSERT_EQ(dut_->score_s0_o, want.a0) << where();
        ASSERT_EQ(dut_->score_s1_o, want.a1) << where();
      }
    } else {
      PairCtx got = FromPort<PairCtx>(dut_->pair_ctx_o);
      if (d.epi > kEpiV) got.head = got.d = 0;  // no part of the contract
      ASSERT_EQ(got, want.ctx) << where();
      ASSERT_EQ(dut_->pair_a0_o, want.a0) << where();
      if (!want.ctx.odd_pad) {
        ASSERT_EQ(dut_->pair_a1_o, want.a1) << where();
      }
      ASSERT_EQ(dut_->pair_mul_o, want.mul) << where();
    }
    const bool taken = want.score ? dut_->score_ready_i : dut_->pair_ready_i;
    stalled_ = !taken;
    stalled_score_ = want.score;
    if (!taken) return;
    if (received_ == 0) timing.first_beat = dut_.cycles();
    timing.last_beat = dut_.cycles();
    if ((d.epi == kEpiRes || d.epi == kEpiEmbed) && !d.is_k && want.ctx.last_all) {
      --residuals_open_;
      rinv_wait_ = InputStalls(stalls_) ? 1 + static_cast<int>(stall_.engine()() % 40) : 1;
    }
    order.pop_front();
    if (want.score && !order_[false].empty() && stream_.beats[order_[false].front()].desc < want.desc)
      ++scores_before_pairs;
    --left_[want.desc];
    ++received_;
    progress_ = true;
    ++taken_;
  }

  // idle_o is low while a finished result has not left the block, and high when only the array has work.
  void CheckIdle(bool panel_done, bool half_done) {
    // The array's offer of a chunk may wait for idle_o, so idle_o must not follow the offer.
    const bool idle = dut_->idle_o;
    dut_->emb_valid_i = !dut_->emb_valid_i;
    dut_.Settle();
    ASSERT_EQ(dut_->idle_o != 0, idle) << "idle_o depends on emb_valid_i, cycle " << dut_.cycles();
    dut_->emb_valid_i = !dut_->emb_valid_i;
    dut_.Settle();

    const bool pulse = panel_done || half_done;
    const int taken_now = std::exchange(taken_, 0);
    // Beats of a chunk may leave before all of it has been read: then due_ is below zero.
    ASSERT_TRUE(due_ == 0 || !dut_->idle_o)
        << "idle with " << due_ << " results inside, cycle " << dut_.cycles() << ", seed " << Seed();
    if (pulse) {
      ASSERT_FALSE(dut_->idle_o) << "idle while a result arrives, cycle " << dut_.cycles();
    }
    due_ -= taken_now;
    const bool served = serving_ < desc_ || offering_;
    const bool nothing = due_ == 0 && taken_now == 0 && !pulse && !offering_ && !dut_->emb_valid_i;
    while (serving_ < desc_ && left_[serving_] == 0) ++serving_;
    bool waits_for_half = false;
    for (size_t d = serving_; d < desc_; ++d) waits_for_half |= left_[d] != 0 && IsOutput(d);
    nothing_cycles_ = nothing && !waits_for_half ? nothing_cycles_ + 1 : 0;
    if (nothing_cycles_ > 4) {
      ASSERT_TRUE(dut_->idle_o) << "not idle with nothing inside, cycle " << dut_.cycles();
    }
    if (dut_->empty_o) {
      ASSERT_FALSE(served) << "empty with a descriptor, cycle " << dut_.cycles();
    }
  }

  bool IsOutput(size_t desc) const { return stream_.descs[desc].epi == kEpiO && !stream_.descs[desc].is_k; }

  const Step& step_;
  const Stream& stream_;
  const Stalls stalls_;
  Stall stall_;
  Clocked<Vweft_drain> dut_;
  int pace_ = 50;
  std::deque<size_t> order_[2];  // beats to come: pairs, scores
  std::vector<size_t> left_;     // beats to come of each descriptor

  bool offering_ = false;
  int late_ = 0;           // cycles for which the next descriptor stays away from an empty block
  size_t desc_ = 0;        // descriptors taken
  size_t configured_ = 0;  // descriptors whose configuration was seen
  size_t serving_ = 0;     // first descriptor with beats to come
  size_t unit_ = 0;        // units finished
  int pause_ = 0;          // cycles until the array goes on
  bool chunk_offered_ = false;
  int panel_units_[2] = {-1, -1}, half_units_[2] = {-1, -1};
  int next_panel_free_ = 0, next_half_free_ = 0;
  std::optional<std::array<uint32_t, 2>> read_[2];
  uint32_t rinv_ = 0, rl_ = 0, epoch_ = 0;
  int residuals_open_ = 0;  // residual instructions that started and have pairs to come
  int rinv_wait_ = 0;
  size_t received_ = 0;
  bool stalled_ = false, stalled_score_ = false;
  int64_t due_ = 0;  // beats of finished units that have not left
  int taken_ = 0;    // beats that left in this cycle
  uint64_t kv_pairs_ = 0, kv_descs_ = 0;
  bool progress_ = false;
  int idle_cycles_ = 0, nothing_cycles_ = 0;
};

class DrainTest : public testing::TestWithParam<Stalls> {};

TEST_P(DrainTest, SendsEveryResultOnceInOrder) {
  const int cases = Long() ? 400 : 24;
  uint64_t skipped = 0, odd = 0, later_heads = 0;
  for (int i = 0; i < cases; ++i) {
    const uint32_t seed = Seed() * 1000u + static_cast<uint32_t>(i);
    SCOPED_TRACE(testing::Message() << "case " << i << ", WEFT_SEED=" << Seed());
    Generator generator(seed);
    const Step step = generator.MakeStep();
    Stream stream;
    for (int d = 0; d < 16; ++d) generator.Add(stream, step);
    Scene run(step, stream, GetParam(), seed);
    run.Execute();
    if (HasFatalFailure()) return;
    for (const Beat& beat : stream.beats) {
      skipped += beat.skip;
      odd += beat.ctx.odd_pad;
      later_heads += beat.sub > 0;
    }
  }
  EXPECT_GT(skipped, 0u) << "no row below its K block was drawn";
  EXPECT_GT(odd, 0u) << "no odd number of outputs was drawn";
  EXPECT_GT(later_heads, 0u) << "no set with several KV heads was drawn";
}

INSTANTIATE_TEST_SUITE_P(Stalls, DrainTest,
                         testing::Values(Stalls::kNone, Stalls::kInput, Stalls::kOutput, Stalls::kBoth),
                         [](const auto& info) { return StallName(info.param); });

// A result that completes before its descriptor is known ends the idleness in the cycle of its pulse.
TEST(DrainIdleTest, FallsWithTheResult) {
  for (bool attention : {false, true}) {
    Clocked<Vweft_drain> dut;
    dut->desc_valid_i = 0;
    dut->emb_valid_i = 0;
    dut->panel_done_i = 0;
    dut->o_done_i = 0;
    dut.Tick();
    EXPECT_TRUE(dut->idle_o);
    (attention ? dut->o_done_i : dut->panel_done_i) = 1;
    dut.Settle();
    EXPECT_FALSE(dut->idle_o) << "attention " << attention;
    dut.Tick();
    dut->panel_done_i = 0;
    dut->o_done_i = 0;
    for (int i = 0; i < 5; ++i) {
      dut.Settle();
      EXPECT_FALSE(dut->idle_o) << "attention " << attention;
      dut.Tick();
    }
  }
}

// Panels that are ready follow without a gap: one pair a cycle from the first to the last.
TEST(DrainTimingTest, OnePairEveryCycleAcrossPanels) {
  for (int rows : {2, 3, kMaxRows}) {
    Generator generator(7);
    Step step = generator.MakeStep();
    step.rows = rows;
    step.wantdump = (uint64_t{1} << rows) - 1;
    for (Epilogue epi : {kEpiQ, kEpiRes, kEpiGlu, kEpiLogits}) {
      Generator fresh(8);
      Stream stream;
      fresh.AddMatmul(stream, step, epi, kPanelRows * 6);
      Scene run(step, stream, Stalls::kNone, 1);
      run.Execute();
      EXPECT_EQ(run.timing.last_beat - run.timing.first_beat + 1, stream.beats.size())
          << "epilogue " << epi << ", " << rows << " rows";
    }
  }
}

// Scores of the next blocks pass an attention output that is not complete, as far as one set is opened.
TEST(DrainOvertakingTest, ScoresPassAnOutputThatWaits) {
  Generator generator(11);
  Step step = generator.MakeStep();
  step.rows = 1;
  step.segments = {{0, 1, 70}};
  step.positions[0] = 70;
  Stream stream;
  generator.AddOutput(stream, step);
  for (int block : {1, 0, 2}) generator.AddScores(stream, step, block);
  // The half completes last.
  std::rotate(stream.units.begin(), stream.units.begin() + 1, stream.units.end());
  Scene run(step, stream, Stalls::kNone, 1);
  run.Execute();
  EXPECT_GT(run.scores_before_pairs, 0u);
}

// Between two descriptors whose results are ready three cycles pass: take it, set up, wait.
TEST(DrainTimingTest, DescriptorsCostThreeCycles) {
  Generator generator(9);
  Step step = generator.MakeStep();
  step.rows = 4;
  Stream stream;
  constexpr uint64_t kDescriptors = 10;
  for (uint64_t d = 0; d < kDescriptors; ++d) generator.AddMatmul(stream, step, kEpiGlu, kPanelRows);
  Scene run(step, stream, Stalls::kNone, 1);
  run.Execute();
  EXPECT_EQ(run.timing.last_beat - run.timing.first_beat + 1, stream.beats.size() + 3 * (kDescriptors - 1));
}

}  // namespace
}  // namespace weft::bench
