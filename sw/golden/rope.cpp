#include "sw/golden/rope.h"

#include "sw/golden/fp_env.h"

namespace weft::golden {

Pair Rope(Pair v, float c, float s) {
  return {Canon((v.v0 * c) - (v.v1 * s)), Canon((v.v0 * s) + (v.v1 * c))};
}

}  // namespace weft::golden
