// weft_uart_rx before senders of every speed it promises: bytes arrive in order, whatever is no frame is
// dropped.
#include <gtest/gtest.h>

#include <deque>

#include "Vweft_uart_rx.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

constexpr int kClocks = WEFT_CLOCKS;

// A line in real time: levels with a length in clock cycles, sampled at each clock edge.
class Line {
 public:
  void Level(bool high, double cycles) {
    end_ += cycles;
    levels_.push_back({high, end_});
  }
  void Byte(uint8_t byte, double cycles_per_bit, bool stop = true) {
    Level(false, cycles_per_bit);
    for (int bit = 0; bit < 8; ++bit) Level((byte >> bit & 1) != 0, cycles_per_bit);
    Level(stop, cycles_per_bit);
  }
  bool At(double now) {
    while (!levels_.empty() && levels_.front().end <= now) levels_.pop_front();
    return levels_.empty() || levels_.front().high;
  }
  bool empty() const { return levels_.empty(); }

 private:
  struct Span {
    bool high;
    double end;
  };
  std::deque<Span> levels_;
  double end_ = 0;
};

// Runs the line to its end and gives what was received; taken with the given percentage.
std::vector<uint8_t> Receive(Line line, int percent, double phase = 0) {
  Clocked<Vweft_uart_rx> dut;
  Stall stall(Seed());
  std::vector<uint8_t> received;
  int after = 0;
  bool held = false;
  uint8_t byte = 0;
  for (uint64_t cycle = 0; after < 20 * kClocks + 200; ++cycle) {
    dut->rx_i = line.At(static_cast<double>(cycle) + phase);
    dut->ready_i = stall.Go(percent);
    dut.Settle();
    if (held && !(dut->valid_o && dut->data_o == byte))
      ADD_FAILURE() << "a stalled byte changed, cycle " << cycle;
    held = dut->valid_o && !dut->ready_i;
    byte = dut->data_o;
    if (dut->valid_o && dut->ready_i) received.push_back(dut->data_o);
    dut.Tick();
    if (line.empty()) ++after;
  }
  return received;
}

TEST(UartRx, BytesOfSendersNearItsSpeed) {
  Stall stall(Seed());
  // A sample may be half a clock late or early: at few clocks a bit that is part of the tolerance.
  const double limit = kClocks >= 24 ? 0.04 : 0.0;
  for (double speed : {-limit, -limit / 2, 0.0, limit / 2, limit}) {
    for (double phase : {0.0, 0.3, 0.9}) {
      for (bool gaps : {false, true}) {
        Line line;
        std::vector<uint8_t> sent;
        line.Level(true, 3.0);
        for (int i = 0; i < 600; ++i) {
          const auto byte = static_cast<uint8_t>(i < 256 ? i : stall.engine()());
          sent.push_back(byte);
          line.Byte(byte, kClocks * (1.0 + speed));
          if (gaps) line.Level(true, static_cast<double>(stall.engine()() % (3 * kClocks)) / 1.7);
        }
        ASSERT_EQ(Receive(std::move(line), 60, phase), sent)
            << "speed " << speed << ", phase " << phase << ", gaps " << gaps << ", seed " << Seed();
      }
    }
  }
}

TEST(UartRx, AGlitchIsNoStartBit) {
  Line line;
  std::vector<uint8_t> sent;
  for (int i = 0; i < 100; ++i) {
    line.Level(true, 2.0 * kClocks);
    line.Level(false, 1 + i % (kClocks / 2 - 1 > 0 ? kClocks / 2 - 1 : 1));
    line.Level(true, 2.0 * kClocks + i % kClocks);  // the byte is in no phase with the glitch
    // Off its speed, so that a receiver that takes its phase from the glitch fails.
    line.Byte(static_cast<uint8_t>(3 * i), kClocks * (kClocks < 24 ? 1.0 : i % 2 == 0 ? 0.97 : 1.03));
    sent.push_back(static_cast<uint8_t>(3 * i));
  }
  EXPECT_EQ(Receive(std::move(line), 100), sent);
}

TEST(UartRx, AByteWithoutStopBitIsDropped) {
  Line line;
  std::vector<uint8_t> sent;
  for (int i = 0; i < 100; ++i) {
    line.Byte(static_cast<uint8_t>(i), kClocks, false);
    line.Level(true, 1.0 * kClocks);
    line.Byte(static_cast<uint8_t>(~i), kClocks);
    sent.push_back(static_cast<uint8_t>(~i));
  }
  // A break, however long, is no byte.
  line.Level(false, 50.0 * kClocks);
  line.Level(true, 2.0 * kClocks);
  line.Byte(0x42, kClocks);
  sent.push_back(0x42);
  EXPECT_EQ(Receive(std::move(line), 100), sent);
}

TEST(UartRx, AFullQueueKeepsTheOldest) {
  Line line;
  for (int i = 0; i < 7; ++i) line.Byte(static_cast<uint8_t>(i + 1), kClocks);
  Clocked<Vweft_uart_rx> dut;
  dut->ready_i = 0;
  for (int cycle = 0; cycle < 80 * kClocks; ++cycle) {
    dut->rx_i = line.At(cycle);
    dut.Tick();
  }
  for (int i = 0; i < 4; ++i) {
    dut->ready_i = 1;
    dut.Settle();
    ASSERT_TRUE(dut->valid_o);
    EXPECT_EQ(dut->data_o, i + 1);
    dut.Tick();
  }
  EXPECT_FALSE(dut->valid_o);
}

}  // namespace
}  // namespace weft::bench
