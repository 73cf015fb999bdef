// exp2 and reciprocal of sixteen values, bit for bit the functions of special.h.
#pragma once

#include "sw/golden/lanes.h"
#include "sw/golden/special.h"

namespace weft::golden::lanes {

// One curve's coefficients by segment. C1 and C2 share a word: |C1| < 2^16 below, C2 above.
struct PackedCurve {
  alignas(64) int32_t c0[kSegments];
  alignas(64) int32_t c1_c2[kSegments];
};

extern const PackedCurve& kExp2Curve;
extern const PackedCurve& kRecipCurve;

inline PackedCurve Pack(const Quadratic* quadratics) {
  PackedCurve packed;
  for (int i = 0; i < kSegments; ++i) {
    const int32_t c1 = quadratics[i].c1;
    packed.c0[i] = quadratics[i].c0;
    packed.c1_c2[i] = (c1 < 0 ? -c1 : c1) | quadratics[i].c2 << 16;
  }
  return packed;
}

// table[index], index 0..63
WEFT_INLINE I Lookup(const int32_t* table, const I& index) {
  return Map(
      [table](const IntPart& at) {
#if defined(WEFT_LANES_VNNI)
        const auto part = [&](int i) { return _mm512_load_si512(table + 16 * i); };
        const __m512i raw = reinterpret_cast<__m512i>(at);
        const __m512i low = _mm512_permutex2var_epi32(part(0), raw, part(1));
        const __m512i high = _mm512_permutex2var_epi32(part(2), raw, part(3));
        const __mmask16 upper = _mm512_test_epi32_mask(raw, _mm512_set1_epi32(32));
        return reinterpret_cast<IntPart>(_mm512_mask_blend_epi32(upper, low, high));
#elif defined(WEFT_LANES_AVX2)
        return reinterpret_cast<IntPart>(_mm256_i32gather_epi32(table, reinterpret_cast<__m256i>(at), 4));
#else
        IntPart out;
        for (int i = 0; i < kPartBytes / 4; ++i) out[i] = table[at[i]];
        return out;
#endif
      },
      index);
}

// Mantissa(curve, fraction); `kSign` is that of the curve's slope.
template <int kSign>
WEFT_INLINE I Mantissa(const PackedCurve& curve, const I& fraction) {
  const I segment = fraction >> 17;
  const I c0 = Lookup(curve.c0, segment);
  const I c12 = Lookup(curve.c1_c2, segment);
  const I dx = ((fraction >> 1) & 0xffff) - 32768;
  const I c1 = (c12 & 0xffff) * kSign;
  const I t = c0 + ((c1 * dx) >> 11) + (((c12 >> 16) * ((dx * dx) >> 15)) >> 13);
  const I mant = (t + 4) >> 3;
  const I floor = mant & (mant > 0);
  return Select(floor > 0x7fffff, Set(0x7fffff), floor);
}

WEFT_INLINE F Exp2(const F& x) {
  const I nan = x != x;
  const I high = x >= 128.0f;
  const I low = x < -126.0f;
  const F inside = Keep(x, ~(nan | high | low));
  const F scaled = inside * 8388608.0f;  // exact
  const I cut = Truncate(scaled);
  const I fixed = cut + (ToFloat(cut) > scaled);  // truncation to floor: true is -1
  const I fraction = fixed & 0x7fffff;
  const I mant = Mantissa<1>(kExp2Curve, fraction) & (fraction != 0);
  const I finite = ((fixed - fraction) + (127 << 23) + mant) & ~low;
  return AsFloat(Select(nan, Set(0x7fc00000), Select(high, Set(0x7f800000), finite)));
}

WEFT_INLINE F Recip(const F& x) {
  const I sign = AsInt(x) & static_cast<int32_t>(0x80000000u);
  const I exponent = (AsInt(x) >> 23) & 0xff;
  const I fraction = AsInt(x) & 0x7fffff;
  const I whole = fraction == 0;
  const I field = Set(253) - exponent - whole;  // one more when the fraction is 0: true is -1
  const I finite = (field << 23) + (Mantissa<-1>(kRecipCurve, fraction) & ~whole);
  const I bits = Select(exponent == 0, Set(0x7f800000), finite & (field > 0));  // infinity has field -1
  return AsFloat(Select(x != x, Set(0x7fc00000), bits | sign));
}

}  // namespace weft::golden::lanes
