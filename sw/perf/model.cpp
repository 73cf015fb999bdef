#include "sw/perf/model.h"

#include "sw/perf/walk.h"
#include "sw/runtime/memory_map.h"

namespace weft::perf {

Result<Model> Model::Make(const Tape& tape, const HwConfig& hw, const MemoryTiming& memory) {
  Model model(hw, memory);
  auto steps = WalkTape(tape.bytes, tape.boot_count, hw);
  if (!steps) return steps.error();
  model.steps_ = std::move(*steps);
  model.boot_count_ = tape.boot_count;
  model.kv_base_ = MemoryMap(tape).kv_base;
  model.vocab_ = tape.vocab;
  return model;
}

ChipCounters Model::Step(std::span<const Row> rows) const {
  return Walk(hw_, memory_, rows, kv_base_, vocab_).Run(steps_, boot_count_);
}

}  // namespace weft::perf
