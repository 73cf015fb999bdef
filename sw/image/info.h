// The model information section of a .weft file: JSON with the model's shape and the tape's geometry.
#pragma once

#include <string>
#include <string_view>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/model/checkpoint.h"

namespace weft {

struct ImageInfo {
  ModelConfig model;
  Tape tape;  // all but its bytes
};

std::string EncodeInfo(const ModelConfig& model, const Tape& tape);
// Checks the model's shape, not yet the tape's geometry.
Result<ImageInfo> DecodeInfo(std::string_view text);

}  // namespace weft
