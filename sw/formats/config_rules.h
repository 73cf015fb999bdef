// What model files of every format say about a config and has to be worked out: scaled RoPE, attention windows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw/model/checkpoint.h"

namespace weft {

// Llama 3's RoPE scaling: long wavelengths turn `factor` times slower, short ones as ever, with a ramp between.
struct RopeScaling {
  double factor;
  double low_frequency_factor;   // wavelengths above original_context / this are long
  double high_frequency_factor;  // wavelengths below original_context / this are short
  double original_context;       // positions
};

// Fills config->rope_factors; theta and head_dim must be there. Fails for numbers that make no sense.
Status ApplyLlama3Scaling(const RopeScaling& scaling, ModelConfig* config);

// The same factor for every pair.
void ApplyLinearScaling(double factor, ModelConfig* config);

// Every position of a text of at most `window` positions sees all before it, so that a sliding window of that
// size changes nothing: shortens the context to it, keeps it as a limit, and says so in `notes`. 0: no window.
void ApplySlidingWindow(uint32_t window, ModelConfig* config, std::vector<std::string>* notes);

}  // namespace weft
