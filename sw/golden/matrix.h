// One column's integer work: the dot product of a passing chunk with the stationary row. rtl/matrix.
#pragma once

#include <cstdint>

namespace weft::golden {

// Exact; n <= 32.
int32_t Dot(const int8_t* weights, const int8_t* activations, int n);

}  // namespace weft::golden
