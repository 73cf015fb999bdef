// The .weft file: a compiled model with everything that running it takes. Format: docs/formats.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/model/checkpoint.h"

namespace weft {

struct Image {
  HwConfig hw;
  ModelConfig model;
  Tape tape;
  Vocabulary vocab;  // may be empty
};

std::vector<uint8_t> EncodeImage(const Image& image);
// Checks that config, model, tape and vocabulary are sound and belong together.
Result<Image> DecodeImage(std::span<const uint8_t> bytes);

// True if the bytes start with the magic number of a .weft file.
bool LooksLikeImage(std::span<const uint8_t> bytes);

// The same on files; writing replaces the file whole or not at all. Messages start with the path.
Status WriteImage(const std::string& path, const Image& image);
Result<Image> ReadImage(const std::string& path);

}  // namespace weft
