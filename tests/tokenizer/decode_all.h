// The text of a whole list of ids.
#pragma once

#include <string>
#include <vector>

#include "sw/tokenizer/tokenizer.h"

namespace weft::testing {

inline std::string DecodeAll(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  std::string text;
  int32_t previous = -1;
  for (const int32_t id : ids) {
    text += tokenizer.Decode(id, previous);
    previous = id;
  }
  return text;
}

}  // namespace weft::testing
