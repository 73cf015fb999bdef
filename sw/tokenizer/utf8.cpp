#include "sw/tokenizer/utf8.h"

#include <cstdint>

namespace weft {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// What a lead byte allows: the character's length, and the range of its second byte (which excludes overlong
// forms, surrogates and everything above U+10FFFF).
struct Lead {
  size_t length;  // 0: not a lead byte
  uint8_t low, high;
};

Lead LeadOf(uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xc2) return {0, 0, 0};
  if (byte < 0xe0) return {2, 0x80, 0xbf};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte == 0xed) return {3, 0x80, 0x9f};
  if (byte < 0xf0) return {3, 0x80, 0xbf};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte < 0xf4) return {4, 0x80, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

// The bytes at the start that belong to one character, as far as they are well-formed; at least 1.
size_t WellFormedPrefix(std::string_view text, const Lead& lead) {
  size_t n = 1;
  for (; n < lead.length && n < text.size(); ++n) {
    const uint8_t byte = static_cast<uint8_t>(text[n]);
    const bool fits = n == 1 ? byte >= lead.low && byte <= lead.high : (byte & 0xc0) == 0x80;
    if (!fits) break;
  }
  return n;
}

}  // namespace

size_t Utf8Length(std::string_view text, bool* incomplete) {
  *incomplete = false;
  if (text.empty()) return 0;
  const Lead lead = LeadOf(static_cast<uint8_t>(text[0]));
  const size_t have = WellFormedPrefix(text, lead);
  if (lead.length != 0 && have == lead.length) return have;
  *incomplete = lead.length != 0 && have == text.size();
  return 0;
}

std::string Utf8Stream::Push(std::string_view bytes) {
  const std::string text = held_ + std::string(bytes);
  held_.clear();
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    bool incomplete = false;
    const size_t length = Utf8Length(rest, &incomplete);
    if (incomplete) {
      held_ = rest;
      break;
    }
    if (length != 0) {
      out += rest.substr(0, length);
      at += length;
    } else {  // one mark for the bytes that began a character together
      out += kReplacement;
      at += WellFormedPrefix(rest, LeadOf(static_cast<uint8_t>(rest[0])));
    }
  }
  return out;
}

std::string Utf8Stream::Flush() {
  const bool started = !held_.empty();
  held_.clear();
  return std::string(started ? kReplacement : "");
}

}  // namespace weft
