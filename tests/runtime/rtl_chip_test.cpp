// The whole chip on real models, and how it fails.
#include <cstdlib>
#include <fstream>

#include "sw/formats/load.h"
#include "sw/runtime/default_model.h"
#include "sw/runtime/session.h"
#include "sw/runtime/utilization.h"
#include "sw/tokenizer/tokenizer.h"
#include "tests/reference/stories.h"
#include "tests/runtime/rig.h"

namespace weft::testing {
namespace {

bool Long() { return std::getenv("WEFT_LONG") != nullptr; }

// Sampled text of one of our models, every logit compared.
void ExpectEqualsGolden(const Checkpoint& checkpoint) {
  const Rig rig = Rig::Of(checkpoint, "base", {0, 1});
  const Tokenizer tokenizer(checkpoint.vocab);
  const auto device = rig.Checked();
  GenerateOptions options;
  options.max_tokens = Long() ? 200 : 24;
  options.sampling = {0.8f, 40, 11};
  const auto result = Generate(*device, *rig.tape, tokenizer.Encode("Once upon a time"), options);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(device->mismatches(), 0u);
  EXPECT_GE(device->checked_logits(), uint64_t{checkpoint.config.vocab} * 20);
}

TEST(Chip, DefaultModelEqualsGolden) {
  if (DefaultModel().empty()) GTEST_SKIP() << "this build carries no model";
  ExpectEqualsGolden(Must(LoadCheckpointBytes(DefaultModel(), DefaultModelName())));
}

TEST(Chip, TernaryModelEqualsGolden) {
  const Checkpoint checkpoint = Must(LoadCheckpoint(WEFT_SOURCE_DIR "/models/weft-stories-ternary.tq2_0.gguf"));
  ASSERT_EQ(checkpoint.layers[0].wq.type, DType::kTQ2_0);
  ExpectEqualsGolden(checkpoint);
}

TEST(Chip, StoriesEqualGolden) {
  WEFT_SKIP_WITHOUT_STORIES();
  const Checkpoint checkpoint =
      Must(LoadCheckpoint(StoriesPath("stories260K.bin"), StoriesPath("tok512.bin")));
  const Rig rig = Rig::Of(checkpoint, "base", {0, 1});
  const Tokenizer tokenizer(checkpoint.vocab);
  for (const char* prompt : kPrompts) {
    const auto device = rig.Checked();
    GenerateOptions options;
    options.max_tokens = Long() ? 200 : 40;
    options.stop_at_end = false;
    const auto result = Generate(*device, *rig.tape, tokenizer.Encode(prompt), options);
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(device->mismatches(), 0u);
  }
}

// Decode around context 128 on the default model: the needed bytes fill at least 85 % of the port.
TEST(Chip, DecodeKeepsTheMemoryPortBusy) {
  if (DefaultModel().empty()) GTEST_SKIP() << "this build carries no model";
  const Checkpoint checkpoint = Must(LoadCheckpointBytes(DefaultModel(), DefaultModelName()));
  const Rig rig = Rig::Of(checkpoint, "base", {0, 1});
  const auto device = rig.Rtl();
  constexpr uint32_t kFirst = 120, kSteps = 16;
  for (uint32_t at = 0; at < kFirst; at += 30) {
    std::vector<StepRow> rows(30);
    for (uint32_t i = 0; i < 30; ++i) rows[i].position = at + i;
    ASSERT_TRUE(device->Step(rows).ok());
  }
  const ChipCounters before = device->counters();
  for (uint32_t i = 0; i < kSteps; ++i) {
    StepRow row;
    row.position = kFirst + i;
    row.want = true;
    ASSERT_TRUE(device->Step({&row, 1}).ok());
  }
  const ChipCounters counters = device->counters() - before;
  EXPECT_EQ(counters.steps, kSteps);
  const Utilization use = Utilize(DecodeWork(rig.tape->needs, kFirst, kSteps), counters.cycles, rig.hw);
  EXPECT_GE(use.port, 0.85);
  EXPECT_LE(use.port, 1.0);
  // Every beat was counted: the tape's own bytes, padding included, are no less than what is needed.
  EXPECT_GE(counters.read_beats() * rig.hw.port, rig.tape->needs.weight_bytes * kSteps);
  EXPECT_LE(counters.read_beats(), counters.cycles);
}

// Logits cost no cycles.
TEST(Chip, DumpingLogitsIsFree) {
  const Rig rig = Rig::Random({64, 96, 2, 4, 2, 256, 64}, "base");
  uint64_t cycles[2];
  for (const bool dump : {false, true}) {
    const auto device = rig.Rtl();
    for (uint32_t position = 0; position < 8; ++position) {
      StepRow row;
      row.position = position;
      row.want = true;
      row.dump = dump;
      ASSERT_TRUE(device->Step({&row, 1}).ok());
    }
    cycles[dump] = device->counters().cycles;
  }
  EXPECT_NEAR(static_cast<double>(cycles[1]), static_cast<double>(cycles[0]), 0.01 * static_cast<double>(cycles[0]));
}

TEST(Chip, AnInvertedWeightIsFoundAndNamed) {
  const Rig rig = Rig::Random({64, 96, 2, 4, 2, 80, 48}, "base");
  uint64_t address = 0;
  for (const TapeSection& section : rig.tape->sections) {
    if (section.label == "layer 1 wv") address = section.offset + 1;  // exponent of the first scale
  }
  ASSERT_NE(address, 0u);
  auto chip = rig.Rtl();
  ASSERT_FALSE(chip->FlipTapeBit(address, 3).has_value());
  CheckedDevice device(rig.Golden(), std::move(chip), rig.tape, rig.hw);
  const std::vector<StepRow> rows = {DumpRow(5, 0), DumpRow(6, 1)};
  const auto result = device.Step(rows);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("MATMUL layer 1 wv"), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("row 0"), std::string::npos) << result.error().message;
}

TEST(Chip, AReservedInstructionStopsTheStepWithASentence) {
  const Rig rig = Rig::Random({32, 32, 1, 1, 1, 40, 32}, "base");
  auto chip = rig.Rtl();
  ASSERT_FALSE(chip->FlipTapeBit(0x20, 3).has_value());  // MODEL (2) becomes EXPERT's neighbour (10)
  const std::vector<StepRow> rows = {DumpRow(1, 0)};
  const auto result = chip->Step(rows);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("an instruction that this chip does not have"), std::string::npos)
      << result.error().message;
}

TEST(Chip, AChipThatHangsIsNoticed) {
  const Rig rig = Rig::Random({32, 32, 1, 1, 1, 40, 32}, "base");
  RtlOptions options;
  options.timing.stall_percent = 100;
  options.stuck_cycles = 3000;
  const auto chip = rig.Rtl(options);
  const std::vector<StepRow> rows = {DumpRow(1, 0)};
  const auto result = chip->Step(rows);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("no progress"), std::string::npos) << result.error().message;
}

TEST(Chip, AMissingConfigurationNamesTheCommand) {
  const Rig rig = Rig::Random({32, 32, 1, 1, 1, 40, 32}, "base");
  RtlOptions options;
  options.library_folder = "/nowhere";
  const auto chip = RtlDevice::Make(rig.tape, rig.hw, options);
  ASSERT_FALSE(chip.ok());
  EXPECT_EQ(chip.error().message,
            "the chip of configuration 'base' is not built; build it with: make config NAME=base");
}

}  // namespace
}  // namespace weft::testing
