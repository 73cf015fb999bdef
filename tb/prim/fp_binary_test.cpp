// weft_fp_mul (with WEFT_FP_MUL) or weft_fp_add against the SSE unit of the host, subnormals flushed to zero.

#include "sw/golden/prim.h"
#include "tb/prim/fp_bench.h"

#ifdef WEFT_FP_MUL
#include "Vweft_fp_mul.h"
using Dut = Vweft_fp_mul;
static constexpr int kLatency = 3;
static float Golden(float a, float b) { return weft::golden::Mul(a, b); }
#else
#include "Vweft_fp_add.h"
using Dut = Vweft_fp_add;
static constexpr int kLatency = 4;
static float Golden(float a, float b) { return weft::golden::Add(a, b); }
#endif

namespace weft::bench {
namespace {

class FpBinaryTest : public testing::TestWithParam<int> {};  // percent of cycles with operands

TEST_P(FpBinaryTest, EqualsTheHost) {
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Clocked<Dut> dut;
  Operands operands(seed);
  constexpr uint64_t kPairs = kCorners.size() * kCorners.size();
  const uint64_t count = kPairs + (Long() ? 12'000'000 : 1'000'000) / 2;
  auto next = [&](uint64_t i) {
    uint32_t a, b;
    if (i < kPairs) {
      a = kCorners[i / kCorners.size()];
      b = kCorners[i % kCorners.size()];
    } else {
      a = operands.Float();
      b = operands.Word() % 4 ? operands.Near(a) : operands.Tie(a);
    }
    dut->a_i = a;
    dut->b_i = b;
    return golden::Bits(Golden(golden::FromBits(a), golden::FromBits(b)));
  };
  RunFixedLatency<Dut>(dut, kLatency, count, GetParam(), seed, next, [&](uint32_t) {
    ADD_FAILURE() << "seed " << seed << ", last operands " << std::hex << dut->a_i << " " << dut->b_i;
  });
}

INSTANTIATE_TEST_SUITE_P(Gaps, FpBinaryTest, testing::Values(100, 60));

}  // namespace
}  // namespace weft::bench
