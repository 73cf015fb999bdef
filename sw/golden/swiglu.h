// silu(gate) * up. docs/numerics.md section 4; rtl/epilogue.
#pragma once

namespace weft::golden {

inline constexpr float kMinusLog2E = -1.44269504088896340736f;  // fp32(-log2 e) = 0xbfb8aa3b

// (g * recip(1 + exp2(g * -log2 e))) * u
float SwiGlu(float g, float u);

}  // namespace weft::golden
