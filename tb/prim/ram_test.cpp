// weft_ram: a read returns the word in the next cycle and holds it; the word that is written meanwhile comes turned round.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "Vweft_ram.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

TEST(RamTest, WhatIsWrittenMeanwhileIsNotRead) {
  Vweft_ram dut;
  Stall stall(Seed());
  std::vector<std::optional<uint32_t>> model(WEFT_DEPTH);
  std::optional<uint32_t> expected;
  int collisions = 0;
  for (int cycle = 0; cycle < 50000; ++cycle) {
    dut.we_i = stall.Go(50);
    dut.re_i = stall.Go(50);
    dut.waddr_i = stall.engine()() % WEFT_DEPTH;
    dut.raddr_i = stall.Go(30) ? dut.waddr_i : stall.engine()() % WEFT_DEPTH;
    dut.wdata_i = static_cast<uint32_t>(stall.engine()());
    dut.clk_i = 0;
    dut.eval();
    const bool collides = dut.we_i && dut.re_i && dut.waddr_i == dut.raddr_i;
    if (dut.re_i) expected = model[dut.raddr_i];
    if (collides && expected) expected = ~*expected;
    if (dut.we_i) model[dut.waddr_i] = dut.wdata_i;
    collisions += collides;
    dut.clk_i = 1;
    dut.eval();
    if (expected) {
      ASSERT_EQ(dut.rdata_o, *expected) << "cycle " << cycle << ", seed " << Seed();
    }
  }
  EXPECT_GT(collisions, 1000);
}

}  // namespace
}  // namespace weft::bench
