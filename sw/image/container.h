// Named, compressed, checksummed sections in one file: the shell of the .weft format (docs/formats.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"

namespace weft {

inline constexpr uint32_t kImageVersion = 2;

struct ImageSection {
  std::string tag;  // four letters
  std::vector<uint8_t> bytes;
};

// The file's bytes. Tags are four ASCII letters, each once.
std::vector<uint8_t> PackSections(const std::vector<ImageSection>& sections);

// Checks everything before it believes anything: magic, version, sizes, header checksum, that sections fill
// the file, and each section's checksum.
Result<std::vector<ImageSection>> UnpackSections(std::span<const uint8_t> file);

}  // namespace weft
