// What lib/libweft_board_<config>.so exports: the Verilated chip of a board with models of its memories and its
// serial line.
#pragma once

#include <cstdint>

namespace weft {

inline constexpr uint32_t kWeftBoardAbi = 2;

struct WeftBoardSetup {
  // What the board's flash or SDRAM holds from address 0 on; what is behind it is the model's matter.
  const uint8_t* storage;
  uint64_t bytes;
  uint32_t config_crc;  // what the board says of its configuration; pico's firmware knows it
};

struct WeftBoardApi {
  uint32_t abi;
  // A board after reset.
  void* (*create)(const WeftBoardSetup* setup);
  void (*destroy)(void* board);
  // A byte onto the serial line to the chip; 0: the line is busy.
  int (*push)(void* board, uint8_t byte);
  // A byte that the chip has sent; -1: none.
  int (*pop)(void* board);
  // Clocks the board.
  void (*run)(void* board, uint64_t cycles);
  // Cycles since reset.
  uint64_t (*cycles)(void* board);
  // The first thing that the chip did wrong on the pins of its flash or SDRAM, or "".
  const char* (*error)(void* board);
};

}  // namespace weft
