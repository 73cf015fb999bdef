#include "sw/runtime/rtl_library.h"

#include <dlfcn.h>

#include <filesystem>

#include "sw/runtime/plugin.h"

namespace weft {

Result<std::shared_ptr<const RtlLibrary>> RtlLibrary::Load(const std::string& config, bool waveforms,
                                                           const std::string& folder) {
  const std::string command = "make config NAME=" + config + (waveforms ? " TRACE=1" : "");
  const std::string path = PluginPath(folder, "libweft_rtl_" + config + (waveforms ? "_trace" : "") + ".so");
  if (!std::filesystem::exists(path)) {
    return Error{"the chip of configuration '" + config + "'" + (waveforms ? " with waveforms" : "") +
                 " is not built; build it with: " + command};
  }
  const auto plugin = LoadPlugin(path, "weft_rtl_api", kWeftRtlAbi, command);
  if (!plugin) return plugin.error();
  return std::shared_ptr<const RtlLibrary>(
      new RtlLibrary(plugin->handle, static_cast<const WeftRtlApi*>(plugin->api)));
}

RtlLibrary::~RtlLibrary() { dlclose(handle_); }

}  // namespace weft
