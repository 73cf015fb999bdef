// weft_swiglu against the golden model: corners, random pairs, gates of every size; with and without gaps.
#include "sw/golden/swiglu.h"

#include <gtest/gtest.h>

#include <vector>

#include "Vweft_swiglu.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {
namespace {

constexpr int kLatency = 23;

class SwigluTest : public testing::TestWithParam<int> {};  // percent of cycles with a pair

TEST_P(SwigluTest, EqualsTheGoldenModel) {
  golden::FpEnv env;
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Clocked<Vweft_swiglu> dut;
  Operands operands(seed);
  Stall stall(seed + 1);
  struct Slot {
    bool valid = false;
    uint32_t expected = 0;
  };
  std::vector<Slot> pipe(kLatency);
  constexpr size_t kPairs = kCorners.size() * kCorners.size();
  size_t sent = 0;
  const int cycles = Long() ? 4'000'000 : 400'000;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    Slot& slot = pipe[cycle % kLatency];
    ASSERT_EQ(dut->valid_o != 0, slot.valid) << "cycle " << cycle << ", seed " << seed;
    if (slot.valid) {
      ASSERT_TRUE(SameFloat(dut->h_o, slot.expected))
          << "cycle " << cycle << ", seed " << seed << std::hex << ": got " << dut->h_o << ", expected "
          << slot.expected;
    }
    slot.valid = stall.Go(GetParam());
    dut->valid_i = slot.valid;
    // Without a valid pair the inputs carry noise, which must not reach the queue of operands.
    uint32_t g = (operands.Word() & 1) ? operands.Moderate(8) : operands.Float();
    uint32_t u = operands.Near(g);
    if (slot.valid && sent < kPairs) {
      g = kCorners[sent / kCorners.size()];
      u = kCorners[sent % kCorners.size()];
    }
    sent += slot.valid;
    dut->g_i = g;
    dut->u_i = u;
    slot.expected = golden::Bits(golden::SwiGlu(golden::FromBits(g), golden::FromBits(u)));
    dut.Tick();
  }
}

INSTANTIATE_TEST_SUITE_P(Gaps, SwigluTest, testing::Values(100, 60, 10));

}  // namespace
}  // namespace weft::bench
