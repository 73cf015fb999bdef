// The vocabulary section of a .weft file.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sw/base/result.h"
#include "sw/model/vocabulary.h"

namespace weft {

std::vector<uint8_t> EncodeVocabulary(const Vocabulary& vocab);
Result<Vocabulary> DecodeVocabulary(std::span<const uint8_t> bytes);

}  // namespace weft
