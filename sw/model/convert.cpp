#include "sw/model/convert.h"

#include <map>

#include "sw/model/quantize.h"

namespace weft {
namespace {

// The type that rows of `cols` elements get when `type` is asked for.
DType Fitting(DType type, uint32_t cols) {
  if (cols % BlockSize(type) == 0) return type;
  return cols % BlockSize(DType::kQ8_0) == 0 ? DType::kQ8_0 : DType::kF16;
}

}  // namespace

Tensor ConvertTensor(const Tensor& tensor, DType type) {
  switch (Fitting(type, tensor.cols)) {
    case DType::kF32:
      return ToF32(tensor);
    case DType::kF16:
      return ToF16(tensor);
    case DType::kQ8_0:
      return QuantizeQ8_0(tensor, tensor.cols);
    case DType::kQ4_0:
      return QuantizeQ4_0(tensor, tensor.cols);
    case DType::kTQ2_0:
      return QuantizeTQ2_0(tensor, tensor.cols);
    default:
      WEFT_CHECK(false, "the type must be one of kConvertTypes");
      return tensor;
  }
}

std::vector<std::string> ConvertWeights(DType type, DType head, Checkpoint* checkpoint) {
  std::map<std::string, uint32_t> unlike;  // what happened, and to how many tensors
  for (const auto& slot : TensorSlots(*checkpoint)) {
    if (slot.vector || slot.tensor->empty()) continue;
    const bool outside = slot.tensor == &checkpoint->token_embd || slot.tensor == &checkpoint->output;
    const DType wanted = outside ? head : type;
    *slot.tensor = ConvertTensor(*slot.tensor, wanted);
    if (slot.tensor->type == wanted) continue;
    ++unlike[std::string(DTypeName(slot.tensor->type)) + " instead of " + DTypeName(wanted) + ", as rows of " +
             std::to_string(slot.cols) + " elements are no multiple of " + std::to_string(BlockSize(wanted))];
  }
  std::vector<std::string> notes;
  for (const auto& [what, count] : unlike) {
    notes.push_back(std::to_string(count) + (count == 1 ? " matrix becomes " : " matrices become ") + what);
  }
  return notes;
}

}  // namespace weft
