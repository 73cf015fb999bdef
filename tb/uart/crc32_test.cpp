// weft_crc32 against zlib: messages of any length, fed as fast as it goes and with gaps, given up in the middle.
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "Vweft_crc32.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

TEST(Crc32Test, EqualsZlib) {
  const uint32_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Clocked<Vweft_crc32> dut;
  Stall stall(seed);
  const auto noise = [&] { return static_cast<uint8_t>(stall.engine()()); };
  dut->valid_i = dut->clear_i = 0;
  ASSERT_TRUE(dut->ready_o);
  for (int round = 0; round < (Long() ? 20000 : 1000); ++round) {
    const int pace = round % 3 == 0 ? 100 : 1 + static_cast<int>(stall.engine()() % 100);
    const bool give_up = round % 5 == 4;  // clear while a byte is on its way
    // The clear may come with a byte that is not taken.
    dut->clear_i = 1;
    dut->valid_i = stall.Go(50);
    dut->data_i = noise();
    dut.Tick();
    dut->clear_i = dut->valid_i = 0;
    dut.Settle();
    ASSERT_TRUE(dut->ready_o);
    ASSERT_EQ(dut->crc_o, 0u);
    std::vector<uint8_t> message(stall.engine()() % (round < 20 ? 4 : 80));
    for (uint8_t& byte : message) byte = round == 1 ? 0 : round == 2 ? 0xff : noise();
    int busy = 0;
    for (size_t at = 0; at < message.size() || busy > 0;) {
      // A byte offered while it is busy is not taken.
      const bool offer = at < message.size() && stall.Go(pace);
      dut->valid_i = offer;
      dut->data_i = offer && busy == 0 ? message[at] : noise();
      dut.Settle();
      ASSERT_EQ(dut->ready_o != 0, busy == 0);
      if (busy > 0) {
        --busy;
      } else if (offer) {
        ++at;
        busy = 8;
      }
      dut.Tick();
      if (give_up && at == message.size() && busy == 4) break;
      if (busy == 0 && at > 0) {
        ASSERT_EQ(dut->crc_o, crc32(0, message.data(), static_cast<uInt>(at))) << "after " << at << " bytes";
      }
    }
  }
}

}  // namespace
}  // namespace weft::bench
