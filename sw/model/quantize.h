// Rounding weights to Q8_0, by one stated rule.
//
// For each block of 32 along a row, with amax the largest magnitude in it:
//   d = fp16(amax / 127), rounded to nearest even, at most 65504
//   q = 0 where d is 0 (amax is 0 or below 127 * 2^-25), else clamp(rne(x / float(d)), -127, 127)
// The scale that divides is the rounded one that the file stores. Other tools round otherwise, so a file that
// is already Q8_0 is never quantized again.
#pragma once

#include <cstdint>

#include "sw/model/checkpoint.h"

namespace weft {

// `in` [rows][cols] as Q8_0 [rows][padded_cols]; the elements past cols are zeros. padded_cols is a multiple
// of 32, at least in.cols. Weights must be finite. A Q8_0 tensor keeps its blocks bit for bit and is only
// padded.
Tensor QuantizeQ8_0(const Tensor& in, uint32_t padded_cols);

}  // namespace weft
