#include "sw/board/speed.h"

#include "sw/compiler/tape.h"

namespace weft {

Result<uint64_t> StepTapeBytes(const Tape& tape, const HwConfig& hw) {
  const auto steps = WalkTape(tape.bytes, tape.boot_count, hw);
  if (!steps) return steps.error();
  uint64_t bytes = uint64_t{tape.boot_count} * 32 + tape.needs.embed_bytes_per_row + tape.needs.rope_bytes_per_row;
  for (const TapeStep& step : *steps) bytes += step.payload_bytes;
  return bytes;
}

double FlashTokensPerSecond(uint64_t step_bytes, uint32_t clock_hz) {
  return 0.5 * clock_hz / static_cast<double>(step_bytes);
}

}  // namespace weft
