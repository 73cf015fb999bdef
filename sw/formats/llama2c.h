// Checkpoints of llama2.c, versions 0 to 2, and its tokenizer files.
//
// Version 0: seven int32 (dim, hidden, layers, heads, KV heads, vocab, context), then float32 tensors, each for
// all layers together: embedding, attention norms, wq, wk, wv, wo, FFN norms, w1 (gate), w2 (down), w3 (up), final
// norm, two RoPE tables that nobody reads any more, and the classifier if vocab is negative (positive: tied).
//
// Version 1: "24ka", int32 1, the seven int32, a byte (1: tied), zeros up to 256 bytes; then float32 attention
// norms, FFN norms, final norm, embedding, wq, wk, wv, wo, w1, w2, w3, classifier unless tied.
//
// Version 2: the same header with an int32 group size behind the byte; float32 norms as in version 1, then the
// matrices in that order, each layer's by itself as int8 values and one float32 scale for each group of values.
// Groups run through a matrix from its first element to its last, so they may cross from a row into the next;
// value i is q[i] * scale[i / group].
//
// Q and K rows are in interleaved-pair order in all of them.
//
// Tokenizer: int32 longest piece, then per token float32 score, int32 length, bytes. The vocabulary's size is
// the checkpoint's.
#pragma once

#include <cstdint>
#include <span>

#include "sw/base/result.h"
#include "sw/model/checkpoint.h"

namespace weft {

// True if the first bytes could be a header: versions 1 and 2 have a magic number, version 0 only plausible sizes.
bool LooksLikeLlama2c(std::span<const uint8_t> bytes);

// The checkpoint in `bytes`, validated, with finite weights and no vocabulary. Tensors are F32; version 2's values
// are multiplied out.
Result<Checkpoint> ReadLlama2c(std::span<const uint8_t> bytes);

// The `size` tokens of a tokenizer file.
Result<Vocabulary> ReadLlama2cTokenizer(std::span<const uint8_t> bytes, uint32_t size);

}  // namespace weft
