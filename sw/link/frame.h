// Frames of the host link: docs/reference/link.md. Requests go to the board, answers come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft::link {

inline constexpr uint32_t kVersion = 1;
inline constexpr uint8_t kRequestStart = 0xA5, kAnswerStart = 0x5A;
inline constexpr uint32_t kMaxWords = 64;
// Set in an address: a byte of the chip's memory; clear: a register.
inline constexpr uint32_t kMemory = 1u << 31;

enum class Op : uint8_t { kHello = 0, kRead = 1, kWrite = 2, kStep = 3, kCrc = 4 };
enum class Code : uint8_t { kOk = 0, kBadCrc = 1, kUnknownOp = 2, kBadAddress = 3 };

// Words of HELLO's answer.
enum Hello : uint32_t {
  kHelloId,           // 0x54464557
  kHelloVersion,      // of the link
  kHelloConfig,       // the chip's CONFIG register
  kHelloMemoryBytes,  // that KV cache and logits (and a tape in memory) may take
  kHelloClockHz,
  kHelloConfigCrc,    // CRC-32 of ConfigToJson
  kHelloTapeStorage,  // TapeStorage
  kHelloTapeBase,     // byte address in the tape's storage
  kHelloWords
};
enum class TapeStorage : uint32_t { kFlash = 0, kMemory = 1 };

struct Request {
  uint8_t seq = 0;
  Op op = Op::kHello;
  uint8_t len = 0;  // words: to read, or that follow
  uint32_t addr = 0;
  std::vector<uint32_t> words;  // WRITE: len; CRC: 1, the count of bytes

  bool operator==(const Request&) const = default;
};

struct Answer {
  uint8_t seq = 0;
  Code code = Code::kOk;
  std::vector<uint32_t> words;

  bool operator==(const Answer&) const = default;
};

// zlib's CRC-32.
uint32_t Crc32(std::span<const uint8_t> bytes);

std::vector<uint8_t> Encode(const Request& request);
std::vector<uint8_t> Encode(const Answer& answer);

// Finds frames in a stream of bytes, in whatever pieces it comes. Behind a frame with a wrong CRC it looks on from
// the byte after that frame's start, so noise costs no good frame that follows. Holds less than one frame.
template <typename Frame>
class Parser {
 public:
  // Appends the good frames that end in these bytes.
  void Push(std::span<const uint8_t> bytes, std::vector<Frame>* frames);
  // Forgets a frame that has begun.
  void Reset() { held_.clear(); }
  bool holds_part() const { return !held_.empty(); }

  uint64_t bad_frames() const { return bad_frames_; }  // whole, with a wrong CRC
  uint64_t strays() const { return strays_; }          // bytes that belong to no good frame
  // Of the last bad frame.
  uint8_t bad_seq() const { return bad_seq_; }

 private:
  void Scan(std::vector<Frame>* frames);

  std::vector<uint8_t> held_;
  uint64_t bad_frames_ = 0;
  uint64_t strays_ = 0;
  uint8_t bad_seq_ = 0;
};

using RequestParser = Parser<Request>;
using AnswerParser = Parser<Answer>;

}  // namespace weft::link
