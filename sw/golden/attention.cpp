#include "sw/golden/attention.h"

#include <algorithm>

#include "sw/compiler/layout.h"
#include "sw/golden/activations.h"
#include "sw/golden/lanes_dot.h"
#include "sw/golden/lanes_special.h"
#include "sw/golden/prim.h"
#include "sw/golden/quantizer.h"

namespace weft::golden {

using namespace lanes;

namespace {

constexpr int kTokens = 32;  // of a block
constexpr float kQs = 1.0f / 127.0f;

// p0..p31 pairwise, then over quarters, then the four: docs/numerics.md section 4.
WEFT_INLINE float SumProbabilities(const F& low, const F& high) {
#if defined(WEFT_LANES_VNNI)
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  const __m512 l = reinterpret_cast<__m512>(low.part[0]), h = reinterpret_cast<__m512>(high.part[0]);
  const __m512 pairs = _mm512_add_ps(_mm512_permutex2var_ps(l, even, h), _mm512_permutex2var_ps(l, odd, h));
  const __m128 a[4] = {_mm512_castps512_ps128(pairs), _mm512_extractf32x4_ps(pairs, 1),
                       _mm512_extractf32x4_ps(pairs, 2), _mm512_extractf32x4_ps(pairs, 3)};
#else
  __m128 p[8], a[4];
  std::memcpy(p, &low, sizeof low);
  std::memcpy(p + 4, &high, sizeof high);
  for (int i = 0; i < 4; ++i) {
    a[i] = _mm_add_ps(_mm_shuffle_ps(p[2 * i], p[2 * i + 1], _MM_SHUFFLE(2, 0, 2, 0)),
                      _mm_shuffle_ps(p[2 * i], p[2 * i + 1], _MM_SHUFFLE(3, 1, 3, 1)));
  }
#endif
  const __m128 quarter = _mm_add_ps(_mm_add_ps(_mm_add_ps(a[0], a[1]), a[2]), a[3]);
  const __m128 halves = _mm_add_ps(quarter, _mm_shuffle_ps(quarter, quarter, _MM_SHUFFLE(3, 3, 1, 1)));
  return _mm_cvtss_f32(_mm_add_ss(halves, _mm_movehl_ps(halves, halves)));
}

// Maximum over the valid lanes, NaN skipped; -infinity if there is none.
WEFT_INLINE float MaxScore(F low, F high, I valid_low, I valid_high) {
  const F none = AsFloat(Set(static_cast<int32_t>(0xff800000u)));
  low = Select(valid_low & (low > none), low, none);
  high = Select(valid_high & (high > none), high, none);
  return Max(Select(low > high, low, high));
}

}  // namespace

LayerCache::LayerCache(uint32_t slots, uint32_t kv_heads, uint32_t blocks, uint32_t head_dim)
    : kv_heads_(kv_heads), blocks_(blocks), head_dim_(head_dim) {
  groups_ = static_cast<uint32_t>(CeilDiv(head_dim, 32));
  quads_ = static_cast<uint32_t>(CeilDiv(head_dim, 4));
  v_vectors_ = static_cast<uint32_t>(CeilDiv(head_dim, kLanes));
  const size_t count = size_t{slots} * kv_heads * blocks;
  k_ = Aligned<uint8_t>(count * quads_ * kTokens * 4);
  k_scale_ = Aligned<float>(count * groups_ * kTokens);
  v_ = Aligned<int8_t>(count * v_vectors_ * kLanes * kTokens);
  v_scale_ = Aligned<float>(count * kTokens);
}

void LayerCache::AppendK(uint32_t slot, uint32_t position, uint32_t head, const float* k, float qs,
                         float hinv) {
  const size_t block = Block(slot, head, position);
  const uint32_t token = position % kTokens;
  for (uint32_t g = 0; g < groups_; ++g) {
    const uint32_t n = std::min(32u, head_dim_ - g * 32);
    int8_t q[32];
    int32_t unused_sum;
    const float scale = QuantizeGroup(k + g * 32, static_cast<int>(n), qs, q, &unused_sum) * hinv;
    k_scale_[(block * groups_ + g) * kTokens + token] = H2f(F2h(scale));
    for (uint32_t d = 0; d < n; d += 4) {
      uint8_t* to = &k_[((block * quads_ + g * 8 + d / 4) * kTokens + token) * 4];
      const uint32_t quad = static_cast<uint32_t>(Quad(q + d)) ^ 0x80808080u;  // value + 128
      std::memcpy(to, &quad, sizeof quad);
    }
  }
}

void LayerCache::AppendV(uint32_t slot, uint32_t position, uint32_t head, const float* v, float qs) {
  const size_t block = Block(slot, head, position);
  const uint32_t token = position % kTokens;
  int8_t q[256];
  const float scale = Quantize(v, static_cast<int>(head_dim_), qs, q);
  v_scale_[block * kTokens + token] = H2f(F2h(scale));
  int8_t* to = &v_[((block * (kTokens / 4) + token / 4) * v_vectors_ * kLanes) * 4 + token % 4];
  for (uint32_t d = 0; d < head_dim_; ++d) to[4 * d] = q[d];
}

namespace {

// What one query head carries through the blocks.
struct Head {
  float m = 0, l = 0;
  alignas(64) int8_t p[kTokens];  // the block's probabilities, 0..127: they and the V scales are not negative
  float sp = 0, alpha = 0;
};

// One block of docs/numerics.md section 4: scores to quantized probabilities.
WEFT_INLINE void SoftmaxLanes(Head& head, bool first, F low, F high, I valid_low, I valid_high,
                              const float* v_scale) {
  const float bmax = MaxScore(low, high, valid_low, valid_high);
  const float m = first || bmax > head.m ? bmax : head.m;
  const F p_low = Keep(lanes::Exp2(low - m), valid_low);
  const F p_high = Keep(lanes::Exp2(high - m), valid_high);
  const float sum = SumProbabilities(p_low, p_high);
  alignas(64) float w[kTokens];
  Store(w, Keep(p_low * Load(v_scale), valid_low));
  Store(w + kLanes, Keep(p_high * Load(v_scale + kLanes), valid_high));
  int32_t unused_sum;
  head.sp = QuantizeGroup(w, kTokens, kQs, head.p, &unused_sum);
  head.alpha = first ? 0.0f : inl::Exp2(head.m - m);
  head.l = first ? sum : head.l * head.alpha + sum;
  head.m = m;
}

}  // namespace

template <int kHeads, int kVectors>
void LayerCache::AttendHeads(size_t first_block, uint32_t position, const int8_t* q, const float* scale,
                             const int32_t* minus_128_sum, float* y) const {
  const uint32_t vectors = kVectors != 0 ? kVectors : v_vectors_;
  const uint32_t groups = groups_;
  const uint32_t last = position / kTokens;
  Head heads[kHeads];
  F o[kHeads][kVectors != 0 ? kVectors : 16];  // head_dim is at most 256
  const uint8_t* k = k_.data() + first_block * quads_ * kTokens * 4;
  const float* k_scale = k_scale_.data() + first_block * groups * kTokens;
  const int8_t* v = v_.data() + first_block * vectors * kLanes * kTokens;
  const float* v_scale = v_scale_.data() + first_block * kTokens;
  for (uint32_t block = 0; block <= last; ++block) {
    F low[kHeads], high[kHeads];  // scores
    for (uint32_t g = 0; g < groups; ++g) {
      I sum_low[kHeads], sum_high[kHeads];
      for (int h = 0; h < kHeads; ++h) sum_low[h] = sum_high[h] = Set(minus_128_sum[h * groups + g]);
      const uint32_t quads = g + 1 == groups ? quads_ - g * 8 : 8;
      for (uint32_t i = 0; i < quads; ++i, k += kTokens * 4) {
        for (int h = 0; h < kHeads; ++h) {
          const int32_t quad = Quad(q + (h * groups + g) * 32 + i * 4);
          sum_low[h] = DotUnsigned(sum_low[h], k, quad);
          sum_high[h] = DotUnsigned(sum_high[h], k + 64, quad);
        }
      }
      for (int h = 0; h < kHeads; ++h) {
        const F t_low = (Load(k_scale) * scale[h * groups + g]) * ToFloat(sum_low[h]);
        const F t_high = (Load(k_scale + kLanes) * scale[h * groups + g]) * ToFloat(sum_high[h]);
        low[h] = g == 0 ? t_low : low[h] + t_low;
        high[h] = g == 0 ? t_high : high[h] + t_high;
      }
      k_scale += kTokens;
    }

    const int valid = block < last ? kTokens : static_cast<int>(position % kTokens) + 1;
    const I valid_low = Below(valid), valid_high = Below(valid - kLanes);
    for (int h = 0; h < kHeads; ++h) {
      SoftmaxLanes(heads[h], block == 0, low[h], high[h], valid_low, valid_high, v_scale);
    }

    for (uint32_t at = 0; at < vectors; ++at) {
      I even[kHeads]{}, odd[kHeads]{};
      for (int i = 0; i < kTokens / 4; i += 2) {
        const int8_t* values = v + (size_t(i) * vectors + at) * 64;
        for (int h = 0; h < kHeads; ++h) {
          even[h] = DotSigned(even[h], values, Quad(heads[h].p + 4 * i));
          odd[h] = DotSigned(odd[h], values + size_t{vectors} * 64, Quad(heads[h].p + 4 * i + 4));
        }
      }
      for (int h = 0; h < kHeads; ++h) {
        const F t = ToFloat(even[h] + odd[h]) * heads[h].sp;
        o[h][at] = block == 0 ? t : o[h][at] * heads[h].alpha + t;
      }
    }
    v += size_t{vectors} * kLanes * kTokens;
    v_scale += kTokens;
  }
  for (int h = 0; h < kHeads; ++h) {
    const float inv = inl::Recip(heads[h].l);
    for (uint32_t at = 0; at < vectors; ++at) Store(y + h * head_dim_ + at * kLanes, o[h][at] * inv);
  }
}

template <int kVectors>
void LayerCache::AttendVectors(size_t first_block, uint32_t position, uint32_t count, const int8_t* q,
                               const float* scale, const int32_t* minus_128_sum, float* y) const {
  uint32_t h = 0;
  const auto attend = [&]<int kHeads>() {
    const size_t at = size_t{h} * groups_;
    AttendHeads<kHeads, kVectors>(first_block, position, q + at * 32, scale + at, minus_128_sum + at,
                                  y + size_t{h} * head_dim_);
    h += kHeads;
  };
  while (count - h >= 2) attend.template operator()<2>();
  if (count - h == 1) attend.template operator()<1>();
}

void LayerCache::Attend(uint32_t slot, uint32_t position, uint32_t head, uint32_t count, const int8_t* q,
                        const float* scale, const int32_t* minus_128_sum, float* y) const {
  const size_t first = Block(slot, head, 0);
  switch (v_vectors_) {
    case 1:
      return AttendVectors<1>(first, position, count, q, scale, minus_128_sum, y);
    case 2:
      return AttendVectors<2>(first, position, count, q, scale, minus_128_sum, y);
    case 4:
      return AttendVectors<4>(first, position, count, q, scale, minus_128_sum, y);
    default:
      return AttendVectors<0>(first, position, count, q, scale, minus_128_sum, y);
  }
}

}  // namespace weft::golden
