#include "sw/runtime/device.h"

namespace weft {

Status CheckRows(const Tape& tape, std::span<const StepRow> rows) {
  if (rows.empty() || rows.size() > tape.max_rows) {
    return Error{"a step has " + std::to_string(rows.size()) + " rows, want 1 to " +
                 std::to_string(tape.max_rows)};
  }
  std::vector<bool> seen(tape.slots);
  for (size_t r = 0; r < rows.size(); ++r) {
    const StepRow& row = rows[r];
    if (row.token < 0 || static_cast<uint32_t>(row.token) >= tape.vocab) {
      return Error{"token id " + std::to_string(row.token) + " is out of range, the vocabulary has ids 0 to " +
                   std::to_string(tape.vocab - 1)};
    }
    if (row.slot >= tape.slots) {
      return Error{"slot " + std::to_string(row.slot) + " is out of range, the KV cache has " +
                   std::to_string(tape.slots)};
    }
    if (row.position >= tape.context) {
      return Error{"position " + std::to_string(row.position) + " is beyond the context of " +
                   std::to_string(tape.context)};
    }
    if (r > 0 && rows[r - 1].slot == row.slot) {
      if (row.position != rows[r - 1].position + 1) {
        return Error{"row " + std::to_string(r) + " has position " + std::to_string(row.position) +
                     ", want the one after " + std::to_string(rows[r - 1].position)};
      }
    } else if (seen[row.slot]) {
      return Error{"the rows of slot " + std::to_string(row.slot) + " are not adjacent"};
    }
    seen[row.slot] = true;
  }
  return {};
}

}  // namespace weft
