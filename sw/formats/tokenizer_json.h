// Hugging Face's tokenizer.json, with what stands beside it in tokenizer_config.json and chat_template.jinja.
//
// Byte-pair models only: byte-level ones whose pre-tokenizer is a known family's, and those that
// SentencePiece models were turned into. The rest is refused by name. docs/tokenizers.md lists what is
// recognised.
#pragma once

#include <string>
#include <string_view>

#include "sw/base/result.h"
#include "sw/model/vocabulary.h"

namespace weft {

// The texts of the files; `config` may be empty. The messages name no path.
Result<Vocabulary> ReadTokenizerJson(std::string_view tokenizer, std::string_view config);

// The tokenizer.json at `path` and its neighbours. The messages start with the path of the file at fault.
Result<Vocabulary> LoadTokenizerJson(const std::string& path);

}  // namespace weft
