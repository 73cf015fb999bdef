// How byte-level vocabularies cut text into words before bytes merge: by family, with regular expressions.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"
#include "sw/model/vocabulary.h"

namespace weft {

// The family that a GGUF file calls `name` (key tokenizer.ggml.pre).
Result<PreTokenizer> PreTokenizerByName(std::string_view name);
// The name that GGUF files give it; empty for kNone.
const char* PreTokenizerName(PreTokenizer pre);

// The expressions of a family, each applied to what the one before left whole; as tokenizer.json spells them.
const std::vector<std::string>& PreTokenizerPatterns(PreTokenizer pre);
// The family whose only expression is `pattern`.
std::optional<PreTokenizer> PreTokenizerByPattern(std::string_view pattern);

class TextCutter {
 public:
  explicit TextCutter(PreTokenizer pre);  // not kNone

  // Calls `word` with each part of `text` in order; together they are all of it. Bytes that are not UTF-8
  // stand between words.
  void Cut(std::string_view text, const std::function<void(std::string_view)>& word) const;

 private:
  struct Code;  // a compiled expression
  void Cut(std::string_view text, size_t stage, const std::function<void(std::string_view)>& word) const;

  std::vector<std::shared_ptr<const Code>> stages_;
};

}  // namespace weft
