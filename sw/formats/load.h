// The one door through which model files come in, whatever their format.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sw/base/result.h"
#include "sw/model/checkpoint.h"

namespace weft {

// Reads the model at `path`, a file or a Hugging Face folder, telling formats by content, not by name.
// `tokenizer_path` names the tokenizer of a model that carries none (sw/formats/tokenizer_file.h); if it is empty, a
// folder's own is taken, and a file's vocabulary stays empty. Each message starts with the path of the file at fault.
Result<Checkpoint> LoadCheckpoint(const std::string& path, const std::string& tokenizer_path = "");

// The same for a model in memory; `name` stands for the path in messages.
Result<Checkpoint> LoadCheckpointBytes(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace weft
