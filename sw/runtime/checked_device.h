// Two devices in lock-step: one under test, one that is right. What they give is compared as bits; where the tested
// one has a trace port, the step is replayed with both traces at the first difference.
#pragma once

#include <memory>
#include <utility>

#include "sw/compiler/config.h"
#include "sw/runtime/device.h"

namespace weft {

// Every logit and token, with a replay or without; tokens, and those logits alone that are asked for (on a slow line).
enum class CheckDepth { kTrace, kLogits, kTokens };

class CheckedDevice : public Device {
 public:
  CheckedDevice(std::unique_ptr<Device> golden, std::unique_ptr<Device> tested, std::shared_ptr<const Tape> tape,
                const HwConfig& hw, CheckDepth depth = CheckDepth::kTrace);

  std::string name() const override { return tested_->name(); }
  uint32_t max_rows() const override { return tested_->max_rows(); }
  // Unless only tokens are checked, rows dump their logits whether asked or not; those asked for are handed out. A difference is an error
  // whose message is the report: step, row, instruction, unit, expected, got.
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) override;
  ChipCounters counters() const override { return tested_->counters(); }
  double seconds() const override { return tested_->seconds(); }
  uint64_t simulated_cycles() const override { return tested_->simulated_cycles(); }
  bool WatchActivity(ActivitySink sink) override { return tested_->WatchActivity(std::move(sink)); }
  uint64_t checked_logits() const override { return checked_; }
  uint64_t mismatches() const override { return mismatches_; }
  uint64_t checked_tokens() const override { return checked_tokens_; }

 private:
  // A sentence on the first difference of the results, or nothing.
  Status Compare(std::span<const StepRow> rows, const StepResult& want, const StepResult& got);
  // The same step again, traced on both sides.
  Error Explain(std::span<const StepRow> rows, const std::string& first);

  std::unique_ptr<Device> golden_, tested_;
  std::shared_ptr<const Tape> tape_;
  HwConfig hw_;
  CheckDepth depth_;
  uint64_t steps_ = 0;
  uint64_t checked_ = 0;
  uint64_t checked_tokens_ = 0;
  uint64_t mismatches_ = 0;
};

}  // namespace weft
