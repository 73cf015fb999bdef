#include "sw/model/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "sw/model/half.h"

namespace weft {
namespace {

constexpr uint32_t kBlock = 32;
constexpr uint32_t kTernaryBlock = 256;
constexpr uint16_t kLargestHalf = 0x7bff;  // 65504

// fp16 of `value`, saturated to the largest number.
uint16_t Saturated(float value) {
  const uint16_t half = FloatToHalf(value);
  return (half & 0x7fffu) > kLargestHalf ? static_cast<uint16_t>((half & 0x8000u) | kLargestHalf) : half;
}

// out[34] <- in[32]
void BlockQ8_0(const float* in, uint8_t* out) {
  float amax = 0;
  for (uint32_t i = 0; i < kBlock; ++i) amax = std::max(amax, std::fabs(in[i]));
  const uint16_t half = Saturated(amax / 127.0f);
  std::memcpy(out, &half, sizeof half);
  if (half == 0) {
    std::memset(out + 2, 0, kBlock);
    return;
  }
  const float scale = HalfToFloat(half);
  for (uint32_t i = 0; i < kBlock; ++i) {
    const float q = std::clamp(std::nearbyint(in[i] / scale), -127.0f, 127.0f);
    out[2 + i] = static_cast<uint8_t>(static_cast<int8_t>(q));
  }
}

struct Q4Candidate {
  uint16_t half = 0;  // the scale
  std::array<uint8_t, kBlock> q;
  double error = 0;
  double refit = 0;  // the scale that fits these q best; 0 if they are all zeros
};

Q4Candidate RoundQ4_0(const float* in, double wanted) {
  Q4Candidate c;
  const uint16_t half = Saturated(static_cast<float>(wanted));
  if ((half & 0x7fffu) != 0) c.half = half;  // no negative zero
  const float scale = HalfToFloat(c.half);
  double products = 0, squares = 0;
  for (uint32_t i = 0; i < kBlock; ++i) {
    const float q = scale == 0 ? 8.0f : std::clamp(std::nearbyint(in[i] / scale) + 8.0f, 0.0f, 15.0f);
    c.q[i] = static_cast<uint8_t>(q);
    const double value = double{q} - 8, miss = double{in[i]} - double{scale} * value;
    c.error += miss * miss;
    products += double{in[i]} * value;
    squares += value * value;
  }
  if (squares > 0) c.refit = products / squares;
  return c;
}

// out[18] <- in[32]
void BlockQ4_0(const float* in, uint8_t* out) {
  constexpr int kReach = 12;  // eighths of a step on both sides of 8
  float peak = 0;
  for (uint32_t i = 0; i < kBlock; ++i) {
    if (std::fabs(in[i]) > std::fabs(peak)) peak = in[i];
  }
  Q4Candidate best = RoundQ4_0(in, 0);
  for (int k = -kReach; k <= kReach && best.error > 0; ++k) {
    for (const double sign : {1.0, -1.0}) {
      const Q4Candidate first = RoundQ4_0(in, sign * double{peak} / (8 + k / 8.0));
      if (first.error < best.error) best = first;
      const Q4Candidate second = RoundQ4_0(in, first.refit);
      if (second.error < best.error) best = second;
    }
  }
  std::memcpy(out, &best.half, sizeof best.half);
  for (uint32_t i = 0; i < 16; ++i) out[2 + i] = static_cast<uint8_t>(best.q[i] | best.q[i + 16] << 4);
}

// out[66] <- in[256]
void BlockTQ2_0(const float* in, uint8_t* out) {
  std::array<float, kTernaryBlock> magnitude;
  for (uint32_t i = 0; i < kTernaryBlock; ++i) magnitude[i] = std::fabs(in[i]);
  std::sort(magnitude.begin(), magnitude.end(), std::greater<float>());
  double sum = 0, best = 0, mean = 0;
  for (uint32_t n = 1; n <= kTernaryBlock; ++n) {
    sum += magnitude[n - 1];
    if (sum * sum / n < best) continue;
    best = sum * sum / n;
    mean = sum / n;
  }
  const uint16_t half = Saturated(static_cast<float>(mean));
  const float scale = HalfToFloat(half);
  std::memset(out, 0, 64);
  for (uint32_t i = 0; i < kTernaryBlock; ++i) {
    const float q = scale == 0 ? 0.0f : std::clamp(std::nearbyint(in[i] / scale), -1.0f, 1.0f);
    out[i / 128 * 32 + i % 32] |= static_cast<uint8_t>(static_cast<int>(q + 1) << (i / 32 % 4 * 2));
  }
  std::memcpy(out + 64, &half, sizeof half);
}

// `in` in blocks of `type`, each made by `block` from its elements.
Tensor Quantize(const Tensor& in, DType type, uint32_t padded_cols, void (*block)(const float*, uint8_t*)) {
  const uint32_t size = BlockSize(type);
  WEFT_CHECK(padded_cols % size == 0 && padded_cols >= in.cols, "rows are padded to whole blocks");
  if (in.type == type && in.cols == padded_cols) return in;
  Tensor out;
  out.type = type;
  out.rows = in.rows;
  out.cols = padded_cols;
  const size_t row_bytes = RowBytes(type, padded_cols);
  out.data.resize(in.rows * row_bytes);
  // A row that has the type keeps its blocks; `kept` bytes of them.
  const size_t kept = in.type == type ? RowBytes(type, in.cols) : 0;
  const size_t first = in.type == type ? in.cols : 0;
  const size_t block_bytes = RowBytes(type, size);
  std::vector<float> row(padded_cols);  // zero past in.cols
  for (uint32_t r = 0; r < in.rows; ++r) {
    uint8_t* to = out.data.data() + r * row_bytes;
    std::memcpy(to, in.data.data() + r * kept, kept);
    to += kept;
    if (kept == 0) in.Row(r, row.data());
    for (size_t i = first; i < padded_cols; i += size, to += block_bytes) block(&row[i], to);
  }
  return out;
}

}  // namespace

Tensor QuantizeQ8_0(const Tensor& in, uint32_t padded_cols) {
  return Quantize(in, DType::kQ8_0, padded_cols, BlockQ8_0);
}

Tensor QuantizeQ4_0(const Tensor& in, uint32_t padded_cols) {
  return Quantize(in, DType::kQ4_0, padded_cols, BlockQ4_0);
}

Tensor QuantizeTQ2_0(const Tensor& in, uint32_t padded_cols) {
  return Quantize(in, DType::kTQ2_0, padded_cols, BlockTQ2_0);
}

Tensor ToF32(const Tensor& in) {
  if (in.type == DType::kF32) return in;
  Tensor out{DType::kF32, in.rows, in.cols, {}};
  out.data.resize(in.rows * RowBytes(DType::kF32, in.cols));
  std::vector<float> row(in.cols);
  for (uint32_t r = 0; r < in.rows; ++r) {
    in.Row(r, row.data());
    std::memcpy(out.data.data() + r * RowBytes(DType::kF32, in.cols), row.data(), row.size() * sizeof(float));
  }
  return out;
}

Tensor ToF16(const Tensor& in) {
  if (in.type == DType::kF16) return in;
  Tensor out{DType::kF16, in.rows, in.cols, {}};
  out.data.resize(in.rows * RowBytes(DType::kF16, in.cols));
  std::vector<float> row(in.cols);
  uint8_t* to = out.data.data();
  for (uint32_t r = 0; r < in.rows; ++r) {
    in.Row(r, row.data());
    for (const float value : row) {
      const uint16_t half = FloatToHalf(value);
      std::memcpy(to, &half, sizeof half);
      to += sizeof half;
    }
  }
  return out;
}

}  // namespace weft
