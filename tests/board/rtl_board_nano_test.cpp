// The Verilated chip of the small boards with SDRAM, weft_nano, with a model of the SDRAM, behind a pseudo-terminal, driven
// by the runtime through the real serial path: the tape goes over the link, every logit and token is golden's.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "sw/formats/load.h"
#include "sw/runtime/random_model.h"
#include "tests/board/rtl_rig.h"

namespace weft::testing {
namespace {

TEST(RtlBoardNanoTest, TheTapeGoesOverTheLink) {
  RtlRig rig;
  SetUpRig("tangnano20k", *RandomModel({32, 32, 1, 1, 1, 32, 32}), false, &rig);
  if (HasFatalFailure()) return;
  EXPECT_EQ(rig.loaded, rig.tape->bytes.size());
  Compare(rig, 2, 5);
}

TEST(RtlBoardNanoTest, RandomModelsAreGolden) {
  CompareRandomModels("colorlight_i5", 2);
}

// More positions than one block of the KV cache has.
TEST(RtlBoardNanoTest, TheCacheHoldsItsBlocks) {
  RtlRig rig;
  SetUpRig("tangnano20k", *RandomModel({64, 64, 1, 2, 1, 32, 64}), true, &rig);
  if (HasFatalFailure()) return;
  Compare(rig, 34, 1);
}

// With WEFT_LONG=1, the default model: an SDRAM brings more than the engine takes, so its own work decides.
TEST(RtlBoardNanoTest, DecodesTheDefaultModel) {
  if (std::getenv("WEFT_LONG") == nullptr) GTEST_SKIP() << "WEFT_LONG=1 asks for it";
  const auto checkpoint = LoadCheckpoint(WEFT_SOURCE_DIR "/models/weft-stories-1m.q8_0.gguf");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  RtlRig rig;
  SetUpRig("tangnano20k", *checkpoint, true, &rig);
  if (HasFatalFailure()) return;
  Compare(rig, 1, 1);
  const double cycles = static_cast<double>(rig.device->counters().cycles);
  std::printf("%.0f cycles a token\n", cycles);
  EXPECT_LE(cycles, 2.5e6);
}

}  // namespace
}  // namespace weft::testing
