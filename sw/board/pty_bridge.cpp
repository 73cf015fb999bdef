#include "sw/board/pty_bridge.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>

namespace weft {

Result<std::unique_ptr<PtyBridge>> PtyBridge::Start(BoardModel& board) {
  const auto failed = [](const char* what) { return Error{std::string("a pseudo-terminal: ") + what + ": " + std::strerror(errno)}; };
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return failed("cannot be made");
  char path[64];
  if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, path, sizeof path) != 0) {
    close(master);
    return failed("cannot be set up");
  }
  // Held open, so that the master sees no hang-up while no host has the port open.
  const int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios settings;
  if (slave < 0 || tcgetattr(slave, &settings) != 0) {
    close(master);
    if (slave >= 0) close(slave);
    return failed("cannot be opened");
  }
  cfmakeraw(&settings);  // nothing is echoed, whoever opens it
  tcsetattr(slave, TCSANOW, &settings);
  fcntl(master, F_SETFL, O_NONBLOCK);
  std::unique_ptr<PtyBridge> bridge(new PtyBridge(board, master, slave, path));
  bridge->thread_ = std::thread([raw = bridge.get()] { raw->Run(); });
  return bridge;
}

void PtyBridge::Unplug() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  if (master_ >= 0) close(master_);
  if (slave_ >= 0) close(slave_);
  master_ = slave_ = -1;
}

void PtyBridge::Run() {
  std::deque<uint8_t> in, out;
  bool busy = false;
  while (!stop_) {
    pollfd entry = {master_, static_cast<short>(in.empty() ? POLLIN : 0), 0};
    poll(&entry, 1, busy ? 0 : 1);
    if (entry.revents & POLLIN) {
      uint8_t bytes[256];
      const ssize_t got = read(master_, bytes, sizeof bytes);
      if (got > 0) in.insert(in.end(), bytes, bytes + got);
    }
    while (!in.empty() && board_.Push(in.front())) in.pop_front();
    busy = board_.Advance();
    while (const auto byte = board_.Pop()) out.push_back(*byte);
    while (!out.empty() && write(master_, &out.front(), 1) == 1) out.pop_front();
    busy = busy || !in.empty();
  }
}

}  // namespace weft
