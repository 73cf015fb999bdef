#include "sw/golden/matrix.h"

namespace weft::golden {

int32_t Dot(const int8_t* weights, const int8_t* activations, int n) {
  int32_t sum = 0;
  for (int i = 0; i < n; ++i) sum += weights[i] * activations[i];
  return sum;
}

}  // namespace weft::golden
