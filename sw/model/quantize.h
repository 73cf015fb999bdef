// Rounding weights to blocks, by stated rules.
//
// The scale that divides is always the rounded one that the file stores, and "rne" rounds to nearest even. Other
// tools round otherwise, so a tensor that has the wanted type already keeps its blocks bit for bit.
//
// Q8_0, blocks of 32, with amax the largest magnitude:
//   d = fp16(amax / 127), at most 65504
//   q = 0 where d is 0 (amax is 0 or below 127 * 2^-25), else clamp(rne(x / float(d)), -127, 127)
//
// Q4_0, blocks of 32, with peak the first element of the largest magnitude, sign and all:
//   for k = -12 .. 12 and both signs, two candidates: d = fp16(+-peak / (8 + k / 8)), and with the q that it gives
//   (less 8) the d of the least squares, fp16(sum(x q) / sum(q q)); both kept within +-65504
//   q = 8 where d is 0, else clamp(rne(x / float(d)) + 8, 0, 15)
//   the candidate with the least sum of squared errors wins, the first of equals; sums in double, in order
// Over stories260K that gives a perplexity of 4.535 where d = peak / -8 alone gives 4.643 (fp32: 4.101).
//
// TQ2_0, blocks of 256. With a the magnitudes sorted to fall, the n that maximizes (a_1 + ... + a_n)^2 / n (the
// largest on a tie), which gives the ternary block of the least squared error:
//   d = fp16((a_1 + ... + a_n) / n), at most 65504
//   q = 1 where d is 0, else clamp(rne(x / float(d)), -1, 1) + 1
// A block that is ternary already keeps its values where its scale is an fp16 number.
#pragma once

#include <cstdint>

#include "sw/model/checkpoint.h"

namespace weft {

// `in` [rows][cols] in blocks [rows][padded_cols]; the elements past cols are zeros. padded_cols is a multiple
// of the block, at least in.cols. Weights must be finite. A tensor that has the type keeps its blocks and is
// only padded.
Tensor QuantizeQ8_0(const Tensor& in, uint32_t padded_cols);
Tensor QuantizeQ4_0(const Tensor& in, uint32_t padded_cols);
Tensor QuantizeTQ2_0(const Tensor& in, uint32_t padded_cols);

// Any tensor as F32 or F16 (rounded to nearest even). F16 wants magnitudes below 65520.
Tensor ToF32(const Tensor& in);
Tensor ToF16(const Tensor& in);

}  // namespace weft
