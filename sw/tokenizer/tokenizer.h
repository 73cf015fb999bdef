// SentencePiece's byte-pair encoding over a checkpoint's vocabulary.
//
// Text is cut into UTF-8 characters; the neighbouring pair whose joined piece has the highest score is merged
// (the leftmost of equals) until none is left; a character outside the vocabulary becomes its bytes' tokens.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sw/model/checkpoint.h"

namespace weft {

class Tokenizer {
 public:
  // The vocabulary must have passed Validate.
  explicit Tokenizer(Vocabulary vocab);
  // Moves, but does not copy: index_ refers to the pieces.
  Tokenizer(Tokenizer&&) = default;
  Tokenizer& operator=(Tokenizer&&) = default;

  // Ids of `text`, behind BOS if asked. Any bytes are valid; nothing in the text is read as a control token.
  // O(n log n) in the bytes of text.
  std::vector<int32_t> Encode(std::string_view text, bool add_bos) const;
  std::vector<int32_t> Encode(std::string_view text) const { return Encode(text, vocab_.add_bos); }

  // The bytes that `token` adds to a text whose last token is `previous` (-1 at its start). The space that
  // Encode puts in front of a text is taken off its first token. Control tokens add nothing.
  std::string Decode(int32_t token, int32_t previous) const;

  int32_t size() const { return static_cast<int32_t>(vocab_.pieces.size()); }
  int32_t bos() const { return vocab_.bos; }
  int32_t eos() const { return vocab_.eos; }
  const Vocabulary& vocabulary() const { return vocab_; }

 private:
  // The token of a merged piece, or -1.
  int32_t Find(std::string_view piece) const;
  // Bytes of the first symbol of `text`: a user-defined piece, a UTF-8 character, or one stray byte.
  size_t SymbolLength(std::string_view text, bool* frozen) const;
  void Append(std::string_view symbol, std::vector<int32_t>* ids) const;

  Vocabulary vocab_;
  std::unordered_map<std::string_view, int32_t> index_;  // pieces that merging may give
  std::vector<std::string_view> user_pieces_;            // never cut nor merged, longest first
  std::array<int32_t, 256> byte_tokens_;                 // -1: none
};

}  // namespace weft
