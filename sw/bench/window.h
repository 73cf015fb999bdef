// Counts the cycles of one phase within a step from what the units do, cycle by cycle.
#pragma once

#include "sw/bench/cases.h"
#include "sw/runtime/activity.h"
#include "sw/runtime/counters.h"

namespace weft {

class Window {
 public:
  // kAttention or kGemm.
  explicit Window(Phase phase) : phase_(phase) {}

  void Cycle(const Activity& activity);
  // Of the attention, or of the transfer of weights with the most busy cycles.
  const ChipCounters& counters() const { return phase_ == Phase::kAttention ? current_ : largest_; }

 private:
  void Attention(const Activity& activity);
  void Gemm(const Activity& activity);

  Phase phase_;
  bool starts_ = false;  // a transfer started in the cycle before
  bool open_ = false;
  ChipCounters current_, waiting_, largest_;
};

}  // namespace weft
