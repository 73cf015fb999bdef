#include "sw/runtime/golden_device.h"

#include <bit>

namespace weft {

Result<std::unique_ptr<GoldenDevice>> GoldenDevice::Make(std::shared_ptr<const Tape> tape, const HwConfig& hw) {
  auto machine = golden::Machine::Create(hw, *tape);
  if (!machine) return machine.error();
  return std::unique_ptr<GoldenDevice>(new GoldenDevice(std::move(tape), std::move(*machine)));
}

Result<StepResult> GoldenDevice::Step(std::span<const StepRow> rows, const TraceSink* trace) {
  if (Status bad = CheckRows(*tape_, rows)) return *bad;
  std::vector<golden::Row> machine_rows;
  for (const StepRow& row : rows) {
    machine_rows.push_back({static_cast<uint32_t>(row.token), row.position, row.slot, row.want, row.dump, row.z,
                            row.top_k, row.seed});
  }
  if (trace) {
    machine_.SetTrace([trace](const golden::TraceEvent& e) {
      (*trace)({e.instr, e.row, e.n, std::bit_cast<uint32_t>(e.v0), std::bit_cast<uint32_t>(e.v1)});
    });
  }
  const auto step = machine_.Step(machine_rows);
  if (trace) machine_.SetTrace({});
  if (!step) return step.error();
  StepResult result;
  for (size_t r = 0; r < rows.size(); ++r) {
    result.tokens.push_back(rows[r].want ? static_cast<int32_t>(step->tokens[r]) : -1);
    if (!rows[r].dump) continue;
    const auto logits = step->Logits(r);
    result.logits.insert(result.logits.end(), logits.begin(), logits.end());
  }
  return result;
}

}  // namespace weft
