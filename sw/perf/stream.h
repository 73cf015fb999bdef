// rtl/tape: beats arrive in stream order, one a cycle, and wait for the place of the entry that they
// complete.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "sw/perf/shape.h"
#include "sw/runtime/counters.h"

namespace weft::perf {

class Stream {
 public:
  explicit Stream(const StepShape& shape);

  // Room in the sequencer's request queue for one more.
  Time RequestRoom() const {
    return requests_ < kRequestDepth ? 0 : left_queue_[requests_ - kRequestDepth] + 1;
  }
  // A request of `beats` at `address` enters that queue in cycle `pushed`. All beats of the requests before
  // it have been taken; its first one will not be before `ready`, for the reason `why`. A late request counts
  // as `late`.
  void Begin(Time pushed, uint64_t address, uint64_t beats, Time ready = 0, PortCause why = PortCause::kOther,
             PortCause late = PortCause::kWalk);

  // The next beats, the last of them not before `room`; the cycle of the last.
  Time Take(uint32_t beats, Time room = 0) {
    Time at = last_ + beats;
    if (room > at) {
      refused_ += static_cast<uint64_t>(room - at);
      at = room;
    }
    beats_ += beats;
    return last_ = at;
  }
  // The next beat is not taken before `room`.
  void Hold(Time room) {
    if (room <= last_ + 1) return;
    refused_ += static_cast<uint64_t>(room - last_ - 1);
    last_ = room - 1;
  }
  // `count` entries of the chunk queue, of `beats` beats each, which leave it one after the other, each
  // `cycles` after the later of its arrival and the entry before. left[i & mask] is when the entry `mask` + 1
  // before number i left, and afterwards when number i did. `end` is when the entry before number `first`
  // left; the return value when the last did.
  Time Entries(uint32_t beats, Time cycles, uint32_t count, Time* left, uint64_t mask, uint64_t first,
               Time end) {
    Time last = last_;
    for (uint64_t i = first; i < first + count; ++i) {
      Time& place = left[i & mask];
      last = std::max(last + beats, place + 1);
      end = std::max(end, last) + cycles;
      place = end;
    }
    refused_ += static_cast<uint64_t>(last - last_) - uint64_t{count} * beats;
    beats_ += uint64_t{count} * beats;
    last_ = last;
    return end;
  }
  // The request is complete; beats that nobody looked at are taken.
  void End();
  // Keeps the time of the beats so far, for the bursts that run ahead of them. At least every 64 beats or so.
  void Mark() {
    marks_[mark_count_ % marks_.size()] = {beats_, last_};
    ++mark_count_;
  }

  // The state that moves within a request, for steady.h.
  template <typename Visitor>
  void Visit(Visitor& v) {
    v.Beat(last_), v.Count(beats_), v.Stalls(refused_);
  }
  // The marks of the beats so far move with them.
  void ShiftMarks(Time by, uint64_t beats) {
    for (BeatTime& mark : marks_) mark.at += by, mark.beats += beats;
  }

  Time last() const { return last_; }
  uint64_t beats() const { return beats_; }
  // Cycles in which an offered beat found a queue full.
  uint64_t refused() const { return refused_; }
  // Cycles by any other cause, beats not among them.
  const std::array<uint64_t, kPortCauses>& causes() const { return causes_; }

 private:
  struct BeatTime {
    uint64_t beats = 0;
    Time at = -1;
  };
  template <uint32_t kSize>
  struct Ring {
    Ring() { times.fill(-(Time{1} << 40)); }
    Time& operator[](uint64_t i) { return times[i % kSize]; }
    Time operator[](uint64_t i) const { return times[i % kSize]; }
    std::array<Time, kSize> times;
  };
  void Count(PortCause cause, Time cycles) {
    causes_[static_cast<uint32_t>(cause)] += static_cast<uint64_t>(cycles);
  }
  Time TimeOf(uint64_t beat);
  Time BeforeFlying(uint64_t asked);

  const StepShape& shape_;
  uint32_t page_beats_, max_burst_;

  Time last_ = -1;  // of the beats taken
  uint64_t beats_ = 0, refused_ = 0;
  std::array<uint64_t, kPortCauses> causes_{};
  uint64_t end_ = 0;  // beats asked for

  uint64_t requests_ = 0;
  Ring<64> left_queue_;      // of the sequencer, by request
  Ring<64> taken_;           // by the burst cutter
  Ring<64> routed_;          // by the route
  Ring<64> done_;            // last beat
  Time last_burst_ = -1;     // of the request before: its first, until the next one begins
  Time more_bursts_ = 0;     // behind that
  uint64_t last_asked_ = 0;  // beats asked for before its last burst

  std::vector<BeatTime> marks_;
  uint64_t mark_count_ = 0, mark_at_ = 0;
};

}  // namespace weft::perf
