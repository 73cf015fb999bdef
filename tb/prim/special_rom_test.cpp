// Every entry of the committed coefficient table is the golden model's.
#include <gtest/gtest.h>

#include "Vweft_special_rom.h"
#include "sw/golden/special.h"

namespace weft::bench {
namespace {

TEST(SpecialRomTest, HoldsTheGoldenTable) {
  Vweft_special_rom dut;
  for (int address = 0; address < golden::kCurves * golden::kSegments; ++address) {
    dut.addr_i = address;
    dut.re_i = 1;
    dut.clk_i = 0;
    dut.eval();
    dut.clk_i = 1;
    dut.eval();
    const auto curve = static_cast<golden::Curve>(address / golden::kSegments);
    const golden::Quadratic& want = golden::Segment(curve, address % golden::kSegments);
    EXPECT_EQ(static_cast<int32_t>(dut.c0_o), want.c0) << "entry " << address;
    EXPECT_EQ(static_cast<int32_t>(dut.c1_o << 14) >> 14, want.c1) << "entry " << address;
    EXPECT_EQ(static_cast<int32_t>(dut.c2_o), want.c2) << "entry " << address;
  }
}

}  // namespace
}  // namespace weft::bench
