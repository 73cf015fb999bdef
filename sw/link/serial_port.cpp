#include "sw/link/serial_port.h"

// Not <termios.h>: its struct has no field for a rate beside the standard ones, and both headers clash.
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace weft::link {

Result<SerialAddress> ParseSerialAddress(const std::string& text) {
  SerialAddress address;
  const size_t at = text.rfind('@');
  address.path = text.substr(0, at);
  if (at != text.npos) {
    const char* begin = text.data() + at + 1;
    const char* end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(begin, end, address.baud);
    if (failed != std::errc() || stop != end || address.baud < 300 || address.baud > 12000000) {
      return Error{"the baud rate of serial:" + text + " is '" + text.substr(at + 1) +
                   "', want a number from 300 to 12000000"};
    }
  }
  if (address.path.empty()) return Error{"serial:" + text + " names no port, want serial:/dev/ttyUSB1 or the like"};
  return address;
}

Result<std::unique_ptr<SerialPort>> SerialPort::Open(const SerialAddress& address) {
  const std::string& path = address.path;
  // Without O_NONBLOCK the open waits for a carrier that such cables never send.
  const int fd = open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT || errno == ENXIO || errno == ENODEV) {
      return Error{path + ": there is no such port, want a board that is plugged in (ls /dev/ttyUSB* /dev/ttyACM*)"};
    }
    if (errno == EACCES) {
      return Error{path + ": this user may not open it, want membership of the group that owns it (dialout on Debian)"};
    }
    if (errno == EBUSY) return Error{path + ": another program has the port open, want it closed"};
    return Error{path + ": cannot be opened: " + std::strerror(errno)};
  }
  std::unique_ptr<SerialPort> port(new SerialPort(path, fd));
  if (Status failed = port->SetUp(address.baud)) return *failed;
  return port;
}

SerialPort::~SerialPort() {
  if (locked_) ioctl(fd_, TIOCNXCL);
  close(fd_);
}

Status SerialPort::SetUp(uint32_t baud) {
  termios2 settings;
  if (ioctl(fd_, TCGETS2, &settings) != 0) return Error{path_ + ": is no serial port, want one such as /dev/ttyUSB1"};
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) return Error{path_ + ": another program has the port open, want it closed"};
  locked_ = true;
  ioctl(fd_, TIOCEXCL);  // the lock is between programs that lock; this is for all others
  settings.c_iflag = 0;
  settings.c_oflag = 0;
  settings.c_lflag = 0;
  settings.c_cflag = CS8 | CREAD | CLOCAL | BOTHER;
  settings.c_ispeed = settings.c_ospeed = baud;
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  if (ioctl(fd_, TCSETS2, &settings) != 0) {
    return Error{path_ + ": does not take " + std::to_string(baud) + " baud: " + std::strerror(errno)};
  }
  // A driver that cannot keep a rate puts in the nearest that it can.
  if (ioctl(fd_, TCGETS2, &settings) == 0 && settings.c_ospeed != 0) {
    const double got = settings.c_ospeed;
    if (got < 0.98 * baud || got > 1.02 * baud) {
      return Error{path_ + ": runs at " + std::to_string(settings.c_ospeed) + " baud, want " + std::to_string(baud)};
    }
  }
  // USB adapters keep short answers back for up to 16 ms to fill a packet, unless told otherwise. Not all can be.
  serial_struct serial;
  if (ioctl(fd_, TIOCGSERIAL, &serial) == 0) {
    serial.flags |= ASYNC_LOW_LATENCY;
    ioctl(fd_, TIOCSSERIAL, &serial);
  }
  ioctl(fd_, TCFLSH, TCIOFLUSH);
  return {};
}

Result<bool> SerialPort::Wait(short events, Deadline deadline) const {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry = {fd_, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::clamp<int64_t>(left, 0, 1000)));
    if (ready < 0 && errno != EINTR) return Gone();
    if (ready > 0) {
      if (entry.revents & events) return true;
      return Gone();
    }
    if (left <= 0) return false;
  }
}

Status SerialPort::Write(std::span<const uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written > 0) {
      bytes = bytes.subspan(static_cast<size_t>(written));
      continue;
    }
    if (written < 0 && errno != EAGAIN && errno != EINTR) return Gone();
    const auto ready = Wait(POLLOUT, deadline);
    if (!ready) return ready.error();
    if (!*ready) return Error{path_ + ": takes no bytes any more, want a board that is plugged in"};
  }
  return {};
}

Result<size_t> SerialPort::Read(std::span<uint8_t> into, Deadline deadline) {
  while (true) {
    const auto ready = Wait(POLLIN, deadline);
    if (!ready) return ready.error();
    if (!*ready) return size_t{0};
    const ssize_t got = read(fd_, into.data(), into.size());
    if (got > 0) return static_cast<size_t>(got);
    // poll() promised a byte: an end of file means that the device has left.
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return Gone();
  }
}

Error SerialPort::Gone() const { return Error{path_ + ": the port has gone; was the board unplugged?"}; }

}  // namespace weft::link
