// weft_f2h against the golden conversion: around every half and every midpoint of two, corners, random
// numbers.
#include <gtest/gtest.h>

#include "Vweft_f2h.h"
#include "sw/golden/prim.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {
namespace {

class F2hTest : public testing::Test {
 protected:
  void Check(uint32_t x) {
    dut_.x_i = x;
    dut_.eval();
    ASSERT_EQ(dut_.y_o, golden::F2h(golden::FromBits(x))) << std::hex << x << ", seed " << Seed();
  }
  Vweft_f2h dut_;
};

TEST_F(F2hTest, RoundsAroundEveryHalfAndMidpoint) {
  golden::FpEnv env;
  for (uint32_t half = 0; half < 65535; ++half) {
    const uint32_t low = golden::Bits(golden::H2f(half));
    const uint32_t middle = low + (golden::Bits(golden::H2f(half + 1)) - low) / 2;
    for (uint32_t delta = 0; delta < 3 && !HasFatalFailure(); ++delta) {
      Check(low - 1 + delta);
      Check(middle - 1 + delta);
    }
  }
}

TEST_F(F2hTest, RoundsCornersAndRandomNumbers) {
  golden::FpEnv env;
  for (uint32_t x : kCorners) Check(x);
  Operands operands(Seed());
  const uint64_t count = Long() ? 10'000'000 : 1'000'000;
  for (uint64_t i = 0; i < count && !HasFatalFailure(); ++i)
    Check(i & 1 ? operands.Moderate(28) : operands.Float());
}

}  // namespace
}  // namespace weft::bench
