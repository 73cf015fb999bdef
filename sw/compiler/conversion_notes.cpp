#include "sw/compiler/conversion_notes.h"

#include <map>

namespace weft {

bool TravelsAsIs(DType type) {
  return type == DType::kQ8_0 || type == DType::kQ4_0 || type == DType::kTQ2_0;
}

std::vector<std::string> ConversionNotes(const Checkpoint& checkpoint) {
  std::map<DType, uint32_t> counts;
  for (const auto& slot : TensorSlots(checkpoint)) {
    if (slot.vector || slot.tensor->empty()) continue;
    const DType type = slot.tensor->type;
    if (BlockSize(type) > 1 && !TravelsAsIs(type)) ++counts[type];
  }
  std::vector<std::string> notes;
  for (const auto& [type, count] : counts) {
    notes.push_back(std::to_string(count) + (count == 1 ? " matrix in " : " matrices in ") + DTypeName(type) +
                    (count == 1 ? " is" : " are") + " requantized to Q8_0");
  }
  return notes;
}

}  // namespace weft
