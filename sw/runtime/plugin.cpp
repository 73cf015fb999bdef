#include "sw/runtime/plugin.h"

#include <dlfcn.h>

#include <filesystem>

namespace weft {

std::string PluginPath(const std::string& folder, const std::string& file) {
  if (!folder.empty()) return folder + "/" + file;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (error ? std::string(".") : program.parent_path().string()) + "/lib/" + file;
}

Result<Plugin> LoadPlugin(const std::string& path, const char* entry, uint32_t abi, const std::string& command) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return Error{path + " cannot be loaded: " + dlerror()};
  using Entry = const void* (*)();
  const auto get = reinterpret_cast<Entry>(dlsym(handle, entry));
  const void* api = get ? get() : nullptr;
  if (!api || *static_cast<const uint32_t*>(api) != abi) {
    dlclose(handle);
    return Error{path + " is of another version of the program; build it again with: " + command};
  }
  return Plugin{handle, api};
}

}  // namespace weft
