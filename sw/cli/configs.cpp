// weft configs: the configurations of the chip that this program knows.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/compiler/config.h"
#include "sw/link/client.h"
#include "sw/runtime/dram_timing.h"
#include "sw/runtime/rtl_library.h"
#include "sw/runtime/utilization.h"

namespace weft::cli {

namespace {

struct ConfigsOptions {
  bool json = false;
  bool names = false;
};

// For --memory.
int ListMemories() {
  const auto memories = AllMemories();
  if (!memories) return BadInput(memories.error().message);
  std::printf("\nmemories\n");
  for (const DramConfig& memory : *memories) {
    std::printf("%-8s %s\n         streams at most %.1f %% of the port\n", memory.name.c_str(), memory.about.c_str(),
                100 * memory.StreamRate());
  }
  return kOk;
}

int Run(const ConfigsOptions& o) {
  const auto configs = AllConfigs();
  if (!configs) return BadInput(configs.error().message);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const HwConfig& hw : *configs) {
    const bool built = !hw.micro() && RtlLibrary::Load(hw.name, false).ok();
    if (o.json) {
      auto json = nlohmann::ordered_json::parse(ConfigToJson(hw));
      json["built"] = built;
      json["crc32"] = link::ConfigCrc(hw);  // what a board of it says of itself
      list.push_back(json);
    } else if (o.names) {
      std::printf("%s\n", hw.name.c_str());
    } else {
      std::printf("%-8s %s\n", hw.name.c_str(), hw.about.c_str());
      std::printf("         %u B/cycle, %u columns, %llu int8 MACs, %u rows a step; %s\n", hw.port, hw.columns,
                  static_cast<unsigned long long>(MacsPerCycle(hw)), hw.max_rows,
                  hw.micro() ? "microcoded"
                  : built    ? "built"
                             : ("build it with: make config NAME=" + hw.name).c_str());
    }
  }
  if (o.json) std::printf("%s\n", list.dump(2).c_str());
  return o.json || o.names ? kOk : ListMemories();
}

}  // namespace

void SetupConfigs(CLI::App& app, int* code) {
  auto options = std::make_shared<ConfigsOptions>();
  CLI::App* command = app.add_subcommand("configs", "list the chip's configurations");
  command->add_flag("--json", options->json, "one JSON array");
  command->add_flag("--names", options->names, "names alone, one a line");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
