// The two directions of a serial line, clock by clock, as a simulated board has them at its pins: one start
// bit, eight data bits (lowest first), one stop bit.
#pragma once

#include <cstdint>

namespace weft::board {

// A byte to the chip, bit by bit.
class LineOut {
 public:
  explicit LineOut(int clocks_per_bit) : clocks_per_bit_(clocks_per_bit) {}

  bool busy() const { return left_ > 0; }
  void Send(uint8_t byte) {
    bits_ = 0x200u | uint32_t{byte} << 1;
    left_ = 10 * clocks_per_bit_;
  }
  // The level of this clock.
  bool Clock() {
    if (left_ == 0) return true;
    const bool level = bits_ & 1;
    if (--left_ % clocks_per_bit_ == 0) bits_ >>= 1;
    return level;
  }

 private:
  int clocks_per_bit_;
  uint32_t bits_ = 0;
  int left_ = 0;
};

// What the chip sends, byte by byte.
class LineIn {
 public:
  explicit LineIn(int clocks_per_bit) : clocks_per_bit_(clocks_per_bit) {}

  // -1, or the byte that ends in this clock.
  int Clock(bool level) {
    if (wait_ == 0) {
      if (level) return -1;
      wait_ = clocks_per_bit_ / 2;  // the middle of the start bit
      count_ = 0;
    }
    if (--wait_ != 0) return -1;
    wait_ = clocks_per_bit_;
    if (count_ >= 1 && count_ <= 8) byte_ = static_cast<uint8_t>(byte_ >> 1 | level << 7);
    if (count_++ != 9) return -1;
    wait_ = 0;
    return level ? byte_ : -1;
  }

 private:
  int clocks_per_bit_;
  int wait_ = 0, count_ = 0;
  uint8_t byte_ = 0;
};

}  // namespace weft::board
