#include "sw/perf/quantizer.h"

namespace weft::perf {

namespace {

constexpr Time kLongAgo = -(Time{1} << 40);

}  // namespace

Quantizer::Quantizer(uint32_t max_rows, size_t rows, const MemoryTiming& memory)
    : queue_(2 * max_rows),
      slot_free_(rows, {kLongAgo, kLongAgo, kLongAgo, kLongAgo}),
      first_slot_(rows),
      taken_(queue_, kLongAgo),
      kv_(memory.write_latency) {
  emitted_.fill(kLongAgo);
  piece_taken_.fill(kLongAgo);
  group_written_.fill(kLongAgo);
}

Time Quantizer::ConfigFree() {
  const Time free = config_taken_[1] + 1;
  config_taken_[1] = config_taken_[0];
  config_taken_[0] = kLongAgo;
  return free;
}

void Quantizer::Close(Time closed, uint32_t row, const GroupShape& shape) {
  // Prepare: four groups on their way, and the multiplier serves the group taken five cycles ago.
  Time taken = std::max({closed + kGroupSeen, last_taken_ + 1, emitted_[groups_ % kPrepare] + 1});
  for (uint64_t back = std::min<uint64_t>(groups_, kSpecial); back > 0; --back) {
    if (taken == taken_[(groups_ - back) % queue_] + kSpecial) ++taken;
  }
  last_taken_ = taken;
  config_taken_[0] = taken;
  taken_[groups_ % queue_] = taken;

  const Time end = Emit(std::max(taken + kPrepared, last_emitted_ + 1), row, shape);
  last_emitted_ = end;
  emitted_[groups_ % kPrepare] = end;
  ++groups_;
  if (groups_ >= queue_ - 1) queue_free_ = taken_[(groups_ - (queue_ - 1)) % queue_] + 1;
}

// Steps from `from` on; the last one.
Time Quantizer::Emit(Time from, uint32_t row, const GroupShape& shape) {
  const uint32_t slots = shape.kind == GroupShape::Kind::kValue ? (shape.pairs + 15) / 16 : 1;
  uint32_t& slot = first_slot_[row];
  Time end = from;
  if (shape.kind == GroupShape::Kind::kAct || shape.kind == GroupShape::Kind::kQuery) {
    end = from + shape.lead + shape.pairs - 1;
    slot_free_[row][slot] = end + 1;
    end += shape.trail;
    act_written_ = std::max(act_written_, end + kEmitted);
    if (shape.kind == GroupShape::Kind::kAct && row + 1 == first_slot_.size()) {
      group_written_[act_groups_++ % kGroupsKept] = end + kEmitted;
    }
  } else {
    Time step = from;
    for (uint32_t piece = 0; piece < slots; ++piece, ++pieces_) {
      const uint32_t pairs = std::min(shape.pairs - 16 * piece, 16u);
      end = std::max(step, piece_taken_[pieces_ % kKvQueue] + 1) + pairs - 1;
      step = end + 1;
      slot_free_[row][(slot + piece) % kSlots] = end + 1;
      const bool last = piece + 1 == slots;
      const uint32_t writes =
          last && shape.kind == GroupShape::Kind::kValue ? shape.last_writes : shape.writes;
      piece_taken_[pieces_ % kKvQueue] = kv_taken_ = kv_.Take(end + kEmitted, writes);
    }
  }
  slot = (slot + slots) % kSlots;
  return end;
}

}  // namespace weft::perf
