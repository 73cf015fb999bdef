// Rotary positions of one pair. docs/numerics.md section 4; rtl/epilogue.
#pragma once

namespace weft::golden {

struct Pair {
  float v0, v1;
};

// (v0*c - v1*s, v0*s + v1*c)
Pair Rope(Pair v, float c, float s);

}  // namespace weft::golden
