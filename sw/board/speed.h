// The most that a board can do: the memory that its tape is in never goes faster.
#pragma once

#include <cstdint>

#include "sw/base/result.h"
#include "sw/board/boards.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"

namespace weft {

// Bytes of the tape that a step of one row reads: every payload once, and its own rows of the tables.
Result<uint64_t> StepTapeBytes(const Tape& tape, const HwConfig& hw);

// Bytes a second that the storage of the board's tape brings to the chip: a quad SPI flash half a byte of the chip's
// clock, an SDRAM its width, but no more than the chip's port takes.
double TapeBytesPerSecond(const Board& board, const HwConfig& hw);

// Tokens a second if nothing but that took time.
double TapeTokensPerSecond(uint64_t step_bytes, const Board& board, const HwConfig& hw);

}  // namespace weft
