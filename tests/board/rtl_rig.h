// A simulated board behind a pseudo-terminal, the runtime in front of it, and golden beside it.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

#include "sw/board/rtl_board.h"
#include "sw/compiler/config.h"
#include "sw/link/client.h"
#include "sw/link/serial_port.h"
#include "sw/runtime/golden_device.h"
#include "sw/runtime/random_model.h"
#include "sw/runtime/serial_device.h"

namespace weft::testing {

constexpr uint32_t kSlowness = 200;  // a busy machine

struct RtlRig {
  std::shared_ptr<const Tape> tape;
  std::unique_ptr<RtlBoard> board;
  std::unique_ptr<PtyBridge> bridge;
  std::unique_ptr<Device> device, golden;
  uint64_t loaded = 0;  // bytes of the tape that went over the link
  ~RtlRig() {
    device.reset();
    bridge.reset();
  }
};

// `there`: the tape is in the board's flash or memory before the host comes.
inline void SetUpRig(const std::string& name, const Checkpoint& checkpoint, bool there, RtlRig* rig) {
  const Board description = *FindBoard(name);
  const HwConfig hw = *FindConfig(description.config);
  auto tape = Compile(checkpoint, hw, {});
  ASSERT_TRUE(tape.ok()) << tape.error().message;
  rig->tape = std::make_shared<const Tape>(std::move(*tape));
  auto board = RtlBoard::Make(description, there ? std::span(rig->tape->bytes) : std::span<const uint8_t>(),
                              WEFT_LIBRARY_DIR);
  ASSERT_TRUE(board.ok()) << board.error().message;
  rig->board = std::move(*board);
  auto bridge = PtyBridge::Start(*rig->board);
  ASSERT_TRUE(bridge.ok()) << bridge.error().message;
  rig->bridge = std::move(*bridge);
  auto port = link::SerialPort::Open({rig->bridge->path()});
  ASSERT_TRUE(port.ok()) << port.error().message;
  link::ClientOptions options;
  options.slowness = kSlowness;
  auto client = link::Client::Connect(std::move(*port), options);
  ASSERT_TRUE(client.ok()) << client.error().message;
  SerialDeviceOptions serial;
  serial.on_load = [rig](uint64_t done, uint64_t) { rig->loaded = done; };
  auto device = SerialDevice::Make(std::move(*client), rig->tape, hw, serial);
  ASSERT_TRUE(device.ok()) << device.error().message;
  rig->device = std::move(*device);
  auto golden = GoldenDevice::Make(rig->tape, hw);
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  rig->golden = std::move(*golden);
}

// Steps from position 0 on; every logit and token is golden's.
inline void Compare(RtlRig& rig, uint32_t steps, uint32_t top_k) {
  StepRow row;
  row.token = 1;
  for (uint32_t at = 0; at < steps; ++at) {
    row.position = at;
    row.want = row.dump = true;
    row.top_k = top_k;
    row.z = 1.5f;
    row.seed = at;
    const auto want = rig.golden->Step({&row, 1});
    const auto got = rig.device->Step({&row, 1});
    ASSERT_TRUE(want.ok() && got.ok()) << (got.ok() ? "" : got.error().message);
    ASSERT_EQ(got->tokens, want->tokens) << "position " << at;
    ASSERT_EQ(got->logits.size(), want->logits.size());
    EXPECT_EQ(std::memcmp(got->logits.data(), want->logits.data(), 4 * got->logits.size()), 0)
        << "position " << at;
    row.token = want->tokens[0];
  }
  EXPECT_EQ(rig.board->memory_error(), "");
}

// Models of the packed weight types, with their tape in the board's memory already.
inline void CompareRandomModels(const std::string& board, uint32_t steps) {
  for (const DType type : {DType::kQ4_0, DType::kTQ2_0}) {
    SCOPED_TRACE(DTypeName(type));
    RandomModelOptions model = {256, 256, 1, 8, 2, 64, 64};
    model.type = type;
    model.seed = 3 + static_cast<uint32_t>(type);
    RtlRig rig;
    SetUpRig(board, *RandomModel(model), true, &rig);
    if (::testing::Test::HasFatalFailure()) return;
    EXPECT_EQ(rig.loaded, 0u) << "the tape was there";
    Compare(rig, steps, 5);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace weft::testing
