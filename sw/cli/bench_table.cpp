#include "sw/cli/bench_table.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "sw/cli/common.h"

namespace weft::cli {

namespace {

// Shares below this are left out of a line for a person.
constexpr double kVisible = 0.0005;

std::string Percent(double share) { return Fixed(100 * share, 1) + " %"; }

std::string Parts(const std::vector<Part>& parts) {
  std::vector<Part> sorted(parts.begin() + 1, parts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Part& a, const Part& b) { return a.share > b.share; });
  std::string text = parts[0].name + " " + Percent(parts[0].share);
  for (const Part& part : sorted) {
    if (part.share >= kVisible) text += ", " + part.name + " " + Percent(part.share);
  }
  return text;
}

std::string GoalText(const BenchRow& row) {
  if (row.c.goal.share == 0) return "";
  const double got = row.Share(row.c.goal.metric);
  return std::string(Name(row.c.goal.metric)) + " >= " + Fixed(100 * row.c.goal.share, 0) +
         " %: " + (got >= row.c.goal.share ? "met" : "not met");
}

nlohmann::ordered_json PartsJson(const std::vector<Part>& parts) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const Part& part : parts) json[part.name] = part.share;
  return json;
}

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (!line.empty()) line += ',';
    line += cell;
  }
  return line + '\n';
}

}  // namespace

void PrintTable(std::span<const BenchRow> rows) {
  std::printf("%-24s %-7s %-9s %5s %7s %12s %14s %8s %8s %9s  %s\n", "case", "config", "phase", "batch",
              "context", "cycles/step", "needed bytes", "port", "MACs", "roofline", "goal");
  for (const BenchRow& row : rows) {
    const double steps = row.steps;
    std::printf("%-24s %-7s %-9s %5u %7u %12s %14s %8s %8s %9s  %s\n", row.c.name.c_str(),
                row.hw.name.c_str(), Name(row.c.phase), row.c.batch, row.c.context,
                Thousands(static_cast<uint64_t>(row.cycles / steps)).c_str(),
                Thousands(static_cast<uint64_t>(row.bytes / steps)).c_str(), Percent(row.PortShare()).c_str(),
                Percent(row.MacShare()).c_str(), Percent(row.RooflineShare()).c_str(), GoalText(row).c_str());
    std::string model = "    " + row.model;
    if (row.continued)
      model += ", " + std::to_string(row.c.layers) + " layers continued from steps of 1 and 2";
    if (!row.c.head) model += ", without the LM head";
    if (row.c.phase == Phase::kPrefill)
      model += ", " + std::to_string(row.tokens) + " tokens in " + std::to_string(row.steps) + " blocks";
    if (row.c.memory != "ideal")
      model += ", memory " + row.c.memory + " (streams " + Percent(row.stream_rate) + " of the port)";
    std::printf("%s\n", model.c_str());
    const auto parts = row.MemoryBound() ? row.PortParts() : row.ArrayParts();
    if (!parts.empty())
      std::printf("    %s: %s\n", row.MemoryBound() ? "port" : "array", Parts(parts).c_str());
  }
}

nlohmann::ordered_json ToJson(const BenchRow& row) {
  nlohmann::ordered_json json = {
      {"case", row.c.name},
      {"config", row.hw.name},
      {"model", row.model},
      {"phase", Name(row.c.phase)},
      {"batch", row.c.batch},
      {"context", row.c.context},
      {"steps", row.steps},
      {"tokens", row.tokens},
      {"lm_head", row.c.head},
      {"memory", row.c.memory},
      {"stream_rate", row.stream_rate},
      {"continued_to_layers", row.continued ? nlohmann::ordered_json(row.c.layers) : nullptr},
      {"cycles", row.cycles},
      {"cycles_per_step", row.cycles / row.steps},
      {"needed_bytes", row.bytes},
      {"useful_macs", row.macs},
      {"port_utilization", row.PortShare()},
      {"mac_utilization", row.MacShare()},
      {"roofline_share", row.RooflineShare()},
      {"port", PartsJson(row.PortParts())},
      {"array", PartsJson(row.ArrayParts())},
      {"sim_cycles_per_second", row.sim_cycles_per_second},
  };
  if (row.c.goal.share != 0) {
    json["goal"] = {{"metric", Name(row.c.goal.metric)},
                    {"share", row.c.goal.share},
                    {"met", row.Share(row.c.goal.metric) >= row.c.goal.share}};
  }
  return json;
}

std::string ToCsv(std::span<const BenchRow> rows) {
  std::vector<std::string> header = {"case",        "config",           "model",           "phase",
                                     "batch",       "context",          "steps",           "tokens",
                                     "lm_head",     "memory",           "cycles",          "needed_bytes",
                                     "useful_macs", "port_utilization", "mac_utilization", "roofline_share"};
  for (uint32_t i = 0; i < kPortCauses; ++i)
    header.push_back(std::string("port_") + Name(static_cast<PortCause>(i)));
  for (uint32_t i = 0; i < kArrayCauses; ++i)
    header.push_back(std::string("array_") + Name(static_cast<ArrayCause>(i)));
  std::string csv = CsvLine(header);
  for (const BenchRow& row : rows) {
    const BenchCase& c = row.c;
    std::vector<std::string> cells = {c.name,
                                      row.hw.name,
                                      '"' + row.model + '"',
                                      Name(c.phase),
                                      std::to_string(c.batch),
                                      std::to_string(c.context),
                                      std::to_string(row.steps),
                                      std::to_string(row.tokens),
                                      c.head ? "yes" : "no",
                                      c.memory,
                                      Fixed(row.cycles, 0),
                                      Fixed(row.bytes, 0),
                                      Fixed(row.macs, 0),
                                      Fixed(row.PortShare(), 5),
                                      Fixed(row.MacShare(), 5),
                                      Fixed(row.RooflineShare(), 5)};
    for (const double cycles : row.port) cells.push_back(Fixed(cycles / row.cycles, 5));
    for (const double cycles : row.array) cells.push_back(Fixed(cycles / row.cycles, 5));
    csv += CsvLine(cells);
  }
  return csv;
}

}  // namespace weft::cli
