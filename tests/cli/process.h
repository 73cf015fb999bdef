// Running the built program as a user would: arguments, stdin, signals, exit code.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sw/base/temp_folder.h"

namespace weft::testing {

struct Outcome {
  int code = -1;  // 128 + signal when killed
  std::string out, err;
};

enum class Stdin { kNull, kClosed, kText, kIdlePipe };

struct Invocation {
  std::vector<std::string> arguments = {};
  Stdin from = Stdin::kNull;
  std::string text = {};       // of kText, through a pipe
  int interrupt_after_ms = 0;  // sends SIGINT
};

inline std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

inline void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline Outcome Weft(const Invocation& call) {
  TempFolder folder;
  const std::string out = folder / "out", err = folder / "err";
  int pipe_ends[2] = {-1, -1};
  const bool piped = call.from == Stdin::kText || call.from == Stdin::kIdlePipe;
  if (piped && pipe(pipe_ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDERR_FILENO);
    if (piped) {
      dup2(pipe_ends[0], STDIN_FILENO);
      close(pipe_ends[0]);
      close(pipe_ends[1]);
    } else {
      close(STDIN_FILENO);
      if (call.from == Stdin::kNull) open("/dev/null", O_RDONLY);
    }
    std::vector<char*> argv = {const_cast<char*>("weft")};
    for (const std::string& argument : call.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(WEFT_BINARY, argv.data());
    _exit(127);
  }
  if (piped) {
    close(pipe_ends[0]);
    if (call.from == Stdin::kText) {
      if (write(pipe_ends[1], call.text.data(), call.text.size()) < 0) ADD_FAILURE() << "stdin was not read";
      close(pipe_ends[1]);
    }
  }
  if (call.interrupt_after_ms > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(call.interrupt_after_ms));
    kill(child, SIGINT);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (call.from == Stdin::kIdlePipe) close(pipe_ends[1]);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ReadText(out), ReadText(err)};
}

inline Outcome Weft(std::vector<std::string> arguments) { return Weft(Invocation{std::move(arguments)}); }

}  // namespace weft::testing
