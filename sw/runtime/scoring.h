// Teacher-forced scoring: how likely a model finds given texts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"
#include "sw/runtime/device.h"

namespace weft {

struct Score {
  double nats = 0;  // sum of -ln p over the scored tokens
  uint64_t tokens = 0;
  ChipCounters counters;
  double Perplexity() const;
  double BitsPerByte(uint64_t bytes) const;
};

// A stretch of a sequence, fed from position 0: the sequence's first token, then what stands before each target.
struct ScoringWindow {
  std::vector<int32_t> inputs;
  std::span<const int32_t> targets;  // of the sequence, as many as inputs
};

// A sequence is a first token (BOS), fed but not scored, and the tokens to score. One longer than the context is
// cut into windows that start again after the first token with nothing of what came before.
std::vector<ScoringWindow> CutWindows(std::span<const int32_t> sequence, uint32_t context);

// Refuses ids outside a vocabulary.
Status CheckSequences(uint32_t vocab, std::span<const std::vector<int32_t>> sequences);

// Logits [count][vocab] of the window's inputs `at` and on, in one step; those before have been fed.
Result<std::vector<float>> StepLogits(Device& device, const ScoringWindow& window, uint32_t at, uint32_t count);

// `on_sequence` hears how many are done.
Result<Score> ScoreSequences(Device& device, const Tape& tape, std::span<const std::vector<int32_t>> sequences,
                             const std::function<void(size_t done)>& on_sequence = nullptr,
                             const std::atomic<bool>* interrupted = nullptr);

// The texts of a file: lines of <|endoftext|> separate them, white space around each is dropped.
std::vector<std::string> SplitTexts(std::string_view file);

// Sequences of a file of [int32 count, count ids], little endian.
Result<std::vector<std::vector<int32_t>>> ParseIdSequences(std::span<const uint8_t> bytes);

// -ln of the probability of `token` under softmax(logits), in double.
double TokenNats(std::span<const float> logits, int32_t token);

}  // namespace weft
