// The meaning of GGUF keys for Llama models, in two halves. Both leave their failures in `keys`.
#pragma once

#include "sw/formats/gguf_keys.h"
#include "sw/model/checkpoint.h"

namespace weft {

// "general.*" and "llama.*", but for the vocabulary size, which is 0 when the file does not state it.
ModelConfig LlamaConfig(GgufKeys* keys);

// "tokenizer.ggml.*"; empty when the file has no tokenizer.
Vocabulary LlamaVocabulary(GgufKeys* keys);

}  // namespace weft
