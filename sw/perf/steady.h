// Long matmuls repeat: when every time of every block has moved by the same amount from one panel to another,
// all panels to come move by it too, and the model jumps.
//
// The blocks are recurrences of maxima and sums, so equal differences now mean equal differences for ever. A
// block shows its state to a visitor: times, rings of times (oldest first), counters. Times too old to matter
// any more need not move. While the chunk queue runs dry, the stream falls behind at a steady pace of its
// own: neither waits for the other, and the model jumps as far as the distance lasts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sw/perf/timing.h"

namespace weft::perf {

// The state of all blocks at the end of a panel.
struct Snapshot {
  Time base = 0;        // the array's last word
  Time stream = 0;      // the last beat
  uint64_t stalls = 0;  // cycles in which the stream or the array waited for the other
  std::vector<Time> times;
  std::vector<uint64_t> counts, phases;

  void Clear(Time at) {
    base = at;
    stalls = 0;
    times.clear(), counts.clear(), phases.clear();
  }
};

class SnapshotVisitor {
 public:
  explicit SnapshotVisitor(Snapshot* out) : out_(*out) {}
  void At(const Time& t) { out_.times.push_back(t); }
  void Beat(const Time& t) { out_.stream = t; }
  void Stalls(const uint64_t& count) {
    out_.stalls += count;
    Count(count);
  }
  void Ring(Time* times, uint64_t size, uint64_t head) {
    for (uint64_t i = 0; i < size; ++i) out_.times.push_back(times[(head + i) % size]);
  }
  void Count(const uint64_t& count) { out_.counts.push_back(count); }
  void Phase(uint64_t phase) { out_.phases.push_back(phase); }

 private:
  Snapshot& out_;
};

// Moves everything that is not too old by `by`, and counters by `times` what they grew from one snapshot to
// the other.
class ShiftVisitor {
 public:
  ShiftVisitor(const Snapshot& before, const Snapshot& after, Time oldest, uint64_t times)
      : before_(before),
        after_(after),
        oldest_(oldest),
        by_((after.base - before.base) * static_cast<Time>(times)),
        times_(times) {}
  void Beat(Time& t) { t += (after_.stream - before_.stream) * static_cast<Time>(times_); }
  void Stalls(uint64_t& count) { Count(count); }
  void At(Time& t) {
    if (t >= oldest_) t += by_;
  }
  void Ring(Time* times, uint64_t size, uint64_t) {
    for (uint64_t i = 0; i < size; ++i) At(times[i]);
  }
  void Count(uint64_t& count) {
    count += times_ * (after_.counts[index_] - before_.counts[index_]);
    ++index_;
  }
  void Phase(uint64_t) {}

 private:
  const Snapshot &before_, &after_;
  Time oldest_, by_;
  uint64_t times_;
  size_t index_ = 0;
};

// Watches one matmul.
class SteadyState {
 public:
  // Looks after `first` panels for what repeats every `period` panels.
  SteadyState(uint32_t first, uint32_t period) : period_(period), next_(first) {}

  // Whether the state after `done` panels is wanted.
  bool Wants(uint32_t done) const { return done == next_; }
  // Takes it (`fill` gives a Snapshot its contents). How many periods, of `left` at most, are like the last
  // one.
  template <typename Fill>
  uint32_t Repeats(uint32_t done, uint32_t left, Fill fill) {
    std::swap(before_, after_);
    fill(&after_);
    if (!armed_) {
      armed_ = true;
      next_ = done + period_;
      return 0;
    }
    armed_ = false;
    const uint32_t times = static_cast<uint32_t>(std::min<Time>(Alike(), left));
    // Looking costs as much as some panels.
    next_ = done + times * period_ + (times > 0 ? 1 : std::max(1u, done / 2));
    return times;
  }
  uint32_t period() const { return period_; }
  const Snapshot& before() const { return before_; }
  const Snapshot& after() const { return after_; }
  // Nothing before this can delay anything: the drain is at most two panels behind the array.
  Time Oldest(const Snapshot& s) const { return s.base - 3 * (after_.base - before_.base) - 256; }

 private:
  static constexpr Time kForEver = UINT32_MAX;
  static constexpr Time kDistance = 8;  // left between stream and array; beats within a period come unevenly

  Time Alike() const {
    const Time by = after_.base - before_.base, old_before = Oldest(before_), old_after = Oldest(after_);
    if (before_.phases != after_.phases || before_.times.size() != after_.times.size()) return 0;
    for (size_t i = 0; i < after_.times.size(); ++i) {
      const Time a = before_.times[i], b = after_.times[i];
      if (b - a != by && (a >= old_before || b >= old_after)) return 0;
    }
    const Time behind = after_.stream - before_.stream - by;
    if (behind == 0) return kForEver;
    if (behind < 0 || after_.stalls != before_.stalls) return 0;
    return std::max<Time>(0, (after_.base - after_.stream - kDistance) / behind - 1);
  }

  uint32_t period_, next_;
  bool armed_ = false;
  Snapshot before_, after_;
};

}  // namespace weft::perf
