// Changing the storage type of a checkpoint's matrices.
#pragma once

#include <string>
#include <vector>

#include "sw/model/checkpoint.h"

namespace weft {

// The types that a matrix can be converted to.
inline constexpr DType kConvertTypes[] = {DType::kF32, DType::kF16, DType::kQ8_0, DType::kQ4_0, DType::kTQ2_0};

// `tensor` as `type`, one of kConvertTypes, or where its rows do not divide into that type's blocks as the next that
// fits: Q8_0, else F16. A tensor that has the type stays as it is.
Tensor ConvertTensor(const Tensor& tensor, DType type);

// Converts every matrix: those of the layers to `type`, the embedding and the head to `head`. Gains and biases stay.
// Returns a sentence for each group of tensors that became something else than asked.
std::vector<std::string> ConvertWeights(DType type, DType head, Checkpoint* checkpoint);

}  // namespace weft
