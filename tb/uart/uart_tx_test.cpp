// weft_uart_tx: the line carries each byte as ten bits of exactly ClocksPerBit cycles, without a gap when the
// producer has none.
#include <gtest/gtest.h>

#include <deque>

#include "Vweft_uart_tx.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

constexpr int kClocks = WEFT_CLOCKS;

class UartTxTest : public testing::TestWithParam<int> {};  // percent offered

TEST_P(UartTxTest, LineCarriesTheBytes) {
  Clocked<Vweft_uart_tx> dut;
  Stall stall(Seed());
  const uint32_t total = 1024;
  std::deque<bool> line;  // what the line must show in the next cycles; empty: idle
  uint32_t sent = 0;
  bool offering = false;
  uint8_t byte = 0;
  for (uint64_t cycle = 0; sent < total || !line.empty(); ++cycle) {
    ASSERT_LT(cycle, 200ull * kClocks * total) << "no progress: sent " << sent;
    if (!offering && sent < total && stall.Go(GetParam())) {
      offering = true;
      byte = static_cast<uint8_t>(sent < 256 ? sent : stall.engine()());
    }
    dut->valid_i = offering;
    dut->data_i = offering ? byte : 0xA5;
    dut.Settle();
    ASSERT_EQ(dut->tx_o != 0, line.empty() ? true : line.front()) << "cycle " << cycle << ", seed " << Seed();
    if (!line.empty()) line.pop_front();
    // Ready when this cycle is the last of a stop bit, or the line is idle.
    ASSERT_EQ(dut->ready_o != 0, line.empty()) << "cycle " << cycle << ", seed " << Seed();
    if (offering && dut->ready_o) {
      const uint32_t frame = 0x200u | static_cast<uint32_t>(byte) << 1;
      for (int bit = 0; bit < 10; ++bit) line.insert(line.end(), kClocks, (frame >> bit & 1) != 0);
      offering = false;
      ++sent;
    }
    dut.Tick();
  }
  if (GetParam() == 100) {
    EXPECT_LE(dut.cycles(), 10ull * kClocks * total + 10);
  }
}

INSTANTIATE_TEST_SUITE_P(Offers, UartTxTest, testing::Values(100, 30, 1));

TEST(UartTx, ResetReleasesTheLine) {
  Clocked<Vweft_uart_tx> dut;
  dut->valid_i = 1;
  dut->data_i = 0;
  dut.Tick();
  dut->valid_i = 0;
  dut.Tick();
  EXPECT_EQ(dut->tx_o, 0);
  dut->rst_ni = 0;
  dut.Tick();
  EXPECT_EQ(dut->tx_o, 1);
  dut->rst_ni = 1;
  for (int i = 0; i < 20 * kClocks; ++i) {
    dut.Tick();
    ASSERT_EQ(dut->tx_o, 1);
  }
}

}  // namespace
}  // namespace weft::bench
