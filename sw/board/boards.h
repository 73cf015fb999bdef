// The FPGA boards that Weft runs on: fpga/boards.json, embedded at build time. Constraint files, the flash
// command and docs/boards.md are made from it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"

namespace weft {

struct Board {
  std::string name;    // as on the command line
  std::string title;
  std::string config;  // of the chip, configs/configs.json
  std::string fpga, package;
  uint32_t oscillator_hz = 0;
  uint32_t chip_hz = 0;
  uint32_t baud = 0;
  std::string port;  // where Linux usually shows the serial port
  std::string usb;   // vendor:product of the serial port; empty: an adapter of the user's
  std::string flash_part;
  uint64_t flash_bytes = 0;
  std::string bitstream;  // name of the file that scripts/fpga makes
  uint64_t bitstream_offset = 0, tape_offset = 0;
  // Of boards that keep the tape in memory; others have no SDRAM.
  std::string sdram_part;
  uint64_t sdram_bytes = 0;
  uint32_t sdram_width = 0, sdram_hz = 0;  // data lines
  // Writes a file into the flash; {offset} and {file} stand for themselves.
  std::vector<std::string> flash_command;
  std::string flash_package;                // of Debian, that holds the command; empty: none does
  std::map<std::string, std::string> pins;  // port of the board's top -> package pin
  std::string notes;

  const std::string& flash_tool() const { return flash_command.front(); }
  bool tape_in_memory() const { return sdram_bytes != 0; }
  // In bytes; in memory, KV cache and logits share it.
  uint64_t tape_room() const { return tape_in_memory() ? sdram_bytes : flash_bytes - tape_offset; }
  // "flash" or "SDRAM", and which part.
  std::string tape_storage() const { return tape_in_memory() ? "SDRAM" : "flash"; }
  const std::string& tape_part() const { return tape_in_memory() ? sdram_part : flash_part; }
};

// Every board of a JSON text in the form of fpga/boards.json, in its order.
Result<std::vector<Board>> ParseBoards(std::string_view json);

// The built-in boards.
Result<std::vector<Board>> AllBoards();
// One of them; the message of a wrong name lists the right ones.
Result<Board> FindBoard(std::string_view name);

// The arguments of a board's flash command, the program's name first.
std::vector<std::string> FlashCommand(const Board& board, uint64_t offset, const std::string& file);

}  // namespace weft
