// The measure itself: timing does not depend on data, shares sum to one, and what a wrong case says.
#include <numeric>

#include "sw/bench/measure.h"
#include "sw/bench/roofline.h"
#include "sw/bench/window.h"
#include "tests/runtime/rig.h"

namespace weft::testing {
namespace {

BenchCase Small(uint32_t seed = 1) {
  BenchCase c;
  c.name = "small";
  RandomModelOptions shape{64, 96, 2, 4, 2, 80, 128};
  shape.seed = seed;
  c.shape = shape;
  c.context = 40;
  c.steps = 2;
  return c;
}

Result<BenchRow> RunCase(const BenchCase& c) {
  return Measure(c, {}, [](const Program& program) -> Result<std::unique_ptr<Device>> {
    RtlOptions options;
    options.library_folder = WEFT_LIBRARY_DIR;
    auto device = RtlDevice::Make(program.tape, program.hw, options);
    if (!device) return device.error();
    return std::unique_ptr<Device>(std::move(*device));
  });
}

double Sum(const std::vector<Part>& parts) {
  return std::accumulate(parts.begin(), parts.end(), 0.0,
                         [](double sum, const Part& p) { return sum + p.share; });
}

// Other weights and other tokens: the same cycles, each for the same cause.
TEST(BenchTest, TimingDoesNotDependOnData) {
  BenchCase decode = Small();
  BenchCase batch = Small();
  batch.batch = 3;
  BenchCase prefill = Small();
  prefill.phase = Phase::kPrefill;
  prefill.context = 0;
  prefill.prefill = 40;
  BenchCase attention = Small();
  attention.phase = Phase::kAttention;
  attention.head = false;
  for (BenchCase c : {decode, batch, prefill, attention}) {
    const BenchRow one = Must(RunCase(c));
    for (const uint32_t seed : {2u, 77u}) {
      c.shape->seed = seed;
      const BenchRow other = Must(RunCase(c));
      EXPECT_EQ(other.cycles, one.cycles) << Name(c.phase) << ", seed " << seed;
      EXPECT_EQ(other.port, one.port) << Name(c.phase);
      EXPECT_EQ(other.array, one.array) << Name(c.phase);
    }
  }
}

TEST(BenchTest, SharesSumToOne) {
  for (const Phase phase : {Phase::kDecode, Phase::kPrefill, Phase::kAttention, Phase::kGemm}) {
    BenchCase c = Small();
    c.phase = phase;
    // Long enough that the few chunks read ahead of a part do not matter.
    if (phase == Phase::kAttention) c.context = 600;
    c.prefill = phase == Phase::kPrefill || phase == Phase::kGemm ? 24 : 0;
    if (c.prefill > 0) c.context = 0;
    const BenchRow row = Must(RunCase(c));
    EXPECT_NEAR(Sum(row.PortParts()), 1, 1e-9) << Name(phase);
    EXPECT_NEAR(Sum(row.ArrayParts()), 1, 1e-9) << Name(phase);
    EXPECT_GT(row.Share(Metric::kRoofline), 0.05) << Name(phase);
    EXPECT_LE(row.Share(Metric::kRoofline), 1) << Name(phase);
    for (const Part& part : row.ArrayParts()) EXPECT_GE(part.share, 0) << Name(phase) << " " << part.name;
  }
}

// A part of a step is less than the step, and what it needs is counted for it alone.
TEST(BenchTest, APartOfAStepIsWithinTheStep) {
  BenchCase whole = Small();
  whole.steps = 1;
  BenchCase part = whole;
  part.phase = Phase::kAttention;
  const BenchRow step = Must(RunCase(whole)), attention = Must(RunCase(part));
  EXPECT_GT(attention.cycles, 50);
  EXPECT_LT(attention.cycles, step.cycles / 2);
  // 41 positions of 2 layers, 2 heads of 16 bytes with a scale each, K and V.
  EXPECT_EQ(attention.bytes, 41 * 2 * 2 * ((16 + 2) + (16 + 2)));
  EXPECT_LT(attention.bytes, step.bytes);
}

TEST(BenchTest, LayersContinueInALine) {
  BenchCase c = Small();
  c.shape->layers = 4;
  const BenchRow full = Must(RunCase(c));
  c.layers = 4;
  const BenchRow continued = Must(RunCase(c));
  EXPECT_TRUE(continued.continued);
  EXPECT_EQ(continued.bytes, full.bytes);
  EXPECT_EQ(continued.macs, full.macs);
  EXPECT_NEAR(continued.cycles / full.cycles, 1, 0.01);
  EXPECT_NEAR(Sum(continued.PortParts()), 1, 1e-9);
}

TEST(BenchTest, NamedCasesAreSound) {
  std::vector<std::string> names;
  for (const BenchCase& c : NamedCases()) {
    EXPECT_TRUE(FindConfig(c.config).ok()) << c.name;
    EXPECT_GT(c.goal.share, 0) << c.name;
    names.push_back(c.name);
    EXPECT_EQ(std::count(names.begin(), names.end(), c.name), 1) << c.name;
  }
  const auto wrong = FindCase("nope");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("there is no case 'nope', wanted all, stories15m-decode"),
            std::string::npos);
}

TEST(BenchTest, ShapesAreRead) {
  const RandomModelOptions shape =
      Must(ParseShape("dim=96,hidden=64,layers=3,heads=6,kv_heads=3,vocab=70,seed=9"));
  EXPECT_EQ(shape.dim, 96u);
  EXPECT_EQ(shape.kv_heads, 3u);
  EXPECT_EQ(shape.seed, 9u);
  for (const char* bad : {"", "dim", "dim=", "dim=x", "dim=3x", "width=3", "dim=64,", "dim=99999999999"}) {
    EXPECT_FALSE(ParseShape(bad).ok()) << bad;
  }
}

TEST(BenchTest, CasesThatDoNotFitAreRefused) {
  BenchCase batch = Small();
  batch.batch = 200;
  const auto too_many = RunCase(batch);
  ASSERT_FALSE(too_many.ok());
  EXPECT_NE(too_many.error().message.find("200"), std::string::npos) << too_many.error().message;
  BenchCase none = Small();
  none.phase = Phase::kPrefill;
  const auto nothing = RunCase(none);
  ASSERT_FALSE(nothing.ok());
  EXPECT_NE(nothing.error().message.find("nothing to measure"), std::string::npos) << nothing.error().message;
}

TEST(BenchTest, ThePictureNamesEveryRow) {
  BenchRow row;
  row.c = Small();
  row.c.name = "a<b";
  row.hw = Must(FindConfig("base"));
  row.cycles = 1000, row.bytes = 15000, row.macs = 14000;
  const std::string svg = RooflineSvg(std::vector<BenchRow>{row});
  EXPECT_NE(svg.find("a&lt;b: 93.8 %"), std::string::npos) << svg;
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
  EXPECT_NE(RooflineSvg({}).find("</svg>"), std::string::npos);
}

}  // namespace
}  // namespace weft::testing
