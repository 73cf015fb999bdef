// A serial port of this machine: raw bytes, 8 data bits, no parity, one stop bit, no flow control, any baud rate.
#pragma once

#include <memory>
#include <string>

#include "sw/link/transport.h"

namespace weft::link {

inline constexpr uint32_t kDefaultBaud = 1000000;

// PATH[@BAUD], as behind "serial:" on the command line.
struct SerialAddress {
  std::string path;
  uint32_t baud = kDefaultBaud;
};
Result<SerialAddress> ParseSerialAddress(const std::string& text);

class SerialPort : public Transport {
 public:
  // Takes the port for this program alone.
  static Result<std::unique_ptr<SerialPort>> Open(const SerialAddress& address);
  ~SerialPort() override;
  SerialPort(const SerialPort&) = delete;
  SerialPort& operator=(const SerialPort&) = delete;

  std::string name() const override { return path_; }
  Status Write(std::span<const uint8_t> bytes, Deadline deadline) override;
  Result<size_t> Read(std::span<uint8_t> into, Deadline deadline) override;

 private:
  SerialPort(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Status SetUp(uint32_t baud);
  // Waits for `events`; false when the deadline passes first.
  Result<bool> Wait(short events, Deadline deadline) const;
  Error Gone() const;

  std::string path_;
  int fd_;
  bool locked_ = false;
};

}  // namespace weft::link
