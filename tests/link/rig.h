// A small model on a simulated board, reached over a pseudo-terminal as a real one over its port.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sw/board/pty_bridge.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/link/client.h"
#include "sw/link/serial_port.h"
#include "sw/runtime/random_model.h"
#include "tests/link/simulated_board.h"

namespace weft::testing {

template <typename T>
T Must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().message;
    std::abort();
  }
  return std::move(*result);
}

template <typename T>
std::string Message(const Result<T>& result) {
  return result.ok() ? "no error" : result.error().message;
}
inline std::string Message(const Status& status) { return status ? status->message : "no error"; }

// A busy machine must not look like a silent board.
inline link::ClientOptions Patient() {
  link::ClientOptions options;
  options.timeout = std::chrono::milliseconds(20000);
  return options;
}

struct BoardRig {
  HwConfig hw = Must(FindConfig("mini"));
  std::shared_ptr<const Tape> tape;
  SimulatedBoardOptions options;
  LineFaults faults;
  std::unique_ptr<SimulatedBoard> board;
  std::unique_ptr<FaultyLine> line;
  std::unique_ptr<PtyBridge> bridge;

  explicit BoardRig(RandomModelOptions model = Small()) {
    tape = std::make_shared<Tape>(Must(Compile(Must(RandomModel(model)), hw, {0, 1})));
    options.flash = tape->bytes;
  }
  static RandomModelOptions Small() {
    RandomModelOptions model;
    model.dim = 64;
    model.hidden = 96;
    model.layers = 2;
    model.vocab = 150;
    model.context = 64;
    return model;
  }

  void Start() {
    board = std::make_unique<SimulatedBoard>(hw, tape, options);
    line = std::make_unique<FaultyLine>(*board, faults);
    bridge = Must(PtyBridge::Start(*line));
  }
  std::unique_ptr<link::SerialPort> Port() const { return Must(link::SerialPort::Open({bridge->path(), 1000000})); }
  Result<std::unique_ptr<link::Client>> TryConnect(const link::ClientOptions& client = Patient()) {
    if (!bridge) Start();
    return link::Client::Connect(Port(), client);
  }
  std::unique_ptr<link::Client> Connect(const link::ClientOptions& client = Patient()) { return Must(TryConnect(client)); }
};

// Where a lost byte must not make a test slow.
inline link::ClientOptions Quick() {
  link::ClientOptions options;
  options.timeout = std::chrono::milliseconds(150);
  options.retries = 10;  // a busy machine may take longer
  return options;
}

}  // namespace weft::testing
