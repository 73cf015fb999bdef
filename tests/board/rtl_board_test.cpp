// The Verilated chip of the iCE40 boards with a flash model, behind a pseudo-terminal, driven by the runtime
// through the real serial path: every logit and token is golden's, and the flash is what limits it.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "sw/formats/load.h"
#include "sw/runtime/checked_device.h"
#include "sw/runtime/random_model.h"
#include "sw/runtime/session.h"
#include "sw/tokenizer/tokenizer.h"
#include "tests/board/rtl_rig.h"

namespace weft::testing {
namespace {

TEST(RtlBoardTest, RandomModelsAreGolden) {
  for (const DType type : {DType::kF32, DType::kQ4_0, DType::kTQ2_0}) {
    SCOPED_TRACE(DTypeName(type));
    RandomModelOptions model = {256, 256, 1, 8, 2, 64, 64};
    model.type = type;
    model.seed = 3 + static_cast<uint32_t>(type);
    RtlRig rig;
    SetUpRig("icebreaker", *RandomModel(model), true, &rig);
    if (HasFatalFailure()) return;
    Compare(rig, 3, 5);
    if (HasFatalFailure()) return;
  }
}

// Decode on the default model: needed bytes over what the flash could bring, half a byte a cycle, nothing
// left out.
TEST(RtlBoardTest, TheFlashIsTheLimit) {
  const auto checkpoint = LoadCheckpoint(WEFT_SOURCE_DIR "/models/weft-stories-1m.q8_0.gguf");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  RtlRig rig;
  SetUpRig("icebreaker", *checkpoint, true, &rig);
  if (HasFatalFailure()) return;
  Compare(rig, 2, 1);
  const ChipCounters counters = rig.device->counters();
  const double needed = 2.0 * static_cast<double>(rig.tape->needs.weight_bytes + rig.tape->needs.gain_bytes);
  EXPECT_GE(2 * needed / static_cast<double>(counters.cycles), 0.93);
}

// With WEFT_LONG=1: a prompt and the eight tokens behind it, sampled.
TEST(RtlBoardTest, WritesTheFirstTokensOfAStory) {
  if (std::getenv("WEFT_LONG") == nullptr) GTEST_SKIP() << "WEFT_LONG=1 asks for it";
  const auto checkpoint = LoadCheckpoint(WEFT_SOURCE_DIR "/models/weft-stories-1m.q8_0.gguf");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  RtlRig rig;
  SetUpRig("icebreaker", *checkpoint, true, &rig);
  if (HasFatalFailure()) return;
  const auto start = std::chrono::steady_clock::now();
  CheckedDevice device(std::move(rig.golden), std::move(rig.device), rig.tape, *FindConfig("pico"),
                       CheckDepth::kLogits);
  GenerateOptions options;
  options.max_tokens = 8;
  options.sampling = {0.8f, 40, 11};
  const auto result =
      Generate(device, *rig.tape, Tokenizer(checkpoint->vocab).Encode("Once upon a time"), options);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(device.mismatches(), 0u);
  EXPECT_GE(device.checked_logits(), uint64_t{checkpoint->config.vocab} * 8);
  EXPECT_EQ(rig.board->memory_error(), "");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%.1f million cycles in %.0f s\n", static_cast<double>(rig.board->cycles()) / 1e6, seconds);
}

TEST(RtlBoardTest, RefusesInASentence) {
  const Board board = *FindBoard("icebreaker");
  const auto missing = RtlBoard::Make(board, {}, "/nowhere");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(
      missing.error().message,
      "the simulated board of configuration 'pico' is not built; build it with: cmake --build build --target "
      "weft_board_pico");
  const std::vector<uint8_t> tape(board.tape_room() + 1);
  const auto large = RtlBoard::Make(board, tape, WEFT_LIBRARY_DIR);
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().message,
            "the tape is 15728641 bytes, wanted at most 15728640 in the flash of board 'icebreaker'");
}

}  // namespace
}  // namespace weft::testing
