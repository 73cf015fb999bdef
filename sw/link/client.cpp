#include "sw/link/client.h"

#include <algorithm>
#include <cstdio>

#include "sw/runtime/rtl_registers.h"

namespace weft::link {

namespace {

using std::chrono::milliseconds;

std::string Hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", value);
  return text;
}

const char* Name(Op op) {
  switch (op) {
    case Op::kHello: return "HELLO";
    case Op::kRead: return "READ";
    case Op::kWrite: return "WRITE";
    case Op::kStep: return "STEP";
    case Op::kCrc: return "CRC";
  }
  return "?";
}

}  // namespace

uint32_t ConfigWord(const HwConfig& hw) {
  return (hw.port & 255) | (hw.columns & 255) << 8 | (hw.panel_rows & 255) << 16 | (hw.max_rows & 255) << 24;
}

uint32_t ConfigCrc(const HwConfig& hw) {
  const std::string text = ConfigToJson(hw);
  return Crc32({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Result<HwConfig> ConfigOf(const BoardInfo& board, const std::string& port) {
  const auto configs = AllConfigs();
  if (!configs) return configs.error();
  for (const HwConfig& hw : *configs) {
    if (ConfigCrc(hw) == board.config_crc) return hw;
  }
  for (const HwConfig& hw : *configs) {
    if (ConfigWord(hw) != board.config) continue;
    return Error{port + ": the board was built from another configuration '" + hw.name + "', checksum " +
                 Hex(board.config_crc) + ", want " + Hex(ConfigCrc(hw)) + "; build and flash its bitstream again"};
  }
  return Error{port + ": the board has a configuration that this program does not know, register " +
               Hex(board.config) + ", checksum " + Hex(board.config_crc) + "; weft configs lists those it knows"};
}

Result<std::unique_ptr<Client>> Client::Connect(std::unique_ptr<Transport> transport, const ClientOptions& options) {
  std::unique_ptr<Client> client(new Client(std::move(transport), options));
  if (Status failed = client->Greet()) return *failed;
  return client;
}

Status Client::Greet() {
  const auto words = Ask(Op::kHello, 0, 0, {}, {}, options_.timeout);
  if (!words) return words.error();
  const auto word = [&](Hello which) { return which < words->size() ? (*words)[which] : 0; };
  if (word(kHelloId) != reg::kIdValue) {
    return Error{port() + ": the board calls itself " + Hex(word(kHelloId)) + ", want " + Hex(reg::kIdValue)};
  }
  if (word(kHelloVersion) != kVersion) {
    return Error{port() + ": the board speaks version " + std::to_string(word(kHelloVersion)) +
                 " of the link, want " + std::to_string(kVersion) + "; flash a bitstream of this release"};
  }
  if (words->size() != kHelloWords) {
    return Error{port() + ": the board introduces itself with " + std::to_string(words->size()) + " words, want " +
                 std::to_string(kHelloWords)};
  }
  if (word(kHelloTapeStorage) > 1) {
    return Error{port() + ": the board keeps the tape in storage " + std::to_string(word(kHelloTapeStorage)) +
                 ", want 0 (flash) or 1 (memory)"};
  }
  if (word(kHelloClockHz) == 0) return Error{port() + ": the board states a clock of 0 Hz, want more"};
  board_ = {word(kHelloConfig),    word(kHelloMemoryBytes),
            word(kHelloClockHz),   word(kHelloConfigCrc),
            static_cast<TapeStorage>(word(kHelloTapeStorage)), word(kHelloTapeBase)};
  return {};
}

Status Client::CheckConfig(const HwConfig& hw) const {
  if (board_.config_crc == ConfigCrc(hw) && board_.config == ConfigWord(hw)) return {};
  const auto is = ConfigOf(board_, port());
  if (!is) return is.error();
  if (is->name != hw.name) {
    return Error{port() + ": the board is of configuration '" + is->name + "', the model is compiled for '" + hw.name +
                 "'; compile it for " + is->name};
  }
  return Error{port() + ": the board's configuration register is " + Hex(board_.config) + ", '" + hw.name +
               "' wants " + Hex(ConfigWord(hw)) + "; build and flash its bitstream again"};
}

Result<std::vector<uint32_t>> Client::Read(uint32_t address, uint32_t words) {
  std::vector<uint32_t> all;
  while (all.size() < words) {
    const uint32_t count = std::min<uint32_t>(kMaxWords, words - static_cast<uint32_t>(all.size()));
    const auto part = Ask(Op::kRead, address + 4 * static_cast<uint32_t>(all.size()), static_cast<uint8_t>(count), {},
                          count, options_.timeout);
    if (!part) return part.error();
    all.insert(all.end(), part->begin(), part->end());
  }
  return all;
}

Status Client::Write(uint32_t address, std::span<const uint32_t> words) {
  while (!words.empty()) {
    const auto part = words.first(std::min<size_t>(kMaxWords, words.size()));
    const auto done = Ask(Op::kWrite, address, static_cast<uint8_t>(part.size()), {part.begin(), part.end()}, 0,
                          options_.timeout);
    if (!done) return done.error();
    address += 4 * static_cast<uint32_t>(part.size());
    words = words.subspan(part.size());
  }
  return {};
}

Result<StepAnswer> Client::Step(milliseconds patience) {
  const auto words = Ask(Op::kStep, 0, 0, {}, 2, options_.timeout + patience);
  if (!words) return words.error();
  return StepAnswer{(*words)[0], (*words)[1]};
}

Result<uint32_t> Client::Crc(uint32_t address, uint32_t bytes) {
  // A board that takes 64 cycles a byte is still in time.
  const milliseconds patience(64000ull * bytes / board_.clock_hz);
  const auto words = Ask(Op::kCrc, address, 1, {bytes}, 1, options_.timeout + patience);
  if (!words) return words.error();
  return words->front();
}

Result<std::vector<uint32_t>> Client::Ask(Op op, uint32_t address, uint8_t len, std::vector<uint32_t> words,
                                          std::optional<size_t> answer_words, milliseconds timeout) {
  const Request request = {++seq_, op, len, address, std::move(words)};
  const std::vector<uint8_t> frame = Encode(request);
  const std::string what = std::string(Name(op)) + (op == Op::kRead || op == Op::kWrite || op == Op::kCrc
                                                        ? " at " + Hex(address)
                                                        : std::string());
  const uint64_t heard_before = heard_;
  for (uint32_t attempt = 0; attempt <= options_.retries; ++attempt) {
    if (attempt > 0) {
      ++retries_;
      if (Status failed = Settle()) return *failed;
    }
    const Deadline deadline = Clock::now() + timeout * options_.slowness;
    if (Status failed = transport_->Write(frame, deadline)) return *failed;
    auto answer = Await(request.seq, deadline);
    if (!answer) return answer.error();
    if (!answer->has_value()) continue;
    Answer& got = **answer;
    switch (got.code) {
      case Code::kOk: break;
      case Code::kBadCrc: continue;  // Await gives none
      case Code::kUnknownOp:
        return Error{port() + ": the board does not know " + what + "; flash a bitstream of this release"};
      case Code::kBadAddress:
        if (op == Op::kCrc) {
          return Error{port() + ": the board refuses CRC of " + std::to_string(request.words.front()) + " bytes at " +
                       Hex(address) + ": the tape's storage ends before"};
        }
        return Error{port() + ": the board refuses " + what + ", " + std::to_string(len) +
                     " words: no such registers or memory"};
      default:
        return Error{port() + ": the board answers " + what + " with the unknown code " +
                     std::to_string(static_cast<int>(got.code))};
    }
    if (answer_words && got.words.size() != *answer_words) {
      return Error{port() + ": the board answers " + what + " with " + std::to_string(got.words.size()) +
                   " words, want " + std::to_string(*answer_words)};
    }
    return std::move(got.words);
  }
  return NoAnswer(what, heard_ - heard_before);
}

Result<std::optional<Answer>> Client::Await(uint8_t seq, Deadline deadline) {
  constexpr milliseconds kLook(100);  // how often an interrupt is looked for
  std::vector<Answer> answers;
  uint8_t bytes[512];
  while (true) {
    const auto got = transport_->Read(bytes, std::min(deadline, Clock::now() + kLook));
    if (!got) return got.error();
    heard_ += *got;
    const uint64_t bad_before = parser_.bad_frames();
    parser_.Push(std::span(bytes).first(*got), &answers);
    for (Answer& answer : answers) {
      if (answer.seq != seq) continue;  // late, to a request that was sent again since
      if (answer.code == Code::kBadCrc) return std::optional<Answer>();
      return std::optional<Answer>(std::move(answer));
    }
    answers.clear();
    if (parser_.bad_frames() > bad_before) return std::optional<Answer>();
    if (options_.interrupted && *options_.interrupted) return Error{"the wait for the board was interrupted"};
    if (Clock::now() >= deadline) return std::optional<Answer>();
  }
}

Status Client::Settle() {
  uint8_t bytes[512];
  const Deadline end = Clock::now() + 10 * options_.quiet;  // some devices never stop talking
  while (Clock::now() < end) {
    const auto got = transport_->Read(bytes, Clock::now() + options_.quiet);
    if (!got) return got.error();
    if (*got == 0) break;
    heard_ += *got;
  }
  parser_.Reset();
  return {};
}

Error Client::NoAnswer(const std::string& what, uint64_t heard) const {
  const std::string tries = std::to_string(options_.retries + 1) + " tries";
  if (heard == 0) {
    return Error{port() + ": the board does not answer " + what + " in " + tries +
                 ", want a board with Weft's bitstream, powered and at the right baud rate"};
  }
  return Error{port() + ": the board answers " + what + " with " + std::to_string(heard) +
               " bytes that hold no good frame in " + tries + ", want the right port and baud rate, and a sound cable"};
}

}  // namespace weft::link
