#include "sw/bench/measure.h"

#include <algorithm>
#include <utility>

#include "sw/bench/window.h"
#include "sw/runtime/dram_timing.h"

namespace weft {

namespace {

// Positions that a user's texts take.
uint32_t Positions(const BenchCase& c) {
  switch (c.phase) {
    case Phase::kPrefill:
    case Phase::kGemm:
      return c.context + c.prefill;
    case Phase::kDecode:
    case Phase::kAttention:
      return c.context + c.steps;
  }
  return 0;
}

Result<Program> Open(const BenchCase& c, const ProgramSource& at_hand, uint32_t layers) {
  ProgramSource source = at_hand;
  source.compile.slots = c.batch;
  if (!c.config.empty()) source.config = c.config;
  if (!c.shape) return OpenProgram(source);
  RandomModelOptions shape = *c.shape;
  if (layers != 0) shape.layers = layers;
  shape.context = std::max(shape.context, Positions(c));
  source.compile.context = Positions(c);
  if (source.compile.quant != WeightType::kInt8) shape.type = DType::kF32;  // to be quantized as asked
  Program program;
  auto hw = FindConfig(source.config.empty() ? "base" : source.config);
  if (!hw) return hw.error();
  auto checkpoint = RandomModel(shape);
  if (!checkpoint) return checkpoint.error();
  auto tape = Compile(*checkpoint, *hw, source.compile);
  if (!tape) return Error{c.name + ": " + tape.error().message};
  program.name = c.model.empty() ? "random weights" : c.model;
  program.hw = *hw;
  program.model = checkpoint->config;
  program.tape = std::make_shared<const Tape>(std::move(*tape));
  return program;
}

using Steps = std::vector<std::vector<StepRow>>;

StepRow Row(const BenchCase& c, const Tape& tape, uint32_t slot, uint32_t position, bool want) {
  StepRow row;
  const uint64_t seed = c.shape ? c.shape->seed : 1;
  row.token = static_cast<int32_t>((position * 7 + slot * 5 + seed * 3) % tape.vocab);
  row.position = position;
  row.slot = slot;
  row.want = want;
  return row;
}

Steps MakeSteps(const BenchCase& c, const Tape& tape, uint32_t max_rows) {
  Steps steps;
  if (c.phase == Phase::kDecode || c.phase == Phase::kAttention) {
    for (uint32_t i = 0; i < c.steps; ++i) {
      std::vector<StepRow> rows;
      for (uint32_t slot = 0; slot < c.batch; ++slot)
        rows.push_back(Row(c, tape, slot, c.context + i, c.head));
      steps.push_back(std::move(rows));
    }
    return steps;
  }
  const uint32_t block = c.block == 0 ? max_rows : std::min(c.block, max_rows);
  for (uint32_t at = 0; at < c.prefill; at += block) {
    std::vector<StepRow> rows;
    for (uint32_t r = at; r < std::min(at + block, c.prefill); ++r) {
      rows.push_back(Row(c, tape, 0, c.context + r, c.head && r + 1 == c.prefill));
    }
    steps.push_back(std::move(rows));
  }
  return steps;
}

// What the phase of one step needs: the whole step, its K and V alone, or the largest matrix.
Work PhaseWork(const BenchCase& c, const Program& program, const std::vector<StepRow>& rows) {
  const StepNeeds& needs = program.tape->needs;
  const uint64_t count = rows.size();
  switch (c.phase) {
    case Phase::kDecode:
    case Phase::kPrefill:
      return RowsWork(needs, rows);
    case Phase::kAttention: {
      const uint64_t positions = (uint64_t{rows[0].position} + 1) * count;
      return {positions * needs.kv_bytes_per_position, positions * needs.macs_per_position};
    }
    case Phase::kGemm: {
      const uint64_t outputs = 2 * uint64_t{program.model.hidden}, inputs = program.model.dim;
      return {outputs * (inputs + 2 * ((inputs + 31) / 32)), count * outputs * inputs};
    }
  }
  return {};
}

Status CheckCase(const BenchCase& c, const Program& program, uint32_t max_rows) {
  const Tape& tape = *program.tape;
  const auto refuse = [&](const std::string& what) { return Error{c.name + ": " + what}; };
  if (Positions(c) > tape.context) {
    return refuse("context " + std::to_string(c.context) + " and the tokens measured take " +
                  std::to_string(Positions(c)) + " positions, the model has " + std::to_string(tape.context));
  }
  if (c.batch == 0 || c.batch > max_rows || c.batch > tape.slots) {
    return refuse("a batch of " + std::to_string(c.batch) + ", want 1 to " +
                  std::to_string(std::min(max_rows, tape.slots)) + " users");
  }
  if (Positions(c) == c.context) return refuse("nothing to measure, want at least one step or token");
  return {};
}

Result<BenchRow> MeasureLayers(const BenchCase& c, const ProgramSource& at_hand,
                               const DeviceMaker& make_device, uint32_t layers) {
  const auto program = Open(c, at_hand, layers);
  if (!program) return program.error();
  auto device = make_device(*program);
  if (!device) return device.error();
  if (Status bad = CheckCase(c, *program, (*device)->max_rows())) return *bad;

  const bool windowed = c.phase == Phase::kAttention || c.phase == Phase::kGemm;
  Window window(c.phase);
  if (windowed && !(*device)->WatchActivity([&](const Activity& a) { window.Cycle(a); })) {
    return Error{c.name + ": a part of a step is measured, which --device " + (*device)->name() +
                 " does not show"};
  }
  BenchRow row;
  row.c = c;
  row.hw = program->hw;
  row.model = program->name;
  const ChipCounters before = (*device)->counters();
  for (const auto& rows : MakeSteps(c, *program->tape, (*device)->max_rows())) {
    if (auto result = (*device)->Step(rows); !result) return Error{c.name + ": " + result.error().message};
    const Work work = PhaseWork(c, *program, rows);
    row.bytes += static_cast<double>(work.bytes);
    row.macs += static_cast<double>(work.macs);
    row.tokens += static_cast<uint32_t>(rows.size());
    ++row.steps;
  }
  row.Add(windowed ? window.counters() : (*device)->counters() - before);
  if ((*device)->seconds() > 0) {
    row.sim_cycles_per_second = static_cast<double>((*device)->simulated_cycles()) / (*device)->seconds();
  }
  if (!row.counted()) return Error{c.name + ": --device " + (*device)->name() + " counts no cycles"};
  return row;
}

}  // namespace

Result<BenchRow> Measure(const BenchCase& c, const ProgramSource& at_hand, const DeviceMaker& make_device) {
  double stream_rate = 1;
  if (c.memory != "ideal") {
    const auto memory = FindMemory(c.memory);
    if (!memory) return memory.error();
    stream_rate = memory->StreamRate();
  }
  auto row = MeasureLayers(c, at_hand, make_device, c.layers != 0 ? 1 : 0);
  if (!row) return row.error();
  if (c.layers != 0) {
    const auto two = MeasureLayers(c, at_hand, make_device, 2);
    if (!two) return two.error();
    row->Continue(*two, c.layers);
  }
  row->stream_rate = stream_rate;
  return row;
}

}  // namespace weft
