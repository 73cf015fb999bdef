// SentencePiece's .model files: a protobuf message, ModelProto, of which this reads the few fields that
// decide ids. Byte-pair models only; what else would change the ids (Unigram, normalization rules) is
// refused.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sw/base/result.h"
#include "sw/model/vocabulary.h"

namespace weft {

// The messages do not name the file.
Result<Vocabulary> ReadSentencePieceModel(std::span<const uint8_t> bytes);

// The same for a file, which the messages name.
Result<Vocabulary> LoadSentencePieceModel(const std::string& path);

}  // namespace weft
