#include "sw/model/dtype.h"

#include "sw/base/result.h"
#include "sw/model/dequantize.h"

namespace weft {
namespace {

constexpr DTypeInfo kTypes[] = {
    {0, "F32", 1, 4, DecodeF32},
    {1, "F16", 1, 2, DecodeF16},
    {2, "Q4_0", 32, 18, DecodeQ4_0},
    {3, "Q4_1", 32, 20, DecodeQ4_1},
    {6, "Q5_0", 32, 22, DecodeQ5_0},
    {7, "Q5_1", 32, 24, DecodeQ5_1},
    {8, "Q8_0", 32, 34, DecodeQ8_0},
    {9, "Q8_1", 32, 36, nullptr},
    {10, "Q2_K", 256, 84, DecodeQ2_K},
    {11, "Q3_K", 256, 110, DecodeQ3_K},
    {12, "Q4_K", 256, 144, DecodeQ4_K},
    {13, "Q5_K", 256, 176, DecodeQ5_K},
    {14, "Q6_K", 256, 210, DecodeQ6_K},
    {15, "Q8_K", 256, 292, nullptr},
    {16, "IQ2_XXS", 256, 66, nullptr},
    {17, "IQ2_XS", 256, 74, nullptr},
    {18, "IQ3_XXS", 256, 98, nullptr},
    {19, "IQ1_S", 256, 50, nullptr},
    {20, "IQ4_NL", 32, 18, DecodeIQ4_NL},
    {21, "IQ3_S", 256, 110, nullptr},
    {22, "IQ2_S", 256, 82, nullptr},
    {23, "IQ4_XS", 256, 136, DecodeIQ4_XS},
    {24, "I8", 1, 1, nullptr},
    {25, "I16", 1, 2, nullptr},
    {26, "I32", 1, 4, nullptr},
    {27, "I64", 1, 8, nullptr},
    {28, "F64", 1, 8, nullptr},
    {29, "IQ1_M", 256, 56, nullptr},
    {30, "BF16", 1, 2, DecodeBF16},
    {34, "TQ1_0", 256, 54, DecodeTQ1_0},
    {35, "TQ2_0", 256, 66, DecodeTQ2_0},
    {39, "MXFP4", 32, 17, DecodeMXFP4},
};

const DTypeInfo& Info(DType type) {
  const DTypeInfo* found = FindDType(static_cast<uint32_t>(type));
  WEFT_CHECK(found != nullptr, "the type must be one that GGUF defines");
  return *found;
}

}  // namespace

std::span<const DTypeInfo> DTypes() { return kTypes; }

const DTypeInfo* FindDType(uint32_t id) {
  for (const DTypeInfo& type : kTypes) {
    if (type.id == id) return &type;
  }
  return nullptr;
}

bool IsReadable(DType type) {
  const DTypeInfo* found = FindDType(static_cast<uint32_t>(type));
  return found != nullptr && found->decode != nullptr;
}

const char* DTypeName(DType type) { return Info(type).name; }
uint32_t BlockSize(DType type) { return Info(type).block; }

uint64_t RowBytes(DType type, uint64_t cols) {
  const DTypeInfo& info = Info(type);
  return cols / info.block * info.block_bytes;
}

std::string ReadableDTypes() {
  std::string names, last;
  for (const DTypeInfo& type : kTypes) {
    if (type.decode == nullptr) continue;
    if (!last.empty()) names += names.empty() ? last : ", " + last;
    last = type.name;
  }
  return names + " or " + last;
}

}  // namespace weft
