#include "sw/runtime/utilization.h"

#include <algorithm>
#include <vector>

namespace weft {

Work operator+(const Work& a, const Work& b) { return {a.bytes + b.bytes, a.macs + b.macs}; }

Work RowsWork(const StepNeeds& needs, std::span<const StepRow> rows) {
  Work work;
  uint64_t wanted = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    wanted += rows[r].want || rows[r].dump;
    work.bytes += needs.embed_bytes_per_row + needs.kv_bytes_per_row;
    work.macs += needs.macs_per_row - needs.lm_head_macs;
    work.macs += (uint64_t{rows[r].position} + 1) * needs.macs_per_position;
    // The cache is read once for all rows of a user, up to the last row's own position.
    const bool last = r + 1 == rows.size() || rows[r + 1].slot != rows[r].slot;
    if (last) work.bytes += (uint64_t{rows[r].position} + 1) * needs.kv_bytes_per_position;
  }
  work.bytes += needs.weight_bytes + needs.gain_bytes;
  if (wanted == 0) work.bytes -= needs.lm_head_bytes;
  work.macs += wanted * needs.lm_head_macs;
  return work;
}

Work StepWork(const StepNeeds& needs, uint32_t first, uint32_t rows, uint32_t wanted) {
  std::vector<StepRow> step(rows);
  for (uint32_t r = 0; r < rows; ++r) {
    step[r].position = first + r;
    step[r].want = r < wanted;
  }
  return RowsWork(needs, step);
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
  result.port = result.bytes_per_cycle / PeakBytesPerCycle(hw);
  result.mac = static_cast<double>(work.macs) / (static_cast<double>(cycles) * static_cast<double>(MacsPerCycle(hw)));
  return result;
}

}  // namespace weft
