// Checkpoints of llama2.c, version 0 (fp32), and its tokenizer files.
//
// Checkpoint: seven int32 (dim, hidden, layers, heads, KV heads, vocab, context), then float32 tensors, each
// for all layers together: embedding, attention norms, wq, wk, wv, wo, FFN norms, w1 (gate), w2 (down), w3
// (up), final norm, two RoPE tables that nobody reads any more, and the classifier if vocab is negative
// (positive: tied). Q and K rows are in interleaved-pair order already.
//
// Tokenizer: int32 longest piece, then per token float32 score, int32 length, bytes. The vocabulary's size is
// the checkpoint's.
#pragma once

#include <cstdint>
#include <span>

#include "sw/base/result.h"
#include "sw/model/checkpoint.h"

namespace weft {

// True if the first 28 bytes could be a version 0 header; the format has no magic number.
bool LooksLikeLlama2c(std::span<const uint8_t> bytes);

// The checkpoint in `bytes`, validated, with finite weights and no vocabulary.
Result<Checkpoint> ReadLlama2c(std::span<const uint8_t> bytes);

// The `size` tokens of a tokenizer file.
Result<Vocabulary> ReadLlama2cTokenizer(std::span<const uint8_t> bytes, uint32_t size);

}  // namespace weft
