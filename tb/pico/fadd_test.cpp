// weft_pico_fadd against the SSE unit of the host, subnormals flushed to zero, rounding to nearest and toward zero.
#include <immintrin.h>

#include "Vweft_pico_fadd.h"
#include "sw/golden/prim.h"
#include "sw/pico/isa.h"
#include "tb/pico/unit.h"

namespace weft::bench {
namespace {

constexpr int kLatency = pico::kFaddStages;

// The exact sum rounded toward zero. The host stops at the largest finite number, the unit overflows to infinity.
uint32_t Truncated(uint32_t a, uint32_t b) {
  const unsigned saved = _mm_getcsr();
  _mm_setcsr(saved | _MM_ROUND_TOWARD_ZERO);
  volatile float x = golden::FromBits(a), y = golden::FromBits(b);
  volatile float sum = x + y;
  volatile double wide = static_cast<double>(x) + static_cast<double>(y);  // a sum near 2^128 is exact
  _mm_setcsr(saved);
  if (wide >= 0x1p128) return golden::kInfBits;
  if (wide <= -0x1p128) return golden::kInfBits | 0x80000000u;
  return golden::Bits(sum);
}

class FaddTest : public testing::TestWithParam<Gaps> {};

TEST_P(FaddTest, EqualsTheHost) {
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  golden::FpEnv env;
  Unit<Vweft_pico_fadd> dut;
  Operands operands(seed);
  Stall stall(seed);
  Expected want(kLatency);
  constexpr uint64_t kPairs = 2 * kCorners.size() * kCorners.size();
  const uint64_t count = kPairs + (Long() ? 20'000'000 : 1'000'000);
  uint64_t sent = 0;
  for (int drained = 0; drained <= kLatency;) {
    const bool enabled = stall.Go(GetParam().enabled);
    const bool valid = sent < count && stall.Go(GetParam().valid);
    uint32_t a = operands.Float();
    uint32_t b = operands.Near(a);
    bool trunc = operands.Word() & 1;
    if (sent < kPairs) {
      a = kCorners[sent / 2 / kCorners.size()];
      b = kCorners[sent / 2 % kCorners.size()];
      trunc = sent & 1;
    }
    dut->en_i = enabled;
    dut->valid_i = valid;
    dut->a_i = a;
    dut->b_i = b;
    dut->trunc_i = trunc;
    dut.Tick();
    if (enabled) {
      if (valid) ++sent;
      if (sent == count) ++drained;
      want.Edge(valid, trunc ? Truncated(a, b)
                             : golden::Bits(golden::Add(golden::FromBits(a), golden::FromBits(b))));
    }
    if (want.seen()) {
      const bool nan = (want.value() & 0x7fffffffu) > golden::kInfBits;
      ASSERT_EQ(dut->y_o, nan ? golden::kNanBits : want.value())
          << "seed " << seed << ", sum " << sent << std::hex << ", last operands " << a << " " << b;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Gaps, FaddTest, testing::Values(Gaps{100, 100}, Gaps{70, 60}));

}  // namespace
}  // namespace weft::bench
