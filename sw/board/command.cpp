#include "sw/board/command.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

extern char** environ;

namespace weft {

std::string CommandText(const std::vector<std::string>& words) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

Status RunCommand(const std::vector<std::string>& words, const std::string& package) {
  WEFT_CHECK(!words.empty(), "a command names a program");
  const std::string& program = words.front();
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, program.c_str(), nullptr, nullptr, argv.data(), environ);
  if (failed == ENOENT) {
    return Error{program + " is not installed" +
                 (package.empty() ? "; it comes with the board" : ", want it: apt install " + package)};
  }
  if (failed != 0) return Error{program + " cannot be run: " + std::strerror(failed)};
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Error{program + " was lost: " + std::strerror(errno)};
  }
  if (WIFSIGNALED(status)) return Error{program + " was ended by signal " + std::to_string(WTERMSIG(status))};
  const int code = WEXITSTATUS(status);
  if (code != 0) return Error{program + " ended with exit code " + std::to_string(code) + ", want 0; is the board plugged in?"};
  return {};
}

}  // namespace weft
