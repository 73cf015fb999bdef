#include "sw/perf/softmax.h"

#include <algorithm>

namespace weft::perf {

Time Softmax::BufferFree(uint64_t block) {
  if (block < kKvBufs) return 0;
  Run(block - kKvBufs);
  return free_[block % kKvBufs];
}

Time Softmax::SkipFree(Time at) const {
  for (const Time start : starts_) at += at == start + kAlpha;
  return at;
}

void Softmax::Open(uint64_t block, Time at) {
  rows_[block % kKvBufs].clear();
  opened_[block % kKvBufs] = at;
}

Time Softmax::ProbsReady(uint64_t block) {
  Run(block);
  return ready_[block % kKvBufs];
}

void Softmax::Run(uint64_t block) {
  for (; done_ <= block; ++done_) {
    const uint32_t buffer = done_ % kKvBufs;
    Time start = last_start_, scales = scales_[buffer] + kScalesSeen;
    for (const Time row : rows_[buffer]) {
      const Time look = std::max({row + kRowSeen, scales, start});
      start = std::max(look + kLook, start + kRowCycles);
      starts_[start_count_++ % starts_.size()] = start;
    }
    last_start_ = start;
    free_[buffer] = start + kRowCycles;
    ready_[buffer] = start + kProbsReady;
    // busy_o: scores held, or a row not yet written.
    const Time from = std::max(opened_[buffer] + 1, busy_until_);
    const Time until = start + kProbsReady;
    if (until > from) busy_ += static_cast<uint64_t>(until - from);
    busy_until_ = std::max(busy_until_, until);
  }
}

}  // namespace weft::perf
