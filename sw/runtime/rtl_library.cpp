#include "sw/runtime/rtl_library.h"

#include <dlfcn.h>

#include <filesystem>

namespace weft {

namespace {

std::string ProgramFolder() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string(".") : path.parent_path().string();
}

}  // namespace

Result<std::shared_ptr<const RtlLibrary>> RtlLibrary::Load(const std::string& config, bool waveforms,
                                                           const std::string& folder) {
  const std::string command = "make config NAME=" + config + (waveforms ? " TRACE=1" : "");
  const std::string path = (folder.empty() ? ProgramFolder() + "/lib" : folder) + "/libweft_rtl_" + config +
                           (waveforms ? "_trace" : "") + ".so";
  if (!std::filesystem::exists(path)) {
    return Error{"the chip of configuration '" + config + "'" + (waveforms ? " with waveforms" : "") +
                 " is not built; build it with: " + command};
  }
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return Error{path + " cannot be loaded: " + dlerror()};
  using Entry = const WeftRtlApi* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(handle, "weft_rtl_api"));
  const WeftRtlApi* api = entry ? entry() : nullptr;
  if (!api || api->abi != kWeftRtlAbi) {
    dlclose(handle);
    return Error{path + " is of another version of the program; build it again with: " + command};
  }
  return std::shared_ptr<const RtlLibrary>(new RtlLibrary(handle, api));
}

RtlLibrary::~RtlLibrary() { dlclose(handle_); }

}  // namespace weft
