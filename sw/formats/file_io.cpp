#include "sw/formats/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weft {
namespace {

constexpr size_t kMaxCall = size_t{1} << 30;  // read and write move less than 2 GiB at a time

Error SystemError(const std::string& path, const char* action) {
  return Error{path + ": cannot " + action + ": " + std::strerror(errno)};
}

// Closes on every way out.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

Status WriteAll(int fd, const std::string& path, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), std::min(bytes.size(), kMaxCall));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return SystemError(path, "write");
    bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
  if (fsync(fd) != 0) return SystemError(path, "write");
  return {};
}

}  // namespace

Result<std::vector<uint8_t>> ReadFile(const std::string& path) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return SystemError(path, "open");
  struct stat info;
  if (fstat(file.fd, &info) != 0) return SystemError(path, "read");
  if (S_ISDIR(info.st_mode)) return Error{path + ": is a directory, wanted a file"};
  if (!S_ISREG(info.st_mode)) return Error{path + ": is a device or a pipe, wanted a regular file"};
  const uint64_t size = static_cast<uint64_t>(info.st_size);
  if (size == 0) return Error{path + ": is empty, wanted a model or tokenizer file"};
  if (size > kMaxFileBytes) {
    return Error{path + ": has " + std::to_string(size) + " bytes, wanted at most " +
                 std::to_string(kMaxFileBytes)};
  }
  std::vector<uint8_t> bytes(size);
  for (size_t have = 0; have < size;) {
    const ssize_t got = read(file.fd, bytes.data() + have, std::min<size_t>(size - have, kMaxCall));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, "read");
    if (got == 0)
      return Error{path + ": ended after " + std::to_string(have) + " bytes, wanted " + std::to_string(size)};
    have += static_cast<size_t>(got);
  }
  return bytes;
}

Status WriteFileAtomically(const std::string& path, std::span<const uint8_t> bytes) {
  const std::string temporary = path + ".tmp" + std::to_string(getpid());
  Status bad;
  {
    const Descriptor file{open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (file.fd < 0) return SystemError(path, "create");
    bad = WriteAll(file.fd, path, bytes);
  }
  if (!bad && rename(temporary.c_str(), path.c_str()) != 0) bad = SystemError(path, "replace");
  if (bad) unlink(temporary.c_str());
  return bad;
}

}  // namespace weft
