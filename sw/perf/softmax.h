// rtl/softmax: a row of scores starts 16 cycles after the one before, when its scores and the block's V
// scales are there.
#pragma once

#include <array>
#include <vector>

#include "sw/perf/shape.h"

namespace weft::perf {

class Softmax {
 public:
  Softmax() { free_.fill(-1), scales_.fill(-1), ready_.fill(-1), starts_.fill(-kAlpha - 1); }

  // K block `block` (counted through the step): its first score is taken from this cycle on.
  Time BufferFree(uint64_t block);
  // A beat of a row that takes no part waits while a row writes its alpha.
  Time SkipFree(Time at) const;
  // Scores were taken: the block's first beat, and the last pair that each of its virtual rows sends, in order.
  void Open(uint64_t block, Time at);
  void RowTaken(uint64_t block, Time at) { rows_[block % kKvBufs].push_back(at); }

  // The V scales of a block: its last beat was taken.
  void ScalesTaken(uint64_t block, Time at) { scales_[block % kKvBufs] = at; }
  // p_ready_o of a block; all its scores have been taken.
  Time ProbsReady(uint64_t block);

  uint64_t busy() const { return busy_; }

 private:
  void Run(uint64_t block);

  uint64_t done_ = 0;  // blocks worked on
  std::array<std::vector<Time>, kKvBufs> rows_;
  std::array<Time, kKvBufs> free_, scales_, ready_, opened_{};
  Time last_start_ = -kRowCycles;
  std::array<Time, 4> starts_;  // of the last rows: their alphas may be still to come
  uint32_t start_count_ = 0;
  Time busy_until_ = -1;
  uint64_t busy_ = 0;
};

}  // namespace weft::perf
