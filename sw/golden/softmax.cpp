#include "sw/golden/softmax.h"

#include "sw/golden/fp_env.h"
#include "sw/golden/prim.h"
#include "sw/golden/quantizer.h"
#include "sw/golden/special.h"

namespace weft::golden {

SoftmaxBlockResult SoftmaxBlock(VrowState& state, bool first, const float* scores, int valid,
                                const uint16_t* sv) {
  float bmax = FromBits(kInfBits | 0x80000000u);
  for (int i = 0; i < valid; ++i) bmax = scores[i] > bmax ? scores[i] : bmax;
  const float m = first || bmax > state.m ? bmax : state.m;

  float p[32];
  float w[32];
  for (int i = 0; i < 32; ++i) {
    p[i] = i < valid ? Exp2(scores[i] - m) : 0.0f;
    w[i] = i < valid ? p[i] * H2f(sv[i]) : 0.0f;
  }
  float a[16];
  for (int j = 0; j < 16; ++j) a[j] = p[2 * j] + p[2 * j + 1];
  float quarter[4];
  for (int k = 0; k < 4; ++k) quarter[k] = ((a[k] + a[k + 4]) + a[k + 8]) + a[k + 12];
  const float sum = (quarter[0] + quarter[1]) + (quarter[2] + quarter[3]);

  SoftmaxBlockResult out;
  out.first = first;
  out.alpha = first ? 0.0f : Exp2(state.m - m);
  out.sp = Quantize(w, 32, 1.0f / 127.0f, out.q);
  state.l = Canon(first ? sum : state.l * out.alpha + sum);
  state.m = m;
  return out;
}

}  // namespace weft::golden
