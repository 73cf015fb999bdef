// weft_pico_memory between an engine that loads, stores, seeks and reads both streams, and an AXI memory with random
// delays that makes no promise it need not: a store takes effect with its answer, not before.
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "Vweft_pico_memory.h"
#include "tb/lib/bench.h"

#ifndef WEFT_PARAM_ByteStores
#define WEFT_PARAM_ByteStores 1
#endif

namespace weft::bench {
namespace {

constexpr uint32_t kBytes = 1 << 16;  // of the memory that the bench uses
constexpr uint32_t kOwnBytes = 1 << 14;

class Memory {
 public:
  explicit Memory(uint32_t seed) : stall_(seed), far_(kBytes), now_(kBytes), own_(kOwnBytes) {
    for (uint32_t i = 0; i < kBytes; ++i) far_[i] = now_[i] = static_cast<uint8_t>(Word());
    dut_->valid_i = dut_->smem_i = dut_->seek_i = dut_->m_req_i = dut_->f_ready_i = 0;
  }
  uint32_t Word() { return static_cast<uint32_t>(stall_.engine()()); }
  uint32_t Below(uint32_t n) { return Word() % n; }
  void SetPace(int percent) { pace_ = percent; }

  void SeekTape(uint32_t at) {
    dut_->seek_i = 1;
    dut_->seek_addr_i = at;
    Cycle();
    dut_->seek_i = 0;
    dut_->seek_addr_i = Word() & 0xffffff;
    tape_ = now_;
    tape_at_ = at;
  }
  void SeekKv(uint32_t at) {
    dut_->smem_i = 1;
    dut_->smem_addr_i = at;
    Cycle();
    dut_->smem_i = 0;
    dut_->smem_addr_i = Word() & 0xffffff;
    kv_ = now_;
    kv_at_ = at & ~3u;
  }

  // Bytes of the tape as they were at the seek; the first number of cycles it took is for the caller.
  void Tape(uint32_t count, int* cycles = nullptr) {
    dut_->f_ready_i = 1;
    int cycle = 0;
    for (uint32_t taken = 0; taken < count; ++cycle) {
      ASSERT_LT(cycle, 20000) << "no bytes";
      Drive();
      if (dut_->f_valid_o) {
        ASSERT_EQ(dut_->f_data_o, tape_[tape_at_ % kBytes]) << "tape byte " << tape_at_;
        ++tape_at_;
        ++taken;
      }
      Cycle();
    }
    dut_->f_ready_i = 0;
    if (cycles != nullptr) *cycles = cycle;
  }
  void Kv(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      dut_->m_req_i = 1;
      for (int cycle = 0;; ++cycle) {
        ASSERT_LT(cycle, 20000) << "no words";
        Drive();
        const bool ready = dut_->m_ready_o;
        Cycle();
        if (ready) break;
      }
      dut_->m_req_i = 0;
      Drive();
      ASSERT_EQ(dut_->m_rdata_o, At(kv_, kv_at_ % kBytes)) << "KV byte " << kv_at_;
      kv_at_ += 4;
      if (stall_.Go(50)) Idle(Below(4));
    }
  }

  void Load(bool own, uint32_t at) {
    ASSERT_NO_FATAL_FAILURE(Access(own, at, 0, Word()));
    ASSERT_EQ(dut_->rdata_o, own ? At(own_, at) : At(now_, at)) << (own ? "own " : "far ") << at;
  }
  void Store(bool own, uint32_t at, uint32_t mask, uint32_t data) {
    ASSERT_NO_FATAL_FAILURE(Access(own, at, mask, data));
    for (uint32_t i = 0; i < 4; ++i) {
      if (mask >> i & 1) (own ? own_ : now_)[at + i] = static_cast<uint8_t>(data >> (8 * i));
    }
  }

  void Idle(uint32_t cycles) {
    while (cycles-- > 0) Cycle();
  }

 private:
  struct Read {
    uint32_t at, beats;
  };
  struct Write {
    uint32_t at, data, strobes;
  };

  static uint32_t At(const std::vector<uint8_t>& bytes, uint32_t at) {
    return bytes[at] | uint32_t{bytes[at + 1]} << 8 | uint32_t{bytes[at + 2]} << 16 | uint32_t{bytes[at + 3]} << 24;
  }

  void Access(bool own, uint32_t at, uint32_t mask, uint32_t data) {
    dut_->valid_i = 1;
    dut_->own_i = own;
    dut_->we_i = static_cast<uint8_t>(mask);
    dut_->addr_i = (own ? 0x3ffff000u : 0u) + at / 4;
    dut_->wdata_i = data;
    for (int cycle = 0;; ++cycle) {
      ASSERT_LT(cycle, 20000) << "taken for ever";
      Drive();
      const bool taken = dut_->taken_o;
      ASSERT_FALSE(own && taken) << "the firmware's own memory is always there";
      Cycle();
      if (!taken) break;
    }
    dut_->valid_i = 0;
    dut_->we_i = static_cast<uint8_t>(Below(16));
    Drive();
  }

  // The AXI side of this cycle, drawn once.
  void Drive() {
    if (!drawn_) {
      dut_->m_arready_i = reads_.size() < 4 && stall_.Go(pace_);
      dut_->m_awready_i = writes_.size() < 4 && stall_.Go(pace_);
      dut_->m_wready_i = writes_.size() < 4 && stall_.Go(pace_);
      dut_->m_bvalid_i = !writes_.empty() && stall_.Go(pace_ / 3 + 5);
      dut_->m_rvalid_i = !reads_.empty() && stall_.Go(pace_);
      if (dut_->m_rvalid_i) {
        dut_->m_rdata_i = At(far_, reads_.front().at % kBytes);
        dut_->m_rlast_i = reads_.front().beats == 1;
      } else {
        dut_->m_rdata_i = Word();
        dut_->m_rlast_i = Word() & 1;
      }
      drawn_ = true;
    }
    dut_.Settle();
  }

  void Cycle() {
    Drive();
    if (dut_->m_bvalid_i) {
      ASSERT_TRUE(dut_->m_bready_o);
      const Write w = writes_.front();
      writes_.pop_front();
      for (uint32_t i = 0; i < 4; ++i) {
        if (w.strobes >> i & 1) far_[w.at + i] = static_cast<uint8_t>(w.data >> (8 * i));
      }
    }
    if (dut_->m_rvalid_i) {
      ASSERT_TRUE(dut_->m_rready_o);
      reads_.front().at += 4;
      if (--reads_.front().beats == 0) reads_.pop_front();
    }
    if (dut_->m_arvalid_o && dut_->m_arready_i) {
      ASSERT_TRUE(writes_.empty()) << "a read beside a store that is not answered";
      reads_.push_back({static_cast<uint32_t>(dut_->m_araddr_o), dut_->m_arlen_o + 1u});
    }
    const bool aw = dut_->m_awvalid_o && dut_->m_awready_i;
    ASSERT_EQ(aw, dut_->m_wvalid_o && dut_->m_wready_i) << "address and data of a store part";
    if (aw) {
      if (WEFT_PARAM_ByteStores == 0) {
        ASSERT_EQ(dut_->m_wstrb_o, 15) << "masks are not wired";
      }
      ASSERT_LT(dut_->m_awaddr_o, kBytes);
      writes_.push_back({static_cast<uint32_t>(dut_->m_awaddr_o), dut_->m_wdata_o, dut_->m_wstrb_o});
    }
    dut_.Tick();
    drawn_ = false;
  }

  Stall stall_;
  Clocked<Vweft_pico_memory> dut_;
  // far_: what the memory has; now_: what every store that the engine is through with makes of it.
  std::vector<uint8_t> far_, now_, own_, tape_, kv_;
  std::deque<Read> reads_;
  std::deque<Write> writes_;
  uint32_t tape_at_ = 0, kv_at_ = 0;
  int pace_ = 100;
  bool drawn_ = false;
};

// Stores go to a quarter that no stream reads while they happen: a stream shows what was there at its seek or later.
TEST(PicoMemoryTest, StreamsLoadsAndStores) {
  const uint32_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Memory memory(seed);
  for (uint32_t at = 0; at < kOwnBytes; at += 4) {
    ASSERT_NO_FATAL_FAILURE(memory.Store(true, at, 15, memory.Word()));
  }
  memory.SeekTape(5);
  memory.SeekKv(0x8000);
  const uint32_t count = Long() ? 600'000 : 20'000;
  bool tape = true, kv = true;
  for (uint32_t step = 0; step < count; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    const uint32_t pick = memory.Below(20);
    const uint32_t word = memory.Below(kBytes / 8) * 4;  // the lower half: of the tape
    const uint32_t upper = word + kBytes / 2;
    if (pick == 0) {
      memory.SeekTape(memory.Below(kBytes));
      tape = true;
    } else if (pick == 1) {
      memory.SeekKv(memory.Below(4) == 0 ? kBytes - 1 - memory.Below(40) : memory.Below(kBytes));
      kv = true;
    } else if (pick < 6) {
      if (!tape) continue;
      ASSERT_NO_FATAL_FAILURE(memory.Tape(1 + memory.Below(80)));
    } else if (pick < 10) {
      if (!kv) continue;
      ASSERT_NO_FATAL_FAILURE(memory.Kv(1 + memory.Below(20)));
    } else if (pick < 12) {
      ASSERT_NO_FATAL_FAILURE(memory.Load(false, memory.Below(2) ? word : upper));
    } else if (pick < 15) {
      // Some stores, mostly one behind the other; the streams may have read there.
      tape = kv = false;
      for (uint32_t n = 1 + memory.Below(12); n > 0; --n) {
        const uint32_t at = (memory.Below(2) ? word : upper) / 64 * 64 + memory.Below(16) * 4;
        ASSERT_NO_FATAL_FAILURE(memory.Store(false, at, 1 + memory.Below(15), memory.Word()));
        if (memory.Below(3) != 0) continue;
        ASSERT_NO_FATAL_FAILURE(memory.Load(false, at));
      }
    } else if (pick < 17) {
      const uint32_t at = memory.Below(kOwnBytes / 4) * 4;
      ASSERT_NO_FATAL_FAILURE(memory.Store(true, at, 1 + memory.Below(15), memory.Word()));
      ASSERT_NO_FATAL_FAILURE(memory.Load(true, memory.Below(2) ? at : memory.Below(kOwnBytes / 4) * 4));
    } else if (pick < 19) {
      memory.Idle(memory.Below(30));
    } else {
      static constexpr int kPaces[] = {100, 60, 20};
      memory.SetPace(kPaces[memory.Below(3)]);
    }
  }
}

// With a memory that brings a word a cycle, a byte of the tape a cycle.
TEST(PicoMemoryTest, AByteACycle) {
  Memory memory(Seed());
  memory.SeekTape(123);
  ASSERT_NO_FATAL_FAILURE(memory.Tape(64));
  int cycles = 0;
  ASSERT_NO_FATAL_FAILURE(memory.Tape(10'000, &cycles));
  EXPECT_EQ(cycles, 10'000);
}

}  // namespace
}  // namespace weft::bench
