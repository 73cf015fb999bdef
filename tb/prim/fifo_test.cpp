// weft_fifo and weft_ram_fifo keep order and lose nothing under every mix of stalls, and their ready and
// valid follow the fill level.
#include <gtest/gtest.h>

#include <deque>
#include <tuple>

#ifdef WEFT_RAM_FIFO
#include "Vweft_ram_fifo.h"
using Dut = Vweft_ram_fifo;
#else
#include "Vweft_fifo.h"
using Dut = Vweft_fifo;
#endif
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

class FifoTest : public testing::TestWithParam<std::tuple<int, int>> {};  // percent offered, percent taken

TEST_P(FifoTest, KeepsOrderUnderStalls) {
  const auto [offer, take] = GetParam();
  Clocked<Dut> dut;
  Stall stall(Seed());
  std::deque<uint32_t> model;
  uint32_t sent = 0, received = 0;
  const uint32_t total = 20000;
  bool offering = false;
  for (uint64_t cycle = 0; received < total; ++cycle) {
    ASSERT_LT(cycle, 20ull * total) << "no progress: sent " << sent << ", received " << received;
    // An offered word stays until it is taken.
    if (!offering) offering = sent < total && stall.Go(offer);
    dut->in_valid_i = offering;
    dut->in_data_i = offering ? sent * 2654435761u : 0xdeadbeef;
    dut->out_ready_i = stall.Go(take);
    dut.Settle();
    ASSERT_EQ(dut->in_ready_o != 0, model.size() < WEFT_DEPTH) << "cycle " << cycle << ", seed " << Seed();
    ASSERT_EQ(dut->out_valid_o != 0, !model.empty()) << "cycle " << cycle << ", seed " << Seed();
    ASSERT_EQ(dut->count_o, model.size()) << "cycle " << cycle << ", seed " << Seed();
    if (!model.empty()) {
      ASSERT_EQ(dut->out_data_o, model.front()) << "word " << received << ", seed " << Seed();
    }
    const bool push = dut->in_valid_i && dut->in_ready_o;
    const bool pop = dut->out_valid_o && dut->out_ready_i;
    if (pop) {
      model.pop_front();
      ++received;
    }
    if (push) {
      model.push_back(dut->in_data_i);
      ++sent;
      offering = false;
    }
    dut.Tick();
  }
  // Full speed in and out, except that a queue of one word cannot fill and empty in the same cycle.
  if (offer == 100 && take == 100 && WEFT_DEPTH > 1) {
    EXPECT_LE(dut.cycles(), total + 10u);
  }
}

INSTANTIATE_TEST_SUITE_P(Stalls, FifoTest,
                         testing::Combine(testing::Values(100, 90, 40), testing::Values(100, 90, 40)));

}  // namespace
}  // namespace weft::bench
