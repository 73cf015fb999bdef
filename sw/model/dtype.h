// The storage types of a tensor's elements: names, block sizes and how to read them. Values are GGUF type ids.
//
// A row of cols elements is cols / block blocks, one behind the other. What a block means is defined by the GGUF
// ecosystem; sw/model/dequantize.cpp says it again, type by type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace weft {

// The types that tensors of a checkpoint may have.
enum class DType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kIQ4_NL = 20,
  kIQ4_XS = 23,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kMXFP4 = 39,
};

struct DTypeInfo {
  uint32_t id;
  const char* name;      // "Q8_0", as GGUF tools spell it
  uint32_t block;        // elements that share scales; 1 for plain floats
  uint32_t block_bytes;
  // Blocks to fp32; null for types that files may name but no checkpoint may have.
  void (*decode)(const uint8_t* in, size_t blocks, float* out);
};

// Every type that GGUF defines, by rising id.
std::span<const DTypeInfo> DTypes();
// Null for an id that GGUF does not define.
const DTypeInfo* FindDType(uint32_t id);

// For types of the enum:
bool IsReadable(DType type);  // false for a value outside the enum
const char* DTypeName(DType type);
// Elements that share a scale.
uint32_t BlockSize(DType type);
// Bytes of one row of `cols` elements; counts whole blocks.
uint64_t RowBytes(DType type, uint64_t cols);
// "F32, F16, Q4_0, ... or MXFP4", for messages.
std::string ReadableDTypes();

}  // namespace weft
