#include "sw/golden/kv_cache.h"

#include <algorithm>
#include <cstring>

#include "sw/golden/prim.h"
#include "sw/golden/quantizer.h"

namespace weft::golden {

void AppendK(const KvGeometry& kv, std::span<uint8_t> region, uint32_t slot, uint32_t position, uint32_t head,
             const float* k, float qs, float hinv) {
  for (uint32_t d = 0; d < kv.head_dim; d += kGroup) {
    const int n = static_cast<int>(std::min<uint32_t>(kGroup, kv.head_dim - d));
    int8_t q[kGroup];
    const uint16_t scale = F2h(Quantize(k + d, n, qs, q) * hinv);
    std::memcpy(&region[kv.ElementK(slot, position, head, d)], q, static_cast<size_t>(n));
    std::memcpy(&region[kv.ScaleK(slot, position, head, d)], &scale, 2);
  }
}

void AppendV(const KvGeometry& kv, std::span<uint8_t> region, uint32_t slot, uint32_t position, uint32_t head,
             const float* v, float qs) {
  int8_t q[256];  // a head is at most 256 elements (MODEL's field has 8 bits)
  WEFT_CHECK(kv.head_dim <= sizeof q, "MODEL holds head sizes of 8 bits");
  const uint16_t scale = F2h(Quantize(v, static_cast<int>(kv.head_dim), qs, q));
  for (uint32_t d = 0; d < kv.head_dim; ++d) {
    region[kv.ElementV(slot, position, head, d)] = static_cast<uint8_t>(q[d]);
  }
  std::memcpy(&region[kv.ScaleV(slot, position, head)], &scale, 2);
}

}  // namespace weft::golden
