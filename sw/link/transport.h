// Bytes to a board and back, with an end to every wait. Behind it: a serial port, or a script in the tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "sw/base/result.h"

namespace weft::link {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

class Transport {
 public:
  virtual ~Transport() = default;

  // For messages: "/dev/ttyUSB1".
  virtual std::string name() const = 0;
  // All bytes, or an error; a deadline that passes is one.
  virtual Status Write(std::span<const uint8_t> bytes, Deadline deadline) = 0;
  // What has come, at least a byte; 0 when the deadline passes first.
  virtual Result<size_t> Read(std::span<uint8_t> into, Deadline deadline) = 0;
};

}  // namespace weft::link
