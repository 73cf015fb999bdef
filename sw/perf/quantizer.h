// rtl/quantizer and rtl/kv_cache: groups leave in the order in which they close, a pair a cycle, to the
// activation memory or as writes of the KV cache.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "sw/perf/shape.h"

namespace weft::perf {

// Pieces of quantized K and V become single-beat writes, one a cycle.
class KvWriter {
 public:
  explicit KvWriter(Time write_latency) : write_latency_(write_latency) {}

  // A piece offered from `offered` on that makes `writes` writes; the cycle in which it is taken.
  Time Take(Time offered, uint32_t writes) {
    const Time taken = std::max(offered, moved_);
    moved_ = std::max(taken + kKvAddress, end_);
    end_ = moved_ + writes;
    beats_ += writes;
    return taken;
  }
  // From when on every write so far is answered: weft_kv_cache idle_o.
  Time Idle() const { return beats_ == 0 ? 0 : end_ + kWriteOut + write_latency_ + 1; }
  uint64_t beats() const { return beats_; }
  template <typename Visitor>
  void Visit(Visitor& v) {
    v.At(moved_), v.At(end_), v.Count(beats_);
  }

 private:
  Time write_latency_;
  Time moved_ = -1, end_ = -1;  // the last piece went to the writer; its last write was taken
  uint64_t beats_ = 0;
};

// Where a group goes and how many steps of the emitter it takes. A chunk of the KV port is a piece of it.
struct GroupShape {
  enum class Kind : uint8_t { kAct, kQuery, kKey, kValue };
  Kind kind = Kind::kAct;
  uint32_t pairs = 16;           // steps with an element
  uint32_t lead = 0, trail = 0;  // steps for words of the chunk without one (small query heads)
  uint32_t writes = 0;           // K: of its one piece; V: of each whole piece of 32
  uint32_t last_writes = 0;      // V: of its last piece
};

class Quantizer {
 public:
  // For a chip of `max_rows` and a step of `rows`.
  Quantizer(uint32_t max_rows, size_t rows, const MemoryTiming& memory);

  // A pair that opens a slot of `row` is taken from this cycle on.
  Time SlotFree(uint32_t row, uint32_t ahead) const {
    return slot_free_[row][(first_slot_[row] + ahead) % kSlots];
  }
  // Any pair is taken from this cycle on: the queue of complete groups has room.
  Time QueueFree() const { return queue_free_; }
  // The first pair of a new instruction is taken from this cycle on: two configurations are kept.
  Time ConfigFree();

  // The last pair of a group was taken in cycle `closed`.
  void Close(Time closed, uint32_t row, const GroupShape& shape);

  // From when on a transfer with WAIT sees everything written.
  Time Quiet() const { return std::max(act_written_ + kWriteSeen, kv_taken_ + 1); }
  // From when on a matmul with WAIT sees, in every row, the group that was the `back`-th from the last one so far.
  Time GroupSeen(uint64_t back) const {
    return back > std::min<uint64_t>(act_groups_, kGroupsKept)
               ? 0
               : group_written_[(act_groups_ - back) % kGroupsKept] + kWriteSeen;
  }
  Time Idle() const { return std::max(act_written_, kv_taken_) + 1; }
  const KvWriter& kv() const { return kv_; }

  // The state, for steady.h.
  template <typename Visitor>
  void Visit(Visitor& v) {
    for (size_t row = 0; row < slot_free_.size(); ++row)
      v.Ring(slot_free_[row].data(), kSlots, first_slot_[row]);
    v.Ring(taken_.data(), taken_.size(), groups_);
    v.Ring(emitted_.data(), emitted_.size(), groups_);
    v.Ring(piece_taken_.data(), piece_taken_.size(), pieces_);
    v.Ring(group_written_.data(), kGroupsKept, act_groups_);
    for (Time* t : {&last_taken_, &last_emitted_, &queue_free_, &config_taken_[0], &config_taken_[1],
                    &act_written_, &kv_taken_}) {
      v.At(*t);
    }
    kv_.Visit(v);
  }

 private:
  static constexpr uint32_t kGroupsKept = 72;  // of the last row; no more than 2 * MAX_ROWS + kPrepare are inside

  Time Emit(Time from, uint32_t row, const GroupShape& shape);

  uint32_t queue_;                                   // QUEUE of weft_quantizer_collect
  std::vector<std::array<Time, kSlots>> slot_free_;  // by row
  std::vector<uint32_t> first_slot_;
  uint64_t groups_ = 0;
  std::vector<Time> taken_;             // by group, of the last 2 * MAX_ROWS
  std::array<Time, kPrepare> emitted_;  // last step of the last four groups
  Time last_taken_ = -1, last_emitted_ = -1;
  Time queue_free_ = 0;
  Time config_taken_[2] = {-1, -1};  // last group of this configuration, of the one before
  Time act_written_ = -kWriteSeen, kv_taken_ = -1;
  uint64_t act_groups_ = 0;  // that a matmul reads, of the last row
  std::array<Time, kGroupsKept> group_written_;
  KvWriter kv_;
  uint64_t pieces_ = 0;
  std::array<Time, kKvQueue> piece_taken_;
};

}  // namespace weft::perf
