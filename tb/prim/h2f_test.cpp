// weft_h2f against the golden conversion: all 65,536 halves.
#include <gtest/gtest.h>

#include "Vweft_h2f.h"
#include "sw/golden/prim.h"
#include "tb/prim/operands.h"

namespace weft::bench {
namespace {

TEST(H2fTest, IsExact) {
  Vweft_h2f dut;
  for (uint32_t x = 0; x < 65536; ++x) {
    dut.x_i = x;
    dut.eval();
    ASSERT_EQ(dut.y_o, golden::Bits(golden::H2f(x))) << std::hex << x;
  }
}

}  // namespace
}  // namespace weft::bench
