// The container layer of GGUF: header, metadata and tensor directory, without any meaning of the keys.
//
// File: "GGUF", u32 version, u64 tensor count, u64 key count, keys, tensor infos, padding, tensor data.
// Everything is little endian; a string is a u64 length and its bytes, without a terminator.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sw/base/result.h"

namespace weft {

enum class GgufType : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

// For messages: "u32", "array", ...
const char* GgufTypeName(GgufType type);
bool IsInteger(GgufType type);
bool IsSigned(GgufType type);

// One metadata value. Views point into the file's bytes.
struct GgufValue {
  GgufType type = GgufType::kU8;
  uint64_t integer = 0;   // integers and bool; signed types are sign-extended
  double number = 0;      // f32, f64
  std::string_view text;  // string
  // array:
  GgufType element = GgufType::kU8;
  uint64_t count = 0;
  std::span<const uint8_t> raw;           // elements of a fixed size, packed
  std::vector<std::string_view> strings;  // elements that are strings; arrays of arrays are not kept
};

// One tensor of the directory. dims[0] is the contiguous dimension; unused ones are 1.
struct GgufTensor {
  std::string_view name;
  std::array<uint64_t, 4> dims = {1, 1, 1, 1};
  uint32_t type = 0;
  std::span<const uint8_t> data;
};

struct GgufFile {
  uint32_t version = 0;
  std::unordered_map<std::string_view, GgufValue> keys;
  std::vector<GgufTensor> tensors;  // names differ, data does not overlap and is inside the file
};

// Parses the container. The result refers to `bytes`, which must outlive it.
Result<GgufFile> ParseGguf(std::span<const uint8_t> bytes);

}  // namespace weft
