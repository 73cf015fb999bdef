// One conversation with a device: the prompt in blocks, then token by token until something ends it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/model/checkpoint.h"
#include "sw/runtime/device.h"

namespace weft {

struct Sampling {
  float temperature = 0;  // 0: greedy
  uint32_t top_k = 1;
  uint32_t seed = 0;
};

enum class StopReason { kLength, kEndOfText, kContextFull, kInterrupted };
// "the model ended its text", ...
const char* Describe(StopReason reason);

struct GenerateOptions {
  uint32_t max_tokens = 128;  // 0: until the text ends or the context is full
  Sampling sampling;
  uint32_t slot = 0;
  uint32_t block_rows = 0;  // rows of a prefill step; 0: as many as fit
  bool stop_at_end = true;  // at EOS, or at BOS, with which some models separate their texts
  int32_t eos = 2, bos = 1;
  int32_t end_of_turn = -1;  // ends it as well, in a chat
  const std::atomic<bool>* interrupted = nullptr;
  // Each prompt block done: tokens so far. Each generated token, the ending one not among them.
  std::function<void(uint32_t done, uint32_t total)> on_prefill;
  std::function<void(int32_t token)> on_token;
};

struct Generation {
  std::vector<int32_t> tokens;  // prompt and generated
  uint32_t prompt_tokens = 0;
  uint32_t decode_steps = 0;  // steps of one token each; the first token comes from the prefill
  StopReason stop = StopReason::kLength;
  ChipCounters prefill, decode;
  double prefill_seconds = 0, decode_seconds = 0;  // by the clock on the wall
  uint32_t generated() const { return static_cast<uint32_t>(tokens.size()) - prompt_tokens; }
};

// Row parameters of docs/numerics.md section 5.
void SetSampling(const Sampling& sampling, StepRow* row);

// Refuses a prompt that is empty or does not fit the context. On an error of the device, *partial (if given)
// holds what was made before it.
Result<Generation> Generate(Device& device, const Tape& tape, std::span<const int32_t> prompt,
                            const GenerateOptions& options, Generation* partial = nullptr);

}  // namespace weft
