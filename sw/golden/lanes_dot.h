// Integer dot products of sixteen lanes, four bytes each: exact on every processor.
#pragma once

#include "sw/golden/lanes.h"

namespace weft::golden::lanes {

WEFT_INLINE int32_t Quad(const int8_t* p) {
  int32_t quad;
  std::memcpy(&quad, p, sizeof quad);
  return quad;
}

namespace detail {

// Products of 4 byte pairs in each 32-bit lane, summed: the even and the odd bytes widened to 16 bits.
#if defined(WEFT_LANES_AVX2)
using Raw = __m256i;
WEFT_INLINE Raw Broadcast(int32_t x) { return _mm256_set1_epi32(x); }
WEFT_INLINE Raw EvenSigned(Raw v) { return _mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8); }
WEFT_INLINE Raw OddSigned(Raw v) { return _mm256_srai_epi16(v, 8); }
WEFT_INLINE Raw EvenUnsigned(Raw v) { return _mm256_and_si256(v, _mm256_set1_epi16(0xff)); }
WEFT_INLINE Raw OddUnsigned(Raw v) { return _mm256_srli_epi16(v, 8); }
WEFT_INLINE Raw Madd(Raw a, Raw b) { return _mm256_madd_epi16(a, b); }
WEFT_INLINE Raw Sum(Raw a, Raw b) { return _mm256_add_epi32(a, b); }
#elif !defined(WEFT_LANES_VNNI)
using Raw = __m128i;
WEFT_INLINE Raw Broadcast(int32_t x) { return _mm_set1_epi32(x); }
WEFT_INLINE Raw EvenSigned(Raw v) { return _mm_srai_epi16(_mm_slli_epi16(v, 8), 8); }
WEFT_INLINE Raw OddSigned(Raw v) { return _mm_srai_epi16(v, 8); }
WEFT_INLINE Raw EvenUnsigned(Raw v) { return _mm_and_si128(v, _mm_set1_epi16(0xff)); }
WEFT_INLINE Raw OddUnsigned(Raw v) { return _mm_srli_epi16(v, 8); }
WEFT_INLINE Raw Madd(Raw a, Raw b) { return _mm_madd_epi16(a, b); }
WEFT_INLINE Raw Sum(Raw a, Raw b) { return _mm_add_epi32(a, b); }
#endif

#if !defined(WEFT_LANES_VNNI)
template <bool kUnsignedVector>
WEFT_INLINE I DotParts(const I& acc, const void* bytes, int32_t quad) {
  const Raw even = EvenSigned(Broadcast(quad));
  const Raw odd = OddSigned(Broadcast(quad));
  I out;
  for (int i = 0; i < kParts; ++i) {
    Raw v;
    std::memcpy(&v, static_cast<const uint8_t*>(bytes) + i * kPartBytes, sizeof v);
    const Raw evens = Madd(kUnsignedVector ? EvenUnsigned(v) : EvenSigned(v), even);
    const Raw odds = Madd(kUnsignedVector ? OddUnsigned(v) : OddSigned(v), odd);
    out.part[i] = reinterpret_cast<IntPart>(Sum(reinterpret_cast<Raw>(acc.part[i]), Sum(evens, odds)));
  }
  return out;
}
#endif

}  // namespace detail

// acc + in each lane the dot product of 4 unsigned bytes with the 4 signed bytes of `quad`.
WEFT_INLINE I DotUnsigned(const I& acc, const uint8_t* bytes, int32_t quad) {
#if defined(WEFT_LANES_VNNI)
  return {reinterpret_cast<IntPart>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(acc.part[0]),
                                                        _mm512_loadu_si512(bytes), _mm512_set1_epi32(quad)))};
#else
  return detail::DotParts<true>(acc, bytes, quad);
#endif
}

// acc + in each lane the dot product of 4 signed bytes with the 4 bytes of `quad`, each 0..127.
WEFT_INLINE I DotSigned(const I& acc, const int8_t* bytes, int32_t quad) {
#if defined(WEFT_LANES_VNNI)
  return {reinterpret_cast<IntPart>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(acc.part[0]),
                                                        _mm512_set1_epi32(quad), _mm512_loadu_si512(bytes)))};
#else
  return detail::DotParts<false>(acc, bytes, quad);
#endif
}

}  // namespace weft::golden::lanes
