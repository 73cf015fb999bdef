// weft_fp_gt against the golden comparison: every pair of corners, then random pairs.
#include <gtest/gtest.h>

#include "Vweft_fp_gt.h"
#include "sw/golden/prim.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {
namespace {

TEST(FpGtTest, EqualsTheGoldenModel) {
  golden::FpEnv env;
  Operands operands(Seed());
  Vweft_fp_gt dut;
  constexpr uint64_t kPairs = kCorners.size() * kCorners.size();
  const uint64_t count = kPairs + (Long() ? 10'000'000 : 1'000'000);
  for (uint64_t i = 0; i < count; ++i) {
    const uint32_t a = i < kPairs ? kCorners[i / kCorners.size()] : operands.Float();
    const uint32_t b = i < kPairs ? kCorners[i % kCorners.size()] : operands.Near(a);
    dut.a_i = a;
    dut.b_i = b;
    dut.eval();
    ASSERT_EQ(dut.gt_o != 0, golden::Gt(golden::FromBits(a), golden::FromBits(b)))
        << std::hex << a << " > " << b << ", seed " << Seed();
  }
}

}  // namespace
}  // namespace weft::bench
