// Drives weft_matrix with transfers and checks what comes out: every group sum, its scales and context, in
// order; that each word waited for its dependencies; and the spacing of sums that weft_dequant relies on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

#include "sw/golden/matrix.h"
#include "tb/lib/bench.h"
#include "tb/matrix/expected.h"

namespace weft::bench {

class MatrixBench {
 public:
  explicit MatrixBench(uint32_t seed) : rng_(seed), expected_(kColumns) {
    dut_->desc_valid_i = dut_->chunk_valid_i = dut_->scale_valid_i = 0;
    dut_->a_wr_valid_i = dut_->b_wr_valid_i = 0;
    dut_->panel_free_i = dut_->p_ready_i = dut_->o_free_i = dut_->start_i = dut_->group_done_i = 0;
    // Port a writes the even chunks, some of them into 2 or 4 columns at once.
    for (int k = 0; k < kChunks; ++k) {
      copies_log2_.push_back(k % 2 == 0 ? Random(0, std::min(2, std::countr_zero(unsigned{kColumns}))) : 0);
    }
    for (int c = 0; c < kColumns; ++c) {
      act_.emplace_back(kChunks);
      sa_.emplace_back(kChunks);
      for (int k = 0; k < kChunks; ++k) {
        for (int8_t& x : act_[c][k]) x = RandomInt8(rng_);
        sa_[c][k] = rng_();
        const int first = c >> copies_log2_[k] << copies_log2_[k];
        act_[c][k] = act_[first][k];
        sa_[c][k] = sa_[first][k];
      }
    }
  }

  std::mt19937& rng() { return rng_; }
  int Random(int low, int high) {
    return low + static_cast<int>(rng_() % static_cast<uint32_t>(high - low + 1));
  }

  // Queues a transfer, its stream and what must come out.
  void Add(const Transfer& t);
  Transfer RandomTransfer(int max_groups = 5);
  void WriteActivations(int percent);
  void Run(const StallMode& stall);
  void ReleaseByLastWrite(Mode mode, bool by_group);

  uint64_t words() const { return words_.size(); }  // still to be issued
  uint64_t busy_cycles() const { return busy_cycles_; }
  uint64_t run_cycles() const { return run_cycles_; }
  Clocked<Vweft_matrix>& dut() { return dut_; }

 private:
  void CheckSums(uint64_t cycle);
  void CheckWord(const Word& word, bool idle);
  void CheckState();
  void CheckSum(int c, const Sum& want, uint64_t cycle);

  Clocked<Vweft_matrix> dut_;
  std::mt19937 rng_;
  std::vector<std::vector<Chunk>> act_;    // [column][chunk]
  std::vector<std::vector<uint32_t>> sa_;  // [column][chunk]
  std::vector<int> copies_log2_;           // [chunk], columns that one write fills

  std::deque<Transfer> transfers_;
  std::deque<Entry> entries_;
  std::array<GroupCtx, kColumns> lane_ctx_{};  // of the group that a lane is at
  std::array<std::array<uint64_t, kSubRows>, kColumns> lane_scale_{};
  std::deque<ScaleEntry> scales_;
  std::vector<std::deque<Sum>> expected_;  // [column]
  std::deque<EmbBeat> emb_;
  std::deque<Word> words_;
  int acc_buf_ = 0;
  int o_buf_ = 0;
  bool set_start_ = true;
  std::pair<int, int> set_shape_;

  uint64_t busy_cycles_ = 0, run_cycles_ = 0;
  int panels_held_ = 0, outs_held_ = 0, probabilities_ = 0;
  std::deque<int> waits_;  // groups that will be written for the W transfers that wait; the first is the next
  int groups_given_ = 0, groups_coming_ = 0, groups_seen_ = 0;
  bool wait_over_ = false;
  std::deque<uint64_t> panel_frees_, out_frees_;  // earliest cycle of each pulse
  std::map<std::tuple<int, int, int, int, int>, uint64_t> acc_seen_;
  uint64_t last_end_ = 0;  // of a panel or V transfer, in its last column
  std::vector<int> received_ = std::vector<int>(kColumns);
};

inline Transfer MatrixBench::RandomTransfer(int max_groups) {
  Transfer t;
  t.mode = static_cast<Mode>(Random(0, 9) < 4 ? 0 : Random(0, 3));
  t.wait_idle = Random(0, 5) == 0;
  t.last_col = Random(0, 2) == 0 ? 0 : Random(0, kColumns - 1);
  t.kv_buf = Random(0, 3);
  t.pass_mask = 0;
  const int passes = Random(0, 1) ? 1 : std::min(kPasses, 4);
  while (t.pass_mask == 0) t.pass_mask = rng_() & ((1u << passes) - 1);
  if (t.mode == kModeEmbed) {
    t.row = Random(0, 255);
    t.emb_g = Random(0, 65535);
    t.emb_last = Random(0, 1);
    t.pick = Random(0, std::max(1, kPort / 2) - 1);
    return t;
  }
  if (t.mode == kModeV) {
    t.hs = 1 << Random(0, 2);
    const int step = std::max(2, kSubRows);
    const int limit = t.hs == 1 ? WEFT_CFG_MAX_HEAD_DIM : 32 / t.hs;
    t.head_dim = Random(1, std::max(1, limit / step)) * step;
    t.o_last = Random(0, 2) == 0;
  } else {
    t.groups = std::min(Random(1, max_groups), kChunks / std::min(kPasses, 4));
    t.panels = t.mode == kModeK ? std::max(1, 32 / kPanelRows) : Random(1, 3);
    t.tail = kWordBytes * Random(1, kWpc);
    // K: heads that share a chunk; W: outputs packed in a slot, one a column and its neighbours
    t.ns_log2 = t.mode == kModeK || Random(0, 1) ? Random(0, 2) : 0;
  }
  t.pass_stride = t.groups * kWpc;
  t.src_base = Random(0, kChunks - t.groups * std::min(kPasses, 4)) * kWpc;
  return t;
}

inline void MatrixBench::Add(const Transfer& wanted) {
  Transfer t = wanted;
  const bool is_v = t.mode == kModeV;
  if (is_v) t.o_buf = o_buf_;
  if (!set_start_) t.wait_idle = false;  // a set is never interrupted by a wait: its half would not come free
  if (is_v) {                            // and all its blocks have the same heads
    if (set_start_) set_shape_ = {t.hs, t.head_dim};
    std::tie(t.hs, t.head_dim) = set_shape_;
  }
  transfers_.push_back(t);

  const int ns = 1 << t.ns_log2;
  const uint32_t parts_log2 = t.mode == kModeW ? static_cast<uint32_t>(t.ns_log2) : 0;
  const int unit = std::max(1, kPort / (2 * ns));  // chunks that share a scale entry
  int in_unit = unit;                              // chunks used of the last one
  auto next_entry = [&]() -> std::pair<const Entry*, int> {
    Entry entry;
    for (uint8_t& x : entry) x = static_cast<uint8_t>(RandomInt8(rng_));
    entries_.push_back(entry);
    if (is_v) return {&entries_.back(), 0};
    if (in_unit >= unit) {
      ScaleEntry scales;
      for (uint16_t& x : scales) x = static_cast<uint16_t>(rng_());
      scales_.push_back(scales);
      in_unit = 0;
    }
    const int at = in_unit * ns;
    in_unit += kSubRows;
    return {&entries_.back(), at};
  };

  if (t.mode == kModeEmbed) {
    const auto [entry, at] = next_entry();
    EmbBeat beat;
    std::memcpy(beat.data.data(), entry->data() + 32 * (t.pick % kSubRows), 32);
    beat.scale = scales_.back()[t.pick];
    beat.row = t.row;
    beat.g = t.emb_g;
    beat.last = t.emb_last;
    emb_.push_back(beat);
    return;
  }

  const int panels = is_v ? t.hs : t.panels;
  const int limit = is_v ? t.head_dim : kPanelRows;
  bool starts_transfer = true;
  for (int panel = 0; panel < panels; ++panel) {
    bool starts_panel = true;
    for (int g = 0; g < t.groups; ++g) {
      const int bytes = g == t.groups - 1 ? t.tail : 32;
      for (int n = 0; n < limit; n += kSubRows) {
        const auto [entry, at] = next_entry();
        for (int pass = 0; pass < kPasses; ++pass) {
          if (!((t.pass_mask >> pass) & 1)) continue;
          for (int w = 0; w < bytes / kWordBytes; ++w) {
            const bool first = starts_transfer;
            const bool waits = t.wait_idle && t.mode == kModeW && panel == 0;
            words_.push_back({first && t.wait_idle, waits ? g : -1, false, starts_panel && !is_v, first && is_v,
                              first && is_v && set_start_});
            starts_transfer = starts_panel = false;
          }
          const bool last_pass = (t.pass_mask >> pass) == 1;
          for (int c = 0; c <= t.last_col; ++c) {
            Sum sum;
            const int chunk = (t.src_base + pass * t.pass_stride) / kWpc + g;
            for (int s = 0; s < kSubRows; ++s) {
              const Chunk weights = Part(entry->data() + 32 * s, parts_log2, c);
              sum.value[s] = golden::Dot(weights.data(), act_[c][chunk].data(), bytes);
              for (int i = 0; i < ns && !is_v; ++i) {
                sum.scale[s] |= static_cast<uint64_t>(scales_.back()[at + s * ns + i]) << (16 * i);
              }
            }
            sum.scale_mask = is_v      ? 0
                             : ns == 4 ? ~uint64_t{0}
                                       : (uint64_t{1} << (16 * ns)) - 1;
            sum.sa = sa_[c][chunk];
            sum.ctx = {.mode = t.mode,
                       .parts_log2 = parts_log2,
                       .first = g == 0,
                       .panel_last = 0,
                       .acc_buf = static_cast<uint32_t>(acc_buf_),
                       .idx = static_cast<uint32_t>(n),
                       .pass = static_cast<uint32_t>(pass),
                       .sub = static_cast<uint32_t>(is_v ? panel : 0),
                       .kv_buf = static_cast<uint32_t>(t.kv_buf),
                       .o_buf = static_cast<uint32_t>(t.o_buf),
                       .o_last = t.o_last};
            sum.ctx.panel_last = c == t.last_col && last_pass && g == t.groups - 1 && n + kSubRows >= limit &&
                                 (!is_v || panel == panels - 1);
            expected_[c].push_back(sum);
          }
        }
      }
    }
    if (!is_v) acc_buf_ ^= 1;
    if (words_.back().wait_group >= 0) words_.back().wait_ends = true;
  }
  // What it reads is written group by group while it waits, or has been written long before.
  if (t.wait_idle && t.mode == kModeW) waits_.push_back(Random(0, 1) ? t.groups : 0);
  if (is_v) {
    set_start_ = t.o_last;
    if (t.o_last) o_buf_ ^= 1;
  }
}

// Both ports write at once: the even chunks through a, the odd ones through b.
inline void MatrixBench::WriteActivations(int percent) {
  struct Write {
    int column, chunk, word;
  };
  std::array<std::vector<Write>, 2> writes;
  for (int k = 0; k < kChunks; ++k) {
    for (int c = 0; c < kColumns; ++c) {
      if (c % (1 << copies_log2_[k]) != 0) continue;
      for (int w = 0; w < kWpc; ++w) writes[k % 2].push_back({c, k, w});
    }
  }
  for (auto& list : writes) std::shuffle(list.begin(), list.end(), rng_);
  std::map<std::pair<int, int>, int> left;  // the scale goes with the last word of the chunk to come
  for (auto& list : writes) {
    for (const Write& w : list) ++left[{w.column, w.chunk}];
  }
  std::array<size_t, 2> next{};
  std::array<bool, 2> offered{};
  while (next[0] < writes[0].size() || next[1] < writes[1].size()) {
    for (int p = 0; p < 2; ++p) {
      offered[p] = next[p] < writes[p].size() && (offered[p] || Random(0, 99) < percent);
      if (!offered[p]) continue;
      const Write& w = writes[p][next[p]];
      const bool scale = left[{w.column, w.chunk}] == 1;
      auto drive = [&](auto& col, auto& addr, auto& data, auto& scale_valid, auto& value) {
        col = w.column;
        addr = w.chunk * kWpc + w.word;
        std::memcpy(&data, act_[w.column][w.chunk].data() + w.word * kWordBytes, kWordBytes);
        scale_valid = scale;
        value = scale ? sa_[w.column][w.chunk] : static_cast<uint32_t>(rng_());
      };
      if (p == 0) dut_->a_wr_copies_log2_i = copies_log2_[w.chunk];
      if (p == 0)
        drive(dut_->a_wr_col_i, dut_->a_wr_addr_i, dut_->a_wr_data_i, dut_->a_wr_scale_valid_i,
              dut_->a_wr_scale_i);
      else
        drive(dut_->b_wr_col_i, dut_->b_wr_addr_i, dut_->b_wr_data_i, dut_->b_wr_scale_valid_i,
              dut_->b_wr_scale_i);
    }
    dut_->a_wr_valid_i = offered[0];
    dut_->b_wr_valid_i = offered[1];
    dut_.Settle();
    const std::array<bool, 2> taken = {offered[0] && dut_->a_wr_ready_o, offered[1] && dut_->b_wr_ready_o};
    ASSERT_EQ(taken[0] + taken[1], (offered[0] || offered[1]) ? 1 : 0);
    dut_.Tick();
    for (int p = 0; p < 2; ++p) {
      if (!taken[p]) continue;
      --left[{writes[p][next[p]].column, writes[p][next[p]].chunk}];
      ++next[p];
      offered[p] = false;
    }
  }
  dut_->a_wr_valid_i = 0;
  dut_->b_wr_valid_i = 0;
}

inline void MatrixBench::CheckSum(int c, const Sum& want, uint64_t cycle) {
  // Scales and context come with the lane's first column and hold for the columns behind it.
  const int lane = c / WEFT_CFG_COLS_PER_LANE;
  if (c % WEFT_CFG_COLS_PER_LANE == 0) {
    lane_ctx_[lane] = UnpackCtx(GetBits(dut_->sum_ctx_o, kGroupCtxBits * lane, kGroupCtxBits));
    for (int s = 0; s < kSubRows; ++s)
      lane_scale_[lane][s] = GetBits(dut_->sum_scale_o, 64 * (kSubRows * lane + s), 64);
  }
  GroupCtx got_ctx = lane_ctx_[lane];
  got_ctx.panel_last = GetBits(dut_->sum_end_o, c, 1) != 0;
  const std::string where = "column " + std::to_string(c) + " sum " + std::to_string(received_[c]) +
                            " cycle " + std::to_string(cycle);
  ASSERT_EQ(PackCtx(got_ctx), PackCtx(want.ctx))
      << where << " idx " << got_ctx.idx << " want " << want.ctx.idx;
  ASSERT_EQ(GetBits(dut_->sum_sa_o, 32 * lane, 32), want.sa) << where;
  for (int s = 0; s < kSubRows; ++s) {
    const uint64_t bits = GetBits(dut_->sum_o, kSumWidth * (kSubRows * c + s), kSumWidth);
    const int32_t value =
        static_cast<int32_t>(static_cast<uint32_t>(bits) << (32 - kSumWidth)) >> (32 - kSumWidth);
    ASSERT_EQ(value, want.value[s]) << where << " sub-row " << s;
    ASSERT_EQ(lane_scale_[lane][s] & want.scale_mask, want.scale[s] & want.scale_mask) << where << " sub-row " << s;
  }
  const bool is_v = want.ctx.mode == kModeV;
  if (want.ctx.panel_last) {
    ASSERT_GT(cycle, last_end_) << where << ": panels end out of order";
    last_end_ = cycle;
  }
  if (want.ctx.panel_last && !is_v) panel_frees_.push_back(cycle + 14);
  if (want.ctx.panel_last && is_v && want.ctx.o_last) out_frees_.push_back(cycle + 14);
  // A sum for an accumulator is late enough to read the one before.
  uint64_t& seen = acc_seen_[{c, is_v, is_v ? want.ctx.o_buf * 4 + want.ctx.sub : want.ctx.acc_buf,
                              want.ctx.pass, want.ctx.idx}];
  const uint64_t earliest = seen == 0 ? 0 : seen + (is_v ? kOutSpacing : kAccSpacing);
  ASSERT_GE(cycle, earliest) << where;
  seen = cycle;
}

inline void MatrixBench::CheckWord(const Word& word, bool idle) {
  const bool quiet = idle && panels_held_ == 0 && outs_held_ == 0;
  if (word.wait_group >= 0 && !wait_over_) {
    ASSERT_TRUE(groups_seen_ > word.wait_group || (word.wait_idle && quiet))
        << "a word did not wait for group " << word.wait_group << ", of which " << groups_seen_ << " are there";
    wait_over_ = word.wait_idle && quiet;
  } else if (word.wait_idle) {
    ASSERT_TRUE(idle) << "a word did not wait for idle";
    ASSERT_EQ(panels_held_, 0) << "a panel is outstanding";
    ASSERT_EQ(outs_held_, 0) << "an attention accumulator is outstanding";
  }
  if (word.wait_ends) {
    waits_.pop_front();
    wait_over_ = false;
    groups_given_ = groups_seen_ = 0;
  }
  panels_held_ += word.takes_panel;
  outs_held_ += word.takes_outs;
  probabilities_ -= word.takes_probabilities;
  ASSERT_LE(panels_held_, 2);
  ASSERT_LE(outs_held_, 2);
  ASSERT_GE(probabilities_, 0);
}

// A cycle without a word names a reason that holds.
inline void MatrixBench::CheckState() {
  switch (dut_->state_o) {
    case kArrayBusy: ASSERT_TRUE(dut_->chunk_valid_i); break;
    case kArrayNone: ASSERT_FALSE(dut_->emb_valid_o); break;
    case kArrayData: ASSERT_FALSE(dut_->chunk_valid_i && dut_->scale_valid_i); break;
    case kArrayLanes: ASSERT_GT(panels_held_ + outs_held_, 0); break;
    case kArrayResults:
      ASSERT_TRUE((dut_->emb_valid_o && !dut_->emb_ready_i) || panels_held_ + outs_held_ == 0 ||
                  (!words_.empty() && words_.front().wait_group >= groups_seen_));
      break;
    case kArrayPanel: ASSERT_EQ(panels_held_, 2); break;
    case kArraySoftmax: ASSERT_LE(probabilities_, 1); break;  // one may have come in the cycle before
    case kArrayOut: ASSERT_EQ(outs_held_, 2); break;
    case kArraySpacing: ASSERT_TRUE(dut_->chunk_valid_i); break;
    default: FAIL() << "state " << dut_->state_o;
  }
}

inline void MatrixBench::CheckSums(uint64_t cycle) {
  std::array<int, WEFT_CFG_COLUMNS> lane_sums{};
  for (int c = 0; c < kColumns; ++c) {
    if (!GetBits(dut_->sum_valid_o, c, 1)) continue;
    ASSERT_FALSE(expected_[c].empty()) << "column " << c << ": a sum too many in cycle " << cycle;
    ASSERT_LE(++lane_sums[c / WEFT_CFG_COLS_PER_LANE], 1)
        << "cycle " << cycle << ": two sums for the lane of column " << c;
    ASSERT_NO_FATAL_FAILURE(CheckSum(c, expected_[c].front(), cycle));
    expected_[c].pop_front();
    ++received_[c];
  }
}

inline void MatrixBench::Run(const StallMode& stall) {
  bool desc_offered = false, chunk_offered = false, scale_offered = false;
  uint64_t progress = dut_.cycles();
  const auto start = dut_.cycles();
  auto remaining = [&] {
    size_t n = transfers_.size() + entries_.size() + scales_.size() + emb_.size();
    for (const auto& queue : expected_) n += queue.size();
    return n;
  };
  size_t left = remaining();
  auto go = [&](int percent) { return Random(0, 99) < percent; };
  while (left > 0) {
    const uint64_t cycle = dut_.cycles();
    desc_offered = !transfers_.empty() && (desc_offered || go(stall.input_percent));
    chunk_offered = !entries_.empty() && (chunk_offered || go(stall.input_percent));
    scale_offered = !scales_.empty() && (scale_offered || go(stall.input_percent));
    dut_->desc_valid_i = desc_offered;
    dut_->chunk_valid_i = chunk_offered;
    dut_->scale_valid_i = scale_offered;
    if (desc_offered) PackTransfer(transfers_.front(), dut_->desc_i);
    if (chunk_offered) std::memcpy(&dut_->chunk_i, entries_.front().data(), sizeof(Entry));
    if (scale_offered) std::memcpy(&dut_->scale_i, scales_.front().data(), sizeof(ScaleEntry));
    dut_->emb_ready_i = go(stall.output_percent);
    const bool panel_free =
        !panel_frees_.empty() && panel_frees_.front() <= cycle && go(stall.output_percent);
    const bool out_free = !out_frees_.empty() && out_frees_.front() <= cycle && go(stall.output_percent);
    const bool p_ready = probabilities_ < 4 && go(stall.output_percent);
    dut_->panel_free_i = panel_free;
    dut_->o_free_i = out_free;
    dut_->p_ready_i = p_ready;
    // Groups come in time; nothing is idle while some are to come.
    const bool group_done = !waits_.empty() && groups_given_ < waits_.front() && go(stall.output_percent / 4 + 2);
    dut_->group_done_i = group_done;
    const bool idle_now = go(std::max(stall.output_percent, 30)) &&
                          (waits_.empty() || (groups_given_ == waits_.front() && groups_seen_ == groups_given_));
    dut_->idle_i = idle_now;
    dut_.Settle();

    ASSERT_NO_FATAL_FAILURE(CheckSums(cycle));
    const bool busy = dut_->state_o == kArrayBusy;
    busy_cycles_ += busy;
    if (busy && !dut_->emb_valid_o) {
      ASSERT_FALSE(words_.empty()) << "a word too many in cycle " << cycle;
      ASSERT_NO_FATAL_FAILURE(CheckWord(words_.front(), idle_now)) << "cycle " << cycle;
      words_.pop_front();
    }
    ASSERT_NO_FATAL_FAILURE(CheckState()) << "cycle " << cycle;
    if (dut_->emb_valid_o && dut_->emb_ready_i) {
      ASSERT_FALSE(emb_.empty());
      const EmbBeat& want = emb_.front();
      ASSERT_EQ(std::memcmp(&dut_->emb_data_o, want.data.data(), 32), 0) << "cycle " << cycle;
      ASSERT_EQ(dut_->emb_scale_o, want.scale) << "cycle " << cycle;
      ASSERT_EQ(dut_->emb_row_o, want.row);
      ASSERT_EQ(dut_->emb_g_o, want.g);
      ASSERT_EQ(dut_->emb_last_o, want.last);
      emb_.pop_front();
    }
    if (desc_offered && dut_->desc_ready_o) transfers_.pop_front(), desc_offered = false;
    if (chunk_offered && dut_->chunk_ready_o) entries_.pop_front(), chunk_offered = false;
    if (scale_offered && dut_->scale_ready_o) scales_.pop_front(), scale_offered = false;
    if (panel_free) panel_frees_.pop_front(), --panels_held_;
    if (out_free) out_frees_.pop_front(), --outs_held_;
    if (p_ready) ++probabilities_;
    groups_seen_ = waits_.empty() ? 0 : std::min(groups_seen_ + groups_coming_, groups_given_);
    groups_coming_ = group_done;
    groups_given_ += group_done;
    dut_.Tick();

    const size_t now = remaining();
    if (now != left) progress = dut_.cycles();
    ASSERT_LT(dut_.cycles() - progress, 3000u)
        << "no progress: " << transfers_.size() << " transfers, " << entries_.size() << " entries, "
        << scales_.size() << " scale entries, " << expected_[0].size() << " sums left";
    left = now;
  }
  run_cycles_ = dut_.cycles() - start;
}

// A transfer waits, fed with everything but its dependency; the last write of its activations is accepted in
// cycle t, p_ready_i or group_done_i comes in t, or idle_i in t + 1.
inline void MatrixBench::ReleaseByLastWrite(Mode mode, bool by_group) {
  Transfer t;
  t.mode = mode;
  t.wait_idle = mode != kModeV;
  t.head_dim = std::max(2, kSubRows);
  for (int8_t& x : act_[0][0]) x = RandomInt8(rng_);
  sa_[0][0] = rng_();
  dut_->idle_i = 0;
  PackTransfer(t, dut_->desc_i);
  dut_->desc_valid_i = 1;
  dut_.Tick();
  Add(t);
  if (mode == kModeW) waits_.back() = by_group;
  dut_->desc_valid_i = 0;
  transfers_.clear();
  dut_->chunk_valid_i = dut_->scale_valid_i = 1;
  std::memcpy(&dut_->chunk_i, entries_.front().data(), sizeof(Entry));
  if (!scales_.empty()) std::memcpy(&dut_->scale_i, scales_.front().data(), sizeof(ScaleEntry));
  for (int i = 0; i < 5; ++i) dut_.Tick();
  for (int w = kWpc - 1; w >= 0; --w) {  // the first word of the chunk comes last
    dut_->a_wr_valid_i = 1;
    dut_->a_wr_col_i = 0;
    dut_->a_wr_addr_i = w;
    dut_->a_wr_copies_log2_i = 0;
    std::memcpy(&dut_->a_wr_data_i, act_[0][0].data() + w * kWordBytes, kWordBytes);
    dut_->a_wr_scale_valid_i = w == 0;
    dut_->a_wr_scale_i = sa_[0][0];
    dut_->p_ready_i = w == 0 && mode == kModeV;
    dut_->group_done_i = w == 0 && by_group;
    dut_.Settle();
    ASSERT_EQ(dut_->state_o, mode == kModeV ? kArraySoftmax : kArrayResults);
    dut_.Tick();
  }
  probabilities_ += mode == kModeV;
  groups_given_ = groups_coming_ = by_group;
  dut_->a_wr_valid_i = 0;
  ASSERT_NO_FATAL_FAILURE(Run(kStallModes[0]));
}

}  // namespace weft::bench
