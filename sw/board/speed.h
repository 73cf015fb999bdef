// The most that a board with its tape in flash can do: the flash is the memory that never goes faster.
#pragma once

#include <cstdint>

#include "sw/base/result.h"
#include "sw/board/boards.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"

namespace weft {

// Bytes of the tape that a step of one row reads: every payload once, and its own rows of the tables.
Result<uint64_t> StepTapeBytes(const Tape& tape, const HwConfig& hw);

// Tokens a second if nothing but the flash took time: a quad SPI flash brings half a byte a clock.
double FlashTokensPerSecond(uint64_t step_bytes, uint32_t clock_hz);

}  // namespace weft
