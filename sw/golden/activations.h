// Quantized activations of a step, as the machine's matmul wants them.
#pragma once

#include <cstdint>

#include "sw/golden/aligned.h"
#include "sw/golden/lanes.h"
#include "sw/golden/special_inl.h"

namespace weft::golden {

// Rows of groups of up to 32 int8. Weights are kept as unsigned bytes (value + 128), so each group carries
// -128 times its sum, from which a dot product starts.
struct Activations {
  uint32_t base = 0;               // act memory address in the tape: the vector's name
  uint32_t groups = 0;             // of a row
  Aligned<int8_t> q;               // [row][groups * 32]
  Aligned<float> scale;            // [row][groups]
  Aligned<int32_t> minus_128_sum;  // [row][groups]

  void Allocate(uint32_t rows) {
    q = Aligned<int8_t>(size_t{rows} * groups * 32);
    scale = Aligned<float>(size_t{rows} * groups);
    minus_128_sum = Aligned<int32_t>(size_t{rows} * groups);
  }
};

// Quantize() of quantizer.h for n <= 32 values; v has room for 32. Writes 32 bytes, zeros beyond n.
WEFT_INLINE float QuantizeGroup(const float* v, int n, float qs, int8_t* q, int32_t* minus_128_sum) {
  using namespace lanes;
  const F a = Keep(Load(v), Below(n));
  const F b = n > kLanes ? Keep(Load(v + kLanes), Below(n - kLanes)) : F{};
  const I abs_a = AsInt(a) & 0x7fffffff;
  const I abs_b = AsInt(b) & 0x7fffffff;
  const int32_t amax = Max(Select(abs_a > abs_b, abs_a, abs_b));
  constexpr int32_t kTiny = (127 - 100) << 23;  // 2^-100
  if (amax >= static_cast<int32_t>(kInfBits) || amax < kTiny) [[unlikely]] {
    std::memset(q, 0, 32);
    *minus_128_sum = 0;
    return FromBits(amax < kTiny ? 0 : kNanBits);
  }
  const float largest = FromBits(static_cast<uint32_t>(amax));
  const float inv = inl::Recip(largest) * 127.0f;
  // No clamp: |v| <= largest and recip errs by less than 2^-20, so the product rounds to 127 at most.
  StoreBytes(q, Round(a * inv));
  StoreBytes(q + kLanes, Round(b * inv));
  int32_t sum = 0;
  for (int i = 0; i < 32; ++i) sum += q[i];
  *minus_128_sum = -128 * sum;
  return largest * qs;
}

}  // namespace weft::golden
