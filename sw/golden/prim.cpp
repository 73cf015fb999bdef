#include "sw/golden/prim.h"

#include <immintrin.h>

#include "sw/golden/fp_env.h"
#include "sw/model/half.h"

namespace weft::golden {

float Mul(float a, float b) { return Canon(a * b); }
float Add(float a, float b) { return Canon(a + b); }
bool Gt(float a, float b) { return a > b; }

float H2f(uint16_t half) { return Canon(HalfToFloat(half)); }
uint16_t F2h(float x) { return IsNan(x) ? uint16_t{0x7e00} : FloatToHalf(x); }
float I2f(int32_t i) { return static_cast<float>(i); }

int8_t RoundInt8(float x) {
  if (IsNan(x)) return 0;
  if (x >= 127.0f) return 127;
  if (x <= -127.0f) return -127;
  return static_cast<int8_t>(_mm_cvtss_si32(_mm_set_ss(x)));  // rounds by the mode: nearest even
}

}  // namespace weft::golden
