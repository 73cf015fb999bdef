// weft_drain between an array, descriptors, an epilogue and a softmax that hesitate at random; everything
// that leaves it is checked.
//
// The bench is the array (finished panels, accumulator halves, embedding chunks), weft_dequant's read port,
// the row registers, rinv and recip(l).
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "Vweft_drain.h"
#include "tb/drain/drain_stream.h"
#include "tb/drain/records.h"
#include "tb/lib/bench.h"

namespace weft::bench {

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
    EXPECT_TRUE((cfg == QuantCfg{d.epi, d.dst_copies_log2, d.dst_base, d.dst_groups, d.qs, d.addr}))
        << "descriptor " << d.instr;
    EXPECT_EQ(dut_->cfg_tag_o, d.instr & 7);
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

}  // namespace weft::bench
