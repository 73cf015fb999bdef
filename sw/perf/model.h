// The cycle model: executes a tape without data and says how long the chip of a configuration takes.
//
// Deterministic. Each block of the RTL is a recurrence over the times of its own past and of what it waits
// for; the walk of the tape drives them in stream order, so that every time is computed once. Equations:
// docs/reference/perf.md
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/compiler/tape.h"
#include "sw/perf/shape.h"
#include "sw/runtime/counters.h"

namespace weft::perf {

class Model {
 public:
  // Refuses a tape that cannot be walked.
  static Result<Model> Make(const Tape& tape, const HwConfig& hw, const MemoryTiming& memory = {});

  // The counters of one step. Rows as CheckRows wants them.
  ChipCounters Step(std::span<const Row> rows) const;

 private:
  Model(const HwConfig& hw, const MemoryTiming& memory) : hw_(hw), memory_(memory) {}

  HwConfig hw_;
  MemoryTiming memory_;
  uint32_t boot_count_ = 0;
  uint64_t kv_base_ = 0;
  uint32_t vocab_ = 0;
  std::vector<TapeStep> steps_;
};

}  // namespace weft::perf
