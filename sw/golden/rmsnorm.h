// Residual add, gain, and the running sum of squares behind RMSNorm. docs/numerics.md section 4;
// rtl/epilogue.
#pragma once

#include <cstdint>

namespace weft::golden {

// The sum of squares of one row: eight partial sums, element n into partial n mod 8, ascending.
class SumSquares {
 public:
  void Add(uint32_t n, float x);
  float Total() const;

 private:
  float s_[8] = {};
};

// x + acc, the new residual.
float ResidualAdd(float x, float acc);
// What the quantizer sees: x * gain.
float Gain(float x, float gain);
// rsqrt(ss * inv_dim + eps)
float Rinv(float ss, float inv_dim, float eps);
// acc * rinv, the epilogues' norm.
float Norm(float acc, float rinv);

}  // namespace weft::golden
