// weft_pico_stream between a flash with gaps, a memory and their two users: every byte once and in order,
// across changes of the source and of the user, and a byte a cycle out of the memory.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "Vweft_pico_stream.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

constexpr uint32_t kBytes = 128 * 1024;

class Stream {
 public:
  explicit Stream(uint32_t seed) : stall_(seed), memory_(kBytes), flash_(1u << 20) {
    for (uint8_t& byte : memory_) byte = static_cast<uint8_t>(Word());
    for (uint8_t& byte : flash_) byte = static_cast<uint8_t>(Word());
    dut_->smem_i = dut_->sflash_i = dut_->get_i = dut_->dot_ready_i = 0;
  }
  uint32_t Word() { return static_cast<uint32_t>(stall_.engine()()); }
  void SetPace(int percent) { pace_ = percent; }  // cycles in which the flash has a byte
  void SetMemoryPace(int percent) { memory_pace_ = percent; }  // and the memory takes a request

  void FromMemory(uint32_t at) {
    dut_->smem_i = 1;
    dut_->addr_i = at;
    Cycle();
    dut_->smem_i = 0;
    dut_->addr_i = Word() % kBytes;
    in_memory_ = true;
    memory_at_ = at;
  }
  void FromFlash() {
    dut_->sflash_i = 1;
    Cycle();
    dut_->sflash_i = 0;
    in_memory_ = false;
  }

  void Get(bool word) {
    const int count = word ? 4 : 2;
    uint32_t want = 0;
    for (int k = 0; k < count; ++k) want |= uint32_t{Next()} << 8 * k;
    dut_->get_i = 1;
    dut_->get_word_i = word;
    for (int cycle = 0;; ++cycle) {
      ASSERT_LT(cycle, 1000) << "no bytes";
      dut_.Settle();
      const bool ready = dut_->get_ready_o;
      if (ready) {
        ASSERT_EQ(dut_->get_data_o, want);
      }
      Cycle();
      if (ready) break;
    }
    dut_->get_i = 0;
    dut_->get_word_i = Word() & 1;
    CheckFlash();
  }

  // The cycles from the first in which the dot unit is ready to the one of the last byte, both counted.
  void Dot(uint32_t count, int* cycles = nullptr) {
    dut_->dot_ready_i = 1;
    int cycle = 0;
    for (uint32_t taken = 0; taken < count; ++cycle) {
      ASSERT_LT(cycle, 10000) << "no bytes";
      Offer();
      if (dut_->dot_valid_o) {
        ASSERT_EQ(dut_->dot_data_o, Next()) << "byte " << taken << " of " << count;
        ++taken;
      }
      Cycle();
    }
    dut_->dot_ready_i = 0;
    if (cycles != nullptr) *cycles = cycle;
    CheckFlash();
  }

  void Idle(uint32_t cycles) {
    while (cycles-- > 0) Cycle();
  }

  // The flash starts where it is; the source is the flash.
  void Reset() {
    dut_->rst_ni = 0;
    Cycle();
    dut_->rst_ni = 1;
    in_memory_ = false;
  }

  uint32_t requests() const { return requests_; }

 private:
  uint8_t Next() {
    if (in_memory_) return memory_[memory_at_++ % kBytes];
    return flash_[flash_at_++ % flash_.size()];
  }
  // The flash has given what was taken, not a byte more.
  void CheckFlash() { ASSERT_EQ(flash_given_, flash_at_); }

  // Whether the flash has a byte in this cycle: drawn once.
  void Offer() {
    if (!drawn_) {
      dut_->f_valid_i = held_ || stall_.Go(pace_);
      dut_->f_data_i = dut_->f_valid_i ? flash_[flash_given_ % flash_.size()] : static_cast<uint8_t>(Word());
      dut_->m_rdata_i = read_ ? memory_word_ : Word();
      dut_->m_ready_i = stall_.Go(memory_pace_);
      drawn_ = true;
    }
    dut_.Settle();
  }

  void Cycle() {
    Offer();
    // A byte that is offered stays.
    held_ = dut_->f_valid_i && !dut_->f_ready_o;
    if (dut_->f_valid_i && dut_->f_ready_o) ++flash_given_;
    read_ = dut_->m_req_o && dut_->m_ready_i;
    if (read_ && dut_->rst_ni) {
      ++requests_;
      const uint32_t at = uint32_t{dut_->m_addr_o} * 4;
      memory_word_ = 0;
      for (int k = 3; k >= 0; --k) memory_word_ = memory_word_ << 8 | memory_[at + static_cast<uint32_t>(k)];
    }
    dut_.Tick();
    drawn_ = false;
  }

  Stall stall_;
  Clocked<Vweft_pico_stream> dut_;
  std::vector<uint8_t> memory_, flash_;
  int pace_ = 100, memory_pace_ = 100;
  bool in_memory_ = false, held_ = false, read_ = false, drawn_ = false;
  uint32_t memory_at_ = 0, flash_at_ = 0, flash_given_ = 0, memory_word_ = 0, requests_ = 0;
};

TEST(PicoStreamTest, EveryByteOnceAndInOrder) {
  const uint32_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Stream stream(seed);
  const uint32_t count = Long() ? 2'000'000 : 60'000;
  for (uint32_t step = 0; step < count; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    const uint32_t pick = stream.Word() % 16;
    if (pick == 0) {
      // Now and then the last bytes, behind which the first come.
      const uint32_t at = stream.Word() % kBytes;
      stream.FromMemory(stream.Word() % 4 == 0 ? kBytes - 1 - at % 40 : at);
    } else if (pick == 1) {
      stream.FromFlash();
    } else if (pick < 6) {
      ASSERT_NO_FATAL_FAILURE(stream.Get(pick & 1));
    } else if (pick < 11) {
      ASSERT_NO_FATAL_FAILURE(stream.Dot(1 + stream.Word() % 32));
    } else if (pick < 15) {
      stream.Idle(stream.Word() % 7);
    } else if (stream.Word() % 8 == 0) {
      stream.Reset();
    } else {
      static constexpr int kPaces[] = {100, 50, 10};
      stream.SetPace(kPaces[stream.Word() % 3]);
      stream.SetMemoryPace(kPaces[stream.Word() % 3]);
    }
  }
}

// 32 bytes in 34 cycles at most, wherever they begin, directly behind another run or not; a word is asked for
// once, but for one that a run's end may leave behind.
TEST(PicoStreamTest, AByteACycleFromMemory) {
  Stream stream(Seed());
  for (uint32_t at = 0; at < 4; ++at) {
    for (uint32_t gap = 0; gap < 6; ++gap) {
      SCOPED_TRACE("from byte " + std::to_string(at) + " with " + std::to_string(gap) + " cycles between");
      stream.FromMemory(1000 + at);
      stream.Idle(4 + at);  // the first word
      for (int run = 0; run < 8; ++run) {
        int cycles = 0;
        const uint32_t before = stream.requests();
        ASSERT_NO_FATAL_FAILURE(stream.Dot(32, &cycles));
        EXPECT_LE(cycles, 34) << "run " << run;
        stream.Idle(gap);
        EXPECT_LE(stream.requests() - before, 10u);
      }
    }
  }
}

// The flash's bytes pass in the cycle in which they are there.
TEST(PicoStreamTest, AByteACycleFromFlash) {
  Stream stream(Seed());
  for (int run = 0; run < 100; ++run) {
    int cycles = 0;
    ASSERT_NO_FATAL_FAILURE(stream.Dot(32, &cycles));
    EXPECT_EQ(cycles, 32);
  }
}

}  // namespace
}  // namespace weft::bench
