#include "sw/formats/cursor.h"

namespace weft {

std::string Quoted(std::string_view text) {
  constexpr size_t kMax = 64;
  std::string out = "'";
  for (char c : text.substr(0, kMax)) out += c >= ' ' && c <= '~' ? c : '?';
  if (text.size() > kMax) out += "...";
  return out + "'";
}

std::span<const uint8_t> Cursor::Take(uint64_t count, std::string_view what) {
  if (!ok()) return {};
  if (count > left()) {
    Fail("the file ends inside " + std::string(what) + ": " + std::to_string(left()) +
         " bytes are left at offset " + std::to_string(at_) + ", wanted " + std::to_string(count));
    return {};
  }
  const auto taken = bytes_.subspan(at_, count);
  at_ += count;
  return taken;
}

}  // namespace weft
