#include "sw/runtime/reference_device.h"

#include "sw/golden/fp_env.h"
#include "sw/golden/sampler.h"

namespace weft {

ReferenceDevice::ReferenceDevice(const Checkpoint& checkpoint, std::shared_ptr<const Tape> limits,
                                 uint32_t max_topk)
    : limits_(std::move(limits)), max_topk_(max_topk), model_(checkpoint) {}

Result<StepResult> ReferenceDevice::Step(std::span<const StepRow> rows, const TraceSink*) {
  if (Status bad = CheckRows(*limits_, rows)) return *bad;
  StepResult result;
  for (const StepRow& row : rows) {
    if (row.slot != 0) {
      return Error{"slot " + std::to_string(row.slot) + " is asked of the reference device, which has one user"};
    }
    const auto logits = model_.Forward(row.token, static_cast<int32_t>(row.position));
    int32_t token = -1;
    if (row.want) {
      golden::FpEnv env;
      token = static_cast<int32_t>(golden::Sample(logits.data(), static_cast<uint32_t>(logits.size()),
                                                  {row.z, row.top_k, row.seed, row.position}, max_topk_));
    }
    result.tokens.push_back(token);
    if (row.dump) result.logits.insert(result.logits.end(), logits.begin(), logits.end());
  }
  return result;
}

}  // namespace weft
