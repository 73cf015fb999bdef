// Cutting a stream of bytes at the borders of UTF-8 characters.
#pragma once

#include <string>
#include <string_view>

namespace weft {

// Bytes of the well-formed character at the start of `text`; 0 if none is there. *incomplete says that more
// bytes could still make one.
size_t Utf8Length(std::string_view text, bool* incomplete);

// Turns token bytes into text that is always valid UTF-8: what starts a character is held back until the rest
// comes. A token may be a single byte, and JSON or a terminal must never see half a character.
class Utf8Stream {
 public:
  // The text that is complete with these bytes. Bytes that no later ones can save become U+FFFD.
  std::string Push(std::string_view bytes);
  // The end of the text: a started character becomes U+FFFD.
  std::string Flush();

 private:
  std::string held_;  // at most 3 bytes
};

}  // namespace weft
