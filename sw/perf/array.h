// rtl/matrix: a word a cycle while the stream and the dependencies allow it.
#pragma once

#include <array>
#include <vector>

#include "sw/perf/drain.h"
#include "sw/perf/shape.h"
#include "sw/perf/softmax.h"
#include "sw/perf/steady.h"
#include "sw/perf/stream.h"
#include "sw/runtime/counters.h"

namespace weft::perf {

// Weights or a K block.
struct PanelJob {
  uint32_t panels = 0, groups = 0;
  uint32_t tail = 32;   // bytes of the last chunk of a row
  uint32_t scales = 1;  // of a slot: NS, heads of a K chunk or packed outputs
  uint32_t share = 1;   // groups along K that share their scales
  uint32_t passes = 1, last_col = 0;
  uint32_t period = 0;  // panels after which the results repeat; 0: never
  bool by_group = false;  // weights: WAIT is for each group of the rows as the first panel needs it
};

// A V block.
struct ValueJob {
  uint64_t block = 0;                // counted through the step
  bool first = false, last = false;  // of its set
  uint32_t entries = 0;              // of the chunk queue
  uint32_t passes = 1, last_col = 0;
};

class Array {
 public:
  Array(const StepShape& shape, Stream& stream, Drain& drain, Softmax& softmax);

  // Room in the descriptor queue for one more.
  Time DescRoom() const { return descs_ < kDescDepth ? 0 : desc_left_[descs_ % kDescDepth] + 1; }
  // A descriptor is on the queue's output in cycle `seen`; its transfer is the next call.
  void Start(Time seen, bool wait);
  void Panels(const PanelJob& job);
  void Values(const ValueJob& job);
  // The chunk of an embedding row, whose scale and bytes the stream brings in two requests.
  void EmbedScale();
  void EmbedChunk(uint32_t row, uint32_t group, uint32_t bytes, uint32_t pairs);

  // Cycles by cause; those without a transfer are not counted.
  const std::array<uint64_t, kArrayCauses>& causes() const { return causes_; }

 private:
  struct Pace {  // of one entry
    uint32_t beats = 1, words = 1, passes = 1;
    bool spaced = false;  // sums may have to keep their distance
  };

  template <typename Visitor>
  void Visit(Visitor& v) {
    v.Ring(chunk_left_.data(), chunk_left_.size(), chunks_);
    v.Ring(scale_left_.data(), scale_left_.size(), scales_);
    v.Ring(sum_at_.data(), sum_at_.size(), sums_);
    v.At(end_), v.At(lane_free_), v.At(panel_last_);
    v.Phase(in_unit_);
    for (uint32_t c = 0; c < kArrayCauses; ++c) {
      c == static_cast<uint32_t>(ArrayCause::kData) ? v.Stalls(causes_[c]) : v.Count(causes_[c]);
    }
    stream_.Visit(v);
    drain_.Visit(v);
  }
  uint32_t Jump(SteadyState& steady, uint32_t done, uint32_t panels);
  uint32_t UnitEntries(const PanelJob& job) const;
  void Count(ArrayCause cause, Time cycles) {
    causes_[static_cast<uint32_t>(cause)] += static_cast<uint64_t>(cycles);
  }
  void Depend(Time ready, ArrayCause cause);
  void DependOnResults(Time ready);
  void Panel(const PanelJob& job, bool last);
  void Entries(const Pace& pace, uint32_t count);
  Time Sums(Time from, const Pace& pace);
  void InOrder(uint32_t last_col);

  const StepShape& shape_;
  Stream& stream_;
  Drain& drain_;
  Softmax& softmax_;

  uint64_t descs_ = 0;
  std::array<Time, kDescDepth> desc_left_{};
  Time taken_ = -1;  // the last descriptor began to run
  Time wait_ = 0;    // of the transfer that starts: for everything behind the lanes
  Time end_ = -1;    // the last word issued

  std::vector<Time> chunk_left_, scale_left_;  // left their queues, by entry
  uint64_t chunks_ = 0, scales_ = 0;
  uint32_t in_unit_ = 0;  // entries of the unit so far

  uint64_t panels_ = 0, sets_ = 0;
  // Spacing.
  uint32_t last_col_ = 0;
  Time lane_free_ = 0;
  Time panel_last_ = -1;  // the last sum of a panel, and its last column
  uint32_t panel_last_col_ = 0;
  bool values_ = false;
  uint32_t acc_limit_ = 0;  // sums to the same accumulator; 0: too many to matter
  uint64_t sums_ = 0, value_sums_ = 0;
  std::array<Time, 16> sum_at_, value_sum_at_;
  uint32_t value_between_ = 0, value_limit_ = 0;
  Time values_before_ = -kOutSpacing;  // last sum of the V transfer before

  std::array<uint64_t, kArrayCauses> causes_{};
};

}  // namespace weft::perf
