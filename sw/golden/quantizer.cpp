#include "sw/golden/quantizer.h"

#include <algorithm>

#include "sw/golden/fp_env.h"
#include "sw/golden/prim.h"
#include "sw/golden/special.h"

namespace weft::golden {
namespace {

constexpr uint32_t kTinyBits = (127 - 100) << 23;  // 2^-100

}  // namespace

float Quantize(const float* v, int n, float qs, int8_t* q) {
  uint32_t amax = 0;
  for (int i = 0; i < n; ++i) amax = std::max(amax, Bits(v[i]) & 0x7fffffffu);
  if (amax >= kInfBits || amax < kTinyBits) {
    std::fill_n(q, n, int8_t{0});
    return amax >= kInfBits ? FromBits(kNanBits) : 0.0f;
  }
  const float inv = Recip(FromBits(amax)) * 127.0f;
  for (int i = 0; i < n; ++i) q[i] = RoundInt8(v[i] * inv);
  return FromBits(amax) * qs;
}

}  // namespace weft::golden
