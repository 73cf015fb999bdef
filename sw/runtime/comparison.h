// How far apart two devices are over the same texts, teacher-forced: a quantization beside the original, the
// chip beside fp32.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sw/base/result.h"
#include "sw/runtime/device.h"
#include "sw/runtime/scoring.h"

namespace weft {

// Of the distributions that two sets of logits stand for.
struct Divergence {
  double nats = 0;        // Kullback-Leibler, of b from a: the sum of p_a (ln p_a - ln p_b)
  bool same_top = false;  // the likeliest token is the same, the first of equals
};
Divergence Compare(std::span<const float> a, std::span<const float> b);

struct Comparison {
  uint64_t tokens = 0;
  double divergence_sum = 0, divergence_max = 0;  // nats
  uint64_t same_top = 0;
  Score a, b;

  double MeanDivergence() const { return tokens ? divergence_sum / static_cast<double>(tokens) : 0; }
  double TopAgreement() const {
    return tokens ? static_cast<double>(same_top) / static_cast<double>(tokens) : 0;
  }
};

// The sequences of ScoreSequences, fed to both devices in windows of the shorter context. Refuses tapes of
// different vocabularies. `on_sequence` hears how many are done.
Result<Comparison> CompareSequences(Device& a, const Tape& tape_a, Device& b, const Tape& tape_b,
                                    std::span<const std::vector<int32_t>> sequences,
                                    const std::function<void(size_t done)>& on_sequence = nullptr,
                                    const std::atomic<bool>* interrupted = nullptr);

}  // namespace weft
