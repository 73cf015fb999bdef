// weft_quant_round against the golden rounding: every integer and midpoint in range, corners, random numbers.
#include <gtest/gtest.h>

#include "Vweft_quant_round.h"
#include "sw/golden/prim.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {
namespace {

class QuantRoundTest : public testing::Test {
 protected:
  void Check(uint32_t x) {
    dut_.x_i = x;
    dut_.eval();
    ASSERT_EQ(static_cast<int8_t>(dut_.y_o), golden::RoundInt8(golden::FromBits(x)))
        << std::hex << x << ", seed " << Seed();
  }
  Vweft_quant_round dut_;
};

TEST_F(QuantRoundTest, RoundsTiesToEven) {
  golden::FpEnv env;
  for (int twice = -300; twice <= 300; ++twice) {
    const uint32_t x = golden::Bits(static_cast<float>(twice) * 0.5f);
    Check(x - 1);
    Check(x);
    Check(x + 1);
  }
}

TEST_F(QuantRoundTest, RoundsCornersAndRandomNumbers) {
  golden::FpEnv env;
  for (uint32_t x : kCorners) Check(x);
  Operands operands(Seed());
  const uint64_t count = Long() ? 10'000'000 : 1'000'000;
  for (uint64_t i = 0; i < count && !HasFatalFailure(); ++i)
    Check(i & 1 ? operands.Moderate(10) : operands.Float());
}

}  // namespace
}  // namespace weft::bench
