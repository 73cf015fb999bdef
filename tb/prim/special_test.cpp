// weft_special and its table against the golden model, bit for bit.
#include "sw/golden/special.h"

#include "Vweft_special.h"
#include "tb/prim/fp_bench.h"

namespace weft::bench {
namespace {

enum Function { kExp2, kRecip, kRsqrt };

uint32_t Golden(int function, uint32_t bits) {
  const float x = golden::FromBits(bits);
  switch (function) {
    case kExp2:
      return golden::Bits(golden::Exp2(x));
    case kRecip:
      return golden::Bits(golden::Recip(x));
    default:
      return golden::Bits(golden::Rsqrt(x));
  }
}

class SpecialTest : public testing::TestWithParam<int> {};  // percent of cycles with operands

TEST_P(SpecialTest, EqualsTheGoldenModel) {
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Clocked<Vweft_special> dut;
  Operands operands(seed);
  constexpr uint64_t kCornerRuns = 3 * kCorners.size();
  constexpr uint64_t kExponents = 3 * 512 * 4;
  const uint64_t count = kCornerRuns + kExponents + (Long() ? 12'000'000 : 1'000'000) / 2;
  auto next = [&](uint64_t i) {
    int function = static_cast<int>(i % 3);
    uint32_t x = operands.Float();
    if (i < kCornerRuns) {
      x = kCorners[i / 3];
    } else if (i < kCornerRuns + kExponents) {  // every sign and exponent, with the ends of the fraction
      const uint32_t j = static_cast<uint32_t>(i - kCornerRuns) / 3;
      constexpr uint32_t kFractions[4] = {0, 1, 0x7fffff, 0x400000};
      x = (j / 4) << 23 | kFractions[j % 4];
    } else if (operands.Word() & 1) {
      x = operands.Moderate(8);
    }
    dut->func_i = function;
    dut->x_i = x;
    return Golden(function, x);
  };
  RunFixedLatency<Vweft_special>(dut, 5, count, GetParam(), seed, next, [&](uint32_t) {
    ADD_FAILURE() << "seed " << seed << ", last operand " << std::hex << dut->x_i << ", function "
                  << +dut->func_i;
  });
}

INSTANTIATE_TEST_SUITE_P(Gaps, SpecialTest, testing::Values(100, 60));

}  // namespace
}  // namespace weft::bench
