// What lib/libweft_board_<config>.so exports: the Verilated chip of a board with models of its flash and its
// serial line.
#pragma once

#include <cstdint>

namespace weft {

inline constexpr uint32_t kWeftBoardAbi = 1;

struct WeftBoardApi {
  uint32_t abi;
  // A board whose flash holds these bytes from address 0 on and 0xFF behind them, after reset.
  void* (*create)(const uint8_t* flash, uint64_t bytes);
  void (*destroy)(void* board);
  // A byte onto the serial line to the chip; 0: the line is busy.
  int (*push)(void* board, uint8_t byte);
  // A byte that the chip has sent; -1: none.
  int (*pop)(void* board);
  // Clocks the board.
  void (*run)(void* board, uint64_t cycles);
  // Cycles since reset, and those with a pulse of the flash's clock.
  uint64_t (*cycles)(void* board);
  uint64_t (*flash_clocks)(void* board);
  // The first thing that the chip did wrong on the flash's pins, or "".
  const char* (*flash_error)(void* board);
};

}  // namespace weft
