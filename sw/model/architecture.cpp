#include "sw/model/architecture.h"

namespace weft {
namespace {

constexpr Architecture kArchitectures[] = {
    {"llama", false, false, false},
    {"qwen2", true, false, true},
    {"qwen3", false, true, true},
};

}  // namespace

std::span<const Architecture> Architectures() { return kArchitectures; }

const Architecture* FindArchitecture(const std::string& name) {
  for (const Architecture& architecture : kArchitectures) {
    if (name == architecture.name) return &architecture;
  }
  return nullptr;
}

std::string ArchitectureNames() {
  std::string names;
  for (size_t i = 0; i < std::size(kArchitectures); ++i) {
    if (i > 0) names += i + 1 < std::size(kArchitectures) ? ", " : " or ";
    names += kArchitectures[i].name;
  }
  return names;
}

}  // namespace weft
