// Sixteen values at a time, for the machine's inner loops: AVX-512 VNNI where the compiler has it, AVX2 or
// SSE2 otherwise, the same bits everywhere.
//
// Vectors are GCC's vector extension; intrinsics appear only where the extension has no word for the
// operation.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace weft::golden::lanes {

inline constexpr int kLanes = 16;

using F = float __attribute__((vector_size(64)));
using I = int32_t __attribute__((vector_size(64)));
using Bytes = int8_t __attribute__((vector_size(16)));

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)
#define WEFT_LANES_VNNI 1
#endif

#define WEFT_INLINE inline __attribute__((always_inline))

WEFT_INLINE F Load(const float* p) {
  F v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
WEFT_INLINE I Load(const int32_t* p) {
  I v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
WEFT_INLINE void Store(float* p, F v) { std::memcpy(p, &v, sizeof v); }
WEFT_INLINE F Set(float x) { return F{} + x; }  // x + 0: only for values other than -0
WEFT_INLINE I Set(int32_t x) { return I{} + x; }
WEFT_INLINE I AsInt(F v) { return reinterpret_cast<I>(v); }
WEFT_INLINE F AsFloat(I v) { return reinterpret_cast<F>(v); }
WEFT_INLINE F ToFloat(I v) { return __builtin_convertvector(v, F); }
WEFT_INLINE I Iota() { return I{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; }
// Ones in the lanes below n.
WEFT_INLINE I Below(int n) { return Iota() < n; }
// v in the lanes of the mask, +0 elsewhere.
WEFT_INLINE F Keep(F v, I mask) { return AsFloat(AsInt(v) & mask); }

// Float to integer: toward zero, and to nearest even. |v| < 2^31.
WEFT_INLINE I Truncate(F v) { return __builtin_convertvector(v, I); }
WEFT_INLINE I Round(F v) {
#if defined(WEFT_LANES_VNNI)
  return reinterpret_cast<I>(_mm512_cvtps_epi32(reinterpret_cast<__m512>(v)));
#else
  I out;
  for (int i = 0; i < kLanes; i += 4) {
    __m128 part;
    std::memcpy(&part, reinterpret_cast<const float*>(&v) + i, sizeof part);
    const __m128i rounded = _mm_cvtps_epi32(part);
    std::memcpy(reinterpret_cast<int32_t*>(&out) + i, &rounded, sizeof rounded);
  }
  return out;
#endif
}

// The low bytes.
WEFT_INLINE void StoreBytes(int8_t* p, I v) {
  const Bytes bytes = __builtin_convertvector(v, Bytes);
  std::memcpy(p, &bytes, sizeof bytes);
}

// Largest lane; for floats: none is NaN.
WEFT_INLINE float Max(F v) {
#if defined(WEFT_LANES_VNNI)
  return _mm512_reduce_max_ps(reinterpret_cast<__m512>(v));
#else
  float best = v[0];
  for (int i = 1; i < kLanes; ++i) best = v[i] > best ? v[i] : best;
  return best;
#endif
}
WEFT_INLINE int32_t Max(I v) {
#if defined(WEFT_LANES_VNNI)
  return _mm512_reduce_max_epi32(reinterpret_cast<__m512i>(v));
#else
  int32_t best = v[0];
  for (int i = 1; i < kLanes; ++i) best = v[i] > best ? v[i] : best;
  return best;
#endif
}

namespace detail {

// Products of 4 byte pairs in each 32-bit lane, summed. `wide` makes 16 bits of the even and the odd bytes.
#if defined(__AVX2__)
using Part = __m256i;
WEFT_INLINE Part Broadcast(int32_t x) { return _mm256_set1_epi32(x); }
WEFT_INLINE Part EvenSigned(Part v) { return _mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8); }
WEFT_INLINE Part OddSigned(Part v) { return _mm256_srai_epi16(v, 8); }
WEFT_INLINE Part EvenUnsigned(Part v) { return _mm256_and_si256(v, _mm256_set1_epi16(0xff)); }
WEFT_INLINE Part OddUnsigned(Part v) { return _mm256_srli_epi16(v, 8); }
WEFT_INLINE Part Madd(Part a, Part b) { return _mm256_madd_epi16(a, b); }
WEFT_INLINE Part Sum(Part a, Part b) { return _mm256_add_epi32(a, b); }
#else
using Part = __m128i;
WEFT_INLINE Part Broadcast(int32_t x) { return _mm_set1_epi32(x); }
WEFT_INLINE Part EvenSigned(Part v) { return _mm_srai_epi16(_mm_slli_epi16(v, 8), 8); }
WEFT_INLINE Part OddSigned(Part v) { return _mm_srai_epi16(v, 8); }
WEFT_INLINE Part EvenUnsigned(Part v) { return _mm_and_si128(v, _mm_set1_epi16(0xff)); }
WEFT_INLINE Part OddUnsigned(Part v) { return _mm_srli_epi16(v, 8); }
WEFT_INLINE Part Madd(Part a, Part b) { return _mm_madd_epi16(a, b); }
WEFT_INLINE Part Sum(Part a, Part b) { return _mm_add_epi32(a, b); }
#endif

template <bool kUnsignedVector>
WEFT_INLINE I DotParts(I acc, const void* bytes, int32_t quad) {
  const Part even = EvenSigned(Broadcast(quad));
  const Part odd = OddSigned(Broadcast(quad));
  I out;
  for (size_t at = 0; at < sizeof(I); at += sizeof(Part)) {
    Part v, a;
    std::memcpy(&v, static_cast<const uint8_t*>(bytes) + at, sizeof v);
    std::memcpy(&a, reinterpret_cast<const uint8_t*>(&acc) + at, sizeof a);
    a = Sum(a, Madd(kUnsignedVector ? EvenUnsigned(v) : EvenSigned(v), even));
    a = Sum(a, Madd(kUnsignedVector ? OddUnsigned(v) : OddSigned(v), odd));
    std::memcpy(reinterpret_cast<uint8_t*>(&out) + at, &a, sizeof a);
  }
  return out;
}

}  // namespace detail

// acc + in each lane the dot product of 4 unsigned bytes with the 4 signed bytes of `quad`.
WEFT_INLINE I DotUnsigned(I acc, const uint8_t* bytes, int32_t quad) {
#if defined(WEFT_LANES_VNNI)
  return reinterpret_cast<I>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(acc), _mm512_loadu_si512(bytes),
                                                 _mm512_set1_epi32(quad)));
#else
  return detail::DotParts<true>(acc, bytes, quad);
#endif
}

// acc + in each lane the dot product of 4 signed bytes with the 4 bytes of `quad`, each 0..127.
WEFT_INLINE I DotSigned(I acc, const int8_t* bytes, int32_t quad) {
#if defined(WEFT_LANES_VNNI)
  return reinterpret_cast<I>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(acc), _mm512_set1_epi32(quad),
                                                 _mm512_loadu_si512(bytes)));
#else
  return detail::DotParts<false>(acc, bytes, quad);
#endif
}

WEFT_INLINE int32_t Quad(const int8_t* p) {
  int32_t quad;
  std::memcpy(&quad, p, sizeof quad);
  return quad;
}

}  // namespace weft::golden::lanes
