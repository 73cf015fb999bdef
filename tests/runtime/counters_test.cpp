// The chip's counters: two partitions that sum to the cycles, and what they say of cycles whose cause is
// known.
#include <numeric>

#include "tests/runtime/rig.h"

namespace weft::testing {
namespace {

uint64_t Sum(const auto& causes) { return std::accumulate(causes.begin(), causes.end(), uint64_t{0}); }

// Prefill of a few rows, then decode.
ChipCounters RunSome(const Rig& rig, const RtlOptions& options = {}) {
  const auto chip = rig.Rtl(options);
  std::vector<StepRow> block(5);
  for (uint32_t i = 0; i < block.size(); ++i) block[i].position = i;
  block.back().want = true;
  EXPECT_TRUE(chip->Step(block).ok());
  for (uint32_t position = 5; position < 9; ++position) {
    StepRow row;
    row.position = position;
    row.want = true;
    EXPECT_TRUE(chip->Step({&row, 1}).ok());
  }
  return chip->counters();
}

TEST(CountersTest, CausesSumToTheCycles) {
  const Rig rig = Rig::Random({64, 96, 2, 4, 2, 256, 64}, "base");
  for (const uint32_t stalls : {0u, 20u}) {
    RtlOptions options;
    options.timing.stall_percent = stalls;
    const ChipCounters c = RunSome(rig, options);
    EXPECT_EQ(c.steps, 5u);
    EXPECT_GT(c.cycles, 5000u);
    EXPECT_EQ(Sum(c.port), c.cycles);
    EXPECT_EQ(Sum(c.array), c.cycles);
    EXPECT_GE(c.write_beats, c[PortCause::kWrite]);
    // Everything that the tape holds is read in each step.
    EXPECT_GE(c.read_beats() * rig.hw.port, 5 * rig.tape->needs.weight_bytes);
  }
}

TEST(CountersTest, ASlowMemoryShowsAsMemory) {
  const Rig rig = Rig::Random({64, 96, 2, 4, 2, 256, 64}, "base");
  const ChipCounters quick = RunSome(rig);
  RtlOptions options;
  options.timing.read_latency = 400;
  const ChipCounters slow = RunSome(rig, options);
  // The same beats; a start costs the latency at least once a step.
  EXPECT_EQ(slow.read_beats(), quick.read_beats());
  EXPECT_GE(slow[PortCause::kMemory] - quick[PortCause::kMemory], 5u * 350);
  EXPECT_GE(slow[ArrayCause::kData] + slow[ArrayCause::kNone], 5u * 350);
}

TEST(CountersTest, ManyRowsShowAsTheArray) {
  const Rig rig = Rig::Random({64, 96, 2, 4, 2, 256, 64}, "base");
  const auto chip = rig.Rtl();
  std::vector<StepRow> block(32);
  for (uint32_t i = 0; i < block.size(); ++i) block[i].position = i;
  ASSERT_TRUE(chip->Step(block).ok());
  const ChipCounters many = chip->counters();
  EXPECT_GT(many.array_busy(), many.cycles / 4);
  EXPECT_GT(many[PortCause::kArray] + many[PortCause::kPanel], many.cycles / 4);
}

}  // namespace
}  // namespace weft::testing
