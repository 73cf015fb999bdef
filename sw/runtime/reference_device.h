// The fp32 reference as a device: its logits, the chip's sampler. One user, no tape, nothing quantized but the
// weights of a quantized file.
#pragma once

#include <memory>

#include "sw/compiler/compiler.h"
#include "sw/reference/transformer.h"
#include "sw/runtime/device.h"

namespace weft {

class ReferenceDevice : public Device {
 public:
  // `limits` gives rows, context and vocabulary, so that every device takes the same steps.
  ReferenceDevice(const Checkpoint& checkpoint, std::shared_ptr<const Tape> limits, uint32_t max_topk);

  std::string name() const override { return "reference"; }
  uint32_t max_rows() const override { return limits_->max_rows; }
  // Has no instructions: nothing goes to the sink.
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) override;

 private:
  std::shared_ptr<const Tape> limits_;
  uint32_t max_topk_;
  ReferenceModel model_;
};

}  // namespace weft
