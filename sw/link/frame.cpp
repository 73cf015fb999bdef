#include "sw/link/frame.h"

#include <zlib.h>

#include <algorithm>

#include "sw/base/result.h"

namespace weft::link {

namespace {

constexpr size_t kCrcBytes = 4;
constexpr size_t kTooLong = 0;

void Append32(uint32_t value, std::vector<uint8_t>* out) {
  for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<uint8_t>(value >> shift));
}

uint32_t Read32(const uint8_t* bytes) {
  return bytes[0] | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 | uint32_t{bytes[3]} << 24;
}

// The start byte is outside of the CRC.
void Seal(std::vector<uint8_t>* frame) { Append32(Crc32(std::span(*frame).subspan(1)), frame); }

std::vector<uint32_t> ReadWords(std::span<const uint8_t> bytes) {
  std::vector<uint32_t> words;
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) words.push_back(Read32(&bytes[at]));
  return words;
}

// What differs between the two directions: start byte, length of the head, words behind it, fields.
template <typename Frame>
struct Form;

template <>
struct Form<Request> {
  static constexpr uint8_t kStart = kRequestStart;
  static constexpr size_t kHead = 8;
  static uint32_t Words(const uint8_t* head) {
    const Op op = static_cast<Op>(head[2]);
    return op == Op::kWrite || op == Op::kCrc ? head[3] : 0;
  }
  static Request Decode(std::span<const uint8_t> body) {
    return {body[1], static_cast<Op>(body[2]), body[3], Read32(&body[4]), ReadWords(body.subspan(kHead))};
  }
};

template <>
struct Form<Answer> {
  static constexpr uint8_t kStart = kAnswerStart;
  static constexpr size_t kHead = 4;
  static uint32_t Words(const uint8_t* head) { return head[3]; }
  static Answer Decode(std::span<const uint8_t> body) {
    return {body[1], static_cast<Code>(body[2]), ReadWords(body.subspan(kHead))};
  }
};

// Bytes of the frame that starts with a whole head.
template <typename Frame>
size_t FrameBytes(const uint8_t* head) {
  const uint32_t words = Form<Frame>::Words(head);
  return words > kMaxWords ? kTooLong : Form<Frame>::kHead + 4 * words + kCrcBytes;
}

}  // namespace

uint32_t Crc32(std::span<const uint8_t> bytes) {
  return static_cast<uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

std::vector<uint8_t> Encode(const Request& request) {
  WEFT_CHECK(request.words.size() <= kMaxWords, "a frame holds 64 words");
  std::vector<uint8_t> frame = {kRequestStart, request.seq, static_cast<uint8_t>(request.op), request.len};
  Append32(request.addr, &frame);
  for (const uint32_t word : request.words) Append32(word, &frame);
  Seal(&frame);
  return frame;
}

std::vector<uint8_t> Encode(const Answer& answer) {
  WEFT_CHECK(answer.words.size() <= kMaxWords, "a frame holds 64 words");
  std::vector<uint8_t> frame = {kAnswerStart, answer.seq, static_cast<uint8_t>(answer.code),
                                static_cast<uint8_t>(answer.words.size())};
  for (const uint32_t word : answer.words) Append32(word, &frame);
  Seal(&frame);
  return frame;
}

template <typename Frame>
void Parser<Frame>::Push(std::span<const uint8_t> bytes, std::vector<Frame>* frames) {
  for (const uint8_t byte : bytes) {
    held_.push_back(byte);
    Scan(frames);
  }
}

// Leaves what may still become a frame at the front of held_.
template <typename Frame>
void Parser<Frame>::Scan(std::vector<Frame>* frames) {
  size_t at = 0;
  while (at < held_.size()) {
    if (held_[at] != Form<Frame>::kStart) {
      ++at;
      ++strays_;
      continue;
    }
    const size_t have = held_.size() - at;
    if (have < Form<Frame>::kHead) break;
    const size_t size = FrameBytes<Frame>(&held_[at]);
    if (size != kTooLong && have < size) break;
    const std::span<const uint8_t> frame = std::span<const uint8_t>(held_).subspan(at, std::min(size, have));
    if (size != kTooLong) {
      const auto body = frame.first(size - kCrcBytes);
      if (Crc32(body.subspan(1)) == Read32(&frame[body.size()])) {
        frames->push_back(Form<Frame>::Decode(body));
        at += size;
        continue;
      }
      ++bad_frames_;
      bad_seq_ = frame[1];
    }
    ++at;
    ++strays_;
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(at));
}

template class Parser<Request>;
template class Parser<Answer>;

}  // namespace weft::link
