#include "sw/golden/packed_matrix.h"

#include <algorithm>
#include <vector>

#include "sw/golden/lanes_dot.h"
#include "sw/golden/prim.h"

namespace weft::golden {

using namespace lanes;

PackedMatrix PackMatrix(const PanelLayout& layout, std::span<const uint8_t> payload, bool pairs) {
  PackedMatrix m;
  m.outputs = layout.outputs();
  m.groups = layout.groups();
  m.quads = (m.groups - 1) * 8 + static_cast<uint32_t>(CeilDiv(layout.tail(), 4));
  m.blocks = pairs ? 2 * static_cast<uint32_t>(CeilDiv(m.outputs, 2 * kLanes))
                   : static_cast<uint32_t>(CeilDiv(m.outputs, kLanes));
  m.weights = Aligned<uint8_t>(size_t{m.blocks} * m.quads * 64);
  m.scales = Aligned<float>(size_t{m.blocks} * m.groups * kLanes);
  std::fill_n(m.weights.data(), m.weights.size(), uint8_t{128});
  std::vector<int8_t> q(size_t{m.groups} * 32);
  std::vector<uint16_t> scales(m.groups);
  for (uint32_t n = 0; n < m.outputs; ++n) {
    UnpackRow(layout, payload, n, q.data(), scales.data());
    const uint32_t block = pairs ? n / 32 * 2 + n % 2 : n / kLanes;
    const uint32_t lane = pairs ? n % 32 / 2 : n % kLanes;
    for (uint32_t k = 0; k < m.quads * 4; ++k) {
      m.weights[((size_t{block} * m.quads + k / 4) * kLanes + lane) * 4 + k % 4] =
          static_cast<uint8_t>(q[k] + 128);
    }
    for (uint32_t g = 0; g < m.groups; ++g) {
      m.scales[(size_t{block} * m.groups + g) * kLanes + lane] = H2f(scales[g]);
    }
  }
  return m;
}

namespace {

// One block of outputs for kRows rows: the weights are read once.
template <int kRows>
WEFT_INLINE void MultiplyBlock(const PackedMatrix& w, const Activations& a, uint32_t block,
                               const uint32_t* rows, const float* rinv, float* y, size_t stride) {
  const uint8_t* weights = w.weights.data() + size_t{block} * w.quads * 64;
  const float* scales = w.scales.data() + size_t{block} * w.groups * kLanes;
  F acc[kRows];
  for (uint32_t g = 0; g < w.groups; ++g) {
    const uint32_t quads = g + 1 == w.groups ? w.quads - g * 8 : 8;
    const F scale = Load(scales + size_t{g} * kLanes);
    I sum[kRows];
    const int8_t* q[kRows];
    for (int r = 0; r < kRows; ++r) {
      const size_t at = size_t{rows[r]} * a.groups + g;
      sum[r] = Set(a.minus_128_sum[at]);
      q[r] = a.q.data() + at * 32;
    }
    for (uint32_t i = 0; i < quads; ++i, weights += 64) {
      for (int r = 0; r < kRows; ++r) sum[r] = DotUnsigned(sum[r], weights, Quad(q[r] + 4 * i));
    }
    for (int r = 0; r < kRows; ++r) {
      const F t = (scale * a.scale[size_t{rows[r]} * a.groups + g]) * ToFloat(sum[r]);
      acc[r] = g == 0 ? t : acc[r] + t;
    }
  }
  for (int r = 0; r < kRows; ++r) {
    if (rinv != nullptr) acc[r] = acc[r] * rinv[rows[r]];
    Store(y + rows[r] * stride + size_t{block} * kLanes, acc[r]);
  }
}

}  // namespace

void MultiplyRows(const PackedMatrix& w, const Activations& a, std::span<const uint32_t> rows,
                  const float* rinv, float* y, size_t stride) {
  for (uint32_t block = 0; block < w.blocks; ++block) {
    const uint32_t* row = rows.data();
    size_t left = rows.size();
    for (; left >= 8; left -= 8, row += 8) MultiplyBlock<8>(w, a, block, row, rinv, y, stride);
    if (left >= 4) {
      MultiplyBlock<4>(w, a, block, row, rinv, y, stride);
      row += 4, left -= 4;
    }
    if (left >= 2) {
      MultiplyBlock<2>(w, a, block, row, rinv, y, stride);
      row += 2, left -= 2;
    }
    if (left == 1) MultiplyBlock<1>(w, a, block, row, rinv, y, stride);
  }
}

}  // namespace weft::golden
