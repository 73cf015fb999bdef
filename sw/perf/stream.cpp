#include "sw/perf/stream.h"

namespace weft::perf {

Stream::Stream(const StepShape& shape)
    : shape_(shape),
      page_beats_(kPageBytes / shape.hw.port),
      max_burst_(std::min(page_beats_, kMaxBurst)),
      marks_(2 * kMaxBeats) {}

// The cycle of beat number `beat` (from 1), to within a mark. Asked in ascending order.
Time Stream::TimeOf(uint64_t beat) {
  if (mark_count_ > marks_.size()) mark_at_ = std::max(mark_at_, mark_count_ - marks_.size());
  while (mark_at_ < mark_count_ && marks_[mark_at_ % marks_.size()].beats < beat) ++mark_at_;
  if (mark_at_ == mark_count_) return last_;
  const BeatTime& mark = marks_[mark_at_ % marks_.size()];
  return mark.at - static_cast<Time>(mark.beats - beat);
}

// A burst behind `asked` beats waits until no more than 512 - 64 of them are under way.
Time Stream::BeforeFlying(uint64_t asked) {
  const uint64_t most = kMaxBeats - max_burst_;
  return asked <= most ? 0 : TimeOf(asked - most) + 1;
}

void Stream::Begin(Time pushed, uint64_t address, uint64_t beats, Time ready, PortCause why, PortCause late) {
  const uint64_t i = requests_++;
  if (more_bursts_ > 0) last_burst_ = std::max(last_burst_ + more_bursts_, BeforeFlying(last_asked_));
  left_queue_[i] = std::max({pushed + 1, left_queue_[i - 1] + 1, taken_[i - kFetchDepth] + 1});
  taken_[i] = std::max({left_queue_[i] + 1, last_burst_, routed_[i - kRouteDepth] + 1});

  // Bursts: up to the page, whole pages, the rest.
  const uint64_t room = page_beats_ - address % kPageBytes / shape_.hw.port;
  const uint64_t head = std::min(room, beats), rest = (beats - head) % page_beats_;
  const auto cut = [&](uint64_t n) { return (n + max_burst_ - 1) / max_burst_; };
  const uint64_t bursts = cut(head) + (beats - head) / page_beats_ * cut(page_beats_) + cut(rest);
  const uint64_t tail = rest != 0 ? rest : beats > head ? page_beats_ : head;
  const uint64_t last_size = (tail - 1) % max_burst_ + 1;
  const Time first_burst = std::max(taken_[i] + 1, BeforeFlying(end_));
  const Time address_taken = std::max(first_burst + 1, done_[i - kMemoryBursts] + 1);
  const Time due = address_taken + std::max<Time>(1, shape_.memory.read_latency);
  end_ += beats;
  // When its last burst goes is known when its beats are.
  last_burst_ = first_burst;
  more_bursts_ = static_cast<Time>(bursts) - 1;
  last_asked_ = end_ - last_size;

  routed_[i] = std::max(taken_[i] + 1, last_);
  const Time next = last_ + 1, asked = std::clamp(taken_[i] + 1, next, std::max(next, due));
  const Time offered = std::max(next, due), turned = std::max(offered, routed_[i] + 1),
             first = std::max(turned, ready);
  Count(late, asked - next);
  Count(PortCause::kMemory, offered - asked);
  Count(PortCause::kOther, turned - offered);
  Count(why, first - turned);
  last_ = first - 1;
}

void Stream::End() {
  if (beats_ < end_) Take(static_cast<uint32_t>(end_ - beats_));
  done_[requests_ - 1] = last_;
  Mark();
}

}  // namespace weft::perf
