// weft_dequant: every accumulator equals golden bit by bit, for matmul panels, K panels with a scale per
// head, and attention outputs under an alpha table; done pulses tell the truth; a buffer drains while the
// other accumulates.
#include "sw/golden/dequant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <tuple>
#include <vector>

#include "Vweft_dequant.h"
#include "sw/golden/fp_env.h"
#include "tb/lib/bench.h"
#include "tb/matrix/transfers.h"

namespace weft::bench {
namespace {

using golden::Bits;
using golden::FromBits;

constexpr int kColumns = WEFT_CFG_COLUMNS;
constexpr int kColsPerLane = WEFT_CFG_COLS_PER_LANE;
constexpr int kSubRows = WEFT_CFG_PORT_BYTES > 32 ? WEFT_CFG_PORT_BYTES / 32 : 1;
constexpr int kPanelRows = WEFT_CFG_PANEL_ROWS;
constexpr int kPasses = WEFT_CFG_MAX_VROWS / kColumns;
constexpr int kMaxHeadDim = WEFT_CFG_MAX_HEAD_DIM;
constexpr int kSumWidth = 21;
constexpr uint64_t kDoneLatency = 14;  // from the last sum in column last_col
constexpr uint64_t kPanelSpacing = 6,
                   kOutSpacing = 12;  // what weft_matrix keeps between sums for one accumulator
constexpr int kKvBufs = 4;

struct Alpha {
  bool valid = false, first = false;
  float alpha = 0;
};

// A sum for one column.
struct Sum {
  int column = 0;
  GroupCtx ctx;
  std::array<int32_t, kSubRows> value{};
  std::array<uint64_t, kSubRows> scale{};
  float sa = 0;
};

class DequantBench {
 public:
  explicit DequantBench(uint32_t seed) : rng_(seed) {
    dut_->sum_valid_i = 0;
    dut_->alpha_we_i = dut_->vrow_we_i = dut_->rd_valid_i = 0;
    for (auto& buffer : panels_) buffer.assign(kColumns * kPasses * kPanelRows, 0.0f);
    for (auto& half : outs_) half.assign(kColumns * kPasses * kMaxHeadDim, 0.0f);
    for (auto& table : alphas_) table.assign(kColumns * kPasses, {});
    subs_.assign(kColumns * kPasses, 0);
    started_.assign(kColumns * kPasses, false);
  }

  int Random(int low, int high) {
    return low + static_cast<int>(rng_() % static_cast<uint32_t>(high - low + 1));
  }

  // Gives every virtual row a head of the set.
  void WriteSubs(int hs);
  // Sends one panel, and reads it back once it is done.
  void Panel(Mode mode, int groups, int passes, int last_col);
  // Sends one V block under a fresh alpha table; reads the half back after the last block of a set.
  void Block(bool set_first, bool o_last, int hs, int head_dim, int passes, int last_col);
  void Drain() {
    while (!::testing::Test::HasFatalFailure() &&
           (!sums_.empty() || !reads_.empty() || !dones_.empty() || !due_.empty()))
      Step();
  }
  void set_gap_percent(int percent) { gap_percent_ = percent; }
  void set_read_percent(int percent) { read_percent_ = percent; }
  uint64_t cycles() const { return dut_.cycles(); }

 private:
  struct Read {
    bool out = false;
    int half = 0, column = 0, pass = 0, idx = 0;
    float want0 = 0, want1 = 0;
    bool last = false;  // of its buffer
  };

  size_t At(int column, int pass, int limit, int idx) const {
    return static_cast<size_t>((column * kPasses + pass) * limit + idx);
  }
  float RandomFloat();
  uint16_t RandomHalf() {
    return static_cast<uint16_t>(Random(0, 15) == 0 ? rng_() : (rng_() & 0x83ff) | (Random(0, 24) << 10));
  }
  int32_t RandomSum();
  void Send(const GroupCtx& ctx, int last_col);
  void Finish(bool out, int half, std::vector<Read> reads);
  void Step();
  void StepUntil(uint64_t cycle) {
    while (!::testing::Test::HasFatalFailure() && dut_.cycles() < cycle) Step();
  }

  Clocked<Vweft_dequant> dut_;
  std::mt19937 rng_;
  golden::FpEnv env_;
  int gap_percent_ = 0, read_percent_ = 100;

  // What golden holds, in the order in which sums are sent.
  std::array<std::vector<float>, 2> panels_, outs_;  // [half][column][pass][output]
  std::array<std::vector<Alpha>, kKvBufs> alphas_;   // [kv_buf][virtual row]
  std::vector<int> subs_;                            // [virtual row]
  std::vector<bool> started_;                        // [virtual row]: has taken part in a block of the set
  int acc_buf_ = 0, o_buf_ = 0, kv_buf_ = 0;

  // What the DUT is about to see.
  uint64_t next_sum_ = 0;              // first cycle of the next sum in column 0
  uint64_t last_end_ = 0;              // cycle of the last sum of a panel, in its last column
  std::multimap<uint64_t, Sum> sums_;  // [cycle]
  std::map<std::tuple<int, int, int, int>, uint64_t> seen_;       // last sum of an accumulator, column 0
  std::map<uint64_t, std::pair<bool, std::vector<Read>>> dones_;  // [cycle of the pulse]
  std::deque<Read> reads_;                                        // allowed now
  std::deque<std::pair<uint64_t, Read>> due_;                     // data in a cycle
  std::array<std::array<bool, 2>, 2> busy_{};                     // [attention][half]: sent, not read back
  std::array<uint64_t, kKvBufs> kv_used_{};                       // last cycle that reads the table
};

float DequantBench::RandomFloat() {
  static constexpr uint32_t kCorners[] = {0,           0x80000000u, 0x3f800000u, 0x00800000u,
                                          0x00000001u, 0x7f800000u, 0x7fc00000u, 0x7f7fffffu};
  const uint32_t r = rng_();
  if (r % 64 == 0) return FromBits(kCorners[(r >> 8) % 8]);
  return FromBits((rng_() & 0x007fffffu) | (static_cast<uint32_t>(Random(100, 130)) << 23));
}

int32_t DequantBench::RandomSum() {
  static constexpr int32_t kCorners[] = {0, 32 * 128 * 128, -32 * 128 * 127, 1, -1};
  return Random(0, 15) == 0 ? kCorners[Random(0, 4)] : Random(-520192, 520192) >> Random(0, 19);
}

void DequantBench::WriteSubs(int hs) {
  Drain();
  for (size_t vrow = 0; vrow < subs_.size(); ++vrow) {
    subs_[vrow] = Random(0, hs - 1);
    dut_->vrow_we_i = 1;
    dut_->vrow_idx_i = static_cast<uint16_t>(vrow);
    dut_->vrow_sub_i = static_cast<uint8_t>(subs_[vrow]);
    Step();
  }
  dut_->vrow_we_i = 0;
}

// Schedules one sum per column, one cycle after each other, and adds it to golden's accumulators.
void DequantBench::Send(const GroupCtx& ctx, int last_col) {
  const bool is_v = ctx.mode == kModeV;
  const int half = static_cast<int>(is_v ? ctx.o_buf : ctx.acc_buf);
  std::array<uint64_t, kSubRows> scale{};
  for (uint64_t& x : scale)
    for (int i = 0; i < 4; ++i) x |= static_cast<uint64_t>(RandomHalf()) << (16 * i);
  uint64_t at = std::max(next_sum_, dut_.cycles());
  while (Random(0, 99) < gap_percent_) ++at;
  uint64_t& seen =
      seen_[{is_v, half, static_cast<int>(ctx.pass), static_cast<int>(ctx.idx + 1000 * ctx.sub)}];
  if (seen != 0) at = std::max(at, seen + (is_v ? kOutSpacing : kPanelSpacing));
  if (ctx.panel_last) {  // panels complete in order
    at = std::max(at, last_end_ + 1 - std::min<uint64_t>(last_end_, static_cast<uint64_t>(last_col)));
    last_end_ = at + static_cast<uint64_t>(last_col);
  }
  seen = at;
  next_sum_ = at + (last_col > 0 ? kColsPerLane : 1);
  for (int c = 0; c <= last_col; ++c) {
    Sum sum;
    sum.column = c;
    sum.ctx = ctx;
    sum.ctx.panel_last = ctx.panel_last && c == last_col;
    sum.sa = RandomFloat();
    const int vrow = static_cast<int>(ctx.pass) * kColumns + c;
    for (int s = 0; s < kSubRows; ++s) {
      sum.value[s] = RandomSum();
      sum.scale[s] = scale[s];
      const int idx = static_cast<int>(ctx.idx) + s;
      if (!is_v) {
        float& acc = panels_[half][At(c, ctx.pass, kPanelRows, idx)];
        const int pick = ctx.mode == kModeK ? subs_[vrow] : c & ((1 << ctx.parts_log2) - 1);
        acc = golden::DequantAdd(acc, ctx.first, static_cast<uint16_t>(sum.scale[s] >> (16 * pick)), sum.sa,
                                 sum.value[s]);
      } else if (const Alpha& a = alphas_[ctx.kv_buf][vrow];
                 a.valid && subs_[vrow] == static_cast<int>(ctx.sub)) {
        float& out = outs_[half][At(c, ctx.pass, kMaxHeadDim, idx)];
        out = golden::AttentionAdd(out, a.first, a.alpha, sum.sa, sum.value[s]);
      }
    }
    sums_.emplace(at + static_cast<uint64_t>(c), sum);
  }
  if (is_v) kv_used_[ctx.kv_buf] = at + static_cast<uint64_t>(last_col) + 1;
}

void DequantBench::Finish(bool out, int half, std::vector<Read> reads) {
  std::shuffle(reads.begin(), reads.end(), rng_);
  if (reads.size() > 600) reads.resize(600);
  if (!reads.empty()) reads.back().last = true;
  busy_[out][half] = !reads.empty();
  dones_[last_end_ + kDoneLatency] = {out, std::move(reads)};
}

void DequantBench::Panel(Mode mode, int groups, int passes, int last_col) {
  const int half = acc_buf_;
  while (!::testing::Test::HasFatalFailure() && busy_[0][half]) Step();
  for (int g = 0; g < groups; ++g) {
    for (int n = 0; n < kPanelRows; n += kSubRows) {
      for (int pass = 0; pass < passes; ++pass) {
        GroupCtx ctx;
        ctx.mode = mode;
        ctx.parts_log2 = mode == kModeW ? static_cast<uint32_t>(Random(0, 2)) : 0;
        ctx.first = g == 0;
        ctx.panel_last = g == groups - 1 && n + kSubRows >= kPanelRows && pass == passes - 1;
        ctx.acc_buf = static_cast<uint32_t>(half);
        ctx.idx = static_cast<uint32_t>(n);
        ctx.pass = static_cast<uint32_t>(pass);
        ctx.o_last = Random(0, 1);  // means nothing here
        Send(ctx, last_col);
      }
    }
  }
  std::vector<Read> reads;
  for (int c = 0; c <= last_col; ++c) {
    for (int pass = 0; pass < passes; ++pass) {
      for (int n = 0; n < kPanelRows; n += 2) {
        const size_t at = At(c, pass, kPanelRows, n);
        reads.push_back({false, half, c, pass, n, panels_[half][at], panels_[half][at + 1]});
      }
    }
  }
  Finish(false, half, std::move(reads));
  acc_buf_ ^= 1;
}

void DequantBench::Block(bool set_first, bool o_last, int hs, int head_dim, int passes, int last_col) {
  const int half = o_buf_;
  if (set_first) {
    while (!::testing::Test::HasFatalFailure() && busy_[1][half]) Step();
    started_.assign(started_.size(), false);
  }
  StepUntil(kv_used_[kv_buf_] + 2);  // the table's last user is through
  for (int pass = 0; pass < passes; ++pass) {
    for (int c = 0; c <= last_col; ++c) {
      const int vrow = pass * kColumns + c;
      Alpha& a = alphas_[kv_buf_][vrow];
      a.valid = Random(0, 9) < 8;
      a.first = a.valid ? !started_[vrow] : Random(0, 1);
      a.alpha = Random(0, 7) == 0 ? 1.0f : RandomFloat();
      if (a.valid) started_[vrow] = true;
      dut_->alpha_we_i = 1;
      dut_->alpha_vrow_i = static_cast<uint16_t>(vrow);
      dut_->alpha_buf_i = static_cast<uint8_t>(kv_buf_);
      dut_->alpha_valid_i = a.valid;
      dut_->alpha_first_i = a.first;
      dut_->alpha_i = Bits(a.alpha);
      Step();
    }
  }
  dut_->alpha_we_i = 0;
  for (int j = 0; j < hs; ++j) {
    for (int d = 0; d < head_dim; d += kSubRows) {
      for (int pass = 0; pass < passes; ++pass) {
        GroupCtx ctx;
        ctx.mode = kModeV;
        ctx.first = Random(0, 1);  // means nothing here
        ctx.panel_last = j == hs - 1 && d + kSubRows >= head_dim && pass == passes - 1;
        ctx.idx = static_cast<uint32_t>(d);
        ctx.pass = static_cast<uint32_t>(pass);
        ctx.sub = static_cast<uint32_t>(j);
        ctx.kv_buf = static_cast<uint32_t>(kv_buf_);
        ctx.o_buf = static_cast<uint32_t>(half);
        ctx.o_last = o_last;
        Send(ctx, last_col);
      }
    }
  }
  kv_buf_ = (kv_buf_ + 1) % kKvBufs;
  if (!o_last) return;
  std::vector<Read> reads;
  for (int c = 0; c <= last_col; ++c) {
    for (int pass = 0; pass < passes; ++pass) {
      if (!started_[pass * kColumns + c]) continue;
      for (int d = 0; d < head_dim; d += 2) {
        const size_t at = At(c, pass, kMaxHeadDim, d);
        reads.push_back({true, half, c, pass, d, outs_[half][at], outs_[half][at + 1]});
      }
    }
  }
  Finish(true, half, std::move(reads));
  o_buf_ ^= 1;
}

// One cycle: sums and reads in, pulses and data out.
void DequantBench::Step() {
  const uint64_t now = dut_.cycles();
  dut_->sum_valid_i = 0;
  for (int lane = 0; lane < kColumns / kColsPerLane; ++lane) {  // means nothing without a sum, or one of the first column
    SetBits(dut_->sum_ctx_i, static_cast<size_t>(kGroupCtxBits * lane), kGroupCtxBits,
            ((static_cast<uint64_t>(rng_()) << 32) | rng_()) >> (64 - kGroupCtxBits));
    SetBits(dut_->sum_scale_i, static_cast<size_t>(64 * kSubRows * lane), 32, rng_());
    SetBits(dut_->sum_sa_i, static_cast<size_t>(32 * lane), 32, rng_());
  }
  for (auto it = sums_.begin(); it != sums_.end() && it->first == now; it = sums_.erase(it)) {
    const Sum& sum = it->second;
    dut_->sum_valid_i |= 1u << sum.column;
    SetBits(dut_->sum_end_i, static_cast<size_t>(sum.column), 1, sum.ctx.panel_last);
    const bool first = sum.column % kColsPerLane == 0;
    const int lane = sum.column / kColsPerLane;
    GroupCtx ctx = sum.ctx;
    ctx.panel_last = Random(0, 1);  // means nothing here
    if (first) SetBits(dut_->sum_ctx_i, static_cast<size_t>(kGroupCtxBits * lane), kGroupCtxBits, PackCtx(ctx));
    SetBits(dut_->sum_sa_i, static_cast<size_t>(32 * lane), 32, Bits(sum.sa));
    for (int s = 0; s < kSubRows; ++s) {
      const size_t at = static_cast<size_t>(sum.column * kSubRows + s);
      SetBits(dut_->sum_i, kSumWidth * at, kSumWidth, static_cast<uint32_t>(sum.value[s]));
      if (first) SetBits(dut_->sum_scale_i, static_cast<size_t>(64 * (lane * kSubRows + s)), 64, sum.scale[s]);
    }
  }

  const auto done = dones_.find(now);
  const bool panel_done = done != dones_.end() && !done->second.first;
  const bool out_done = done != dones_.end() && done->second.first;
  if (done != dones_.end()) {  // from now on the buffer may be read, in this very cycle
    reads_.insert(reads_.end(), done->second.second.begin(), done->second.second.end());
    dones_.erase(done);
  }
  const bool reading = !reads_.empty() && Random(0, 99) < read_percent_;
  dut_->rd_valid_i = reading;
  if (reading) {
    const Read read = reads_.front();
    reads_.pop_front();
    dut_->rd_o_i = read.out;
    dut_->rd_buf_i = static_cast<uint8_t>(read.half);
    dut_->rd_col_i = static_cast<uint8_t>(read.column);
    dut_->rd_pass_i = static_cast<uint8_t>(read.pass);
    dut_->rd_idx_i = static_cast<uint8_t>(read.idx);
    due_.emplace_back(now + 2, read);
  }
  dut_.Settle();
  ASSERT_EQ(dut_->panel_done_o, panel_done) << "cycle " << now;
  ASSERT_EQ(dut_->o_done_o, out_done) << "cycle " << now;
  if (!due_.empty() && due_.front().first == now) {
    const Read& read = due_.front().second;
    const std::string where = std::string(read.out ? "attention" : "panel") + " half " +
                              std::to_string(read.half) + " column " + std::to_string(read.column) +
                              " pass " + std::to_string(read.pass) + " output " + std::to_string(read.idx) +
                              " cycle " + std::to_string(now);
    ASSERT_EQ(dut_->rd_a0_o, Bits(read.want0)) << where;
    ASSERT_EQ(dut_->rd_a1_o, Bits(read.want1)) << where << " + 1";
    if (read.last) busy_[read.out][read.half] = false;
    due_.pop_front();
  }
  dut_.Tick();
}

struct Pace {
  const char* name;
  int gap_percent;   // chance of a cycle without a sum
  int read_percent;  // chance of a read in a cycle
};

class DequantPaceTest : public ::testing::TestWithParam<std::tuple<Pace, int>> {};

TEST_P(DequantPaceTest, AccumulatorsEqualGolden) {
  const auto& [pace, index] = GetParam();
  DequantBench bench(Seed() * 1000 + static_cast<uint32_t>(index));
  bench.set_gap_percent(pace.gap_percent);
  bench.set_read_percent(pace.read_percent);
  for (int round = 0; round < (Long() ? 40 : 6); ++round) {
    const int hs = 1 << bench.Random(0, 2);
    const int step = std::max(2, kSubRows);
    const int head_dim = step * bench.Random(1, (hs == 1 ? kMaxHeadDim : 32 / hs) / step);
    const int passes = bench.Random(1, std::min(kPasses, 3));
    const int last_col = bench.Random(0, 1) ? bench.Random(0, kColumns - 1) : 0;
    ASSERT_NO_FATAL_FAILURE(bench.WriteSubs(hs));
    int left = bench.Random(1, 4);  // blocks of the set
    bool set_first = true;
    for (int i = 0; i < 10; ++i) {
      if (bench.Random(0, 2) < 2) {
        bench.Panel(bench.Random(0, 1) ? kModeW : kModeK, bench.Random(1, 6), passes,
                    bench.Random(0, 1) ? last_col : 0);
      } else {
        bench.Block(set_first, left == 1, hs, head_dim, passes, last_col);
        set_first = --left == 0;
        if (set_first) left = bench.Random(1, 4);
      }
      if (HasFatalFailure()) return;
    }
    // Every set is ended before the heads change.
    for (; !set_first; set_first = --left == 0) bench.Block(false, left == 1, hs, head_dim, passes, last_col);
    bench.Drain();
    if (HasFatalFailure()) return;
  }
}

constexpr Pace kPaces[] = {{"none", 0, 100}, {"input", 50, 100}, {"output", 0, 30}, {"both", 50, 30}};
INSTANTIATE_TEST_SUITE_P(Random, DequantPaceTest,
                         ::testing::Combine(::testing::ValuesIn(kPaces), ::testing::Range(0, 4)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) + "_" +
                                  std::to_string(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace weft::bench
