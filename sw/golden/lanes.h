// Sixteen values at a time, for the machine's inner loops: AVX-512 VNNI where the compiler has it, AVX2 or
// SSE2 otherwise, the same bits everywhere.
//
// A vector is as many of GCC's vectors as the processor needs for sixteen values. Intrinsics appear only
// where the vector extension has no word for the operation.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace weft::golden::lanes {

inline constexpr int kLanes = 16;

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)
#define WEFT_LANES_VNNI 1
inline constexpr int kPartBytes = 64;
#elif defined(__AVX2__)
#define WEFT_LANES_AVX2 1
inline constexpr int kPartBytes = 32;
#else
inline constexpr int kPartBytes = 16;
#endif
inline constexpr int kParts = 64 / kPartBytes;

#define WEFT_INLINE inline __attribute__((always_inline))

using FloatPart = float __attribute__((vector_size(kPartBytes)));
using IntPart = int32_t __attribute__((vector_size(kPartBytes)));

template <typename Part>
struct Wide {
  Part part[kParts];
};
using F = Wide<FloatPart>;
using I = Wide<IntPart>;  // also masks: all ones or zero in each lane

// Applies `op` part by part.
template <typename Op, typename... V>
WEFT_INLINE auto Map(Op op, const V&... v) {
  Wide<decltype(op(v.part[0]...))> out;
  for (int i = 0; i < kParts; ++i) out.part[i] = op(v.part[i]...);
  return out;
}

#define WEFT_LANES_OPERATOR(op)                                                 \
  template <typename V>                                                         \
  WEFT_INLINE auto operator op(const Wide<V>& a, const Wide<V>& b) {            \
    return Map([](const V& x, const V& y) { return x op y; }, a, b);            \
  }                                                                             \
  template <typename V>                                                         \
  WEFT_INLINE auto operator op(const Wide<V>& a, decltype(V{}[0] + V{}[0]) b) { \
    return Map([b](const V& x) { return x op b; }, a);                          \
  }
WEFT_LANES_OPERATOR(+)
WEFT_LANES_OPERATOR(-)
WEFT_LANES_OPERATOR(*)
WEFT_LANES_OPERATOR(&)
WEFT_LANES_OPERATOR(|)
WEFT_LANES_OPERATOR(>>)
WEFT_LANES_OPERATOR(<<)
WEFT_LANES_OPERATOR(<)
WEFT_LANES_OPERATOR(>)
WEFT_LANES_OPERATOR(>=)
WEFT_LANES_OPERATOR(==)
WEFT_LANES_OPERATOR(!=)
#undef WEFT_LANES_OPERATOR

WEFT_INLINE I operator~(const I& a) {
  return Map([](const IntPart& x) { return ~x; }, a);
}

// a where the mask is set, b elsewhere.
template <typename V>
WEFT_INLINE Wide<V> Select(const I& mask, const Wide<V>& a, const Wide<V>& b) {
  return Map([](const IntPart& m, const V& x, const V& y) { return m ? x : y; }, mask, a, b);
}

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
WEFT_INLINE void Store(float* p, const F& v) { std::memcpy(p, &v, sizeof v); }
WEFT_INLINE I Set(int32_t x) {
  return Map([x](const IntPart& zero) { return zero + x; }, I{});
}
WEFT_INLINE I AsInt(const F& v) {
  return Map([](const FloatPart& x) { return reinterpret_cast<IntPart>(x); }, v);
}
WEFT_INLINE F AsFloat(const I& v) {
  return Map([](const IntPart& x) { return reinterpret_cast<FloatPart>(x); }, v);
}
WEFT_INLINE F ToFloat(const I& v) {
  return Map([](const IntPart& x) { return __builtin_convertvector(x, FloatPart); }, v);
}
// Ones in the lanes below n.
WEFT_INLINE I Below(int n) {
  static constexpr int32_t kIota[kLanes] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return Load(kIota) < n;
}
// v in the lanes of the mask, +0 elsewhere.
WEFT_INLINE F Keep(const F& v, const I& mask) { return AsFloat(AsInt(v) & mask); }

// Float to integer: toward zero, and to nearest even. |v| < 2^31.
WEFT_INLINE I Truncate(const F& v) {
  return Map([](const FloatPart& x) { return __builtin_convertvector(x, IntPart); }, v);
}
WEFT_INLINE I Round(const F& v) {
  return Map(
      [](const FloatPart& x) {
#if defined(WEFT_LANES_VNNI)
        return reinterpret_cast<IntPart>(_mm512_cvtps_epi32(reinterpret_cast<__m512>(x)));
#elif defined(WEFT_LANES_AVX2)
        return reinterpret_cast<IntPart>(_mm256_cvtps_epi32(reinterpret_cast<__m256>(x)));
#else
        return reinterpret_cast<IntPart>(_mm_cvtps_epi32(reinterpret_cast<__m128>(x)));
#endif
      },
      v);
}

// Values -128..127 as bytes.
WEFT_INLINE void StoreBytes(int8_t* p, const I& v) {
#if defined(WEFT_LANES_VNNI)
  const __m128i bytes = _mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(v.part[0]));
#else
  __m128i quarter[4];
  std::memcpy(quarter, &v, sizeof v);
  const __m128i bytes =
      _mm_packs_epi16(_mm_packs_epi32(quarter[0], quarter[1]), _mm_packs_epi32(quarter[2], quarter[3]));
#endif
  std::memcpy(p, &bytes, sizeof bytes);
}

// Largest lane; for floats: none is NaN.
WEFT_INLINE float Max(const F& v) {
#if defined(WEFT_LANES_VNNI)
  return _mm512_reduce_max_ps(reinterpret_cast<__m512>(v.part[0]));
#else
  __m128 quarter[4];
  std::memcpy(quarter, &v, sizeof v);
  __m128 best = _mm_max_ps(_mm_max_ps(quarter[0], quarter[1]), _mm_max_ps(quarter[2], quarter[3]));
  best = _mm_max_ps(best, _mm_movehl_ps(best, best));
  return _mm_cvtss_f32(_mm_max_ss(best, _mm_shuffle_ps(best, best, 1)));
#endif
}
WEFT_INLINE int32_t Max(const I& v) {
#if defined(WEFT_LANES_VNNI)
  return _mm512_reduce_max_epi32(reinterpret_cast<__m512i>(v.part[0]));
#else
  using Quarter = int32_t __attribute__((vector_size(16)));
  Quarter quarter[4];
  std::memcpy(quarter, &v, sizeof v);
  const auto larger = [](const Quarter& a, const Quarter& b) { return a > b ? a : b; };
  const Quarter best = larger(larger(quarter[0], quarter[1]), larger(quarter[2], quarter[3]));
  const int32_t low = best[0] > best[1] ? best[0] : best[1];
  const int32_t high = best[2] > best[3] ? best[2] : best[3];
  return low > high ? low : high;
#endif
}

}  // namespace weft::golden::lanes
