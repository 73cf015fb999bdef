#include "sw/board/speed.h"

#include <algorithm>

#include "sw/compiler/tape.h"

namespace weft {

Result<uint64_t> StepTapeBytes(const Tape& tape, const HwConfig& hw) {
  const auto steps = WalkTape(tape.bytes, tape.boot_count, hw);
  if (!steps) return steps.error();
  uint64_t bytes = uint64_t{tape.boot_count} * 32 + tape.needs.embed_bytes_per_row + tape.needs.rope_bytes_per_row;
  for (const TapeStep& step : *steps) bytes += step.payload_bytes;
  return bytes;
}

double TapeBytesPerSecond(const Board& board, const HwConfig& hw) {
  if (!board.tape_in_memory()) return 0.5 * board.chip_hz;
  return std::min(board.sdram_width / 8.0 * board.sdram_hz, static_cast<double>(hw.port) * board.chip_hz);
}

double TapeTokensPerSecond(uint64_t step_bytes, const Board& board, const HwConfig& hw) {
  return TapeBytesPerSecond(board, hw) / static_cast<double>(step_bytes);
}

}  // namespace weft
