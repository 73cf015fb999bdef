// weft_sampler against the golden model: whole steps of mixed greedy and top-k rows in the order of the
// drain.
#include "sw/golden/sampler.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "Vweft_sampler.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {
namespace {

enum Logits { kSpread, kRising, kFalling, kTies, kCornerCases, kAllNan };

struct Row {
  golden::SampleParams params;
  bool want = true;
  std::vector<uint32_t> logits;
};

class SamplerTest
    : public testing::TestWithParam<std::tuple<int, bool>> {  // percent of cycles with a pair, all greedy
 protected:
  SamplerTest() : operands_(Seed()), stall_(Seed() + 1) {
    dut_->start_i = 0;
    dut_->valid_i = 0;
    dut_.Tick();
  }

  Row MakeRow(uint32_t n, Logits kind, uint32_t top_k) {
    Row row;
    row.params.top_k = top_k;
    row.params.seed = operands_.Word();
    row.params.position = operands_.Word() % 65536;
    constexpr float kTemperatures[] = {0.1f, 0.7f, 1.0f, 3.0f};
    row.params.z = 1.44269504f / kTemperatures[operands_.Word() % 4];
    if (operands_.Word() % 16 == 0) row.params.z = golden::FromBits(operands_.Float());
    row.want = operands_.Word() % 8 != 0;
    for (uint32_t i = 0; i < n; ++i) row.logits.push_back(MakeLogit(kind, i));
    return row;
  }

  uint32_t MakeLogit(Logits kind, uint32_t i) {
    switch (kind) {
      case kSpread:
        return operands_.Moderate(3);
      case kRising:
        return golden::Bits(static_cast<float>(i) * 0.01f - 5.0f);
      case kFalling:
        return golden::Bits(5.0f - static_cast<float>(i) * 0.01f);
      case kTies:  // few values, both zeros and a subnormal among them
        return std::vector<uint32_t>{
            0, 0x80000000, 1, 0x80000001, 0x3f800000, 0xbf800000}[operands_.Word() % 6];
      case kCornerCases:
        return operands_.Float();
      default:
        return 0x7fc00000 | (operands_.Word() & 0x803fffff);
    }
  }

  // One clock edge with the parameters of the row the sampler asks for.
  void Cycle() {
    dut_.Settle();
    const uint32_t row = dut_->param_row_o;
    const golden::SampleParams params = row < rows_.size() ? rows_[row].params : golden::SampleParams{};
    dut_->param_position_i = params.position;
    dut_->param_z_i = golden::Bits(params.z);
    dut_->param_top_k_i = params.top_k;
    dut_->param_seed_i = params.seed;
    dut_.Settle();
    taken_ = dut_->valid_i && dut_->ready_o;
    waited_ += dut_->valid_i && !dut_->ready_o;
    dut_.Tick();
    ASSERT_LT(dut_.cycles() - started_, 2'000'000u) << "no progress";
  }

  void Offer(uint32_t row, uint32_t n, bool last_all, int percent) {
    while (!stall_.Go(percent) && !HasFatalFailure()) {  // noise without valid
      dut_->row_i = operands_.Word() % WEFT_CFG_MAX_ROWS;
      dut_->last_all_i = operands_.Word() & 1;
      dut_->l0_i = 0x7f7fffff;
      Cycle();
    }
    const std::vector<uint32_t>& logits = rows_[row].logits;
    dut_->valid_i = 1;
    dut_->row_i = row;
    dut_->n_i = n;
    dut_->odd_pad_i = n + 1 == logits.size();
    dut_->last_all_i = last_all;
    dut_->l0_i = logits[n];
    dut_->l1_i = n + 1 < logits.size() ? logits[n + 1] : 0x7f7fffff;
    do {
      Cycle();
    } while (!taken_ && !HasFatalFailure());
    dut_->valid_i = 0;
  }

  // A whole step; the tokens must be the golden ones, in order of rows, and then done.
  void Step(std::vector<Row> rows, int percent) {
    rows_ = std::move(rows);
    const uint32_t n = static_cast<uint32_t>(rows_[0].logits.size());
    uint64_t want = 0;
    for (size_t row = 0; row < rows_.size(); ++row) want |= static_cast<uint64_t>(rows_[row].want) << row;
    started_ = dut_.cycles();
    dut_->rows_i = rows_.size();
    dut_->want_i = want;
    dut_->start_i = 1;
    Cycle();
    dut_->start_i = 0;
    for (uint32_t first = 0; first < n && !HasFatalFailure(); first += WEFT_CFG_PANEL_ROWS) {
      for (uint32_t row = 0; row < rows_.size(); ++row) {
        for (uint32_t i = first; i < n && i < first + WEFT_CFG_PANEL_ROWS && !HasFatalFailure(); i += 2) {
          Offer(row, i, row + 1 == rows_.size() && i + 2 >= n, percent);
        }
      }
    }
    fed_ = dut_.cycles() - started_;
    size_t row = 0;
    const auto skip = [&] {
      while (row < rows_.size() && !rows_[row].want) ++row;
    };
    skip();
    while (!HasFatalFailure()) {
      if (dut_->tok_valid_o) {
        ASSERT_LT(row, rows_.size()) << "a token too many";
        ASSERT_EQ(dut_->tok_row_o, row);
        ASSERT_EQ(dut_->tok_o, Golden(rows_[row])) << "row " << row << ", top_k " << rows_[row].params.top_k;
        ++row;
        skip();
      }
      if (dut_->done_o) break;
      Cycle();
    }
    EXPECT_EQ(row, rows_.size()) << "a token is missing";
    Cycle();
    EXPECT_FALSE(dut_->done_o || dut_->tok_valid_o);
  }

  static uint32_t Golden(const Row& row) {
    std::vector<float> logits;
    for (uint32_t bits : row.logits) logits.push_back(golden::FromBits(bits));
    return golden::Sample(logits.data(), static_cast<uint32_t>(logits.size()), row.params, WEFT_CFG_MAX_TOPK);
  }

  golden::FpEnv env_;
  Clocked<Vweft_sampler> dut_;
  Operands operands_;
  Stall stall_;
  std::vector<Row> rows_;
  bool taken_ = false;
  uint64_t started_ = 0, fed_ = 0, waited_ = 0;
};

TEST_P(SamplerTest, EqualsTheGoldenModel) {
  const auto [percent, greedy] = GetParam();
  const int steps = Long() ? 4000 : 250;
  for (int step = 0; step < steps && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step) + ", seed " + std::to_string(Seed()));
    const uint32_t count = step % 5 == 0 ? WEFT_CFG_MAX_ROWS : 1 + operands_.Word() % WEFT_CFG_MAX_ROWS;
    const uint32_t n = step % 7 == 0 ? 1 + operands_.Word() % 5 : 1 + operands_.Word() % 400;
    std::vector<Row> rows;
    for (uint32_t row = 0; row < count; ++row) {
      uint32_t top_k = operands_.Word() % 2;
      if (!greedy && operands_.Word() % 3) {
        const uint32_t pick = operands_.Word() % 8;
        top_k = pick == 0 ? 255 : pick == 1 ? WEFT_CFG_MAX_TOPK : 2 + operands_.Word() % WEFT_CFG_MAX_TOPK;
      }
      // Mostly the usual; every kind with every way of sampling.
      const uint32_t kind = operands_.Word() % 8;
      rows.push_back(MakeRow(n, kind < 3 ? kSpread : static_cast<Logits>(kind - 2), top_k));
    }
    Step(std::move(rows), percent);
  }
  if (!greedy && percent == 100) {
    EXPECT_GT(waited_, 0u) << "the lists never pushed back";
  }
}

TEST_P(SamplerTest, TakesAGreedyPairEveryCycle) {
  std::vector<Row> rows;
  for (uint32_t row = 0; row < 4; ++row) rows.push_back(MakeRow(4096, kRising, 1));
  Step(std::move(rows), 100);
  EXPECT_EQ(waited_, 0u);
  EXPECT_EQ(fed_, 4u * 2048 + 1);  // and the start pulse
}

INSTANTIATE_TEST_SUITE_P(GapsAndKinds, SamplerTest,
                         testing::Combine(testing::Values(100, 50), testing::Bool()));

}  // namespace
}  // namespace weft::bench
