// Tokenizers in files of their own, whatever their format.
#pragma once

#include <cstdint>
#include <string>

#include "sw/base/result.h"
#include "sw/model/vocabulary.h"

namespace weft {

// Whether the file at `path` is a tokenizer.json or a SentencePiece model.
bool IsTokenizerFile(const std::string& path);

// Reads a tokenizer.json, a SentencePiece .model or a llama2.c tokenizer, told apart by content. `size` is
// the model's vocabulary; a smaller one is padded with unused tokens. 0 takes the file's own size, which a
// llama2.c tokenizer does not state.
Result<Vocabulary> LoadTokenizerFile(const std::string& path, uint32_t size);

}  // namespace weft
