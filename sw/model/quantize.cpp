#include "sw/model/quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "sw/model/half.h"

namespace weft {
namespace {

constexpr uint32_t kBlock = 32;
constexpr uint32_t kBlockBytes = 34;
constexpr uint16_t kLargestHalf = 0x7bff;  // 65504

// out[34] <- in[32]
void QuantizeBlock(const float* in, uint8_t* out) {
  float amax = 0;
  for (uint32_t i = 0; i < kBlock; ++i) amax = std::max(amax, std::fabs(in[i]));
  const uint16_t half = std::min(FloatToHalf(amax / 127.0f), kLargestHalf);
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

}  // namespace

Tensor QuantizeQ8_0(const Tensor& in, uint32_t padded_cols) {
  WEFT_CHECK(padded_cols % kBlock == 0 && padded_cols >= in.cols, "rows are padded to whole blocks");
  Tensor out;
  out.type = DType::kQ8_0;
  out.rows = in.rows;
  out.cols = padded_cols;
  const size_t out_bytes = RowBytes(DType::kQ8_0, padded_cols);
  out.data.resize(in.rows * out_bytes);  // zeros: a zero scale and zero values are the padding
  if (in.type == DType::kQ8_0) {
    const size_t in_bytes = RowBytes(DType::kQ8_0, in.cols);
    for (size_t r = 0; r < in.rows; ++r) {
      std::memcpy(out.data.data() + r * out_bytes, in.data.data() + r * in_bytes, in_bytes);
    }
    return out;
  }
  std::vector<float> row(padded_cols);  // [padded_cols], zero past in.cols
  uint8_t* block = out.data.data();
  for (uint32_t r = 0; r < in.rows; ++r) {
    in.Row(r, row.data());
    for (uint32_t i = 0; i < padded_cols; i += kBlock, block += kBlockBytes) QuantizeBlock(&row[i], block);
  }
  return out;
}

}  // namespace weft
