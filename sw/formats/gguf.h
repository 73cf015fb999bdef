// GGUF checkpoints of the architectures of sw/model/architecture.h.
//
// Reads versions 2 and 3, little endian, tensors of every type of sw/model/dtype.h, kept bit for bit; writes
// version 3.
// What would change the model's arithmetic without being read is refused by name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/model/checkpoint.h"

namespace weft {

// The checkpoint in `bytes`, validated and with finite weights. The messages do not name the file.
Result<Checkpoint> ReadGguf(std::span<const uint8_t> bytes);

// The file of a checkpoint; fails if that is not valid. ReadGguf gives the same checkpoint back.
Result<std::vector<uint8_t>> GgufBytes(const Checkpoint& checkpoint);

// Writes that file, atomically.
Status WriteGguf(const Checkpoint& checkpoint, const std::string& path);

}  // namespace weft
