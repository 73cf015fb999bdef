// A board in software: answers the link as docs/reference/link.md says, and takes its steps with the golden model.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "sw/board/pty_bridge.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/golden/machine.h"
#include "sw/link/frame.h"

namespace weft::testing {

struct SimulatedBoardOptions {
  link::TapeStorage storage = link::TapeStorage::kFlash;
  uint32_t tape_base = 0x100000;
  uint32_t memory_bytes = 1 << 22;
  uint32_t clock_hz = 24000000;
  std::vector<uint8_t> flash;     // from tape_base on
  std::map<uint32_t, uint32_t> hello;  // words of HELLO's answer that are not what they should be
  uint32_t hello_words = link::kHelloWords;
  std::optional<uint32_t> status;      // that steps end with
};

class SimulatedBoard : public BoardModel {
 public:
  // Takes steps of `tape` alone: the host must have put it, or flashed it, where it says.
  SimulatedBoard(const HwConfig& hw, std::shared_ptr<const Tape> tape, SimulatedBoardOptions options);

  bool Push(uint8_t byte) override;
  std::optional<uint8_t> Pop() override;
  bool Advance() override;

  // Requests so far, by op; from any thread.
  uint64_t requests(link::Op op) const;
  uint64_t bad_requests() const;

 private:
  void Serve(const link::Request& request);
  void Reply(uint8_t seq, link::Code code, std::vector<uint32_t> words);
  std::vector<uint32_t> Introduce() const;
  bool Read(uint32_t address, uint32_t* word) const;
  bool Write(uint32_t address, uint32_t word);
  // The part of the tape's storage, or nothing beyond it.
  std::optional<std::span<const uint8_t>> Stored(uint32_t address, uint64_t bytes) const;
  uint32_t Step(uint32_t* cycles);

  HwConfig hw_;
  std::shared_ptr<const Tape> tape_;
  SimulatedBoardOptions options_;
  golden::Machine machine_;
  std::vector<uint8_t> memory_;
  std::map<uint32_t, uint32_t> registers_;
  std::vector<uint8_t> in_;
  std::chrono::steady_clock::time_point last_byte_;
  std::deque<uint8_t> out_;
  link::RequestParser parser_;
  uint64_t steps_ = 0, cycles_ = 0;
  mutable std::mutex mutex_;  // of the counts below
  std::map<link::Op, uint64_t> requests_;
  uint64_t bad_requests_ = 0;
};

// A cable that damages what it carries.
struct LineFaults {
  double lose = 0, flip = 0, add = 0;  // chance of each byte, in both directions
  uint32_t seed = 1;
  std::optional<uint64_t> lose_from;  // byte number of the board's answers from which on none arrives
  std::vector<uint64_t> flip_out;     // byte numbers of the board's answers that arrive with a bit inverted
  std::vector<uint64_t> flip_in;      // of the host's requests
  std::vector<uint64_t> lose_out, lose_in;
};

class FaultyLine : public BoardModel {
 public:
  FaultyLine(BoardModel& board, LineFaults faults) : board_(board), faults_(std::move(faults)), rng_(faults_.seed) {}

  bool Push(uint8_t byte) override;
  std::optional<uint8_t> Pop() override;
  bool Advance() override { return board_.Advance(); }

 private:
  bool Chance(double p) { return p > 0 && std::uniform_real_distribution<>()(rng_) < p; }

  BoardModel& board_;
  LineFaults faults_;
  std::mt19937 rng_;
  uint64_t in_ = 0, out_ = 0;
};

}  // namespace weft::testing
