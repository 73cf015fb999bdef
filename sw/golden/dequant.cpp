#include "sw/golden/dequant.h"

#include "sw/golden/fp_env.h"
#include "sw/golden/prim.h"

namespace weft::golden {

float DequantAdd(float acc, bool first, uint16_t sw, float sa, int32_t sum) {
  const float t = (H2f(sw) * sa) * I2f(sum);
  return Canon(first ? t : acc + t);
}

float AttentionAdd(float o, bool first, float alpha, float sp, int32_t sum) {
  const float t = sp * I2f(sum);
  return Canon(first ? t : o * alpha + t);
}

}  // namespace weft::golden
