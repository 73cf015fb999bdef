#include "sw/golden/sampler.h"

#include <algorithm>

#include "sw/golden/fp_env.h"
#include "sw/golden/lanes.h"
#include "sw/golden/special.h"

namespace weft::golden {

uint32_t SampleHash(uint32_t seed, uint32_t position) {
  uint32_t h = seed ^ (position * 0x9e3779b9u);
  h ^= h >> 16;
  h *= 0x7feb352du;
  h ^= h >> 15;
  h *= 0x846ca68bu;
  h ^= h >> 16;
  return h;
}

Sampler::Sampler(const SampleParams& params, uint32_t limit)
    : params_(params), k_(std::clamp(params.top_k, 1u, std::min(limit, kMaxTopK))) {}

void Sampler::Add(uint32_t index, float logit) {
  if (IsNan(logit)) return;
  if (count_ == k_ && !(logit > value_[k_ - 1])) return;
  uint32_t at = count_ < k_ ? count_++ : k_ - 1;
  for (; at > 0 && logit > value_[at - 1]; --at) {
    value_[at] = value_[at - 1];
    index_[at] = index_[at - 1];
  }
  value_[at] = logit;
  index_[at] = index;
}

uint32_t Sampler::Finish() const {
  if (count_ == 0) return 0;
  if (k_ == 1) return index_[0];
  float c[kMaxTopK];  // cumulated weights
  for (uint32_t j = 0; j < count_; ++j) {
    const float e = Exp2((value_[j] - value_[0]) * params_.z);
    c[j] = j == 0 ? e : c[j - 1] + e;
  }
  const float u = static_cast<float>(SampleHash(params_.seed, params_.position) >> 8) * 0x1p-24f;
  const float target = u * c[count_ - 1];
  for (uint32_t j = 0; j < count_; ++j) {
    if (c[j] > target) return index_[j];
  }
  return index_[count_ - 1];
}

uint32_t Sample(const float* logits, uint32_t n, const SampleParams& params, uint32_t limit) {
  Sampler sampler(params, limit);
  uint32_t i = 0;
  for (; i + lanes::kLanes <= n; i += lanes::kLanes) {
    // Most vectors hold nothing that moves ahead.
    const lanes::I ahead = lanes::Load(logits + i) > sampler.Threshold();
    if (sampler.Full() && lanes::Max(ahead & 1) == 0) continue;
    for (uint32_t j = i; j < i + lanes::kLanes; ++j) sampler.Add(j, logits[j]);
  }
  for (; i < n; ++i) sampler.Add(i, logits[i]);
  return sampler.Finish();
}

}  // namespace weft::golden
