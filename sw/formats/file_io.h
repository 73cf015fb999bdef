// Whole files in and out, with a sentence for each way that fails.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"

namespace weft {

inline constexpr uint64_t kMaxFileBytes = uint64_t{16} << 30;

// Reads a regular file of 1 byte to 16 GiB. The message starts with the path.
Result<std::vector<uint8_t>> ReadFile(const std::string& path);

// Writes beside `path` and renames, so that a reader sees the old file or the whole new one.
Status WriteFileAtomically(const std::string& path, std::span<const uint8_t> bytes);

}  // namespace weft
