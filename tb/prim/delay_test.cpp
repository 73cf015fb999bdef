// weft_delay: what enters comes out WEFT_LATENCY cycles later, and stays until the next.
#include <gtest/gtest.h>

#include <vector>

#include "Vweft_delay.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

TEST(DelayTest, DelaysByItsLatency) {
  Clocked<Vweft_delay> dut;
  Stall stall(Seed());
  std::vector<bool> valid;
  std::vector<uint32_t> data;
  uint32_t last = 0;
  bool seen = false;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    valid.push_back(stall.Go(60));
    data.push_back(static_cast<uint32_t>(stall.engine()()));
    if (cycle >= WEFT_LATENCY) {
      ASSERT_EQ(dut->valid_o != 0, valid[cycle - WEFT_LATENCY]) << "cycle " << cycle << ", seed " << Seed();
      if (dut->valid_o) {
        last = data[cycle - WEFT_LATENCY];
        seen = true;
      }
      if (seen) {
        ASSERT_EQ(dut->data_o, last) << "cycle " << cycle << ", seed " << Seed();
      }
    }
    dut->valid_i = valid.back();
    dut->data_i = data.back();
    dut.Tick();
  }
}

}  // namespace
}  // namespace weft::bench
