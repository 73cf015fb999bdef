#include "sw/cli/report.h"

#include <cstdio>

#include "sw/cli/common.h"

namespace weft::cli {

namespace {

std::string Percent(double share) { return Fixed(100 * share, 1) + " %"; }

const char* StopCode(StopReason reason) {
  switch (reason) {
    case StopReason::kLength: return "length";
    case StopReason::kEndOfText: return "end of text";
    case StopReason::kContextFull: return "context full";
    case StopReason::kInterrupted: return "interrupted";
  }
  return "";
}

template <typename T>
nlohmann::ordered_json OrNull(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

void Measure(const Device& device, RunReport* report) {
  const Generation& g = report->generation;
  const Program& program = *report->program;
  const StepNeeds& needs = program.tape->needs;
  report->checked_logits = device.checked_logits();
  report->checked_tokens = device.checked_tokens();
  report->mismatches = device.mismatches();
  if (g.decode_seconds > 0) report->tokens_per_second = g.decode_steps / g.decode_seconds;
  if (device.seconds() > 0) {
    report->sim_cycles_per_second = static_cast<double>(device.simulated_cycles()) / device.seconds();
  }
  if (g.prefill.cycles > 0) {
    report->prefill = Utilize(PrefillWork(needs, g.prompt_tokens, device.max_rows(), report->checked_logits > 0),
                              g.prefill.cycles, program.hw);
    report->prefill_cycles_per_token = static_cast<double>(g.prefill.cycles) / g.prompt_tokens;
  }
  if (g.decode.cycles > 0) {
    report->decode = Utilize(DecodeWork(needs, g.prompt_tokens, g.decode_steps), g.decode.cycles, program.hw);
    report->decode_cycles_per_token = static_cast<double>(g.decode.cycles) / g.decode_steps;
  }
}

void PrintSummary(const RunReport& r) {
  const Generation& g = r.generation;
  const HwConfig& hw = r.program->hw;
  const auto line = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); };
  line("");
  line(r.program->name + " on " + r.device + (r.device == "rtl" || r.device == "perf" || SerialPath(r.device) ? ", configuration " + hw.name : "") + ": " +
       std::to_string(g.generated()) + " tokens after a prompt of " + std::to_string(g.prompt_tokens) + "; " +
       (r.failure ? "the device failed" : Describe(g.stop)));
  if (r.device == "perf") line("  the cycle model counts cycles and computes nothing, so there is no text");
  if (r.prefill_cycles_per_token) {
    line("  prefill     " + Thousands(g.prefill.cycles) + " cycles, " + Fixed(*r.prefill_cycles_per_token, 0) +
         " a token; memory port " + Percent(r.prefill.port) + ", array " + Percent(r.prefill.mac));
  }
  if (r.decode_cycles_per_token) {
    line("  decode      " + Thousands(static_cast<uint64_t>(*r.decode_cycles_per_token + 0.5)) +
         " cycles a token; memory port " + Percent(r.decode.port) + " (" +
         Fixed(r.decode.bytes_per_cycle, hw.micro() ? 3 : 1) + " of " +
         Fixed(PeakBytesPerCycle(hw), hw.micro() ? 1 : 0) + " bytes a cycle), array " + Percent(r.decode.mac) + " of " +
         std::to_string(MacsPerCycle(hw)) + " MACs");
  }
  if (r.sim_cycles_per_second) {
    line("  simulation  " + Thousands(static_cast<uint64_t>(*r.sim_cycles_per_second)) + " cycles/s");
  }
  line("  speed       " + Fixed(r.tokens_per_second, 1) + " tokens/s");
  if (r.mismatches > 0) {
    line("  NOT bit-exact: " + Thousands(r.mismatches) + " mismatches in " + Thousands(r.checked_logits) +
         " logits and " + Thousands(r.checked_tokens) + " tokens checked");
  } else if (r.checked && r.checked_logits == 0) {
    line("  the tokens of golden: " + Thousands(r.checked_tokens) + " checked");
  } else if (r.checked) {
    line("  bit-exact: " + Thousands(r.checked_logits) + " logits checked");
  }
}

nlohmann::ordered_json ToJson(const ChipCounters& c) {
  nlohmann::ordered_json json = {{"cycles", c.cycles},         {"steps", c.steps},
                                 {"write_beats", c.write_beats}, {"drain_busy", c.drain_busy},
                                 {"softmax_busy", c.softmax_busy}};
  for (uint32_t i = 0; i < kPortCauses; ++i) json["port"][Name(static_cast<PortCause>(i))] = c.port[i];
  for (uint32_t i = 0; i < kArrayCauses; ++i) json["array"][Name(static_cast<ArrayCause>(i))] = c.array[i];
  return json;
}

nlohmann::ordered_json ToJson(const RunReport& r) {
  const Generation& g = r.generation;
  nlohmann::ordered_json json = {
      {"model", r.program->name},
      {"device", r.device},
      {"config", r.program->hw.name},
      {"text", r.text},
      {"tokens", g.tokens},
      {"prompt_tokens", g.prompt_tokens},
      {"generated_tokens", g.generated()},
      {"stop", r.failure ? "failure" : StopCode(g.stop)},
      {"prefill_cycles", r.prefill_cycles_per_token ? nlohmann::ordered_json(g.prefill.cycles) : nullptr},
      {"prefill_cycles_per_token", OrNull(r.prefill_cycles_per_token)},
      {"decode_cycles_per_token", OrNull(r.decode_cycles_per_token)},
      {"port_bytes_per_cycle", r.decode.bytes_per_cycle},
      {"port_width", r.program->hw.port},
      {"port_utilization", r.decode.port},
      {"mac_utilization", r.decode.mac},
      {"prefill_port_utilization", r.prefill.port},
      {"prefill_mac_utilization", r.prefill.mac},
      {"sim_cycles_per_second", OrNull(r.sim_cycles_per_second)},
      {"tokens_per_second", r.tokens_per_second},
      {"checked_logits", r.checked_logits},
      {"checked_tokens", r.checked_tokens},
      {"mismatches", r.mismatches},
  };
  if (r.prefill_cycles_per_token) json["counters"] = {{"prefill", ToJson(g.prefill)}, {"decode", ToJson(g.decode)}};
  if (r.failure) json["error"] = r.failure->message;
  return json;
}

}  // namespace weft::cli
