// The float mode of docs/numerics.md section 1 on x86: subnormals are zero, in and out, by the x86 rule.
//
// Every function of sw/golden that computes with floats expects the caller to hold an FpEnv. Its sources are
// compiled without contraction into fused multiply-adds.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstdint>

namespace weft::golden {

// Sets round to nearest even, flush-to-zero and denormals-are-zero; restores the old mode at the end.
class FpEnv {
 public:
  FpEnv() : saved_(_mm_getcsr()) { _mm_setcsr(kMode); }
  ~FpEnv() { _mm_setcsr(saved_); }
  FpEnv(const FpEnv&) = delete;
  FpEnv& operator=(const FpEnv&) = delete;

 private:
  static constexpr unsigned kMode = 0x9fc0;  // all exceptions masked, FTZ, DAZ, nearest even
  unsigned saved_;
};

inline constexpr uint32_t kNanBits = 0x7fc00000u;
inline constexpr uint32_t kInfBits = 0x7f800000u;

inline uint32_t Bits(float x) { return std::bit_cast<uint32_t>(x); }
inline float FromBits(uint32_t bits) { return std::bit_cast<float>(bits); }

inline bool IsNan(float x) { return (Bits(x) & 0x7fffffffu) > kInfBits; }
// The one NaN that may leave the chip; every other value as it is.
inline float Canon(float x) { return IsNan(x) ? FromBits(kNanBits) : x; }

}  // namespace weft::golden
