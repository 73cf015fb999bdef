#include "sw/runtime/scoring.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace weft {

namespace {

constexpr std::string_view kSeparator = "<|endoftext|>";
constexpr std::string_view kSpace = " \t\r\n\f\v";

// Feeds a window and adds the nats of its targets.
Status ScoreWindow(Device& device, const Tape& tape, const ScoringWindow& window, Score* score) {
  for (uint32_t at = 0; at < window.inputs.size();) {
    const uint32_t count = std::min<uint32_t>(device.max_rows(), static_cast<uint32_t>(window.inputs.size()) - at);
    const auto logits = StepLogits(device, window, at, count);
    if (!logits) return logits.error();
    for (uint32_t r = 0; r < count; ++r) {
      score->nats += TokenNats(std::span(*logits).subspan(size_t{r} * tape.vocab, tape.vocab), window.targets[at + r]);
      ++score->tokens;
    }
    at += count;
  }
  return {};
}

}  // namespace

double Score::Perplexity() const { return tokens ? std::exp(nats / static_cast<double>(tokens)) : 0; }

double Score::BitsPerByte(uint64_t bytes) const {
  return bytes ? nats / std::numbers::ln2 / static_cast<double>(bytes) : 0;
}

double TokenNats(std::span<const float> logits, int32_t token) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - top);
  return std::log(sum) - (logits[static_cast<size_t>(token)] - top);
}

Status CheckSequences(uint32_t vocab, std::span<const std::vector<int32_t>> sequences) {
  for (size_t i = 0; i < sequences.size(); ++i) {
    for (const int32_t id : sequences[i]) {
      if (id >= 0 && static_cast<uint32_t>(id) < vocab) continue;
      return Error{"sequence " + std::to_string(i) + " has token id " + std::to_string(id) +
                   ", the vocabulary has ids 0 to " + std::to_string(vocab - 1)};
    }
  }
  return {};
}

std::vector<ScoringWindow> CutWindows(std::span<const int32_t> sequence, uint32_t context) {
  std::vector<ScoringWindow> windows;
  for (size_t at = 1; at < sequence.size(); at += context) {
    const auto targets = sequence.subspan(at, std::min<size_t>(context, sequence.size() - at));
    std::vector<int32_t> inputs = {sequence[0]};
    inputs.insert(inputs.end(), targets.begin(), targets.end() - 1);
    windows.push_back({std::move(inputs), targets});
  }
  return windows;
}

Result<std::vector<float>> StepLogits(Device& device, const ScoringWindow& window, uint32_t at, uint32_t count) {
  std::vector<StepRow> rows(count);
  for (uint32_t r = 0; r < count; ++r) {
    rows[r].token = window.inputs[at + r];
    rows[r].position = at + r;
    rows[r].dump = true;
  }
  auto result = device.Step(rows);
  if (!result) return result.error();
  return std::move(result->logits);
}

Result<Score> ScoreSequences(Device& device, const Tape& tape, std::span<const std::vector<int32_t>> sequences,
                             const std::function<void(size_t)>& on_sequence,
                             const std::atomic<bool>* interrupted) {
  if (Status bad = CheckSequences(tape.vocab, sequences)) return *bad;
  Score score;
  const ChipCounters before = device.counters();
  for (size_t i = 0; i < sequences.size() && !(interrupted && *interrupted); ++i) {
    for (const ScoringWindow& window : CutWindows(sequences[i], tape.context)) {
      if (Status failed = ScoreWindow(device, tape, window, &score)) {
        if (interrupted && *interrupted) break;
        return *failed;
      }
    }
    if (on_sequence) on_sequence(i + 1);
  }
  score.counters = device.counters() - before;
  return score;
}

std::vector<std::string> SplitTexts(std::string_view file) {
  std::vector<std::string> texts;
  while (true) {
    const size_t end = file.find(kSeparator);
    std::string_view text = file.substr(0, end);
    const size_t first = text.find_first_not_of(kSpace);
    if (first != text.npos) {
      texts.emplace_back(text.substr(first, text.find_last_not_of(kSpace) + 1 - first));
    }
    if (end == file.npos) return texts;
    file.remove_prefix(end + kSeparator.size());
  }
}

Result<std::vector<std::vector<int32_t>>> ParseIdSequences(std::span<const uint8_t> bytes) {
  if (bytes.size() % 4 != 0) {
    return Error{"has " + std::to_string(bytes.size()) + " bytes, want a multiple of 4"};
  }
  std::vector<int32_t> words(bytes.size() / 4);
  if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
  std::vector<std::vector<int32_t>> sequences;
  for (size_t at = 0; at < words.size();) {
    const int32_t count = words[at++];
    if (count < 2 || static_cast<size_t>(count) > words.size() - at) {
      return Error{"sequence " + std::to_string(sequences.size()) + " says it has " + std::to_string(count) +
                   " ids, want 2 to " + std::to_string(words.size() - at)};
    }
    sequences.emplace_back(words.begin() + static_cast<ptrdiff_t>(at),
                           words.begin() + static_cast<ptrdiff_t>(at) + count);
    at += static_cast<size_t>(count);
  }
  if (sequences.empty()) return Error{"holds no sequence"};
  return sequences;
}

}  // namespace weft
