// Two devices in lock-step: one under test, one that is right. Every logit of every row and every token is
// compared as bits; at the first difference the step is replayed with both traces.
#pragma once

#include <memory>
#include <utility>

#include "sw/compiler/config.h"
#include "sw/runtime/device.h"

namespace weft {

class CheckedDevice : public Device {
 public:
  CheckedDevice(std::unique_ptr<Device> golden, std::unique_ptr<Device> tested, std::shared_ptr<const Tape> tape,
                const HwConfig& hw);

  std::string name() const override { return tested_->name(); }
  uint32_t max_rows() const override { return tested_->max_rows(); }
  // Rows dump their logits whether asked or not; only those asked for are handed out. A difference is an error
  // whose message is the report: step, row, instruction, unit, expected, got.
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) override;
  ChipCounters counters() const override { return tested_->counters(); }
  double seconds() const override { return tested_->seconds(); }
  uint64_t simulated_cycles() const override { return tested_->simulated_cycles(); }
  bool WatchActivity(ActivitySink sink) override { return tested_->WatchActivity(std::move(sink)); }
  uint64_t checked_logits() const override { return checked_; }
  uint64_t mismatches() const override { return mismatches_; }

 private:
  // A sentence on the first difference of the results, or nothing.
  Status Compare(std::span<const StepRow> rows, const StepResult& want, const StepResult& got);
  // The same step again, traced on both sides.
  Error Explain(std::span<const StepRow> rows, const std::string& first);

  std::unique_ptr<Device> golden_, tested_;
  std::shared_ptr<const Tape> tape_;
  HwConfig hw_;
  uint64_t steps_ = 0;
  uint64_t checked_ = 0;
  uint64_t mismatches_ = 0;
};

}  // namespace weft
