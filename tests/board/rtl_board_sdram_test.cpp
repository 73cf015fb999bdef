// The Verilated board of the ULX3S, rtl/board/weft_board_sdram, with a model of its SDRAM, behind a
// pseudo-terminal, driven by the runtime through the real serial path: the tape goes over the link, every
// logit and token is golden's, and the SDRAM is what limits it.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "sw/formats/load.h"
#include "sw/runtime/checked_device.h"
#include "sw/runtime/random_model.h"
#include "tests/board/rtl_rig.h"

namespace weft::testing {
namespace {

TEST(RtlBoardSdramTest, TheTapeGoesOverTheLink) {
  RtlRig rig;
  SetUpRig("ulx3s", *RandomModel({32, 32, 1, 1, 1, 32, 16}), false, &rig);
  if (HasFatalFailure()) return;
  EXPECT_EQ(rig.loaded, rig.tape->bytes.size());
  std::printf("%zu bytes of tape over the link\n", rig.tape->bytes.size());
  Compare(rig, 4, 5);
}

TEST(RtlBoardSdramTest, RandomModelsAreGolden) {
  CompareRandomModels("ulx3s", 5);
}

// Needed bytes of decode over what the SDRAM could bring, four bytes a cycle, nothing left out.
double Used(const Checkpoint& checkpoint) {
  RtlRig rig;
  SetUpRig("ulx3s", checkpoint, true, &rig);
  if (::testing::Test::HasFatalFailure()) return 0;
  Compare(rig, 2, 1);
  const double needed = 2.0 * static_cast<double>(rig.tape->needs.weight_bytes + rig.tape->needs.gain_bytes);
  const double cycles = static_cast<double>(rig.device->counters().cycles);
  std::printf("%.1f %% of the SDRAM, %.0f cycles a token\n", 100 * needed / 4 / cycles, cycles / 2);
  return needed / 4 / cycles;
}

// The default model's rows, a sixth of its layers.
TEST(RtlBoardSdramTest, TheSdramIsTheLimit) {
  EXPECT_GE(Used(*RandomModel({128, 384, 1, 4, 1, 256, 64})), 0.94);
}

// With WEFT_LONG=1. Most of the time goes into the checksum of the tape.
TEST(RtlBoardSdramTest, TheSdramLimitsTheDefaultModel) {
  if (std::getenv("WEFT_LONG") == nullptr) GTEST_SKIP() << "WEFT_LONG=1 asks for it";
  const auto checkpoint = LoadCheckpoint(WEFT_SOURCE_DIR "/models/weft-stories-1m.q8_0.gguf");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  EXPECT_GE(Used(*checkpoint), 0.965);
}

}  // namespace
}  // namespace weft::testing
