// The serial port itself: addresses, what cannot be opened, deadlines.
#include "sw/link/serial_port.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include "sw/base/temp_folder.h"
#include "tests/link/rig.h"

namespace weft::testing {
namespace {

using link::Clock;
using link::SerialPort;
using std::chrono::milliseconds;

TEST(SerialPortTest, AddressesHaveAPathAndMayHaveABaudRate) {
  const auto plain = Must(link::ParseSerialAddress("/dev/ttyUSB1"));
  EXPECT_EQ(plain.path, "/dev/ttyUSB1");
  EXPECT_EQ(plain.baud, 1000000u);
  const auto rate = Must(link::ParseSerialAddress("/dev/tty@home@115200"));
  EXPECT_EQ(rate.path, "/dev/tty@home");
  EXPECT_EQ(rate.baud, 115200u);
  EXPECT_EQ(Message(link::ParseSerialAddress("/dev/x@fast")),
            "the baud rate of serial:/dev/x@fast is 'fast', want a number from 300 to 12000000");
  EXPECT_EQ(Message(link::ParseSerialAddress("/dev/x@")),
            "the baud rate of serial:/dev/x@ is '', want a number from 300 to 12000000");
  EXPECT_EQ(Message(link::ParseSerialAddress("/dev/x@299")),
            "the baud rate of serial:/dev/x@299 is '299', want a number from 300 to 12000000");
  EXPECT_EQ(Message(link::ParseSerialAddress("")), "serial: names no port, want serial:/dev/ttyUSB1 or the like");
}

TEST(SerialPortTest, WhatIsNoPortIsNamed) {
  EXPECT_EQ(Message(SerialPort::Open({"/dev/weft-none", 1000000})),
            "/dev/weft-none: there is no such port, want a board that is plugged in (ls /dev/ttyUSB* /dev/ttyACM*)");
  EXPECT_EQ(Message(SerialPort::Open({"/dev/null", 1000000})),
            "/dev/null: is no serial port, want one such as /dev/ttyUSB1");
}

TEST(SerialPortTest, APortOfOthersIsNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "root may open everything";
  const TempFolder folder;
  const std::string path = folder / "port";
  const int fd = open(path.c_str(), O_CREAT | O_RDWR, 0);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(Message(SerialPort::Open({path, 1000000})),
            path + ": this user may not open it, want membership of the group that owns it (dialout on Debian)");
  close(fd);
}

class Silent : public BoardModel {
 public:
  bool Push(uint8_t) override { return true; }
  std::optional<uint8_t> Pop() override { return {}; }
  bool Advance() override { return false; }
};

TEST(SerialPortTest, OneProgramAtATime) {
  Silent board;
  const auto bridge = Must(PtyBridge::Start(board));
  {
    const auto first = Must(SerialPort::Open({bridge->path(), 1000000}));
    EXPECT_EQ(Message(SerialPort::Open({bridge->path(), 1000000})),
              bridge->path() + ": another program has the port open, want it closed");
  }
  EXPECT_EQ(Message(SerialPort::Open({bridge->path(), 1000000})), "no error");
}

TEST(SerialPortTest, AnyBaudRateWillDo) {
  Silent board;
  const auto bridge = Must(PtyBridge::Start(board));
  for (const uint32_t baud : {115200u, 1000000u, 1234567u, 3000000u}) {
    EXPECT_EQ(Message(SerialPort::Open({bridge->path(), baud})), "no error") << baud;
  }
}

TEST(SerialPortTest, ReadingEndsAtItsDeadline) {
  Silent board;
  const auto bridge = Must(PtyBridge::Start(board));
  const auto port = Must(SerialPort::Open({bridge->path(), 1000000}));
  uint8_t bytes[4];
  const auto begin = Clock::now();
  EXPECT_EQ(Must(port->Read(bytes, begin + milliseconds(50))), 0u);
  EXPECT_GE(Clock::now() - begin, milliseconds(50));
}

// Takes nothing, so that the terminal's buffers fill up.
class Deaf : public BoardModel {
 public:
  bool Push(uint8_t) override { return false; }
  std::optional<uint8_t> Pop() override { return {}; }
  bool Advance() override { return false; }
};

TEST(SerialPortTest, WritingEndsAtItsDeadline) {
  Deaf board;
  const auto bridge = Must(PtyBridge::Start(board));
  const auto port = Must(SerialPort::Open({bridge->path(), 1000000}));
  const std::vector<uint8_t> bytes(1 << 20);
  EXPECT_EQ(Message(port->Write(bytes, Clock::now() + milliseconds(50))),
            bridge->path() + ": takes no bytes any more, want a board that is plugged in");
}

// All 256 values, so that nothing in the terminal takes one for a control character.
TEST(SerialPortTest, EveryByteComesThrough) {
  class Echo : public Silent {
   public:
    bool Push(uint8_t byte) override {
      bytes_.push_back(byte);
      return true;
    }
    std::optional<uint8_t> Pop() override {
      if (bytes_.empty()) return {};
      const uint8_t byte = bytes_.front();
      bytes_.pop_front();
      return byte;
    }

   private:
    std::deque<uint8_t> bytes_;
  } board;
  const auto bridge = Must(PtyBridge::Start(board));
  const auto port = Must(SerialPort::Open({bridge->path(), 1000000}));
  std::vector<uint8_t> sent(256), got;
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<uint8_t>(i);
  const auto deadline = Clock::now() + milliseconds(20000);
  ASSERT_EQ(Message(port->Write(sent, deadline)), "no error");
  while (got.size() < sent.size() && Clock::now() < deadline) {
    uint8_t bytes[64];
    const size_t count = Must(port->Read(bytes, deadline));
    got.insert(got.end(), bytes, bytes + count);
  }
  EXPECT_EQ(got, sent);
}

TEST(SerialPortTest, APulledCableIsNamed) {
  Silent board;
  const auto bridge = Must(PtyBridge::Start(board));
  const auto port = Must(SerialPort::Open({bridge->path(), 1000000}));
  bridge->Unplug();
  uint8_t bytes[4] = {};
  const std::string gone = bridge->path() + ": the port has gone; was the board unplugged?";
  EXPECT_EQ(Message(port->Read(bytes, Clock::now() + milliseconds(20000))), gone);
  EXPECT_EQ(Message(port->Write(bytes, Clock::now() + milliseconds(20000))), gone);
}

}  // namespace
}  // namespace weft::testing
