#include "sw/runtime/comparison.h"

#include <algorithm>
#include <cmath>

namespace weft {

namespace {

// ln of the sum of exponentials, in double.
double LogSum(std::span<const float> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - top);
  return top + std::log(sum);
}

Status CompareWindow(Device& a, Device& b, uint32_t vocab, const ScoringWindow& window, Comparison* out) {
  const uint32_t most = std::min(a.max_rows(), b.max_rows());
  for (uint32_t at = 0; at < window.inputs.size();) {
    const uint32_t count = std::min<uint32_t>(most, static_cast<uint32_t>(window.inputs.size()) - at);
    const auto logits_a = StepLogits(a, window, at, count);
    if (!logits_a) return logits_a.error();
    const auto logits_b = StepLogits(b, window, at, count);
    if (!logits_b) return logits_b.error();
    for (uint32_t r = 0; r < count; ++r) {
      const auto row_a = std::span(*logits_a).subspan(size_t{r} * vocab, vocab);
      const auto row_b = std::span(*logits_b).subspan(size_t{r} * vocab, vocab);
      const Divergence divergence = Compare(row_a, row_b);
      out->divergence_sum += divergence.nats;
      out->divergence_max = std::max(out->divergence_max, divergence.nats);
      out->same_top += divergence.same_top;
      out->a.nats += TokenNats(row_a, window.targets[at + r]);
      out->b.nats += TokenNats(row_b, window.targets[at + r]);
      out->tokens = ++out->a.tokens;
      ++out->b.tokens;
    }
    at += count;
  }
  return {};
}

}  // namespace

Divergence Compare(std::span<const float> a, std::span<const float> b) {
  const double sum_a = LogSum(a), sum_b = LogSum(b);
  Divergence out;
  for (size_t i = 0; i < a.size(); ++i) {
    const double log_a = a[i] - sum_a, log_b = b[i] - sum_b;
    out.nats += std::exp(log_a) * (log_a - log_b);
  }
  out.nats = std::max(out.nats, 0.0);  // rounding may leave it a hair below
  out.same_top =
      std::max_element(a.begin(), a.end()) - a.begin() == std::max_element(b.begin(), b.end()) - b.begin();
  return out;
}

Result<Comparison> CompareSequences(Device& a, const Tape& tape_a, Device& b, const Tape& tape_b,
                                    std::span<const std::vector<int32_t>> sequences,
                                    const std::function<void(size_t)>& on_sequence,
                                    const std::atomic<bool>* interrupted) {
  if (tape_a.vocab != tape_b.vocab) {
    return Error{"the second model has a vocabulary of " + std::to_string(tape_b.vocab) + ", want " +
                 std::to_string(tape_a.vocab) + " as the first"};
  }
  if (Status bad = CheckSequences(tape_a.vocab, sequences)) return *bad;
  const uint32_t context = std::min(tape_a.context, tape_b.context);
  Comparison out;
  const ChipCounters before_a = a.counters(), before_b = b.counters();
  for (size_t i = 0; i < sequences.size() && !(interrupted && *interrupted); ++i) {
    for (const ScoringWindow& window : CutWindows(sequences[i], context)) {
      if (Status failed = CompareWindow(a, b, tape_a.vocab, window, &out)) {
        if (interrupted && *interrupted) break;
        return *failed;
      }
    }
    if (on_sequence) on_sequence(i + 1);
  }
  out.a.counters = a.counters() - before_a;
  out.b.counters = b.counters() - before_b;
  return out;
}

}  // namespace weft
