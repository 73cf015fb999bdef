#include "sw/cli/prompt.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::cli {

namespace {

constexpr size_t kMaxPrompt = size_t{1} << 24;
constexpr int kWaitMs = 500;  // for the first byte on a pipe that nobody named

Result<std::string> ReadStdin() {
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t got = read(STDIN_FILENO, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{"stdin cannot be read for the prompt"};
    if (got == 0) break;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kMaxPrompt) return Error{"the prompt on stdin is longer than 16 MiB"};
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

bool StdinHasText() {
  struct stat info;
  if (fstat(STDIN_FILENO, &info) != 0) return false;
  if (S_ISREG(info.st_mode)) return true;
  if (!S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode)) return false;
  pollfd wait = {STDIN_FILENO, POLLIN, 0};
  return poll(&wait, 1, kWaitMs) == 1;
}

}  // namespace

Result<std::string> FindPrompt(const std::optional<std::string>& option) {
  if (option && *option != "-") return *option;
  if (option) return ReadStdin();
  if (!StdinHasText()) return std::string(kDefaultPrompt);
  auto text = ReadStdin();
  // Nothing was meant by a stdin that is empty or cannot be read.
  return text && !text->empty() ? *text : std::string(kDefaultPrompt);
}

Result<std::vector<int32_t>> ParseIds(const std::string& text) {
  std::vector<int32_t> ids;
  const char* at = text.c_str();
  while (true) {
    while (*at == ' ' || *at == ',' || *at == '\n') ++at;
    if (*at == '\0') return ids;
    char* end = nullptr;
    errno = 0;
    const long value = std::strtol(at, &end, 10);
    if (end == at || errno != 0 || value < INT32_MIN || value > INT32_MAX) {
      return Error{"the token ids '" + text + "' hold something that is no id near '" + std::string(at).substr(0, 12) +
                   "'"};
    }
    ids.push_back(static_cast<int32_t>(value));
    at = end;
  }
}

}  // namespace weft::cli
