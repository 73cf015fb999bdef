// Byte-level byte-pair encoding, as GPT-2 introduced it: text is cut into words
// (sw/tokenizer/pretokenizer.h), a word into its bytes, and the neighbours that stand first in the list of
// merges merge.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sw/model/vocabulary.h"
#include "sw/tokenizer/pretokenizer.h"

namespace weft {

class ByteLevelBpe {
 public:
  // Refers to `vocab`, which must outlive it. Merges that give no token, or repeat an earlier one, count for
  // nothing.
  explicit ByteLevelBpe(const Vocabulary& vocab);

  // Appends the ids of `text`, which holds no user pieces. Any bytes are valid; one that the vocabulary lacks
  // becomes the unknown token, or nothing if there is none.
  void Encode(std::string_view text, std::vector<int32_t>* ids) const;

 private:
  struct Rule {
    uint32_t rank;
    int32_t result;
  };
  void EncodeWord(std::string_view word, std::vector<int32_t>* ids) const;

  const Vocabulary& vocab_;
  TextCutter cutter_;
  std::unordered_map<std::string_view, int32_t> index_;  // pieces that merging may give
  std::unordered_map<uint64_t, Rule> rules_;             // of left id << 32 | right id
  std::array<int32_t, 256> byte_tokens_;                 // -1: none
};

}  // namespace weft
