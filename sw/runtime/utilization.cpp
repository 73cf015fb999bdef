#include "sw/runtime/utilization.h"

#include <algorithm>

namespace weft {

Work operator+(const Work& a, const Work& b) { return {a.bytes + b.bytes, a.macs + b.macs}; }

Work StepWork(const StepNeeds& needs, uint32_t first, uint32_t rows, uint32_t wanted) {
  Work work;
  work.bytes = needs.weight_bytes + needs.gain_bytes;
  if (wanted == 0) work.bytes -= needs.lm_head_bytes;
  work.bytes += rows * (needs.embed_bytes_per_row + needs.kv_bytes_per_row);
  // The cache is read once for all rows of the user, up to the last row's own position.
  work.bytes += (uint64_t{first} + rows) * needs.kv_bytes_per_position;

  work.macs = rows * (needs.macs_per_row - needs.lm_head_macs) + wanted * needs.lm_head_macs;
  for (uint32_t r = 0; r < rows; ++r) work.macs += (uint64_t{first} + r + 1) * needs.macs_per_position;
  return work;
}

Work PrefillWork(const StepNeeds& needs, uint32_t prompt_tokens, uint32_t block_rows, bool all_logits) {
  Work work;
  for (uint32_t at = 0; at < prompt_tokens; at += block_rows) {
    const uint32_t rows = std::min(block_rows, prompt_tokens - at);
    const bool last = at + rows == prompt_tokens;
    work = work + StepWork(needs, at, rows, all_logits ? rows : last ? 1 : 0);
  }
  return work;
}

Work DecodeWork(const StepNeeds& needs, uint32_t first_position, uint32_t steps) {
  Work work;
  for (uint32_t i = 0; i < steps; ++i) work = work + StepWork(needs, first_position + i, 1, 1);
  return work;
}

Utilization Utilize(const Work& work, uint64_t cycles, const HwConfig& hw) {
  Utilization result;
  if (cycles == 0) return result;
  result.bytes_per_cycle = static_cast<double>(work.bytes) / static_cast<double>(cycles);
  result.port = result.bytes_per_cycle / hw.port;
  result.mac = static_cast<double>(work.macs) / (static_cast<double>(cycles) * static_cast<double>(MacsPerCycle(hw)));
  return result;
}

}  // namespace weft
