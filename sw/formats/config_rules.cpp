#include "sw/formats/config_rules.h"

#include <cmath>
#include <numbers>

namespace weft {

Status ApplyLlama3Scaling(const RopeScaling& s, ModelConfig* config) {
  if (!(s.factor >= 1) || !(s.low_frequency_factor > 0) || !(s.high_frequency_factor > s.low_frequency_factor) ||
      !(s.original_context >= 1)) {
    return Error{"the llama3 RoPE scaling has factor " + std::to_string(s.factor) + ", low " +
                 std::to_string(s.low_frequency_factor) + ", high " + std::to_string(s.high_frequency_factor) +
                 " and original context " + std::to_string(s.original_context) +
                 ", wanted a factor and a context of at least 1 and 0 < low < high"};
  }
  config->rope_factors.resize(config->head_dim / 2);
  for (size_t i = 0; i < config->rope_factors.size(); ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / config->head_dim;
    const double wavelength = 2 * std::numbers::pi * std::pow(double{config->rope_theta}, exponent);
    const double turns = s.original_context / wavelength;
    double factor = 1;
    if (turns < s.low_frequency_factor) {
      factor = s.factor;
    } else if (turns <= s.high_frequency_factor) {
      const double ramp =
          (turns - s.low_frequency_factor) / (s.high_frequency_factor - s.low_frequency_factor);
      factor = 1 / ((1 - ramp) / s.factor + ramp);
    }
    config->rope_factors[i] = static_cast<float>(factor);
  }
  return {};
}

void ApplyLinearScaling(double factor, ModelConfig* config) {
  if (factor == 1) return;
  config->rope_factors.assign(config->head_dim / 2, static_cast<float>(factor));
}

void ApplySlidingWindow(uint32_t window, ModelConfig* config, std::vector<std::string>* notes) {
  config->window = window;
  if (window == 0 || window >= config->context) return;
  notes->push_back("the model attends to a sliding window of " + std::to_string(window) +
                   " positions, so its context is cut from " + std::to_string(config->context) + " to that");
  config->context = window;
}

}  // namespace weft
