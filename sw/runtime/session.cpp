#include "sw/runtime/session.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace weft {

namespace {

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// The state of one Generate call.
class Run {
 public:
  Run(Device& device, const Tape& tape, const GenerateOptions& options, Generation* out)
      : device_(device), tape_(tape), options_(options), out_(*out) {}

  // Feeds the prompt; *next is the first token after it.
  Status Prefill(std::span<const int32_t> prompt, int32_t* next) {
    const Stopwatch watch;
    const ChipCounters before = device_.counters();
    const uint32_t most = options_.block_rows ? std::min(options_.block_rows, device_.max_rows())
                                              : device_.max_rows();
    const uint32_t total = static_cast<uint32_t>(prompt.size());
    for (uint32_t at = 0; at < total && !Interrupted();) {
      const uint32_t count = std::min(most, total - at);
      std::vector<StepRow> rows(count);
      for (uint32_t r = 0; r < count; ++r) rows[r] = Row(prompt[at + r], at + r, at + r + 1 == total);
      auto result = device_.Step(rows);
      if (!result && Interrupted()) return {};
      if (!result) return result.error();
      at += count;
      *next = result->tokens.back();
      out_.tokens.insert(out_.tokens.end(), prompt.begin() + (at - count), prompt.begin() + at);
      out_.prompt_tokens = at;
      out_.prefill = device_.counters() - before;
      out_.prefill_seconds = watch.Seconds();
      if (options_.on_prefill) options_.on_prefill(at, total);
    }
    return {};
  }

  Status Decode(int32_t next) {
    const Stopwatch watch;
    const ChipCounters before = device_.counters();
    while (true) {
      if (Interrupted()) return Stop(StopReason::kInterrupted);
      if (options_.stop_at_end && Ends(next)) return Stop(StopReason::kEndOfText);
      out_.tokens.push_back(next);
      if (options_.on_token) options_.on_token(next);
      if (options_.max_tokens != 0 && out_.generated() >= options_.max_tokens) return Stop(StopReason::kLength);
      const uint32_t position = static_cast<uint32_t>(out_.tokens.size()) - 1;
      if (position >= tape_.context) return Stop(StopReason::kContextFull);
      const StepRow row = Row(next, position, true);
      auto result = device_.Step({&row, 1});
      if (!result && Interrupted()) return Stop(StopReason::kInterrupted);
      if (!result) return result.error();
      next = result->tokens[0];
      ++out_.decode_steps;
      out_.decode = device_.counters() - before;
      out_.decode_seconds = watch.Seconds();
    }
  }

 private:
  bool Ends(int32_t token) const {
    return token == options_.eos || token == options_.bos || token == options_.end_of_turn;
  }
  bool Interrupted() const { return options_.interrupted && *options_.interrupted; }

  Status Stop(StopReason reason) {
    out_.stop = reason;
    return {};
  }

  StepRow Row(int32_t token, uint32_t position, bool want) const {
    StepRow row;
    row.token = token;
    row.position = position;
    row.slot = options_.slot;
    row.want = want;
    SetSampling(options_.sampling, &row);
    return row;
  }

  Device& device_;
  const Tape& tape_;
  const GenerateOptions& options_;
  Generation& out_;
};

}  // namespace

const char* Describe(StopReason reason) {
  switch (reason) {
    case StopReason::kLength: return "the number of tokens asked for is reached";
    case StopReason::kEndOfText: return "the model ended its text";
    case StopReason::kContextFull: return "the context is full";
    case StopReason::kInterrupted: return "interrupted";
  }
  return "";
}

void SetSampling(const Sampling& sampling, StepRow* row) {
  const bool greedy = sampling.temperature <= 0 || sampling.top_k <= 1;
  // In double, rounded once.
  row->z = greedy ? 0.0f : static_cast<float>(1.4426950408889634 / static_cast<double>(sampling.temperature));
  row->top_k = greedy ? 1 : sampling.top_k;
  row->seed = sampling.seed;
}

Result<Generation> Generate(Device& device, const Tape& tape, std::span<const int32_t> prompt,
                            const GenerateOptions& options, Generation* partial) {
  if (prompt.empty()) return Error{"the prompt is empty, want at least one token"};
  if (prompt.size() > tape.context) {
    return Error{"the prompt has " + std::to_string(prompt.size()) + " tokens, the context holds " +
                 std::to_string(tape.context)};
  }
  Generation local;
  Generation& generation = partial ? *partial : local;
  generation = {};
  Run run(device, tape, options, &generation);
  int32_t next = -1;
  if (Status failed = run.Prefill(prompt, &next)) return *failed;
  if (generation.prompt_tokens < prompt.size()) {
    generation.stop = StopReason::kInterrupted;
    return generation;
  }
  if (Status failed = run.Decode(next)) return *failed;
  return generation;
}

}  // namespace weft
