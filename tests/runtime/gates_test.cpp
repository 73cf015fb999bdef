// Units that sleep take as many cycles as units that do not: the chip with clock gates and the one without agree in every
// counter and every logit.
#include "tests/runtime/rig.h"

namespace weft::testing {
namespace {

struct Run {
  ChipCounters counters;
  std::vector<float> logits;
};

// Prefill of a block of rows, then decode, with stalls of the memory or without.
Result<Run> RunSome(const Rig& rig, const std::string& libraries, uint32_t stall_percent) {
  RtlOptions options;
  options.library_folder = libraries;
  options.timing.stall_percent = stall_percent;
  auto chip = RtlDevice::Make(rig.tape, rig.hw, options);
  if (!chip) return chip.error();
  Run run;
  const auto step = [&](const std::vector<StepRow>& rows) {
    const StepResult result = Must((*chip)->Step(rows));
    run.logits.insert(run.logits.end(), result.logits.begin(), result.logits.end());
  };
  std::vector<StepRow> block;
  for (uint32_t i = 0; i < 4; ++i) block.push_back(DumpRow(static_cast<int32_t>(7 * i + 3), i, 0, i == 3));
  step(block);
  for (uint32_t position = 4; position < 8; ++position) {
    step({DumpRow(static_cast<int32_t>(11 * position), position, 0, true)});
  }
  run.counters = (*chip)->counters();
  return run;
}

TEST(GatesTest, NoCycleChanges) {
  RandomModelOptions model{64, 96, 2, 4, 2, 256, 64};
  for (const char* architecture : {"llama", "qwen3"}) {
    model.architecture = architecture;
    const Rig rig = Rig::Random(model, WEFT_CHIP_CONFIG);
    for (const uint32_t stalls : {0u, 30u}) {
      SCOPED_TRACE(std::string(architecture) + ", " + std::to_string(stalls) + " % stalls");
      const auto gated = RunSome(rig, WEFT_LIBRARY_DIR, stalls);
      if (!gated) GTEST_SKIP() << gated.error().message;
      const auto free = RunSome(rig, std::string(WEFT_LIBRARY_DIR) + "/ungated", stalls);
      if (!free) GTEST_SKIP() << free.error().message;
      EXPECT_GT(free->counters.cycles, 1000u);
      EXPECT_EQ(gated->counters.cycles, free->counters.cycles);
      EXPECT_EQ(gated->counters.port, free->counters.port);
      EXPECT_EQ(gated->counters.array, free->counters.array);
      EXPECT_EQ(gated->logits, free->logits);
    }
  }
}

}  // namespace
}  // namespace weft::testing
