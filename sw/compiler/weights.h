// Which weight type of the tape carries a matrix, and its rows as blocks of that type.
//
// Q8_0 goes as int8, Q4_0 as int4, TQ2_0 as ternary, every value and scale bit for bit. Floats are quantized as asked,
// all other types to Q8_0 (sw/model/quantize.h). A narrower type may travel as a wider one, which holds its values
// exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "sw/compiler/config.h"
#include "sw/compiler/isa.h"
#include "sw/model/checkpoint.h"

namespace weft {

class WeightTypes {
 public:
  // quant: what F32, F16 and BF16 matrices become.
  WeightTypes(const HwConfig& hw, WeightType quant) : hw_(&hw), quant_(quant) {}

  // The narrowest type that the chip takes and that holds the values of all of `tensors`, whose rows interleave.
  WeightType Of(const std::vector<const Tensor*>& tensors) const;
  // `tensor` as blocks of `type`, one that Of gives for it. Rows are padded with zero weights to whole blocks.
  Tensor AsBlocks(const Tensor& tensor, WeightType type) const;
  // Bytes of a row that a step must read at least: the blocks of the file, or those of the type without padding.
  uint64_t NeededRowBytes(const Tensor& tensor) const;

 private:
  WeightType Own(const Tensor& tensor) const;  // before other tensors and the chip's limits are looked at

  const HwConfig* hw_;
  WeightType quant_;
};

}  // namespace weft
