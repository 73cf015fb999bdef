// weft_i2f against the host's conversion: every value of 21 bits, or the ends and a random walk of 25 bits.
#include <gtest/gtest.h>

#include "Vweft_i2f.h"
#include "sw/golden/fp_env.h"
#include "sw/golden/prim.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

TEST(I2fTest, IsExact) {
  Vweft_i2f dut;
  const int32_t limit = (1 << (WEFT_WIDTH - 1)) - 1;
  const int32_t step = WEFT_WIDTH > 21 ? 7 : 1;
  for (int32_t x = -limit; x <= limit; x += (x < limit - 64 && x > -limit + 64) ? step : 1) {
    dut.x_i = static_cast<uint32_t>(x) & ((1u << WEFT_WIDTH) - 1);
    dut.eval();
    ASSERT_EQ(dut.y_o, golden::Bits(golden::I2f(x))) << x;
  }
}

}  // namespace
}  // namespace weft::bench
