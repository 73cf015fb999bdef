// A shared library that a build target makes and the program loads: Verilated chips and boards.
#pragma once

#include <cstdint>
#include <string>

#include "sw/base/result.h"

namespace weft {

// Path of a library: in `folder`; empty means lib/ beside the program.
std::string PluginPath(const std::string& folder, const std::string& file);

struct Plugin {
  void* handle = nullptr;  // for dlclose
  const void* api = nullptr;
};
// Loads the library and calls its function `entry`, which gives an Api whose first member is its version, `abi`. The
// message of another version is the command that builds the library again.
Result<Plugin> LoadPlugin(const std::string& path, const char* entry, uint32_t abi, const std::string& command);

}  // namespace weft
