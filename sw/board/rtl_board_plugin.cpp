// The Verilated weft_pico with its surroundings, as lib/libweft_board_pico.so.
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vweft_pico.h"
#include "sw/board/qspi_flash.h"
#include "sw/board/rtl_board_api.h"
#include "verilated.h"

namespace weft {
namespace {

constexpr int kClocksPerBit = 24;
constexpr int kResetCycles = 8;

// One direction of the serial line, clock by clock.
class LineOut {
 public:
  bool busy() const { return left_ > 0; }
  void Send(uint8_t byte) {
    bits_ = 0x200u | uint32_t{byte} << 1;
    left_ = 10 * kClocksPerBit;
  }
  bool Clock() {
    if (left_ == 0) return true;
    const bool level = bits_ & 1;
    if (--left_ % kClocksPerBit == 0) bits_ >>= 1;
    return level;
  }

 private:
  uint32_t bits_ = 0;
  int left_ = 0;
};

class LineIn {
 public:
  // -1, or the byte that ends in this clock.
  int Clock(bool level) {
    if (wait_ == 0) {
      if (level) return -1;
      wait_ = kClocksPerBit / 2;  // the middle of the start bit
      count_ = 0;
    }
    if (--wait_ != 0) return -1;
    wait_ = kClocksPerBit;
    if (count_ >= 1 && count_ <= 8) byte_ = static_cast<uint8_t>(byte_ >> 1 | level << 7);
    if (count_++ != 9) return -1;
    wait_ = 0;
    return level ? byte_ : -1;
  }

 private:
  int wait_ = 0, count_ = 0;
  uint8_t byte_ = 0;
};

class Board {
 public:
  Board(const uint8_t* flash, uint64_t bytes) : flash_({flash, flash + bytes}, {}) {
    top_.clk_i = 0;
    top_.rst_ni = 0;
    top_.uart_rx_i = 1;
    top_.flash_io_i = 0;
    top_.eval();
    for (int i = 0; i < kResetCycles; ++i) Edge();
    top_.rst_ni = 1;
  }

  bool Push(uint8_t byte) {
    if (to_chip_.busy()) return false;
    to_chip_.Send(byte);
    return true;
  }
  int Pop() {
    if (received_.empty()) return -1;
    const int byte = received_.front();
    received_.pop_front();
    return byte;
  }
  void Run(uint64_t cycles) {
    for (uint64_t i = 0; i < cycles; ++i) Cycle();
  }
  uint64_t cycles() const { return cycles_; }
  uint64_t flash_clocks() const { return flash_clocks_; }
  const char* flash_error() const { return flash_.error().c_str(); }

 private:
  void Edge() {
    top_.clk_i = 1;
    top_.eval();
    top_.clk_i = 0;
    top_.eval();
  }
  void Cycle() {
    top_.uart_rx_i = to_chip_.Clock();
    top_.flash_io_i = flash_.Io();
    top_.eval();
    board::QspiFlash::Pins pins;
    pins.cs_n = top_.flash_cs_no;
    pins.sck_en = top_.flash_sck_en_o;
    pins.io = top_.flash_io_o;
    pins.oe = top_.flash_io_oe_o;
    const int byte = from_chip_.Clock(top_.uart_tx_o);
    if (byte >= 0) received_.push_back(static_cast<uint8_t>(byte));
    Edge();
    flash_.Clock(pins);
    flash_clocks_ += pins.sck_en;
    ++cycles_;
  }

  Vweft_pico top_;
  board::QspiFlash flash_;
  LineOut to_chip_;
  LineIn from_chip_;
  std::deque<uint8_t> received_;
  uint64_t cycles_ = 0, flash_clocks_ = 0;
};

Board* Of(void* board) { return static_cast<Board*>(board); }

}  // namespace
}  // namespace weft

extern "C" __attribute__((visibility("default"))) const weft::WeftBoardApi* weft_board_api() {
  using weft::Of;
  static const weft::WeftBoardApi api = {
      weft::kWeftBoardAbi,
      [](const uint8_t* flash, uint64_t bytes) -> void* { return new weft::Board(flash, bytes); },
      [](void* board) { delete Of(board); },
      [](void* board, uint8_t byte) -> int { return Of(board)->Push(byte); },
      [](void* board) { return Of(board)->Pop(); },
      [](void* board, uint64_t cycles) { Of(board)->Run(cycles); },
      [](void* board) { return Of(board)->cycles(); },
      [](void* board) { return Of(board)->flash_clocks(); },
      [](void* board) { return Of(board)->flash_error(); },
  };
  return &api;
}
