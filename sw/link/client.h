// The host's end of the link: requests with numbers, timeouts and retries. A board that does not answer, or answers
// wrongly, ends in one sentence.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/compiler/config.h"
#include "sw/link/frame.h"
#include "sw/link/transport.h"

namespace weft::link {

struct ClientOptions {
  std::chrono::milliseconds timeout{500};   // of a request that needs no work
  std::chrono::milliseconds quiet{30};      // before a retry; a board drops a broken frame after 20
  uint32_t retries = 3;
  uint32_t slowness = 1;  // times as long for everything: of a board that is simulated
  const std::atomic<bool>* interrupted = nullptr;  // ends a wait early, as an error
};

// What the board says of itself.
struct BoardInfo {
  uint32_t config = 0;  // CONFIG register
  uint64_t memory_bytes = 0;
  uint32_t clock_hz = 0;
  uint32_t config_crc = 0;
  TapeStorage storage = TapeStorage::kFlash;
  uint32_t tape_base = 0;
};

struct StepAnswer {
  uint32_t status = 0;  // STATUS register
  uint32_t cycles = 0;  // busy in this step
};

// What a board of the configuration answers to HELLO.
uint32_t ConfigWord(const HwConfig& hw);
uint32_t ConfigCrc(const HwConfig& hw);
// The built-in configuration that a board was made from; the sentence of one that is none of them.
Result<HwConfig> ConfigOf(const BoardInfo& board, const std::string& port);

class Client {
 public:
  // Asks the board who it is.
  static Result<std::unique_ptr<Client>> Connect(std::unique_ptr<Transport> transport,
                                                 const ClientOptions& options = {});

  const BoardInfo& board() const { return board_; }
  std::string port() const { return transport_->name(); }
  // Refuses a board that is not of this configuration.
  Status CheckConfig(const HwConfig& hw) const;

  // Registers at their addresses, memory at kMemory + byte address; any number of words.
  Result<std::vector<uint32_t>> Read(uint32_t address, uint32_t words);
  Status Write(uint32_t address, std::span<const uint32_t> words);
  // Runs a step; `patience` is for the step alone.
  Result<StepAnswer> Step(std::chrono::milliseconds patience);
  // CRC-32 of a part of the tape's storage.
  Result<uint32_t> Crc(uint32_t address, uint32_t bytes);

  uint64_t retries() const { return retries_; }

 private:
  Client(std::unique_ptr<Transport> transport, const ClientOptions& options)
      : transport_(std::move(transport)), options_(options) {}

  Status Greet();
  // Sends until a good answer comes. `words`: how many it must carry; none: the caller looks.
  Result<std::vector<uint32_t>> Ask(Op op, uint32_t address, uint8_t len, std::vector<uint32_t> words,
                                    std::optional<size_t> answer_words, std::chrono::milliseconds timeout);
  // The answer to `seq`; nothing at the deadline, or when the frame was damaged on its way there or back.
  Result<std::optional<Answer>> Await(uint8_t seq, Deadline deadline);
  // Reads until nothing has come for a while, so that no piece of an old answer meets a new one.
  Status Settle();
  Error NoAnswer(const std::string& what, uint64_t heard) const;

  std::unique_ptr<Transport> transport_;
  ClientOptions options_;
  BoardInfo board_;
  AnswerParser parser_;
  uint8_t seq_ = 0;
  uint64_t retries_ = 0;
  uint64_t heard_ = 0;  // bytes in all
};

}  // namespace weft::link
