#include "tests/link/simulated_board.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sw/compiler/tape.h"
#include "sw/link/client.h"
#include "sw/runtime/rtl_registers.h"

namespace weft::testing {

namespace {

// A board drops a frame that stops in its middle.
constexpr auto kFrameTimeout = std::chrono::milliseconds(20);

golden::Machine MakeMachine(const HwConfig& hw, const Tape& tape) {
  auto machine = golden::Machine::Create(hw, tape);
  WEFT_CHECK(machine.ok(), "the board's tape must be sound");
  return std::move(*machine);
}

}  // namespace

SimulatedBoard::SimulatedBoard(const HwConfig& hw, std::shared_ptr<const Tape> tape, SimulatedBoardOptions options)
    : hw_(hw),
      tape_(std::move(tape)),
      options_(std::move(options)),
      machine_(MakeMachine(hw_, *tape_)),
      memory_(options_.memory_bytes, 0xEE) {}

bool SimulatedBoard::Push(uint8_t byte) {
  in_.push_back(byte);
  last_byte_ = std::chrono::steady_clock::now();
  return true;
}

std::optional<uint8_t> SimulatedBoard::Pop() {
  if (out_.empty()) return {};
  const uint8_t byte = out_.front();
  out_.pop_front();
  return byte;
}

bool SimulatedBoard::Advance() {
  std::vector<link::Request> requests;
  const uint64_t bad = parser_.bad_frames();
  parser_.Push(in_, &requests);
  in_.clear();
  if (parser_.bad_frames() > bad) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++bad_requests_;
    Reply(parser_.bad_seq(), link::Code::kBadCrc, {});
    parser_.Reset();
  }
  if (parser_.holds_part() && std::chrono::steady_clock::now() - last_byte_ > kFrameTimeout) parser_.Reset();
  for (const link::Request& request : requests) Serve(request);
  return !requests.empty();
}

uint64_t SimulatedBoard::requests(link::Op op) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = requests_.find(op);
  return found == requests_.end() ? 0 : found->second;
}

uint64_t SimulatedBoard::bad_requests() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bad_requests_;
}

void SimulatedBoard::Reply(uint8_t seq, link::Code code, std::vector<uint32_t> words) {
  const auto frame = Encode(link::Answer{seq, code, std::move(words)});
  out_.insert(out_.end(), frame.begin(), frame.end());
}

void SimulatedBoard::Serve(const link::Request& request) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++requests_[request.op];
  }
  std::vector<uint32_t> words;
  switch (request.op) {
    case link::Op::kHello: return Reply(request.seq, link::Code::kOk, Introduce());
    case link::Op::kRead:
      if (request.len > link::kMaxWords) return Reply(request.seq, link::Code::kBadAddress, {});
      for (uint32_t i = 0; i < request.len; ++i) {
        uint32_t word;
        if (!Read(request.addr + 4 * i, &word)) return Reply(request.seq, link::Code::kBadAddress, {});
        words.push_back(word);
      }
      return Reply(request.seq, link::Code::kOk, std::move(words));
    case link::Op::kWrite:
      for (uint32_t i = 0; i < request.len; ++i) {
        if (!Write(request.addr + 4 * i, request.words[i])) {
          return Reply(request.seq, link::Code::kBadAddress, {});
        }
      }
      return Reply(request.seq, link::Code::kOk, {});
    case link::Op::kStep: {
      uint32_t cycles = 0;
      const uint32_t status = Step(&cycles);
      return Reply(request.seq, link::Code::kOk, {status, cycles});
    }
    case link::Op::kCrc: {
      const auto part = request.words.size() == 1 ? Stored(request.addr, request.words[0]) : std::nullopt;
      if (!part) return Reply(request.seq, link::Code::kBadAddress, {});
      return Reply(request.seq, link::Code::kOk, {link::Crc32(*part)});
    }
  }
  Reply(request.seq, link::Code::kUnknownOp, {});
}

std::vector<uint32_t> SimulatedBoard::Introduce() const {
  std::vector<uint32_t> words(options_.hello_words);
  const uint32_t truth[link::kHelloWords] = {reg::kIdValue,
                                             link::kVersion,
                                             link::ConfigWord(hw_),
                                             options_.memory_bytes,
                                             options_.clock_hz,
                                             link::ConfigCrc(hw_),
                                             static_cast<uint32_t>(options_.storage),
                                             options_.tape_base};
  for (uint32_t i = 0; i < words.size() && i < link::kHelloWords; ++i) {
    const auto changed = options_.hello.find(i);
    words[i] = changed == options_.hello.end() ? truth[i] : changed->second;
  }
  return words;
}

bool SimulatedBoard::Read(uint32_t address, uint32_t* word) const {
  if (address % 4 != 0) return false;
  if (address & link::kMemory) {
    const uint32_t at = address & ~link::kMemory;
    if (at + 4 > memory_.size()) return false;
    std::memcpy(word, &memory_[at], 4);
    return true;
  }
  if (address == reg::kId || address == reg::kVersion || address == reg::kConfig) {
    *word = address == reg::kId ? reg::kIdValue : address == reg::kVersion ? kTapeVersion : link::ConfigWord(hw_);
    return true;
  }
  const bool known = (address >= reg::kControl && address <= reg::kRows) ||
                     (address >= reg::kRow && address < reg::kRow + hw_.max_rows * reg::kRowStride &&
                      address % reg::kRowStride <= reg::kRowResult);
  const auto found = registers_.find(address);
  *word = found == registers_.end() ? 0 : found->second;
  return known;
}

bool SimulatedBoard::Write(uint32_t address, uint32_t word) {
  if (address % 4 != 0) return false;
  if (address & link::kMemory) {
    const uint32_t at = address & ~link::kMemory;
    if (at + 4 > memory_.size()) return false;
    std::memcpy(&memory_[at], &word, 4);
    return true;
  }
  uint32_t unused;
  if (!Read(address, &unused) || address <= reg::kStatus) return false;
  if (address >= reg::kRow && address % reg::kRowStride == reg::kRowResult) return false;
  if (address == reg::kRows && word > hw_.max_rows) return false;
  registers_[address] = word;
  return true;
}

std::optional<std::span<const uint8_t>> SimulatedBoard::Stored(uint32_t address, uint64_t bytes) const {
  const bool in_flash = options_.storage == link::TapeStorage::kFlash;
  const std::span<const uint8_t> all = in_flash ? options_.flash : memory_;
  const uint64_t at = in_flash ? uint64_t{address} - options_.tape_base : address;
  if (at > all.size() || bytes > all.size() - at) return {};
  return all.subspan(at, bytes);
}

// The STATUS register.
uint32_t SimulatedBoard::Step(uint32_t* cycles) {
  const auto get = [&](uint32_t address) { return registers_[address]; };
  const auto bus_error = reg::kStatusError | reg::kErrorBus << 8;
  if (options_.status) return *options_.status;
  const auto stored = Stored(get(reg::kTapeBase), tape_->bytes.size());
  if (!stored || !std::equal(stored->begin(), stored->end(), tape_->bytes.begin()) ||
      get(reg::kBoot) != tape_->boot_count) {
    return reg::kStatusError | reg::kErrorOpcode << 8;
  }
  std::vector<golden::Row> rows;
  for (uint32_t r = 0; r < get(reg::kRows); ++r) {
    const uint32_t base = reg::kRow + r * reg::kRowStride;
    const uint32_t flags = get(base + reg::kRowFlags);
    rows.push_back({get(base + reg::kRowToken), get(base + reg::kRowPosition), flags & 255,
                    (flags & reg::kFlagWant) != 0, (flags & reg::kFlagDump) != 0,
                    std::bit_cast<float>(get(base + reg::kRowZ)), get(base + reg::kRowTopK), get(base + reg::kRowSeed)});
  }
  const auto step = machine_.Step(rows);
  if (!step) return bus_error;
  for (uint32_t r = 0; r < rows.size(); ++r) {
    if (rows[r].want) registers_[reg::kRow + r * reg::kRowStride + reg::kRowResult] = step->tokens[r];
    if (!rows[r].dump) continue;
    const uint64_t at = uint64_t{get(reg::kLogitBase)} + uint64_t{r} * get(reg::kLogitStride);
    const auto logits = step->Logits(r);
    if (at + logits.size_bytes() > memory_.size()) return bus_error;
    std::memcpy(&memory_[at], logits.data(), logits.size_bytes());
  }
  *cycles = static_cast<uint32_t>(2 * tape_->bytes.size() / hw_.port);
  ++steps_;
  return reg::kStatusDone;
}

bool FaultyLine::Push(uint8_t byte) {
  const uint64_t number = in_++;
  const auto named = [&](const std::vector<uint64_t>& list) {
    return std::find(list.begin(), list.end(), number) != list.end();
  };
  if (Chance(faults_.lose) || named(faults_.lose_in)) return true;
  if (Chance(faults_.flip) || named(faults_.flip_in)) byte ^= static_cast<uint8_t>(1u << rng_() % 8);
  if (Chance(faults_.add)) board_.Push(static_cast<uint8_t>(rng_()));
  return board_.Push(byte);
}

std::optional<uint8_t> FaultyLine::Pop() {
  while (auto byte = board_.Pop()) {
    const uint64_t number = out_++;
    const auto named = [&](const std::vector<uint64_t>& list) {
      return std::find(list.begin(), list.end(), number) != list.end();
    };
    if (faults_.lose_from && number >= *faults_.lose_from) continue;
    if (Chance(faults_.lose) || named(faults_.lose_out)) continue;
    if (Chance(faults_.flip) || named(faults_.flip_out)) *byte ^= static_cast<uint8_t>(1u << rng_() % 8);
    return byte;
  }
  return {};
}

}  // namespace weft::testing
