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

// The sum of squares of one query or key head of a model that norms them: pair i = (2i, 2i + 1) into partial i mod 4.
class HeadSquares {
 public:
  void Add(uint32_t d, float v0, float v1);
  float Total() const;

 private:
  float s_[4] = {};
};

// rsqrt(ss + head_eps), which multiplies the scales of the head's groups
float HeadInv(float ss, float head_eps);

// x + acc, the new residual.
float ResidualAdd(float x, float acc);
// What the quantizer sees: x * gain; what RoPE sees of a normed head.
float Gain(float x, float gain);
// rsqrt(ss * inv_dim + eps)
float Rinv(float ss, float inv_dim, float eps);
// acc * rinv, the epilogues' norm.
float Norm(float acc, float rinv);
// y + b, of Q, K and V in models with biases.
float Bias(float y, float b);

}  // namespace weft::golden
