#include "sw/compiler/weights.h"

#include <algorithm>
#include <cstring>

#include "sw/compiler/layout.h"
#include "sw/model/quantize.h"

namespace weft {
namespace {

constexpr uint32_t kGroup = 32;

DType BlockType(WeightType type) {
  switch (type) {
    case WeightType::kInt4:
      return DType::kQ4_0;
    case WeightType::kTernary:
      return DType::kTQ2_0;
    case WeightType::kInt8:
      break;
  }
  return DType::kQ8_0;
}

// Whether the array can unpack the type: enough columns for the copies of a row, and whole units of scales in a panel
// step where scales are shared.
bool Carries(WeightType type, const HwConfig& hw) {
  if (1u << PartsLog2(type) > hw.columns) return false;
  const uint32_t unit = std::max(1u, hw.port / (2u << PartsLog2(type)));
  return ScaleShare(type) == 1 || hw.panel_rows % unit == 0;
}

// Exact: the values of a narrow block in a wider one with the same scale.
Tensor Widen(const Tensor& in, WeightType from, WeightType to) {
  Tensor out{BlockType(to), in.rows, in.cols, {}};
  const uint64_t row_bytes = RowBytes(out.type, in.cols);
  out.data.resize(in.rows * row_bytes);
  const uint64_t in_bytes = RowBytes(in.type, in.cols);
  for (uint32_t r = 0; r < in.rows; ++r) {
    uint8_t* block = &out.data[r * row_bytes];
    for (uint32_t g = 0; g < in.cols / kGroup; ++g) {
      int8_t values[kGroup];
      const uint16_t scale = ReadGroup(from, &in.data[r * in_bytes], g, values);
      std::memcpy(block, &scale, 2);
      if (to == WeightType::kInt8) {
        std::memcpy(block + 2, values, kGroup);
        block += 2 + kGroup;
      } else {
        for (uint32_t m = 0; m < kGroup / 2; ++m) {
          block[2 + m] = static_cast<uint8_t>((values[m] + 8) | (values[m + kGroup / 2] + 8) << 4);
        }
        block += 2 + kGroup / 2;
      }
    }
  }
  return out;
}

uint32_t BlockLength(WeightType type) { return BlockSize(BlockType(type)); }

Tensor Quantize(const Tensor& tensor, WeightType type) {
  const uint32_t cols = static_cast<uint32_t>(AlignUp(tensor.cols, BlockLength(type)));
  switch (type) {
    case WeightType::kInt4:
      return QuantizeQ4_0(tensor, cols);
    case WeightType::kTernary:
      return QuantizeTQ2_0(tensor, cols);
    case WeightType::kInt8:
      break;
  }
  return QuantizeQ8_0(tensor, cols);
}

}  // namespace

WeightType WeightTypes::Own(const Tensor& tensor) const {
  switch (tensor.type) {
    case DType::kQ4_0:
      return WeightType::kInt4;
    case DType::kTQ2_0:
      return WeightType::kTernary;
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
      return quant_;
    default:
      return WeightType::kInt8;
  }
}

WeightType WeightTypes::Of(const std::vector<const Tensor*>& tensors) const {
  WeightType type = WeightType::kTernary;
  for (const Tensor* t : tensors) {
    if (PartsLog2(Own(*t)) < PartsLog2(type)) type = Own(*t);
  }
  while (!Carries(type, *hw_)) type = type == WeightType::kTernary ? WeightType::kInt4 : WeightType::kInt8;
  return type;
}

Tensor WeightTypes::AsBlocks(const Tensor& tensor, WeightType type) const {
  const WeightType own = Own(tensor);
  Tensor blocks = Quantize(tensor, own);  // keeps the blocks of a file that has them
  return own == type ? blocks : Widen(blocks, own, type);
}

uint64_t WeightTypes::NeededRowBytes(const Tensor& tensor) const {
  const WeightType own = Own(tensor);
  const uint64_t values = CeilDiv(uint64_t{tensor.cols} * (8 >> PartsLog2(own)), 8);
  return values + 2 * CeilDiv(tensor.cols, BlockLength(own));
}

}  // namespace weft
