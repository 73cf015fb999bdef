// weft_rmsnorm against the golden model: an embedding and several residual instructions over the same
// residual, in the order of the drain, without gaps (so that a partial sum comes back after exactly 4 cycles)
// and with random gaps.
#include "sw/golden/rmsnorm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "Vweft_rmsnorm.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {
namespace {

constexpr uint32_t kLatency = 8;
constexpr uint32_t kFinish = 42;  // plus 4 a row
constexpr uint32_t kGainValues = WEFT_CFG_PORT_BYTES < 4 ? 1 : WEFT_CFG_PORT_BYTES / 4;

struct Output {
  uint64_t cycle;
  uint32_t row, n;
  bool odd_pad, last_all;
  float x0, x1, y0, y1;
};

template <typename Port>
void SetWords(Port& port, const std::vector<uint32_t>& words) {
  if constexpr (std::is_integral_v<Port>) {
    uint64_t value = 0;
    for (size_t i = 0; i < words.size(); ++i) value |= static_cast<uint64_t>(words[i]) << (32 * i);
    port = static_cast<Port>(value);
  } else {
    for (size_t i = 0; i < words.size(); ++i) port[i] = words[i];
  }
}

class Rmsnorm {
 public:
  Rmsnorm(uint32_t seed, int percent, uint32_t rows, uint32_t dim, bool corners)
      : operands_(seed),
        stall_(seed + 1),
        percent_(percent),
        rows_(rows),
        dim_(dim),
        corners_(corners),
        residual_(rows, std::vector<float>(dim)) {
    dut_->start_i = 0;
    dut_->valid_i = 0;
    dut_->vec_re_i = 0;  // tb/epilogue reads vectors and borrows the arithmetic
    dut_->vec_mul_i = 0;
    dut_->vec_add_i = 0;
    dut_->rope_valid_i = 0;
    dut_->gain_we_i = 0;
  }

  // One instruction: every element of every row once.
  void Run(bool embed) {
    SCOPED_TRACE("instruction " + std::to_string(instruction_) + ", rows " + std::to_string(rows_) +
                 ", dim " + std::to_string(dim_) + ", seed " + std::to_string(Seed()));
    const uint32_t bank = instruction_++ & 1;
    LoadGain(bank);
    dut_->rows_i = rows_;
    dut_->inv_dim_i = golden::Bits(1.0f / static_cast<float>(dim_));
    dut_->eps_i = golden::Bits(1e-5f);
    dut_->gain_sel_i = bank;
    dut_->start_i = 1;
    Cycle();
    dut_->start_i = 0;
    dut_.Settle();
    EXPECT_FALSE(dut_->rinv_ready_o);
    const auto order = embed ? RowByRow() : Panels();
    sums_.assign(rows_, golden::SumSquares());
    naive_.assign(rows_, 0.0f);
    for (size_t i = 0; i < order.size() && !testing::Test::HasFatalFailure(); ++i) {
      while (!stall_.Go(percent_)) Idle();
      Send(order[i].first, order[i].second, embed, i + 1 == order.size());
    }
    const uint64_t last = dut_.cycles() - 1;
    while (!dut_->rinv_ready_o && !testing::Test::HasFatalFailure()) {
      ASSERT_LT(dut_.cycles() - last, 10000u) << "no progress";
      Idle();
    }
    EXPECT_EQ(dut_.cycles() - last, kFinish + 4 * rows_);
    EXPECT_TRUE(expected_.empty());
    CheckRinv();
  }

  int order_matters() const { return order_matters_; }

 private:
  using Order = std::vector<std::pair<uint32_t, uint32_t>>;

  Order RowByRow() const {
    Order order;
    for (uint32_t row = 0; row < rows_; ++row) {
      for (uint32_t n = 0; n < dim_; n += 2) order.emplace_back(row, n);
    }
    return order;
  }

  Order Panels() const {
    Order order;
    for (uint32_t first = 0; first < dim_; first += WEFT_CFG_PANEL_ROWS) {
      for (uint32_t row = 0; row < rows_; ++row) {
        for (uint32_t n = first; n < dim_ && n < first + WEFT_CFG_PANEL_ROWS; n += 2)
          order.emplace_back(row, n);
      }
    }
    return order;
  }

  uint32_t Value() {
    return corners_ && operands_.Word() % 40 == 0 ? operands_.Float() : operands_.Moderate(4);
  }

  void LoadGain(uint32_t bank) {
    gain_.assign(dim_, 0.0f);
    for (float& gain : gain_) gain = golden::FromBits(Value());
    for (uint32_t first = 0; first < dim_; first += kGainValues) {
      std::vector<uint32_t> words(kGainValues);
      for (uint32_t i = 0; i < kGainValues; ++i) {  // what lies beyond the vector must not matter
        words[i] = first + i < dim_ ? golden::Bits(gain_[first + i]) : 0x7fc00000;
      }
      dut_->gain_we_i = 1;
      dut_->gain_bank_i = bank;
      dut_->gain_addr_i = first;
      SetWords(dut_->gain_wdata_i, words);
      Cycle();
    }
    dut_->gain_we_i = 0;
  }

  void Send(uint32_t row, uint32_t n, bool embed, bool last_all) {
    const bool odd_pad = n + 1 == dim_;
    const uint32_t v0 = Value(), v1 = odd_pad ? 0x7fc00000 : Value();
    dut_->valid_i = 1;
    dut_->row_i = row;
    dut_->n_i = n;
    dut_->zero_x_i = embed;
    dut_->odd_pad_i = odd_pad;
    dut_->last_all_i = last_all;
    dut_->v0_i = v0;
    dut_->v1_i = v1;
    Output out{dut_.cycles() + kLatency, row, n, odd_pad, last_all, Update(row, n, embed, v0), 0, 0, 0};
    out.y0 = golden::Gain(out.x0, gain_[n]);
    if (!odd_pad) {
      out.x1 = Update(row, n + 1, embed, v1);
      out.y1 = golden::Gain(out.x1, gain_[n + 1]);
    }
    expected_.push_back(out);
    Cycle();
    dut_->valid_i = 0;
  }

  float Update(uint32_t row, uint32_t n, bool embed, uint32_t v) {
    float& x = residual_[row][n];
    x = golden::ResidualAdd(embed ? 0.0f : x, golden::FromBits(v));
    sums_[row].Add(n, x);
    naive_[row] = naive_[row] + x * x;
    return x;
  }

  void Idle() {  // noise on the operands, nothing valid
    dut_->row_i = operands_.Word() % rows_;
    dut_->n_i = operands_.Word() % dim_ & ~1u;
    dut_->zero_x_i = operands_.Word() & 1;
    dut_->odd_pad_i = operands_.Word() & 1;
    dut_->last_all_i = operands_.Word() & 1;
    dut_->v0_i = operands_.Word();
    dut_->v1_i = operands_.Word();
    Cycle();
  }

  // One clock edge, then the outputs of the new cycle.
  void Cycle() {
    dut_.Tick();
    const bool due = !expected_.empty() && expected_.front().cycle == dut_.cycles();
    ASSERT_EQ(dut_->out_valid_o != 0, due) << "cycle " << dut_.cycles();
    if (!due) return;
    const Output& want = expected_.front();
    ASSERT_EQ(dut_->out_row_o, want.row);
    ASSERT_EQ(dut_->out_n_o, want.n);
    ASSERT_EQ(dut_->out_odd_pad_o != 0, want.odd_pad);
    ASSERT_EQ(dut_->out_last_all_o != 0, want.last_all);
    Compare("x0", dut_->x0_o, want.x0, want);
    Compare("x1", dut_->x1_o, want.x1, want);
    Compare("y0", dut_->y0_o, want.y0, want);
    Compare("y1", dut_->y1_o, want.y1, want);
    expected_.pop_front();
  }

  void Compare(const char* what, uint32_t got, float want, const Output& at) {
    ASSERT_TRUE(SameFloat(got, golden::Bits(want)))
        << what << " of row " << at.row << ", n " << at.n << ": got " << std::hex << got << ", expected "
        << golden::Bits(want);
  }

  void CheckRinv() {
    const float inv_dim = 1.0f / static_cast<float>(dim_);
    for (uint32_t i = 0; i < 2 * rows_; ++i) {
      const uint32_t row = operands_.Word() % rows_;
      dut_->rinv_row_i = row;
      Cycle();
      const float want = golden::Rinv(sums_[row].Total(), inv_dim, 1e-5f);
      ASSERT_TRUE(SameFloat(dut_->rinv_o, golden::Bits(want)))
          << "rinv of row " << row << ": got " << std::hex << dut_->rinv_o << ", expected "
          << golden::Bits(want);
      ASSERT_TRUE(dut_->rinv_ready_o);
      order_matters_ +=
          !SameFloat(golden::Bits(want), golden::Bits(golden::Rinv(naive_[row], inv_dim, 1e-5f)));
    }
  }

  golden::FpEnv env_;
  Clocked<Vweft_rmsnorm> dut_;
  Operands operands_;
  Stall stall_;
  int percent_;
  uint32_t rows_, dim_;
  bool corners_;
  uint32_t instruction_ = 0;
  int order_matters_ = 0;
  std::vector<std::vector<float>> residual_;  // [row][n]
  std::vector<float> gain_;                   // [n]
  std::vector<golden::SumSquares> sums_;      // [row]
  std::vector<float> naive_;                  // [row], squares added from first to last
  std::deque<Output> expected_;
};

class RmsnormTest : public testing::TestWithParam<std::tuple<int, uint32_t>> {
};  // percent of cycles with a pair, rows

TEST_P(RmsnormTest, EqualsTheGoldenModel) {
  const auto [percent, rows] = GetParam();
  int order_matters = 0;
  for (uint32_t dim : {WEFT_CFG_MAX_DIM + 0u, 96u, 62u, 8u, 6u, 2u}) {
    Rmsnorm bench(Seed() + dim, percent, rows, dim, false);
    bench.Run(true);
    for (int i = 0; i < (Long() ? 200 : 6) && !HasFailure(); ++i) bench.Run(false);
    order_matters += bench.order_matters();
  }
  EXPECT_GT(order_matters, 0) << "another order of summing would not have been noticed";
}

TEST_P(RmsnormTest, SurvivesCornersAndOddSizes) {
  const auto [percent, rows] = GetParam();
  for (uint32_t dim : {61u, 33u, 7u, 1u}) {
    Rmsnorm bench(Seed() + dim, percent, rows, dim, true);
    for (int i = 0; i < 10 && !HasFailure(); ++i) bench.Run(i % 3 == 0);
  }
}

INSTANTIATE_TEST_SUITE_P(GapsAndRows, RmsnormTest,
                         testing::Combine(testing::Values(100, 85, 40),
                                          testing::Values(1u, 2u, 3u, uint32_t{WEFT_CFG_MAX_ROWS})));

}  // namespace
}  // namespace weft::bench
