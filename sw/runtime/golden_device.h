// The golden model as a device.
#pragma once

#include <memory>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/golden/machine.h"
#include "sw/runtime/device.h"

namespace weft {

class GoldenDevice : public Device {
 public:
  static Result<std::unique_ptr<GoldenDevice>> Make(std::shared_ptr<const Tape> tape, const HwConfig& hw);

  std::string name() const override { return "golden"; }
  uint32_t max_rows() const override { return tape_->max_rows; }
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) override;

 private:
  GoldenDevice(std::shared_ptr<const Tape> tape, golden::Machine machine)
      : tape_(std::move(tape)), machine_(std::move(machine)) {}

  std::shared_ptr<const Tape> tape_;
  golden::Machine machine_;
};

}  // namespace weft
