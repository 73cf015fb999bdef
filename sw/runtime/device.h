// One accelerator, whatever runs it: the golden model, the Verilated chip, or the fp32 reference.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/runtime/activity.h"
#include "sw/runtime/counters.h"

namespace weft {

// One row of a step: the token at `position` of the user in `slot`.
struct StepRow {
  int32_t token = 0;
  uint32_t position = 0;
  uint32_t slot = 0;
  bool want = false;  // sample the next token
  bool dump = false;  // hand out the logits
  // Sampling; read when `want`. z = fp32(log2(e) / temperature); top_k 1 is greedy.
  float z = 0;
  uint32_t top_k = 1;
  uint32_t seed = 0;
};

struct StepResult {
  std::vector<int32_t> tokens;  // one a row; -1 for rows that want none
  std::vector<float> logits;    // [rows with dump, in order][vocab]
};

// A pair of results as an epilogue makes them: docs/microarchitecture.md, trace port.
struct TraceEvent {
  uint32_t instr = 0;  // number within the step
  uint32_t row = 0;
  uint32_t n = 0;  // element of the destination vector, the second is n + 1
  uint32_t v0 = 0;  // fp32 bits
  uint32_t v1 = 0;
};
using TraceSink = std::function<void(const TraceEvent&)>;

class Device {
 public:
  virtual ~Device() = default;

  virtual std::string name() const = 0;
  // Rows of one step, at most; positions of a slot; users.
  virtual uint32_t max_rows() const = 0;

  // One reading of the tape. Rows of one slot are adjacent, their positions consecutive and ascending. With a
  // sink, every intermediate result goes there as well.
  virtual Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) = 0;

  // Counted cycles; all zero where nothing is clocked.
  virtual ChipCounters counters() const { return {}; }
  // Seconds of one processor core spent simulating the chip, and all cycles simulated in them, register
  // accesses included.
  virtual double seconds() const { return 0; }
  virtual uint64_t simulated_cycles() const { return 0; }
  // Hands out every busy cycle from now on; null: no more. False where no cycles are simulated.
  virtual bool WatchActivity(ActivitySink) { return false; }
  // Logits compared with golden, one by one, and how many differed.
  virtual uint64_t checked_logits() const { return 0; }
  virtual uint64_t mismatches() const { return 0; }
  // Tokens compared with golden where logits are not.
  virtual uint64_t checked_tokens() const { return 0; }
};

// Refuses rows that no device may be given: too many, or a token, slot or position out of range, or positions
// of a slot that do not follow each other.
Status CheckRows(const Tape& tape, std::span<const StepRow> rows);

}  // namespace weft
