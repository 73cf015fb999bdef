// The end of a run, for a person and for a program.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "sw/base/result.h"
#include "sw/runtime/device.h"
#include "sw/runtime/program.h"
#include "sw/runtime/session.h"
#include "sw/runtime/utilization.h"

namespace weft::cli {

// Everything that is known of a run.
struct RunReport {
  const Program* program = nullptr;
  Generation generation;
  std::string text;  // prompt and continuation; of a chat the answer alone
  std::string device;
  bool checked = false;
  Status failure;  // of the device, in the middle of the run

  // Filled by Measure.
  Utilization prefill, decode;
  std::optional<double> decode_cycles_per_token, prefill_cycles_per_token;
  std::optional<double> sim_cycles_per_second;
  double tokens_per_second = 0;
  uint64_t checked_logits = 0, checked_tokens = 0, mismatches = 0;
};

// Rates and utilizations from the device's counters.
void Measure(const Device& device, RunReport* report);

// Some lines on stderr.
void PrintSummary(const RunReport& report);
nlohmann::ordered_json ToJson(const RunReport& report);

// What is known of the chip's inside, per counted cycle.
nlohmann::ordered_json ToJson(const ChipCounters& counters);

}  // namespace weft::cli
