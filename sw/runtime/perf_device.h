// The cycle model as a device: it counts cycles and computes nothing.
#pragma once

#include <memory>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/perf/model.h"
#include "sw/runtime/axi_memory.h"
#include "sw/runtime/device.h"

namespace weft {

// Tokens are 0 and logits 0: cycles do not depend on them.
class PerfDevice : public Device {
 public:
  static Result<std::unique_ptr<PerfDevice>> Make(std::shared_ptr<const Tape> tape, const HwConfig& hw,
                                                  const AxiTiming& timing = {});

  std::string name() const override { return "perf"; }
  uint32_t max_rows() const override { return tape_->max_rows; }
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) override;
  ChipCounters counters() const override { return counters_; }
  double seconds() const override { return seconds_; }
  uint64_t simulated_cycles() const override { return counters_.cycles; }

 private:
  PerfDevice(std::shared_ptr<const Tape> tape, perf::Model model)
      : tape_(std::move(tape)), model_(std::move(model)) {}

  std::shared_ptr<const Tape> tape_;
  perf::Model model_;
  ChipCounters counters_;
  double seconds_ = 0;
};

}  // namespace weft
