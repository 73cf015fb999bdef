#include "sw/runtime/perf_device.h"

#include <ctime>

namespace weft {

namespace {

// Of this thread.
double ProcessorSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

Result<std::unique_ptr<PerfDevice>> PerfDevice::Make(std::shared_ptr<const Tape> tape, const HwConfig& hw,
                                                     const AxiTiming& timing) {
  if (hw.micro()) {
    return Error{"the cycle model knows the array alone, but configuration '" + hw.name + "' has a microcoded engine"};
  }
  auto model = perf::Model::Make(*tape, hw, {timing.read_latency, timing.write_latency});
  if (!model) return model.error();
  return std::unique_ptr<PerfDevice>(new PerfDevice(std::move(tape), std::move(*model)));
}

Result<StepResult> PerfDevice::Step(std::span<const StepRow> rows, const TraceSink*) {
  if (Status bad = CheckRows(*tape_, rows)) return *bad;
  std::vector<perf::Row> model_rows;
  StepResult result;
  size_t dumps = 0;
  for (const StepRow& row : rows) {
    model_rows.push_back(
        {static_cast<uint32_t>(row.token), row.position, row.slot, row.want, row.dump, row.top_k});
    result.tokens.push_back(row.want ? 0 : -1);
    dumps += row.dump;
  }
  result.logits.resize(dumps * tape_->vocab);
  const double begin = ProcessorSeconds();
  counters_ = counters_ + model_.Step(model_rows);
  seconds_ += ProcessorSeconds() - begin;
  return result;
}

}  // namespace weft
