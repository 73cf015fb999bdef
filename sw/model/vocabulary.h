// A vocabulary in memory, whatever file it came from: what sw/tokenizer needs to turn text into ids and back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw/base/result.h"

namespace weft {

// kControl: stands for no text (BOS, end of turn). kUser: text that is never cut. kUnused: encoding never
// gives it.
enum class TokenKind : uint8_t { kNormal = 1, kUnknown = 2, kControl = 3, kUser = 4, kUnused = 5, kByte = 6 };

// How text is cut before bytes merge. kNone: not at all, the vocabulary is SentencePiece's, whose pairs merge
// by the score of the joined piece; with any other the vocabulary is byte-level and pairs merge by `merges`.
// The numbers stand in .weft files.
enum class PreTokenizer : uint8_t { kNone = 0, kGpt2 = 1, kLlama3 = 2, kQwen2 = 3, kSmolLm = 4 };
inline constexpr uint8_t kPreTokenizers = 5;

// Two tokens that become the token of their joined text.
struct Merge {
  int32_t left, right;
  bool operator==(const Merge&) const = default;
};

// Pieces are raw bytes: SentencePiece's U+2581 is already a space, byte tokens are already their one byte,
// and byte-level pieces are already out of GPT-2's alphabet.
struct Vocabulary {
  std::vector<std::string> pieces;
  std::vector<float> scores;
  std::vector<TokenKind> kinds;
  std::vector<Merge> merges;  // byte-level only; the earlier, the sooner
  PreTokenizer pre = PreTokenizer::kNone;
  int32_t bos = 1;  // -1: none, of the three
  int32_t eos = 2;
  int32_t unk = 0;
  bool add_bos = true;
  bool add_eos = false;
  bool add_space_prefix = true;      // SentencePiece: a space in front of a text,
  bool prefix_after_control = true;  // and of what follows a control token
  bool ignore_merges = false;        // byte-level: a word that is a token needs no merges to become it
  std::string chat_template;         // Jinja, as the file gives it; may be empty

  bool empty() const { return pieces.empty(); }
  bool byte_level() const { return pre != PreTokenizer::kNone; }
};

// Checks counts, scores, kinds and ids; says nothing about an empty vocabulary.
Status ValidateVocabulary(const Vocabulary& vocab);

// Appends unused tokens up to `size`: models round their vocabulary up. Refuses one that is larger already.
Status PadVocabulary(Vocabulary* vocab, uint32_t size);

}  // namespace weft
