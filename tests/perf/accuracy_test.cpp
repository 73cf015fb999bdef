// The cycle model against the RTL on random shapes: within 0.25 % of its cycles on average and 1 % at worst.
//
// The seed is fresh and printed; WEFT_SEED=n repeats a run, WEFT_SHOW=1 lists the steps that differ. Some
// steps on `base` and `mini`; with WEFT_LONG=1 60 on every configuration, two of which exist for this test
// alone.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "sw/runtime/perf_device.h"
#include "tests/perf/random_step.h"
#include "tests/runtime/rig.h"

namespace weft::testing {
namespace {

constexpr uint64_t kLongStep = 10000;  // cycles; shorter steps count by the cycle
constexpr double kMean = 0.0025, kWorst = 0.01;
constexpr double kShortStepCycles = 100;  // what 1 % of a long step is

uint64_t Seed() {
  const char* given = std::getenv("WEFT_SEED");
  return given ? std::strtoull(given, nullptr, 0) : std::random_device{}();
}

HwConfig Config(const std::string& name) {
  if (auto built_in = FindConfig(name)) return *built_in;
  std::stringstream text;
  text << std::ifstream(WEFT_PERF_CONFIGS).rdbuf();
  for (const HwConfig& config : Must(ParseConfigs(text.str()))) {
    if (config.name == name) return config;
  }
  ADD_FAILURE() << "no configuration " << name;
  std::abort();
}

struct Errors {
  uint32_t steps = 0, exact = 0, long_steps = 0;
  double sum = 0, worst = 0;
  std::string worst_text;

  void Print(const std::string& name) const {
    std::printf("%-16s %5u %6u %6u %10.4f %% %9.4f %%\n", name.c_str(), steps, long_steps, exact,
                long_steps ? 100 * sum / long_steps : 0, 100 * worst);
  }
};

struct Measured {
  ChipCounters rtl, model;
};

Measured Measure(const HwConfig& hw, const RandomStep& step) {
  const Rig rig = {hw, step.tape};
  RtlOptions options;
  options.timing = step.timing;
  const auto chip = rig.Rtl(options);
  const auto model = Must(PerfDevice::Make(step.tape, hw, step.timing));
  Must(chip->Step(step.rows));
  Must(model->Step(step.rows));
  return {chip->counters(), model->counters()};
}

class Accuracy : public ::testing::TestWithParam<const char*> {};

TEST_P(Accuracy, CyclesAreThoseOfTheRtl) {
  const bool full = std::getenv("WEFT_LONG") != nullptr;
  const std::string name = GetParam();
  if (!full && name != "base" && name != "mini") GTEST_SKIP() << "with WEFT_LONG=1 only";
  const HwConfig hw = Config(name);
  const uint64_t seed = Seed();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  RandomSteps steps(hw, seed);
  const uint32_t count = full ? 60 : 20;
  std::map<std::string, Errors> errors;
  for (uint32_t i = 0; i < count; ++i) {
    const RandomStep step = steps.Next(60000);
    if (i == 0) {
      const Rig rig = {hw, step.tape};
      WEFT_SKIP_WITHOUT_CHIP(rig);
    }
    const Measured m = Measure(hw, step);
    const double cycles = static_cast<double>(m.rtl.cycles);
    const double difference = std::abs(static_cast<double>(m.model.cycles) - cycles);
    if (difference != 0 && std::getenv("WEFT_SHOW") != nullptr) {
      std::printf("%8llu cycles, model %+.0f: %s\n", static_cast<unsigned long long>(m.rtl.cycles),
                  static_cast<double>(m.model.cycles) - cycles, step.Text().c_str());
    }
    // What no timing can change.
    EXPECT_EQ(m.model.read_beats(), m.rtl.read_beats()) << step.Text();
    EXPECT_EQ(m.model.write_beats, m.rtl.write_beats) << step.Text();
    EXPECT_EQ(m.model.array_busy(), m.rtl.array_busy()) << step.Text();
    EXPECT_EQ(m.model.drain_busy, m.rtl.drain_busy) << step.Text();
    for (Errors* e : {&errors[step.phase], &errors["all"]}) {
      ++e->steps;
      e->exact += difference == 0;
      if (m.rtl.cycles < kLongStep) continue;
      ++e->long_steps;
      e->sum += difference / cycles;
      if (difference / cycles > e->worst) e->worst = difference / cycles, e->worst_text = step.Text();
    }
    if (m.rtl.cycles < kLongStep) {
      EXPECT_LE(difference, kShortStepCycles) << step.Text();
    }
  }
  std::printf("%-16s %5s %6s %6s %12s %11s\n", name.c_str(), "steps", "long", "exact", "mean", "worst");
  for (const auto& [phase, e] : errors) e.Print(phase);
  const Errors& all = errors["all"];
  EXPECT_GE(all.long_steps, count / 4);
  EXPECT_LE(all.sum, kMean * all.long_steps);
  EXPECT_LE(all.worst, kWorst) << all.worst_text;
}

#if !defined(__SANITIZE_ADDRESS__)
// A long step, in processor seconds of one core each.
TEST(Speed, TheModelIsAThousandTimesFasterThanTheRtl) {
  if (std::getenv("WEFT_LONG") == nullptr) GTEST_SKIP() << "with WEFT_LONG=1 only";
  RandomModelOptions options;
  options.dim = 288, options.hidden = 768, options.layers = 6, options.heads = options.kv_heads = 6;
  options.vocab = 32000, options.context = 512, options.type = DType::kF32;
  const Rig rig = Rig::Random(options, "base");
  WEFT_SKIP_WITHOUT_CHIP(rig);
  StepRow row;
  row.position = 255;
  row.want = true;
  const auto chip = rig.Rtl();
  const auto model = Must(PerfDevice::Make(rig.tape, rig.hw));
  Must(chip->Step({&row, 1}));
  constexpr uint32_t kTimes = 100;
  for (uint32_t i = 0; i < kTimes; ++i) Must(model->Step({&row, 1}));
  EXPECT_EQ(model->counters().cycles, kTimes * chip->counters().cycles);
  const double rtl = static_cast<double>(chip->simulated_cycles()) / chip->seconds();
  const double fast = static_cast<double>(model->simulated_cycles()) / model->seconds();
  std::printf("%llu cycles: RTL %.2f M, model %.0f M cycles a second\n",
              static_cast<unsigned long long>(chip->counters().cycles), 1e-6 * rtl, 1e-6 * fast);
  EXPECT_GE(fast, 1000 * rtl);
}
#endif

INSTANTIATE_TEST_SUITE_P(Configs, Accuracy,
                         ::testing::Values("base", "mini", "edge", "tile", "tile2", "port32", "port64"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace weft::testing
