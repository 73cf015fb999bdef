// SentencePiece's byte-pair encoding: text is cut into UTF-8 characters, the neighbours whose joined piece
// has the highest score merge (the leftmost of equals) until none is left, and a character outside the
// vocabulary becomes its bytes' tokens.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sw/model/vocabulary.h"

namespace weft {

class SentencePieceBpe {
 public:
  // Refers to `vocab`, which must outlive it.
  explicit SentencePieceBpe(const Vocabulary& vocab);

  // Appends the ids of `text`, which holds no user pieces. Any bytes are valid.
  void Encode(std::string_view text, std::vector<int32_t>* ids) const;

 private:
  // The token of a piece, or -1.
  int32_t Find(std::string_view piece) const;
  // Of a symbol that is no token: one token for each byte, else the unknown token.
  void AppendUnknown(std::string_view symbol, std::vector<int32_t>* ids) const;

  const Vocabulary& vocab_;
  std::unordered_map<std::string_view, int32_t> index_;  // pieces that merging may give
  std::array<int32_t, 256> byte_tokens_;                 // -1: none
};

}  // namespace weft
