#include "sw/runtime/scoring.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace weft {

namespace {

constexpr std::string_view kSeparator = "<|endoftext|>";
constexpr std::string_view kSpace = " \t\r\n\f\v";

// Feeds `inputs` from position 0 and adds the nats of `targets`.
Status ScoreWindow(Device& device, const Tape& tape, std::span<const int32_t> inputs,
                   std::span<const int32_t> targets, Score* score) {
  for (uint32_t at = 0; at < inputs.size();) {
    const uint32_t count = std::min<uint32_t>(device.max_rows(), static_cast<uint32_t>(inputs.size()) - at);
    std::vector<StepRow> rows(count);
    for (uint32_t r = 0; r < count; ++r) {
      rows[r].token = inputs[at + r];
      rows[r].position = at + r;
      rows[r].dump = true;
    }
    const auto result = device.Step(rows);
    if (!result) return result.error();
    for (uint32_t r = 0; r < count; ++r) {
      const auto logits = std::span(result->logits).subspan(size_t{r} * tape.vocab, tape.vocab);
      score->nats += TokenNats(logits, targets[at + r]);
      ++score->tokens;
    }
    at += count;
  }
  return {};
}

Status CheckIds(const Tape& tape, std::span<const int32_t> sequence, size_t index) {
  for (const int32_t id : sequence) {
    if (id < 0 || static_cast<uint32_t>(id) >= tape.vocab) {
      return Error{"sequence " + std::to_string(index) + " has token id " + std::to_string(id) +
                   ", the vocabulary has ids 0 to " + std::to_string(tape.vocab - 1)};
    }
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

Result<Score> ScoreSequences(Device& device, const Tape& tape, std::span<const std::vector<int32_t>> sequences,
                             const std::function<void(size_t)>& on_sequence,
                             const std::atomic<bool>* interrupted) {
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (Status bad = CheckIds(tape, sequences[i], i)) return *bad;
  }
  Score score;
  const ChipCounters before = device.counters();
  for (size_t i = 0; i < sequences.size() && !(interrupted && *interrupted); ++i) {
    const auto& ids = sequences[i];
    for (size_t at = 1; at < ids.size(); at += tape.context) {
      const size_t count = std::min<size_t>(tape.context, ids.size() - at);
      const std::span targets(ids.data() + at, count);
      std::vector<int32_t> inputs = {ids[0]};
      inputs.insert(inputs.end(), targets.begin(), targets.end() - 1);
      if (Status failed = ScoreWindow(device, tape, inputs, targets, &score)) {
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
