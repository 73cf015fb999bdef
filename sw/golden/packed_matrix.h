// A weight payload unpacked for speed, and its product with rows of activations.
#pragma once

#include <cstdint>
#include <span>

#include "sw/compiler/layout.h"
#include "sw/golden/activations.h"
#include "sw/golden/aligned.h"

namespace weft::golden {

// Blocks of 16 outputs: weights [block][quad][16][4] as value + 128, scales [block][group][16] as fp32. A
// quad is 4 elements along K; the last group holds only the quads that the tape streams.
struct PackedMatrix {
  uint32_t outputs = 0;  // true ones
  uint32_t blocks = 0;
  uint32_t groups = 0;
  uint32_t quads = 0;  // of a row
  Aligned<uint8_t> weights;
  Aligned<float> scales;

  uint32_t padded() const { return blocks * lanes::kLanes; }
};

// Unpacks a payload. Pairs: place gate rows (even outputs) in even blocks and up rows in odd ones, so that
// lane i of blocks 2b and 2b + 1 are outputs 32b + 2i and 32b + 2i + 1.
PackedMatrix PackMatrix(const PanelLayout& layout, std::span<const uint8_t> payload, bool pairs);

// y[row * stride + n] = sum over groups, times rinv[row] unless rinv is null, for the listed rows. y has
// padded() outputs a row; those without a row in the matrix come out as sums of zeros.
void MultiplyRows(const PackedMatrix& w, const Activations& a, std::span<const uint32_t> rows,
                  const float* rinv, float* y, size_t stride);

}  // namespace weft::golden
