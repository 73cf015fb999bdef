// What compiling does to the values of a checkpoint, in words.
#pragma once

#include <string>
#include <vector>

#include "sw/model/checkpoint.h"

namespace weft {

// Whether the tape carries the values of `type` as they are, in blocks of that type (sw/compiler/weights.h).
bool TravelsAsIs(DType type);

// A sentence for each quantized type of the matrices that the tape does not carry and that is rounded once more, with
// the number of matrices: "12 matrices in Q4_K are requantized to Q8_0". Floats, which --quant quantizes, are none.
std::vector<std::string> ConversionNotes(const Checkpoint& checkpoint);

}  // namespace weft
