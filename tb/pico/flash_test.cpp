// weft_pico_flash before a flash that insists on its rules: the bytes of every address in order, nothing of
// an older seek, half a byte a cycle, no pulse while its queue is full.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "Vweft_pico_flash.h"
#include "sw/board/qspi_flash.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

using board::QspiFlash;

constexpr uint32_t kSize = 1u << 24;

// The pattern shows the address: no two windows of four bytes alike.
std::vector<uint8_t> Contents() {
  std::vector<uint8_t> bytes(kSize);
  for (uint32_t i = 0; i < kSize; ++i) bytes[i] = static_cast<uint8_t>((i * 2654435761u) >> 24 ^ i);
  return bytes;
}

class Reader {
 public:
  explicit Reader(QspiFlash::Options options = {}) : flash_(Contents(), With(options)) {
    dut_->seek_i = 0;
    dut_->ready_i = 0;
  }

  // One cycle; the byte that was taken, if one was.
  std::optional<uint8_t> Cycle(bool ready, std::optional<uint32_t> seek = {}) {
    dut_->seek_i = seek.has_value();
    dut_->seek_addr_i = seek.value_or(0x5A5A5A);
    dut_->ready_i = ready;
    dut_->io_i = flash_.Io();
    dut_.Settle();
    std::optional<uint8_t> taken;
    if (dut_->valid_o && ready && !seek) taken = dut_->data_o;
    if (held_ && !(dut_->valid_o && dut_->data_o == *held_)) ADD_FAILURE() << "a stalled byte changed";
    held_.reset();
    if (dut_->valid_o && !ready && !seek) held_ = dut_->data_o;
    pulses_ += dut_->sck_en_o;
    flash_.Clock(
        {.cs_n = dut_->cs_no != 0, .sck_en = dut_->sck_en_o != 0, .io = dut_->io_o, .oe = dut_->io_oe_o});
    dut_.Tick();
    return taken;
  }

  // Cycles until a byte is offered.
  int Wait() {
    for (int i = 0; i < 2000; ++i) {
      dut_.Settle();
      if (dut_->valid_o) return i;
      Cycle(false);
    }
    return -1;
  }

  void Reset() {
    dut_->rst_ni = 0;
    Cycle(false);
    held_.reset();
    dut_->rst_ni = 1;
  }

  QspiFlash& flash() { return flash_; }
  bool valid() const { return dut_->valid_o; }
  uint64_t pulses() const { return pulses_; }
  uint8_t Byte(uint32_t at) { return flash_.contents()[at % kSize]; }

 private:
  static QspiFlash::Options With(QspiFlash::Options options) {
    options.sample_delay = WEFT_DELAY;
    return options;
  }
  mutable Clocked<Vweft_pico_flash> dut_;
  QspiFlash flash_;
  std::optional<uint8_t> held_;
  uint64_t pulses_ = 0;
};

TEST(PicoFlash, WakesAndEnablesQuadMode) {
  Reader reader;
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(reader.Cycle(true));
  EXPECT_TRUE(reader.flash().quad_enabled());
  EXPECT_EQ(reader.flash().reads(), 0u) << "a read without a seek";
  EXPECT_EQ(reader.flash().error(), "");
}

TEST(PicoFlash, ASeekDuringWakeUpIsKept) {
  for (int at : {0, 1, 100, 127, 128, 129, 300, 383, 384, 385, 386}) {
    Reader reader;
    for (int i = 0; i < at; ++i) reader.Cycle(false);
    reader.Cycle(false, 0x123456);
    ASSERT_GE(reader.Wait(), 0) << "seek in cycle " << at;
    for (uint32_t i = 0; i < 100; ++i) {
      ASSERT_GE(reader.Wait(), 0);
      ASSERT_EQ(reader.Cycle(true).value(), reader.Byte(0x123456 + i)) << "seek in cycle " << at;
    }
    ASSERT_EQ(reader.flash().error(), "");
  }
}

TEST(PicoFlash, FirstByteComesOnTime) {
  Reader reader;
  for (int i = 0; i < 500; ++i) reader.Cycle(false);
  reader.Cycle(false, 0x10);
  EXPECT_EQ(reader.Wait(), 28 + WEFT_DELAY);  // the seek's own cycle is counted by the contract
}

TEST(PicoFlash, HalfAByteACycleWithoutAGap) {
  Reader reader;
  for (int i = 0; i < 500; ++i) reader.Cycle(false);
  reader.Cycle(false, 0x100000);
  ASSERT_GE(reader.Wait(), 0);
  const int cycles = 100000;
  uint32_t taken = 0;
  for (int i = 0; i < cycles; ++i) {
    if (const auto byte = reader.Cycle(true)) {
      ASSERT_EQ(*byte, reader.Byte(0x100000 + taken));
      ++taken;
    }
  }
  EXPECT_EQ(taken, cycles / 2u);
  EXPECT_EQ(reader.flash().reads(), 1u);
  EXPECT_EQ(reader.flash().error(), "");
}

TEST(PicoFlash, FillsItsQueueThenStopsTheClock) {
  Reader reader;
  for (int i = 0; i < 500; ++i) reader.Cycle(false);
  reader.Cycle(false, 77);
  for (int i = 0; i < 3 * WEFT_QUEUE; ++i) reader.Cycle(false);
  const uint64_t pulses = reader.pulses();
  for (int i = 0; i < 1000; ++i) reader.Cycle(false);
  EXPECT_EQ(reader.pulses(), pulses) << "SCK runs while the queue is full";
  // A full queue is emptied at one byte a cycle.
  uint32_t taken = 0;
  for (int i = 0; i < WEFT_QUEUE - 8; ++i) {
    const auto byte = reader.Cycle(true);
    ASSERT_TRUE(byte) << "byte " << i;
    ASSERT_EQ(*byte, reader.Byte(77 + taken++));
  }
  // And filled again, without another command.
  for (int i = 0; i < 5000; ++i) {
    if (const auto byte = reader.Cycle(true)) {
      ASSERT_EQ(*byte, reader.Byte(77 + taken++));
    }
  }
  EXPECT_GT(taken, 5000u / 2);
  EXPECT_EQ(reader.flash().reads(), 1u);
  EXPECT_EQ(reader.flash().error(), "");
}

TEST(PicoFlash, CornerAddresses) {
  Reader reader;
  for (uint32_t at : {0u, 1u, 0xFFu, 0x100u, 0xFFFFu, 0x10000u, 0x100000u, 0x7FFFFFu, 0x800000u, 0xA5A5A5u,
                      0xFFFFFFu, 0u}) {
    reader.Cycle(true, at);
    for (uint32_t i = 0; i < 20; ++i) {
      ASSERT_GE(reader.Wait(), 0) << "address " << at;
      ASSERT_EQ(reader.Cycle(true).value(), reader.Byte(at + i)) << "address " << at << ", byte " << i;
    }
  }
  EXPECT_EQ(reader.flash().error(), "");
}

TEST(PicoFlash, ResetInMidStream) {
  Reader reader;
  for (int round = 0; round < 20; ++round) {
    reader.Cycle(false, 0x4000 + round);
    for (uint32_t i = 0; i < 40; ++i) {
      ASSERT_GE(reader.Wait(), 0);
      ASSERT_EQ(reader.Cycle(true).value(), reader.Byte(0x4000 + round + i));
    }
    for (int i = 0; i < round; ++i) reader.Cycle(false);
    reader.Reset();
    for (int i = 0; i < 60; ++i) ASSERT_FALSE(reader.Cycle(true)) << "bytes before a seek";
  }
  EXPECT_EQ(reader.flash().error(), "");
}

// Takes at random, seeks at random moments: in a command, in an address, in mid stream, twice in a row.
class PicoFlashStalls : public testing::TestWithParam<std::tuple<int, int>> {
};  // percent taken, cycles a seek

TEST_P(PicoFlashStalls, EveryByteOfEverySeek) {
  const auto [percent, spacing] = GetParam();
  Reader reader;
  Stall stall(Seed());
  std::optional<uint32_t> next;
  uint64_t taken = 0, seeks = 0;
  const int cycles = Long() ? 2000000 : 200000;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    std::optional<uint32_t> seek;
    if (!next || stall.engine()() % spacing == 0) seek = stall.engine()() & (kSize - 1);
    const auto byte = reader.Cycle(stall.Go(percent), seek);
    if (byte) {
      ASSERT_TRUE(next) << "a byte before a seek";
      ASSERT_EQ(*byte, reader.Byte(*next))
          << "cycle " << cycle << ", address " << *next << ", seed " << Seed();
      ++*next;
      ++taken;
    }
    if (seek) {
      next = *seek;
      ++seeks;
    }
    ASSERT_EQ(reader.flash().error(), "") << "cycle " << cycle << ", seed " << Seed();
  }
  // Every seek costs at most its command; between them the flash is the limit, or the consumer.
  const double ideal = (cycles - 420.0 - 40.0 * seeks) * std::min(0.5, percent / 100.0);
  EXPECT_GT(taken, 0.9 * ideal);
}

INSTANTIATE_TEST_SUITE_P(Mixes, PicoFlashStalls,
                         testing::Combine(testing::Values(100, 60, 30), testing::Values(5, 30, 50, 3000)));

}  // namespace
}  // namespace weft::bench
