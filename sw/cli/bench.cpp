// weft bench: a table of measurements: cycles, port and array use, and where the rest went.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "sw/bench/measure.h"
#include "sw/bench/roofline.h"
#include "sw/cli/bench_table.h"
#include "sw/cli/commands.h"
#include "sw/cli/common.h"

namespace weft::cli {

namespace {

struct BenchOptions {
  ModelOptions model;
  DeviceOptions device;
  std::vector<std::string> cases;
  std::string shape;
  std::vector<uint32_t> contexts;
  uint32_t batch = 1;
  uint32_t steps = 4;
  uint32_t prefill = 0;
  uint32_t block = 0;
  bool no_head = false;
  bool json = false, csv = false;
  std::string plot;
};

// The named cases, or one for each context and one for the prefill of the model and shape that the options
// say.
Result<std::vector<BenchCase>> Cases(const BenchOptions& o) {
  std::vector<BenchCase> cases;
  for (const std::string& name : o.cases) {
    if (name == "all") {
      cases.insert(cases.end(), NamedCases().begin(), NamedCases().end());
      continue;
    }
    auto found = FindCase(name);
    if (!found) return found.error();
    cases.push_back(std::move(*found));
  }
  if (o.device.memory != "ideal") {
    for (BenchCase& c : cases) c.memory = o.device.memory;
  }
  if (!cases.empty()) return cases;

  BenchCase base;
  base.config = o.model.source.config;
  base.batch = o.batch;
  base.steps = o.steps;
  base.head = !o.no_head;
  base.memory = o.device.memory;
  if (!o.shape.empty()) {
    auto shape = ParseShape(o.shape);
    if (!shape) return shape.error();
    base.shape = *shape;
    base.model = o.shape;
  }
  std::vector<uint32_t> contexts = o.contexts;
  if (contexts.empty() && o.prefill == 0) contexts = {8, 128};
  if (o.prefill > 0) {
    BenchCase c = base;
    c.name = "prefill-" + std::to_string(o.prefill);
    c.phase = Phase::kPrefill;
    c.prefill = o.prefill;
    c.block = o.block;
    cases.push_back(c);
  }
  for (const uint32_t context : contexts) {
    BenchCase c = base;
    c.name = "decode-" + std::to_string(context);
    c.context = context;
    cases.push_back(c);
  }
  return cases;
}

Status CheckOptions(const BenchOptions& o) {
  if (o.steps == 0) return Error{"--steps is 0, want at least 1"};
  if (o.batch == 0) return Error{"--batch is 0, want at least 1"};
  if (o.json && o.csv) return Error{"--json and --csv are both given, want one"};
  if (!o.shape.empty() && !o.model.source.path.empty()) {
    return Error{"--shape is of a model of random weights, and " + o.model.source.path + " is given as well"};
  }
  if (!o.cases.empty() &&
      (!o.shape.empty() || !o.contexts.empty() || o.prefill > 0 || !o.model.source.config.empty())) {
    return Error{
        "--case says what is measured; --shape, --at, --prefill and --config are for a measurement of one's "
        "own"};
  }
  return {};
}

// A long table shows each row as it comes.
Result<std::vector<BenchRow>> MeasureAll(const BenchOptions& o, const std::vector<BenchCase>& cases) {
  const auto source = SourceOf(o.model);
  if (!source) return source.error();
  const bool all = std::find(o.cases.begin(), o.cases.end(), "all") != o.cases.end();
  std::vector<BenchRow> rows;
  for (const BenchCase& c : cases) {
    ProgressLine("measuring " + c.name + " on " + (c.config.empty() ? "base" : c.config));
    DeviceOptions device = o.device;
    device.memory = c.memory;
    auto row =
        Measure(c, *source, [&](const Program& program) { return MakeDevice(device, program); });
    ProgressLine("");
    if (row) {
      rows.push_back(std::move(*row));
    } else if (all) {
      std::fprintf(stderr, "weft: %s: left out: %s\n", c.name.c_str(), row.error().message.c_str());
    } else {
      return row.error();
    }
  }
  return rows;
}

int Run(const BenchOptions& o) {
  if (Status bad = CheckOptions(o)) return BadInput(bad->message);
  const auto cases = Cases(o);
  if (!cases) return BadInput(cases.error().message);
  const auto rows = MeasureAll(o, *cases);
  if (!rows) return BadInput(rows.error().message);
  if (!o.plot.empty() && !(std::ofstream(o.plot) << RooflineSvg(*rows)).flush()) {
    return BadInput(o.plot + ": cannot be written");
  }
  if (o.json) {
    nlohmann::ordered_json json = {{"measurements", nlohmann::ordered_json::array()}};
    for (const BenchRow& row : *rows) json["measurements"].push_back(ToJson(row));
    std::printf("%s\n", json.dump(2).c_str());
  } else if (o.csv) {
    std::printf("%s", ToCsv(*rows).c_str());
  } else {
    PrintTable(*rows);
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
  command->add_option("--case", options->cases,
                      "named measurements with a model of their own; all: every one");
  command->add_option(
      "--shape", options->shape,
      "random weights: dim=..,hidden=..,layers=..,heads=..,kv_heads=..,head_dim=..,vocab=..,seed=..");
  command->add_option("--at", options->contexts, "contexts at which decode is measured (default: 8 128)");
  command->add_option("--steps", options->steps, "decode steps at each, back to back")->capture_default_str();
  command->add_option("--batch", options->batch, "users that decode together")->capture_default_str();
  command->add_option("--prefill", options->prefill, "tokens of a prompt to measure");
  command->add_option("--block", options->block, "rows of a prefill step (default: as many as fit)");
  command->add_flag("--no-head", options->no_head, "no row wants a token: the LM head is skipped");
  command->add_flag("--json", options->json, "one JSON object on stdout and nothing else");
  command->add_flag("--csv", options->csv, "a line a row, with every cause");
  command->add_option("--plot", options->plot, "write a roofline picture to this SVG file");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
