// A board as a device: the bits of golden over the link, and what keeps a board from running a model.
#include "sw/runtime/serial_device.h"

#include <gtest/gtest.h>

#include <thread>

#include "sw/runtime/checked_device.h"
#include "sw/runtime/golden_device.h"
#include "sw/runtime/session.h"
#include "tests/link/rig.h"

namespace weft::testing {
namespace {

Result<std::unique_ptr<SerialDevice>> TryDevice(BoardRig& rig, const SerialDeviceOptions& options = {},
                                                const link::ClientOptions& client = Patient()) {
  auto connected = rig.TryConnect(client);
  if (!connected) return connected.error();
  return SerialDevice::Make(std::move(*connected), rig.tape, rig.hw, options);
}

std::vector<int32_t> Text(Device& device, const Tape& tape, uint32_t tokens) {
  GenerateOptions options;
  options.max_tokens = tokens;
  options.stop_at_end = false;
  Generation out;
  const auto done = Generate(device, tape, std::vector<int32_t>{1, 20, 30}, options, &out);
  EXPECT_TRUE(done.ok()) << done.error().message;
  return out.tokens;
}

std::unique_ptr<GoldenDevice> Golden(const BoardRig& rig) { return Must(GoldenDevice::Make(rig.tape, rig.hw)); }

TEST(SerialDeviceTest, WritesGoldensTextAndCounts) {
  BoardRig rig;
  const auto device = Must(TryDevice(rig));
  EXPECT_EQ(device->name(), "serial:" + rig.bridge->path());
  EXPECT_EQ(Text(*device, *rig.tape, 12), Text(*Golden(rig), *rig.tape, 12));
  EXPECT_EQ(device->counters().steps, rig.board->requests(link::Op::kStep));
  EXPECT_EQ(device->counters().cycles, device->counters().steps * (2 * rig.tape->bytes.size() / rig.hw.port));
  EXPECT_EQ(device->client().retries(), 0u);
}

TEST(SerialDeviceTest, LogitsOfSeveralRowsComeBackBitForBit) {
  BoardRig rig;
  const auto device = Must(TryDevice(rig));
  std::vector<StepRow> rows(3);
  for (uint32_t r = 0; r < 3; ++r) {
    rows[r].token = static_cast<int32_t>(5 + r);
    rows[r].position = r;
    rows[r].dump = r != 1;
    rows[r].want = r == 2;
    rows[r].top_k = 1;
  }
  const auto got = Must(device->Step(rows)), want = Must(Golden(rig)->Step(rows));
  EXPECT_EQ(got.logits, want.logits);
  EXPECT_EQ(got.logits.size(), 2u * rig.tape->vocab);
  EXPECT_EQ(got.tokens, want.tokens);
  EXPECT_EQ(got.tokens[0], -1);
}

TEST(SerialDeviceTest, ChecksTokensOrLogitsAgainstGolden) {
  for (const CheckDepth depth : {CheckDepth::kTokens, CheckDepth::kLogits}) {
    BoardRig rig;
    CheckedDevice device(Golden(rig), Must(TryDevice(rig)), rig.tape, rig.hw, depth);
    Text(device, *rig.tape, 6);
    EXPECT_EQ(device.checked_logits(), depth == CheckDepth::kLogits ? 8 * rig.tape->vocab : 0);
    EXPECT_EQ(device.checked_tokens(), 6u);
    EXPECT_EQ(device.mismatches(), 0u);
  }
}

TEST(SerialDeviceTest, ABoardThatComputesOtherwiseIsFoundOut) {
  for (const CheckDepth depth : {CheckDepth::kTokens, CheckDepth::kLogits}) {
    BoardRig rig;
    // The tested board is right; golden runs another model.
    RandomModelOptions other = BoardRig::Small();
    other.seed += 1;
    BoardRig wrong(other);
    CheckedDevice device(Golden(wrong), Must(TryDevice(rig)), rig.tape, rig.hw, depth);
    std::vector<StepRow> rows(1);
    rows[0].token = 5;
    rows[0].want = true;
    const std::string message = Message(device.Step(rows));
    EXPECT_EQ(message.rfind(depth == CheckDepth::kTokens
                                ? "the chip differs from golden in step 0, row 0, token (unit sampler): expected "
                                : "the chip differs from golden in step 0, row 0, logit 0: expected ",
                            0),
              0u)
        << message;
    EXPECT_GT(device.mismatches(), 0u);
  }
}

TEST(SerialDeviceTest, ANoisyLineChangesNoBit) {
  BoardRig rig;
  rig.faults.lose = rig.faults.flip = 0.0005;
  rig.faults.seed = 7;
  link::ClientOptions client = Quick();
  client.retries = 30;
  CheckedDevice device(Golden(rig), Must(TryDevice(rig, {}, client)), rig.tape, rig.hw, CheckDepth::kLogits);
  EXPECT_EQ(Text(device, *rig.tape, 20), Text(*Golden(rig), *rig.tape, 20));
  EXPECT_EQ(device.mismatches(), 0u);
}

TEST(SerialDeviceTest, AnotherTapeInTheFlashIsRefused) {
  BoardRig rig;
  rig.options.flash[100] ^= 1;
  const std::string message = Message(TryDevice(rig));
  EXPECT_EQ(message,
            rig.bridge->path() + ": the board's flash does not hold this model's tape (" +
                std::to_string(rig.tape->bytes.size()) +
                " bytes at 0x100000); write it with: weft flash --board BOARD MODEL, with the same --context and "
                "--quant");
}

TEST(SerialDeviceTest, ATapeInMemoryIsLoadedOnce) {
  BoardRig rig;
  rig.options.storage = link::TapeStorage::kMemory;
  rig.options.tape_base = 0x2000;
  uint64_t last = 0, calls = 0;
  SerialDeviceOptions options;
  options.on_load = [&](uint64_t done, uint64_t total) {
    EXPECT_GT(done, last);
    EXPECT_EQ(total, rig.tape->bytes.size());
    last = done;
    ++calls;
  };
  {
    const auto device = Must(TryDevice(rig, options));
    EXPECT_EQ(last, rig.tape->bytes.size());
    EXPECT_EQ(Text(*device, *rig.tape, 8), Text(*Golden(rig), *rig.tape, 8));
  }
  calls = 0;
  const auto again = Must(TryDevice(rig, options));
  EXPECT_EQ(calls, 0u) << "the tape was there already";
  EXPECT_EQ(Text(*again, *rig.tape, 8), Text(*Golden(rig), *rig.tape, 8));
}

TEST(SerialDeviceTest, ABoardTooSmallIsRefused) {
  BoardRig rig;
  rig.options.memory_bytes = 10000;
  const uint64_t wanted = (rig.tape->kv_bytes + 7) / 8 * 8 + uint64_t{rig.tape->max_rows} * rig.tape->logit_stride;
  const std::string message = Message(TryDevice(rig));
  EXPECT_EQ(message,
            rig.bridge->path() + ": the model takes " + std::to_string(wanted) +
                " bytes of memory for KV cache and logits, the board has 10000; a smaller --context takes less");
}

TEST(SerialDeviceTest, AnotherConfigurationIsRefused) {
  BoardRig rig;
  rig.Start();
  HwConfig base = Must(FindConfig("base"));
  EXPECT_EQ(Message(SerialDevice::Make(rig.Connect(), rig.tape, base)),
            rig.bridge->path() +
                ": the board is of configuration 'mini', the model is compiled for 'base'; compile it for mini");
}

TEST(SerialDeviceTest, ErrorsOfTheChipAreNamed) {
  const auto message = [](uint32_t status) {
    BoardRig rig;
    rig.options.status = status;
    const auto device = Must(TryDevice(rig));
    std::vector<StepRow> rows(1);
    rows[0].want = true;
    return Message(device->Step(rows)).substr(rig.bridge->path().size() + 2);
  };
  EXPECT_EQ(message(0x104), "the chip stopped with an instruction that this chip does not have; it needs a reset");
  EXPECT_EQ(message(0x204), "the chip stopped with an error on the memory port; it needs a reset");
  EXPECT_EQ(message(0x704), "the chip stopped with code 7; it needs a reset");
  EXPECT_EQ(message(0x1), "the step ended with status 0x1, want done and not busy");
}

TEST(SerialDeviceTest, WrongRowsDoNotReachTheBoard) {
  BoardRig rig;
  const auto device = Must(TryDevice(rig));
  std::vector<StepRow> rows(1);
  rows[0].token = 150;
  EXPECT_EQ(Message(device->Step(rows)), "token id 150 is out of range, the vocabulary has ids 0 to 149");
  EXPECT_EQ(rig.board->requests(link::Op::kStep), 0u);
}

TEST(SerialDeviceTest, APulledCableEndsTheRun) {
  BoardRig rig;
  const auto device = Must(TryDevice(rig));
  Text(*device, *rig.tape, 3);
  rig.bridge->Unplug();
  std::vector<StepRow> rows(1);
  rows[0].want = true;
  const std::string message = Message(device->Step(rows));
  EXPECT_NE(message.find(": the port has gone; was the board unplugged?"), message.npos) << message;
}

}  // namespace
}  // namespace weft::testing
