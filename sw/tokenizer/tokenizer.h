// Text to token ids and back, over a checkpoint's vocabulary: SentencePiece or byte-level BPE.
//
// Tokens that are matched whole come first: user pieces everywhere, control tokens (BOS, end of turn) only in
// text that the caller trusts. What lies between goes to the vocabulary's algorithm.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sw/model/vocabulary.h"
#include "sw/tokenizer/byte_level.h"
#include "sw/tokenizer/piece_matcher.h"
#include "sw/tokenizer/sentencepiece.h"

namespace weft {

// A stretch of a text, and whether control tokens spelled in it are meant as such. Tokens may span stretches,
// control tokens may not.
struct TextPart {
  std::string_view text;
  bool control = false;
};

class Tokenizer {
 public:
  // The vocabulary must have passed ValidateVocabulary and hold a token.
  explicit Tokenizer(Vocabulary vocab);
  Tokenizer(Tokenizer&&) = default;
  Tokenizer& operator=(Tokenizer&&) = default;

  // Ids of `text`, behind BOS if asked. Any bytes are valid; nothing in the text is read as a control token.
  // O(n log n) in the bytes of text.
  std::vector<int32_t> Encode(std::string_view text, bool add_bos) const;
  std::vector<int32_t> Encode(std::string_view text) const { return Encode(text, vocab_->add_bos); }
  // The same for a text in parts. A BOS that begins the text is not put there a second time.
  std::vector<int32_t> Encode(std::span<const TextPart> parts, bool add_bos) const;

  // The bytes that `token` adds to a text whose last token is `previous` (-1 at its start). The space that
  // Encode puts in front of a text is taken off its first token. Control tokens add nothing.
  std::string Decode(int32_t token, int32_t previous) const;

  // The control token, or else the user piece, `text`; -1: none.
  int32_t Special(std::string_view text) const {
    return control_.Find(text) >= 0 ? control_.Find(text) : user_.Find(text);
  }

  int32_t size() const { return static_cast<int32_t>(vocab_->pieces.size()); }
  int32_t bos() const { return vocab_->bos; }
  int32_t eos() const { return vocab_->eos; }
  const Vocabulary& vocabulary() const { return *vocab_; }

 private:
  // A stretch between control tokens; `first` in the text or not.
  void EncodeStretch(std::string_view text, bool first, std::vector<int32_t>* ids) const;

  std::unique_ptr<const Vocabulary> vocab_;  // in place: the members below refer to its pieces
  std::variant<SentencePieceBpe, ByteLevelBpe> bpe_;
  PieceMatcher user_, control_;
};

}  // namespace weft
