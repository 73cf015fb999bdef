// weft bench: cycles, port and array use of prefill and decode at chosen contexts.
#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/cli/report.h"
#include "sw/runtime/utilization.h"

namespace weft::cli {

namespace {

struct BenchOptions {
  ModelOptions model;
  DeviceOptions device;
  std::vector<uint32_t> contexts;  // decode is measured around each
  uint32_t steps = 16;
  bool json = false;
};

struct Measurement {
  std::string name;
  uint32_t first = 0;  // position
  uint32_t tokens = 0;
  ChipCounters counters;
  Utilization use;
  double cycles_per_second = 0;  // of simulation; 0: nothing is simulated
};

// Where a device stands before a measurement.
struct Mark {
  ChipCounters counters;
  double seconds;
  uint64_t cycles;
};

// Ids without meaning: timing does not depend on them.
StepRow Row(uint32_t position, uint32_t vocab, bool want) {
  StepRow row;
  row.token = static_cast<int32_t>((position * 7 + 3) % vocab);
  row.position = position;
  row.want = want;
  return row;
}

class Bench {
 public:
  Bench(Device& device, const Program& program) : device_(device), program_(program) {}

  // Positions [first, last) in blocks.
  Status Prefill(uint32_t first, uint32_t last) {
    if (first == last) return {};
    const Mark before = Here();
    Work work;
    for (uint32_t at = first; at < last;) {
      const uint32_t count = std::min(device_.max_rows(), last - at);
      std::vector<StepRow> rows;
      for (uint32_t r = 0; r < count; ++r) rows.push_back(Row(at + r, tape().vocab, at + r + 1 == last));
      if (auto result = device_.Step(rows); !result) return result.error();
      work = work + StepWork(tape().needs, at, count, at + count == last ? 1 : 0);
      at += count;
    }
    Add("prefill", first, last - first, before, work);
    return {};
  }

  Status Decode(uint32_t first, uint32_t steps) {
    const Mark before = Here();
    for (uint32_t i = 0; i < steps; ++i) {
      const StepRow row = Row(first + i, tape().vocab, true);
      if (auto result = device_.Step({&row, 1}); !result) return result.error();
    }
    Add("decode", first, steps, before, DecodeWork(tape().needs, first, steps));
    return {};
  }

  const std::vector<Measurement>& measurements() const { return measurements_; }

 private:
  const Tape& tape() const { return *program_.tape; }
  Mark Here() const { return {device_.counters(), device_.seconds(), device_.simulated_cycles()}; }

  void Add(const std::string& name, uint32_t first, uint32_t tokens, const Mark& before, const Work& work) {
    const Mark after = Here();
    const ChipCounters counters = after.counters - before.counters;
    const double seconds = after.seconds - before.seconds;
    const double speed = seconds > 0 ? static_cast<double>(after.cycles - before.cycles) / seconds : 0;
    measurements_.push_back({name, first, tokens, counters, Utilize(work, counters.cycles, program_.hw), speed});
  }

  Device& device_;
  const Program& program_;
  std::vector<Measurement> measurements_;
};

nlohmann::ordered_json MeasurementJson(const Measurement& m) {
  return {{"phase", m.name},
          {"first_position", m.first},
          {"tokens", m.tokens},
          {"cycles", m.counters.cycles},
          {"cycles_per_token", static_cast<double>(m.counters.cycles) / m.tokens},
          {"port_bytes_per_cycle", m.use.bytes_per_cycle},
          {"port_utilization", m.use.port},
          {"mac_utilization", m.use.mac},
          {"sim_cycles_per_second", m.cycles_per_second},
          {"counters", ToJson(m.counters)}};
}

void PrintTable(const Program& program, const std::vector<Measurement>& measurements) {
  std::printf("%s on configuration %s: %u B/cycle, %llu MACs\n", program.name.c_str(), program.hw.name.c_str(),
              program.hw.port, static_cast<unsigned long long>(MacsPerCycle(program.hw)));
  std::printf("%-8s %9s %7s %14s %10s %8s %8s %14s\n", "phase", "position", "tokens", "cycles/token", "bytes/cycle",
              "port", "array", "sim. cycles/s");
  for (const Measurement& m : measurements) {
    std::printf("%-8s %9u %7u %14s %11.2f %6.1f %% %6.1f %% %14s\n", m.name.c_str(), m.first, m.tokens,
                Thousands(m.counters.cycles / m.tokens).c_str(), m.use.bytes_per_cycle, 100 * m.use.port,
                100 * m.use.mac, Thousands(static_cast<uint64_t>(m.cycles_per_second)).c_str());
  }
}

// Contexts that leave room for the steps, in order.
Result<std::vector<uint32_t>> Contexts(const BenchOptions& o, const Tape& tape) {
  std::vector<uint32_t> contexts = o.contexts;
  const bool given = !contexts.empty();
  if (!given) contexts = {8, 128, 512, 1024};
  std::sort(contexts.begin(), contexts.end());
  std::vector<uint32_t> fitting;
  for (const uint32_t context : contexts) {
    // Steps lie around the context.
    const uint32_t first = context - std::min(context, o.steps / 2);
    if (first + o.steps <= tape.context && (fitting.empty() || first >= fitting.back() + o.steps)) {
      fitting.push_back(first);
    } else if (given) {
      return Error{"--at " + std::to_string(context) + " with " + std::to_string(o.steps) +
                   " steps does not fit the context of " + std::to_string(tape.context) + " or overlaps another"};
    }
  }
  if (fitting.empty()) fitting.push_back(0);
  return fitting;
}

int Run(const BenchOptions& o) {
  if (o.steps == 0) return BadInput("--steps is 0, want at least 1");
  const auto program = Open(o.model);
  if (!program) return BadInput(program.error().message);
  const auto contexts = Contexts(o, *program->tape);
  if (!contexts) return BadInput(contexts.error().message);
  auto device = MakeDevice(o.device, *program);
  if (!device) return BadInput(device.error().message);

  Bench bench(**device, *program);
  const auto measure = [&]() -> Status {
    uint32_t at = 0;
    for (const uint32_t first : *contexts) {
      if (Status failed = bench.Prefill(at, first)) return failed;
      if (Status failed = bench.Decode(first, std::min(o.steps, program->tape->context - first))) return failed;
      at = first + o.steps;
    }
    return {};
  };
  if (Status failed = measure()) {
    std::fprintf(stderr, "weft: %s\n", failed->message.c_str());
    return kFailed;
  }
  if (o.json) {
    nlohmann::ordered_json json = {{"model", program->name}, {"config", program->hw.name}};
    for (const Measurement& m : bench.measurements()) json["measurements"].push_back(MeasurementJson(m));
    json["sim_cycles_per_second"] =
        (*device)->seconds() > 0 ? static_cast<double>((*device)->simulated_cycles()) / (*device)->seconds() : 0.0;
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    PrintTable(*program, bench.measurements());
  }
  return kOk;
}

}  // namespace

void SetupBench(CLI::App& app, int* code) {
  auto options = std::make_shared<BenchOptions>();
  options->device.check = false;
  CLI::App* command = app.add_subcommand("bench", "measure cycles, port and array use on the chip");
  AddModelOptions(command, &options->model);
  AddDeviceOptions(command, &options->device);
  command->add_option("--at", options->contexts, "contexts around which decode is measured (default: 8 128 512 1024)");
  command->add_option("--steps", options->steps, "decode steps at each")->capture_default_str();
  command->add_flag("--json", options->json, "one JSON object on stdout and nothing else");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
