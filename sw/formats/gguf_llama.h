// The meaning of GGUF keys for the architectures of sw/model/architecture.h, in two halves. Both leave their
// failures in `keys`.
#pragma once

#include <string>
#include <vector>

#include "sw/formats/gguf_keys.h"
#include "sw/model/checkpoint.h"

namespace weft {

// "general.*" and "<architecture>.*", but for the vocabulary size, which is 0 when the file does not state it.
// Sentences about what had to be changed go to `notes`.
ModelConfig LlamaConfig(GgufKeys* keys, std::vector<std::string>* notes);

// "tokenizer.ggml.*"; empty when the file has no tokenizer.
Vocabulary LlamaVocabulary(GgufKeys* keys);

}  // namespace weft
