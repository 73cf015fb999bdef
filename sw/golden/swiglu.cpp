#include "sw/golden/swiglu.h"

#include "sw/golden/fp_env.h"
#include "sw/golden/special.h"

namespace weft::golden {

float SwiGlu(float g, float u) { return Canon((g * Recip(1.0f + Exp2(g * kMinusLog2E))) * u); }

}  // namespace weft::golden
