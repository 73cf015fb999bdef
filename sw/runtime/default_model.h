// The model that travels inside the program: models/*.gguf, so that `weft run` needs no argument.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace weft {

// The bytes of the GGUF file; empty in a build that had no model.
std::span<const uint8_t> DefaultModel();
// Its file name, for messages.
std::string DefaultModelName();

}  // namespace weft
