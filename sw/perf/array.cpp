#include "sw/perf/array.h"

#include <algorithm>
#include <numeric>

namespace weft::perf {

namespace {

constexpr Time kLongAgo = -(Time{1} << 40);
constexpr uint32_t kChunk = 32;
constexpr uint32_t kLookAfter = 3;  // panels, for what repeats
constexpr uint32_t kWorth = 4000;   // entries and pairs that might be passed over

}  // namespace

Array::Array(const StepShape& shape, Stream& stream, Drain& drain, Softmax& softmax)
    : shape_(shape),
      stream_(stream),
      drain_(drain),
      softmax_(softmax),
      chunk_left_(shape.hw.chunk_fifo, kLongAgo),
      scale_left_(shape.hw.scale_fifo, kLongAgo) {
  sum_at_.fill(kLongAgo);
  value_sum_at_.fill(kLongAgo);
}

void Array::Start(Time seen, bool wait) {
  // One descriptor waits in a register; it runs when the one before has ended.
  const Time in_register = std::max(seen, taken_ + 1);
  desc_left_[descs_++ % kDescDepth] = in_register;
  taken_ = std::max(in_register + 1, end_);
  end_ = taken_;
  wait_ = 0;
  if (!wait) return;
  drain_.Finish(1);  // its own results are announced already
  wait_ = drain_.Quiet();
}

// The next word is not issued before `ready`.
void Array::Depend(Time ready, ArrayCause cause) {
  if (ready <= end_ + 1) return;
  Count(cause, ready - end_ - 1);
  end_ = ready - 1;
}

// A transfer with WAIT: results are in the drain, then in the epilogue, then in the quantizer.
void Array::DependOnResults(Time ready) {
  if (wait_ == 0) return;
  Depend(std::min(ready, drain_.ReadUntil()), ArrayCause::kDrain);
  Depend(std::min(ready, drain_.CollectedUntil()), ArrayCause::kEpilogue);
  Depend(ready, ArrayCause::kQuantizer);
}

// ---- Weights and K
// ---------------------------------------------------------------------------------------------------

void Array::Panels(const PanelJob& job) {
  in_unit_ = 0;
  values_ = false;
  last_col_ = job.last_col;
  const uint32_t step = shape_.hw.panel_rows / shape_.hw.subrows() * job.passes;
  acc_limit_ = step < kAccSpacing ? step : 0;
  if (!job.by_group) DependOnResults(wait_), wait_ = 0;
  // A unit of scales may span panels.
  const uint32_t entries = shape_.hw.panel_rows / shape_.hw.subrows() * job.groups, unit = UnitEntries(job);
  SteadyState steady(kLookAfter, std::lcm(job.period, unit / std::gcd(entries, unit)));
  // Two looks cost as much as some thousand entries or pairs.
  const uint32_t seen = kLookAfter + 2 * steady.period();
  const bool look =
      job.period != 0 && seen < job.panels &&
      uint64_t{job.panels - seen} * (entries + job.passes * (job.last_col + 1) * shape_.hw.panel_rows / 2) >
          kWorth;
  for (uint32_t panel = 0; panel < job.panels;) {
    Panel(job, panel + 1 == job.panels);
    wait_ = 0;
    ++panel;
    if (look && panel < job.panels && steady.Wants(panel)) panel += Jump(steady, panel, job.panels);
  }
}

// Entries of the chunk queue that share an entry of scales.
uint32_t Array::UnitEntries(const PanelJob& job) const {
  return std::max(1u, shape_.hw.port / (2 * job.scales) / shape_.hw.subrows());
}

// After `done` of `panels` panels: how many of the others, up to the last, have been passed over.
uint32_t Array::Jump(SteadyState& steady, uint32_t done, uint32_t panels) {
  const uint32_t times = steady.Repeats(done, (panels - 1 - done) / steady.period(), [&](Snapshot* out) {
    out->Clear(end_);
    SnapshotVisitor v(out);
    v.Phase(drain_.OnLastWork() ? 0 : done);
    Visit(v);
  });
  if (times == 0) return 0;
  const uint64_t beats = stream_.beats();
  const Time last = stream_.last();
  ShiftVisitor v(steady.before(), steady.after(), steady.Oldest(steady.after()), times);
  Visit(v);
  stream_.ShiftMarks(stream_.last() - last, stream_.beats() - beats);
  drain_.SkipPanels(times * steady.period());
  return times * steady.period();
}

void Array::Panel(const PanelJob& job, bool last) {
  const HwConfig& hw = shape_.hw;
  const uint32_t step_entries = hw.panel_rows / hw.subrows();
  const uint32_t unit_entries = UnitEntries(job);
  const uint32_t scale_beats = std::max(2 * job.scales, hw.port) / hw.port;
  if (panels_ >= kPanelBuffers) {
    const Time free = drain_.PanelFree(panels_ - kPanelBuffers) + 1;
    Depend(std::min(free, drain_.NormUntil()), ArrayCause::kNorm);
    Depend(free, ArrayCause::kPanel);
  }
  for (uint32_t g = 0; g < job.groups; ++g) {
    DependOnResults(drain_.GroupSeen(job.groups - g));
    const uint32_t bytes = g + 1 == job.groups && hw.port < kChunk ? job.tail : kChunk;
    Pace pace;
    pace.beats = std::max(1u, bytes / hw.port);
    pace.words = bytes / hw.word_bytes();
    pace.passes = job.passes;
    pace.spaced = acc_limit_ != 0 || pace.words < hw.cols_per_lane;
    for (uint32_t done = 0; done < step_entries;) {
      if (in_unit_ == 0) {
        const Time room = scale_left_[scales_ % scale_left_.size()] + 1;
        // Kept scales go to the queue with the first beat of the unit.
        g % job.share == 0 ? void(stream_.Take(scale_beats, room)) : stream_.Hold(room);
        stream_.Mark();
      }
      const uint32_t count = std::min(step_entries - done, unit_entries - in_unit_);
      Entries(pace, count);
      done += count;
      in_unit_ += count;
      if (in_unit_ == unit_entries) {
        scale_left_[scales_++ % scale_left_.size()] = end_;
        in_unit_ = 0;
      }
    }
  }
  InOrder(job.last_col);
  if (last && in_unit_ != 0) scale_left_[scales_++ % scale_left_.size()] = end_;
  drain_.PanelDone(end_ + job.last_col + kDone);
  ++panels_;
}

// Entries of the chunk queue, one after the other.
void Array::Entries(const Pace& pace, uint32_t count) {
  const uint64_t mask = chunk_left_.size() - 1;
  const Time cycles = Time{pace.words} * pace.passes, before = end_;
  if (pace.spaced) {
    for (uint32_t i = 0; i < count; ++i, ++chunks_) {
      Time& left = chunk_left_[chunks_ & mask];
      const Time seen = stream_.Take(pace.beats, left + 1) + 1;
      const Time from = std::max(end_ + 1, seen);
      Count(ArrayCause::kData, from - end_ - 1);
      left = end_ = Sums(from, pace);
      Count(ArrayCause::kSpacing, end_ - from + 1 - cycles);
    }
  } else {
    end_ = stream_.Entries(pace.beats, cycles, count, chunk_left_.data(), mask, chunks_, end_);
    chunks_ += count;
    Count(ArrayCause::kData, end_ - before - count * cycles);
    lane_free_ = last_col_ == 0 ? 0 : end_ + shape_.hw.cols_per_lane;
  }
  Count(ArrayCause::kBusy, count * cycles);
}

// An entry whose last words may have to wait: for a shared lane, for an accumulator. Its last word.
Time Array::Sums(Time from, const Pace& pace) {
  Time at = from - 1;
  for (uint32_t pass = 0; pass < pace.passes; ++pass) {
    at = std::max(at + pace.words, lane_free_);
    if (values_) {
      if (value_limit_ < kOutSpacing) {
        const Time far = value_sum_at_[(value_sums_ - value_limit_) % value_sum_at_.size()];
        at = std::max(at, std::min(far, values_before_) + kOutSpacing);
      }
      value_sum_at_[value_sums_++ % value_sum_at_.size()] = at;
    } else {
      if (acc_limit_ != 0) at = std::max(at, sum_at_[(sums_ - acc_limit_) % sum_at_.size()] + kAccSpacing);
      sum_at_[sums_++ % sum_at_.size()] = at;
    }
    lane_free_ = last_col_ == 0 ? 0 : at + shape_.hw.cols_per_lane;
  }
  return at;
}

// The last sum of a panel must not overtake the one before.
void Array::InOrder(uint32_t last_col) {
  const Time order = panel_last_ + 1 + Time{panel_last_col_} - Time{last_col};
  if (order > end_) Count(ArrayCause::kSpacing, order - end_);
  end_ = std::max(end_, order);
  chunk_left_[(chunks_ - 1) & (chunk_left_.size() - 1)] = end_;
  panel_last_ = end_;
  panel_last_col_ = last_col;
}

// ---- V
// ---------------------------------------------------------------------------------------------------------------

void Array::Values(const ValueJob& job) {
  const HwConfig& hw = shape_.hw;
  values_ = true;
  last_col_ = job.last_col;
  const uint32_t between = std::min<uint32_t>((job.entries - 1) * job.passes + 1, kOutSpacing);
  value_limit_ = std::min(between, value_between_);
  value_between_ = between;
  Pace pace;
  pace.beats = std::max(1u, kChunk / hw.port);
  pace.words = hw.words_per_chunk();
  pace.passes = job.passes;
  pace.spaced = value_limit_ < kOutSpacing || pace.words < hw.cols_per_lane;
  Depend(softmax_.ProbsReady(job.block) + kProbsSeen, ArrayCause::kSoftmax);
  if (job.first) {
    if (sets_ >= kOutHalves) Depend(drain_.OutputFree(sets_ - kOutHalves) + 1, ArrayCause::kOut);
    ++sets_;
  }
  for (uint32_t done = 0; done < job.entries;) {
    const uint32_t count = std::min(job.entries - done, 32u);
    Entries(pace, count);
    stream_.Mark();
    done += count;
  }
  InOrder(job.last_col);
  values_before_ = end_;
  if (job.last) drain_.OutputDone(end_ + job.last_col + kDone);
}

// ---- Embedding
// -------------------------------------------------------------------------------------------------------

void Array::EmbedScale() {
  const uint32_t port = shape_.hw.port;
  stream_.Take(std::max(2u, port) / port, scale_left_[scales_ % scale_left_.size()] + 1);
}

void Array::EmbedChunk(uint32_t row, uint32_t group, uint32_t bytes, uint32_t pairs) {
  const uint32_t beats = std::max(1u, bytes / shape_.hw.port);
  Time& left = chunk_left_[chunks_++ & (chunk_left_.size() - 1)];
  const Time seen = stream_.Take(beats, left + 1) + 1;
  DependOnResults(wait_);
  const Time offered = std::max(end_ + 1, seen);
  Count(ArrayCause::kData, offered - end_ - 1);
  end_ = drain_.EmbedChunk(offered, row, group, pairs);
  Count(ArrayCause::kDrain, end_ - offered);
  Count(ArrayCause::kBusy, 1);
  left = scale_left_[scales_++ % scale_left_.size()] = end_;
}

}  // namespace weft::perf
