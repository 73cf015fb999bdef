#include "sw/golden/rmsnorm.h"

#include "sw/golden/fp_env.h"
#include "sw/golden/special.h"

namespace weft::golden {

void SumSquares::Add(uint32_t n, float x) { s_[n % 8] = s_[n % 8] + x * x; }

float SumSquares::Total() const {
  return Canon(((s_[0] + s_[1]) + (s_[2] + s_[3])) + ((s_[4] + s_[5]) + (s_[6] + s_[7])));
}

void HeadSquares::Add(uint32_t d, float v0, float v1) {
  float& s = s_[d / 2 % 4];
  s = s + (v0 * v0 + v1 * v1);
}

float HeadSquares::Total() const { return Canon((s_[0] + s_[1]) + (s_[2] + s_[3])); }

float HeadInv(float ss, float head_eps) { return Rsqrt(ss + head_eps); }

float ResidualAdd(float x, float acc) { return Canon(x + acc); }
float Gain(float x, float gain) { return Canon(x * gain); }
float Rinv(float ss, float inv_dim, float eps) { return Rsqrt(ss * inv_dim + eps); }
float Norm(float acc, float rinv) { return Canon(acc * rinv); }
float Bias(float y, float b) { return Canon(y + b); }

}  // namespace weft::golden
