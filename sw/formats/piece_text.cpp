#include "sw/formats/piece_text.h"

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

}  // namespace weft
