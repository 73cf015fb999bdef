// weft_rope against the golden rotation: corners, random pairs, and real angles; with and without gaps.
#include "sw/golden/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "Vweft_rope.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {
namespace {

constexpr int kLatency = 7;

class RopeTest : public testing::TestWithParam<int> {};  // percent of cycles with a pair

TEST_P(RopeTest, EqualsTheGoldenModel) {
  golden::FpEnv env;
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Clocked<Vweft_rope> dut;
  Operands operands(seed);
  Stall stall(seed + 1);
  struct Slot {
    bool valid = false;
    golden::Pair expected{};
  };
  std::vector<Slot> pipe(kLatency);
  const int cycles = Long() ? 3'000'000 : 300'000;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    Slot& slot = pipe[cycle % kLatency];
    ASSERT_EQ(dut->valid_o != 0, slot.valid) << "cycle " << cycle << ", seed " << seed;
    if (slot.valid) {
      ASSERT_TRUE(SameFloat(dut->y0_o, golden::Bits(slot.expected.v0)) &&
                  SameFloat(dut->y1_o, golden::Bits(slot.expected.v1)))
          << "cycle " << cycle << ", seed " << seed << std::hex << ": got " << dut->y0_o << " " << dut->y1_o
          << ", expected " << golden::Bits(slot.expected.v0) << " " << golden::Bits(slot.expected.v1);
    }
    slot.valid = stall.Go(GetParam());
    dut->valid_i = slot.valid;
    const bool angle = (operands.Word() & 3) != 0;
    const float turn = static_cast<float>(operands.Word() % 100000) * 0.01f;
    const uint32_t v0 = angle ? operands.Moderate(6) : operands.Float();
    const uint32_t v1 = angle ? operands.Moderate(6) : operands.Near(v0);
    const uint32_t c = angle ? golden::Bits(std::cos(turn)) : operands.Float();
    const uint32_t s = angle ? golden::Bits(std::sin(turn)) : operands.Near(c);
    dut->v0_i = v0;
    dut->v1_i = v1;
    dut->c_i = c;
    dut->s_i = s;
    slot.expected =
        golden::Rope({golden::FromBits(v0), golden::FromBits(v1)}, golden::FromBits(c), golden::FromBits(s));
    dut.Tick();
  }
}

INSTANTIATE_TEST_SUITE_P(Gaps, RopeTest, testing::Values(100, 60, 10));

}  // namespace
}  // namespace weft::bench
