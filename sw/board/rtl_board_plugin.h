// What every simulated board is beside its chip: a serial line, a clock and the functions of WeftBoardApi. A
// board's plugin has a class Machine and WEFT_BOARD_PLUGIN(Machine) at its end:
//
//   explicit Machine(const WeftBoardSetup&);  // after reset
//   static constexpr int kClocksPerBit;       // of the serial line
//   bool Cycle(bool rx);                      // one clock with this level on the line to the chip; the level from it
//   const char* error() const;
#pragma once

#include <cstdint>
#include <deque>

#include "sw/board/rtl_board_api.h"
#include "sw/board/serial_line.h"

namespace weft::board {

constexpr int kResetCycles = 8;

// One cycle of a chip with one clock.
template <typename Top>
void Tick(Top& top) {
  top.clk_i = 1;
  top.eval();
  top.clk_i = 0;
  top.eval();
}

// Resets such a chip; its other inputs are set.
template <typename Top>
void ResetChip(Top& top) {
  top.clk_i = 0;
  top.rst_ni = 0;
  top.uart_rx_i = 1;
  top.eval();
  for (int i = 0; i < kResetCycles; ++i) Tick(top);
  top.rst_ni = 1;
}

template <typename Machine>
class Plugin {
 public:
  static const WeftBoardApi* Api() {
    static const WeftBoardApi api = {
        kWeftBoardAbi,
        [](const WeftBoardSetup* setup) -> void* { return new Plugin(*setup); },
        [](void* board) { delete Of(board); },
        [](void* board, uint8_t byte) -> int { return Of(board)->Push(byte); },
        [](void* board) { return Of(board)->Pop(); },
        [](void* board, uint64_t cycles) { Of(board)->Run(cycles); },
        [](void* board) { return Of(board)->cycles_; },
        [](void* board) { return Of(board)->machine_.error(); },
    };
    return &api;
  }

 private:
  explicit Plugin(const WeftBoardSetup& setup) : machine_(setup) {}
  static Plugin* Of(void* board) { return static_cast<Plugin*>(board); }

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
    for (uint64_t i = 0; i < cycles; ++i) {
      const int byte = from_chip_.Clock(machine_.Cycle(to_chip_.Clock()));
      if (byte >= 0) received_.push_back(static_cast<uint8_t>(byte));
    }
    cycles_ += cycles;
  }

  Machine machine_;
  LineOut to_chip_{Machine::kClocksPerBit};
  LineIn from_chip_{Machine::kClocksPerBit};
  std::deque<uint8_t> received_;
  uint64_t cycles_ = 0;
};

}  // namespace weft::board

#define WEFT_BOARD_PLUGIN(Machine)                                                               \
  extern "C" __attribute__((visibility("default"))) const weft::WeftBoardApi* weft_board_api() { \
    return weft::board::Plugin<Machine>::Api();                                                  \
  }
