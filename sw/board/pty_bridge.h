// A board that is a program, behind a pseudo-terminal: the host opens it like any serial port.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "sw/base/result.h"

namespace weft {

// What is at the board's end of the cable: a model of one, or Verilated RTL whose UART bits are its own business. All
// calls come from the bridge's thread.
class BoardModel {
 public:
  virtual ~BoardModel() = default;
  // A byte from the host; false: not yet, ask again.
  virtual bool Push(uint8_t byte) = 0;
  // A byte for the host, if there is one.
  virtual std::optional<uint8_t> Pop() = 0;
  // Lets a short time pass, for RTL some hundred cycles. True while something is going on; false: the bridge may sleep
  // until a byte comes, though for a millisecond at most.
  virtual bool Advance() = 0;
};

class PtyBridge {
 public:
  // Carries bytes until it is destroyed or unplugged. `board` must live as long.
  static Result<std::unique_ptr<PtyBridge>> Start(BoardModel& board);
  ~PtyBridge() { Unplug(); }
  PtyBridge(const PtyBridge&) = delete;
  PtyBridge& operator=(const PtyBridge&) = delete;

  // What the host opens, "/dev/pts/7".
  const std::string& path() const { return path_; }
  // The host's port fails from now on.
  void Unplug();

 private:
  PtyBridge(BoardModel& board, int master, int slave, std::string path)
      : board_(board), master_(master), slave_(slave), path_(std::move(path)) {}

  void Run();

  BoardModel& board_;
  int master_, slave_;
  std::string path_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace weft
