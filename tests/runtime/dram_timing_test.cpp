// The DRAM model: what it can stream in closed form and measured, row misses, refresh, turnaround, and its
// file format.
#include "sw/runtime/dram_timing.h"

#include <gtest/gtest.h>

#include "tests/runtime/rig.h"

namespace weft::testing {
namespace {

constexpr uint32_t kPort = 16, kBurst = 64;

// 1 ns is a cycle; no refresh and no turnaround unless a test asks.
DramConfig Plain() {
  DramConfig c;
  c.name = "plain";
  c.clock_mhz = 1000;
  c.bandwidth_percent = 100;
  c.latency_ns = 20;
  c.row_miss_ns = 30;
  c.page_beats = 128;
  c.banks = 8;
  c.refresh_interval_ns = 1000000000;
  c.buffer_beats = 64;
  return c;
}

// Cycles to read bursts at `address(i)`, as many outstanding as the port of the chip keeps.
template <typename F>
uint64_t ReadAll(const DramConfig& config, uint32_t bursts, F address) {
  DramTiming dram(config, kPort);
  uint32_t sent = 0, beats = 0;
  uint64_t now = 0;
  for (; beats < bursts * kBurst; ++now) {
    if (sent < bursts && sent * kBurst < beats + 512) dram.Read(now, address(sent), kBurst), ++sent;
    dram.Cycle(now);
    if (dram.ready()) dram.Take(), ++beats;
  }
  return now;
}

uint64_t Sequential(uint32_t i) { return uint64_t{i} * kBurst * kPort; }

TEST(DramTimingTest, ASequentialStreamHidesItsRowMisses) {
  const uint64_t cycles = ReadAll(Plain(), 1000, Sequential);
  EXPECT_EQ(cycles, 1000u * kBurst + 20 + 30);  // the first latency and the first row
}

TEST(DramTimingTest, RowsOfOneBankWaitForEachOther) {
  const uint64_t stride = 8 * 128 * kPort;  // the same bank, the next row
  const uint64_t cycles = ReadAll(Plain(), 100, [&](uint32_t i) { return i * stride; });
  EXPECT_NEAR(static_cast<double>(cycles), 100 * (kBurst + 30.0), 100);
}

TEST(DramTimingTest, TheStreamRateIsTheClosedForm) {
  for (const DramConfig& config : Must(AllMemories())) {
    const uint64_t cycles = ReadAll(config, 20000, Sequential);
    const double rate = 20000.0 * kBurst / static_cast<double>(cycles);
    EXPECT_NEAR(rate, config.StreamRate(), 0.002) << config.name;
    EXPECT_LT(rate, config.bandwidth_percent / 100.0) << config.name;
  }
}

TEST(DramTimingTest, ReadsAheadOnlyAsFarAsItsBuffer) {
  DramTiming dram(Plain(), kPort);
  for (uint32_t i = 0; i < 4; ++i) dram.Read(i, Sequential(i), kBurst);
  uint64_t now = 4;
  for (; now < 500; ++now) dram.Cycle(now);
  uint32_t beats = 0;
  for (; dram.ready(); ++beats) dram.Take();
  EXPECT_EQ(beats, 64u);
}

TEST(DramTimingTest, WritesTakeTheBusAndTurnIt) {
  DramConfig config = Plain();
  config.turnaround_ns = 10;
  const auto read_with_writes = [&](uint32_t writes) {
    DramTiming dram(config, kPort);
    for (uint32_t i = 0; i < 4; ++i) dram.Read(0, Sequential(i), kBurst);
    uint64_t now = 0;
    for (uint32_t beats = 0; beats < 4 * kBurst; ++now) {
      if (now >= 100 && now < 100 + writes) dram.Write(now, 3 * 128 * kPort, 1);
      dram.Cycle(now);
      if (dram.ready()) dram.Take(), ++beats;
    }
    return now;
  };
  const uint64_t none = read_with_writes(0);
  EXPECT_EQ(read_with_writes(1), none + 21);  // there, a beat, back
  EXPECT_EQ(read_with_writes(5), none + 25);  // a run of writes turns once
}

TEST(DramTimingTest, TheChipIsRightWithIt) {
  const Rig rig = Rig::Random({64, 96, 2, 4, 2, 256, 64}, "base");
  WEFT_SKIP_WITHOUT_CHIP(rig);
  uint64_t ideal = 0;
  for (const char* name : {"", "ddr3", "lpddr4"}) {
    RtlOptions options;
    options.timing.stall_percent = 5;
    if (*name) options.timing.dram = Must(FindMemory(name));
    const auto device = rig.Checked(options);
    for (uint32_t position = 0; position < 5; ++position) {
      const StepRow row = DumpRow(7, position, 0, true);
      const auto result = device->Step({&row, 1});
      ASSERT_TRUE(result.ok()) << name << ": " << result.error().message;
    }
    const uint64_t cycles = device->counters().cycles;
    if (*name)
      EXPECT_GT(cycles, ideal) << name;
    else
      ideal = cycles;
  }
}

TEST(DramTimingTest, BadMemoriesAreRefusedInASentence) {
  const auto found = FindMemory("ddr9");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().message, "there is no memory 'ddr9', wanted one of ideal, ddr3, lpddr4");
  const struct {
    const char* text;
    const char* says;
  } kBad[] = {
      {R"({"memories": 3})", "memories is no JSON object"},
      {R"({"memories": {"x": 3}})", "memory 'x' is no JSON object"},
      {R"({"memories": {"x": {"speed": 3}}})", "memory 'x' has the unknown field 'speed'"},
      {R"({"memories": {"x": {"clock_mhz": 100}}})",
       "memory 'x': bandwidth_percent is missing, wanted a whole number from 1 to 100"},
      {R"({"memories": {"x": {"clock_mhz": 100, "bandwidth_percent": 101}}})", "bandwidth_percent is 101"},
      {R"({"memories": {"x": {"about": 1}}})", "about is no text"},
      {R"({"memories": {"x": {"clock_mhz": 100, "bandwidth_percent": 100, "latency_ns": 1, "row_miss_ns": 50,
          "page_beats": 1, "banks": 1, "refresh_interval_ns": 100, "refresh_ns": 50, "turnaround_ns": 0,
          "buffer_beats": 1}}})",
       "refresh_ns and row_miss_ns are 100 together, wanted less than refresh_interval_ns, 100"},
  };
  for (const auto& bad : kBad) {
    const auto memories = ParseMemories(bad.text);
    ASSERT_FALSE(memories.ok()) << bad.text;
    EXPECT_NE(memories.error().message.find(bad.says), std::string::npos) << memories.error().message;
  }
  EXPECT_TRUE(Must(ParseMemories("{}")).empty());
}

}  // namespace
}  // namespace weft::testing
