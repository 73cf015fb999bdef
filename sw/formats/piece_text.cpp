#include "sw/formats/piece_text.h"

#include <array>

namespace weft {
namespace {

constexpr std::string_view kSpaceMark = "\xe2\x96\x81";  // U+2581
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at, from.size()) == from) {
      out += to;
      at += from.size();
    } else {
      out += text[at++];
    }
  }
  return out;
}

// 0..15, or npos.
size_t HexValue(char c) {
  return kHexDigits.find(c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c);
}

// GPT-2's alphabet: the code point of each byte, all below 0x144.
constexpr uint32_t kAlphabetEnd = 0x144;

std::array<uint16_t, 256> Alphabet() {
  std::array<uint16_t, 256> codes;
  uint16_t next = 0x100;
  for (uint16_t byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
    codes[byte] = printable ? byte : next++;
  }
  return codes;
}

}  // namespace

std::string PieceFromText(std::string_view text) { return ReplaceAll(text, kSpaceMark, " "); }
std::string PieceToText(std::string_view piece) { return ReplaceAll(piece, " ", kSpaceMark); }

std::optional<uint8_t> ByteFromText(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>') return {};
  const size_t high = HexValue(text[3]);
  const size_t low = HexValue(text[4]);
  if (high == kHexDigits.npos || low == kHexDigits.npos) return {};
  return static_cast<uint8_t>(high * 16 + low);
}

std::string ByteToText(uint8_t byte) {
  return std::string("<0x") + kHexDigits[byte >> 4] + kHexDigits[byte & 15] + ">";
}

std::optional<std::string> BytesFromAlphabet(std::string_view text) {
  static const std::array<int16_t, kAlphabetEnd> bytes = [] {
    std::array<int16_t, kAlphabetEnd> inverse;
    inverse.fill(-1);
    const auto codes = Alphabet();
    for (int16_t byte = 0; byte < 256; ++byte) inverse[codes[static_cast<size_t>(byte)]] = byte;
    return inverse;
  }();
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    uint32_t code = static_cast<uint8_t>(text[at]);
    if (code >= 0x80) {  // two bytes of UTF-8 hold every code of the alphabet
      if ((code & 0xe0) != 0xc0 || at + 1 >= text.size() || (text[at + 1] & 0xc0) != 0x80) return {};
      code = (code & 0x1f) << 6 | (static_cast<uint8_t>(text[++at]) & 0x3f);
    }
    if (code >= kAlphabetEnd || bytes[code] < 0) return {};
    out += static_cast<char>(bytes[code]);
  }
  return out;
}

std::string BytesToAlphabet(std::string_view bytes) {
  static const std::array<uint16_t, 256> codes = Alphabet();
  std::string out;
  for (const char byte : bytes) {
    const uint16_t code = codes[static_cast<uint8_t>(byte)];
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else {
      out += {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
    }
  }
  return out;
}

}  // namespace weft
