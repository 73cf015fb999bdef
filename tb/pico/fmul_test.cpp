// weft_pico_fmul: products against the SSE unit of the host, subnormals flushed to zero; fractions of the special
// functions against the golden model.
#include "Vweft_pico_fmul.h"
#include "sw/golden/prim.h"
#include "sw/golden/special.h"
#include "sw/pico/isa.h"
#include "tb/pico/unit.h"

namespace weft::bench {
namespace {

constexpr int kMulLatency = pico::kFmulStages, kSpecLatency = pico::kSpecStages;

// Cycles in which neither may start after a special function, by the assembler's rule: their multiplier inputs would meet.
constexpr int Busy() {
  constexpr uint32_t special = pico::Info(pico::Op::kSpec).multiplier;
  constexpr uint32_t either = special | pico::Info(pico::Op::kFmul).multiplier;
  int cycles = 0;
  while (special & either << (cycles + 1)) ++cycles;
  return cycles;
}

uint32_t Mant(uint32_t table, uint32_t fraction) {
  if (table < 2 && fraction == 0) return 0;
  return golden::Mantissa(static_cast<golden::Curve>(table), fraction);
}

class FmulTest : public testing::TestWithParam<Gaps> {};

// Products and special functions mixed, as dense as the multipliers allow.
TEST_P(FmulTest, EqualsTheGoldenModel) {
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  golden::FpEnv env;
  Unit<Vweft_pico_fmul> dut;
  Operands operands(seed);
  Stall stall(seed);
  Expected product(kMulLatency), mant(kSpecLatency);
  constexpr uint64_t kPairs = kCorners.size() * kCorners.size();
  constexpr uint32_t kEnds[8] = {0, 1, 2, 3, 0xffff, 0x10000, 0x1fffe, 0x1ffff};
  const uint64_t count = kPairs + (Long() ? 20'000'000 : 1'000'000);
  uint64_t sent = 0, specs = 0;
  int busy = 0;
  for (int drained = 0; drained <= kMulLatency;) {
    const bool enabled = stall.Go(GetParam().enabled);
    const bool go = sent < count && busy == 0 && stall.Go(GetParam().valid);
    const bool special = go && stall.Go(20);
    const bool valid = go && !special;
    uint32_t a = operands.Float();
    uint32_t b = operands.Word() % 4 ? operands.Near(a) : operands.Tie(a);
    if (sent < kPairs) {
      a = kCorners[sent / kCorners.size()];
      b = kCorners[sent % kCorners.size()];
    }
    // Every table and segment with the ends of its range, then anything.
    uint32_t table = specs / 8 / golden::kSegments % golden::kCurves;
    uint32_t fraction = (specs / 8 % golden::kSegments) << 17 | kEnds[specs % 8];
    if (specs >= 8 * golden::kSegments * golden::kCurves || !special) {
      table = operands.Word() % golden::kCurves;
      fraction = operands.Word() & 0x7fffffu;
    }
    dut->en_i = enabled;
    dut->valid_i = valid;
    dut->a_i = a;
    dut->b_i = b;
    dut->spec_valid_i = special;
    dut->spec_table_i = table;
    dut->spec_f_i = fraction;
    dut.Tick();
    if (enabled) {
      if (busy > 0) --busy;
      if (special) busy = Busy();
      if (special) ++specs;
      if (valid) ++sent;
      if (sent == count) ++drained;
      product.Edge(valid, golden::Bits(golden::Mul(golden::FromBits(a), golden::FromBits(b))));
      mant.Edge(special, Mant(table, fraction));
    }
    if (product.seen()) {
      ASSERT_EQ(dut->y_o, product.value())
          << "seed " << seed << ", product " << sent << std::hex << ", last operands " << a << " " << b;
    }
    if (mant.seen()) {
      ASSERT_EQ(dut->spec_mant_o, mant.value()) << "seed " << seed << ", evaluation " << specs << std::hex
                                                << ", last table " << table << ", fraction " << fraction;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Gaps, FmulTest, testing::Values(Gaps{100, 100}, Gaps{70, 60}));

// All 2^23 fractions of the four tables; without WEFT_LONG every 61st.
TEST(FmulTest, EvaluatesEveryFraction) {
  Unit<Vweft_pico_fmul> dut;
  dut->en_i = 1;
  dut->valid_i = 0;
  const uint32_t step = Long() ? 1 : 61;
  for (uint32_t table = 0; table < golden::kCurves; ++table) {
    for (uint32_t fraction = 0; fraction < 1u << 23; fraction += step) {
      dut->spec_table_i = table;
      dut->spec_f_i = fraction;
      for (int cycle = 0; cycle < kSpecLatency; ++cycle) {
        dut->spec_valid_i = cycle == 0;
        dut.Tick();
      }
      ASSERT_EQ(dut->spec_mant_o, Mant(table, fraction)) << "table " << table << std::hex << ", fraction " << fraction;
    }
  }
}

}  // namespace
}  // namespace weft::bench
