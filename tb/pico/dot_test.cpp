// weft_pico_dot against plain integers: all weight types, all lengths, gaps in the stream, both ends of the
// activations.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "Vweft_pico_dot.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

constexpr int kColumns = 4;

class Array {
 public:
  explicit Array(uint32_t seed) : stall_(seed) {
    dut_->start_i = dut_->wr_mask_i = dut_->valid_i = 0;
    for (uint32_t at = 0; at < 1024; ++at) Write(at < 512 ? 15 : 1, at, Byte());
  }
  uint32_t Word() { return static_cast<uint32_t>(stall_.engine()()); }
  // Often an extreme.
  uint8_t Byte() {
    static constexpr uint8_t kExtremes[] = {0x80, 0x7f, 0xff, 0x00};
    return Word() % 4 == 0 ? kExtremes[Word() % 4] : static_cast<uint8_t>(Word());
  }

  void Write(uint32_t mask, uint32_t at, uint8_t value) {
    Set(mask, at, value);
    Cycle();
    dut_->wr_mask_i = 0;
  }

  // `fill` is every byte of the stream, if it is one; `pace` the percentage of cycles with a byte.
  void Run(uint32_t mode, uint32_t at, uint32_t count, int pace, int fill = -1) {
    std::array<int32_t, kColumns> want = {};
    dut_->start_i = 1;
    dut_->addr_i = static_cast<uint16_t>(at);
    dut_->count_i = static_cast<uint8_t>(count);
    dut_->mode_i = static_cast<uint8_t>(mode);
    // Not taken: the run begins behind this cycle.
    dut_->valid_i = stall_.Go(50);
    dut_->data_i = Byte();
    dut_.Settle();
    ASSERT_FALSE(dut_->busy_o);
    ASSERT_FALSE(dut_->ready_o);
    Cycle();
    dut_->start_i = 0;
    dut_->addr_i = static_cast<uint16_t>(Word() & 1023);
    dut_->count_i = Word() & 63;
    dut_->mode_i = Word() & 3;
    for (uint32_t taken = 0; taken < count;) {
      const uint8_t byte = fill < 0 ? Byte() : static_cast<uint8_t>(fill);
      dut_->valid_i = stall_.Go(pace);
      dut_->data_i = byte;
      // Writes beside it, to where it does not read.
      dut_->wr_mask_i = 0;
      if (stall_.Go(20)) Set(Word() & 15, (at + 32 + Word() % 448) % 1024, Byte());
      dut_.Settle();
      ASSERT_TRUE(dut_->ready_o && dut_->busy_o) << taken << " of " << count;
      if (dut_->valid_i) {
        for (uint32_t c = 0; c < kColumns; ++c) {
          int32_t weight = static_cast<int8_t>(byte);
          if (mode == 1) weight = (byte >> 4 * (c % 2) & 15) - 8;
          if (mode == 2) weight = (byte >> 2 * c & 3) - 1;
          const uint32_t from = at + taken;
          want[c] += weight * (mode != 0 || c == 0 ? first_[from % 1024] : others_[c][from % 512]);
        }
        ++taken;
      }
      Cycle();
    }
    dut_->wr_mask_i = 0;
    dut_->valid_i = stall_.Go(50);  // not taken any more
    dut_.Settle();
    ASSERT_FALSE(dut_->ready_o);
    ASSERT_TRUE(dut_->busy_o);
    Cycle();
    ASSERT_FALSE(dut_->busy_o) << "one cycle for the last product";
    for (uint32_t wait = Word() % 3;; --wait) {
      for (uint32_t c = 0; c < kColumns; ++c) {
        dut_->sel_i = static_cast<uint8_t>(c);
        dut_.Settle();
        ASSERT_EQ(dut_->sum_o, 0x4b400000u + static_cast<uint32_t>(want[c]))
            << "column " << c << ", mode " << mode << ", " << count << " from " << at;
      }
      if (wait == 0) break;
      dut_->valid_i = stall_.Go(50);
      Cycle();
    }
    dut_->valid_i = 0;
  }

  // In the middle of a run.
  void Reset() {
    dut_->start_i = 1;
    dut_->count_i = 32;
    dut_->mode_i = 0;
    Cycle();
    dut_->start_i = 0;
    dut_->valid_i = 1;
    for (uint32_t k = Word() % 20; k > 0; --k) Cycle();
    dut_->rst_ni = 0;
    Cycle();
    dut_->rst_ni = 1;
    dut_->valid_i = 0;
  }

 private:
  void Set(uint32_t mask, uint32_t at, uint8_t value) {
    dut_->wr_mask_i = static_cast<uint8_t>(mask);
    dut_->wr_addr_i = static_cast<uint16_t>(at);
    dut_->wr_data_i = value;
    if (mask & 1) first_[at] = static_cast<int8_t>(value);
    for (int c = 1; c < kColumns; ++c) {
      if (mask >> c & 1) others_[c][at % 512] = static_cast<int8_t>(value);
    }
  }
  void Cycle() { dut_.Tick(); }

  Stall stall_;
  Clocked<Vweft_pico_dot> dut_;
  std::array<int8_t, 1024> first_ = {};
  std::array<int8_t, 512> others_[kColumns] = {};
};

TEST(PicoDotTest, EqualsIntegers) {
  const uint32_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Array array(seed);
  for (int round = 0; round < (Long() ? 400 : 12); ++round) {
    for (uint32_t mode = 0; mode < 3; ++mode) {
      for (uint32_t count = 1; count <= 32; ++count) {
        // Packed weights read column 0 anywhere; bytes read all columns, below 512. Up to the last one.
        const uint32_t words = mode == 0 ? 512 : 1024;
        const uint32_t last = words - count;
        const uint32_t at = round % 3 == 0 ? last : round % 3 == 1 ? 0 : array.Word() % (last + 1);
        const int pace = round % 4 == 0 ? 100 : 5 + static_cast<int>(array.Word() % 95);
        ASSERT_NO_FATAL_FAILURE(array.Run(mode, at, count, pace));
      }
    }
    array.Reset();
  }
}

// The largest sums of either sign, exact.
TEST(PicoDotTest, Extremes) {
  Array array(Seed());
  for (const int act : {-128, 127}) {
    for (uint32_t at = 0; at < 1024; ++at) array.Write(15, at, static_cast<uint8_t>(act));
    for (uint32_t mode = 0; mode < 3; ++mode) {
      for (const int fill : {0x80, 0x7f, 0x00, 0xff, 0xaa}) {
        ASSERT_NO_FATAL_FAILURE(array.Run(mode, mode == 0 ? 480 : 992, 32, 100, fill));
      }
    }
  }
}

}  // namespace
}  // namespace weft::bench
