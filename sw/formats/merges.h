// The merges of a byte-level vocabulary, from pairs of pieces to pairs of ids.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "sw/base/result.h"
#include "sw/model/vocabulary.h"

namespace weft {

class MergeReader {
 public:
  // The vocabulary's pieces must be complete; they and `vocab` must outlive it.
  explicit MergeReader(Vocabulary* vocab);

  // Adds the merge of two pieces in GPT-2's alphabet; refuses one whose pieces or result are no tokens.
  Status Add(std::string_view left, std::string_view right);
  // The same for "left right".
  Status Add(std::string_view pair);

 private:
  Vocabulary* vocab_;
  std::unordered_map<std::string_view, int32_t> ids_;  // of pieces that are text; the first of equals
};

}  // namespace weft
