// From logits to a token: argmax, or the k best and a hash. docs/numerics.md section 5; rtl/sampler.
#pragma once

#include <cstdint>

namespace weft::golden {

inline constexpr uint32_t kMaxTopK = 64;

struct SampleParams {
  float z = 0;         // fp32(log2(e) / temperature)
  uint32_t top_k = 1;  // 0 and 1: greedy; more than the limit counts as the limit
  uint32_t seed = 0;
  uint32_t position = 0;  // of the row whose logits are sampled
};

// The draw of one position.
uint32_t SampleHash(uint32_t seed, uint32_t position);

// Takes the logits of one row in ascending order of index.
class Sampler {
 public:
  explicit Sampler(const SampleParams& params, uint32_t limit = kMaxTopK);
  void Add(uint32_t index, float logit);
  // Once full, only logits above the threshold matter.
  bool Full() const { return count_ == k_; }
  float Threshold() const { return value_[k_ - 1]; }
  // The token; 0 when no logit could be compared.
  uint32_t Finish() const;

 private:
  SampleParams params_;
  uint32_t k_;
  uint32_t count_ = 0;
  float value_[kMaxTopK] = {};  // descending
  uint32_t index_[kMaxTopK];    // ascending among equal values
};

// The same for a whole row logits[n], with a fast path for greedy.
uint32_t Sample(const float* logits, uint32_t n, const SampleParams& params, uint32_t limit = kMaxTopK);

}  // namespace weft::golden
