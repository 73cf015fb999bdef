// The safetensors container: a directory in JSON, then the bytes of the tensors.
//
// File: u64 length of the directory, {"name": {"dtype": "BF16", "shape": [rows, cols], "data_offsets": [begin,
// end]}, ...}, data; offsets count from the end of the directory. "__metadata__" is skipped.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/model/dtype.h"

namespace weft {

struct SafeTensor {
  std::string name;
  DType type = DType::kF32;  // F32, F16 or BF16
  uint32_t rows = 1;         // of a vector: 1
  uint32_t cols = 1;
  std::span<const uint8_t> data;  // rows * cols elements
};

// True if the first bytes could be such a file's.
bool LooksLikeSafetensors(std::span<const uint8_t> bytes);

// The tensors by name. The result refers to `bytes`, which must outlive it. Vectors and matrices of floats only; the
// messages name the tensor, not the file.
Result<std::vector<SafeTensor>> ReadSafetensors(std::span<const uint8_t> bytes);

// The files of a model in several: the "weight_map" of a *.safetensors.index.json, from tensor to file. Each file
// is a plain name, without folders.
Result<std::map<std::string, std::string>> ReadSafetensorsIndex(std::span<const uint8_t> bytes);

}  // namespace weft
