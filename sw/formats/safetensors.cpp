#include "sw/formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <nlohmann/json.hpp>

#include "sw/formats/cursor.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxDirectoryBytes = 100'000'000;  // the reference implementation's limit

Json Parse(std::string_view text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

std::optional<DType> FloatType(const Json& name) {
  if (name == "F32") return DType::kF32;
  if (name == "F16") return DType::kF16;
  if (name == "BF16") return DType::kBF16;
  return {};
}

// A member that is a list of numbers from 0; nothing if it is something else.
std::optional<std::vector<uint64_t>> Numbers(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_array()) return {};
  std::vector<uint64_t> numbers;
  for (const Json& number : *found) {
    if (!number.is_number_unsigned()) return {};
    numbers.push_back(number.get<uint64_t>());
  }
  return numbers;
}

Result<SafeTensor> ReadEntry(const std::string& name, const Json& entry, std::span<const uint8_t> data) {
  const std::string what = "tensor " + Quoted(name);
  if (!entry.is_object()) return Error{what + " is described by no object, wanted dtype, shape, data_offsets"};
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) return Error{what + " has no dtype, wanted a string"};
  const auto type = FloatType(*dtype);
  if (!type) return Error{what + " is " + Quoted(dtype->get<std::string>()) + ", wanted F32, F16 or BF16"};
  const auto shape = Numbers(entry, "shape");
  if (!shape || shape->empty() || shape->size() > 2) {
    return Error{what + " has no shape of one or two numbers, wanted a vector or a matrix"};
  }
  for (const uint64_t size : *shape) {
    if (size >= 1 && size <= UINT32_MAX) continue;
    return Error{what + " has a dimension of " + std::to_string(size) + ", wanted 1 to 4294967295"};
  }
  const auto offsets = Numbers(entry, "data_offsets");
  if (!offsets || offsets->size() != 2) return Error{what + " has no data_offsets, wanted two numbers"};
  SafeTensor tensor{name, *type, 1, static_cast<uint32_t>(shape->back()), {}};
  if (shape->size() == 2) tensor.rows = static_cast<uint32_t>(shape->front());
  const uint64_t begin = (*offsets)[0], end = (*offsets)[1];
  if (begin > end || end > data.size()) {
    return Error{what + " takes bytes " + std::to_string(begin) + " to " + std::to_string(end) +
                 " of the data, wanted inside its " + std::to_string(data.size()) + " bytes"};
  }
  // In 128 bits: two dimensions below 2^32, times 4, may be 2^66.
  const auto wanted = static_cast<unsigned __int128>(RowBytes(*type, tensor.cols)) * tensor.rows;
  if (end - begin != wanted) {
    return Error{what + " takes " + std::to_string(end - begin) + " bytes, wanted " +
                 std::to_string(tensor.rows) + " x " + std::to_string(tensor.cols) + " elements of " +
                 DTypeName(*type)};
  }
  tensor.data = data.subspan(begin, end - begin);
  return tensor;
}

}  // namespace

bool LooksLikeSafetensors(std::span<const uint8_t> bytes) {
  uint64_t length = 0;
  if (bytes.size() < 10) return false;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length >= 2 && length <= kMaxDirectoryBytes && bytes[8] == '{';
}

Result<std::vector<SafeTensor>> ReadSafetensors(std::span<const uint8_t> bytes) {
  Cursor in(bytes);
  const uint64_t length = in.Read<uint64_t>("the length of the directory");
  if (in.ok() && length > kMaxDirectoryBytes) {
    in.Fail("has a directory of " + std::to_string(length) + " bytes, wanted at most " +
            std::to_string(kMaxDirectoryBytes));
  }
  const std::string_view text = in.Text(length, "the directory");
  if (!in.ok()) return *in.status();
  const Json directory = Parse(text);
  if (!directory.is_object()) return Error{"has a directory that is no JSON object, wanted one"};
  const auto data = bytes.subspan(in.at());
  std::vector<SafeTensor> tensors;
  for (const auto& [name, entry] : directory.items()) {
    if (name == "__metadata__") continue;
    auto tensor = ReadEntry(name, entry, data);
    if (!tensor) return tensor.error();
    tensors.push_back(std::move(*tensor));
  }
  std::vector<const SafeTensor*> order;
  for (const SafeTensor& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->data.data() < b->data.data(); });
  for (size_t i = 1; i < order.size(); ++i) {
    if (order[i]->data.data() >= order[i - 1]->data.data() + order[i - 1]->data.size()) continue;
    return Error{"tensor " + Quoted(order[i]->name) + " overlaps tensor " + Quoted(order[i - 1]->name) +
                 ", wanted bytes of its own"};
  }
  return tensors;
}

Result<std::map<std::string, std::string>> ReadSafetensorsIndex(std::span<const uint8_t> bytes) {
  const Json index = Parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!index.is_object()) return Error{"is no JSON object, wanted one with a weight_map"};
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object() || map->empty()) {
    return Error{"has no weight_map, wanted an object from tensors to files"};
  }
  std::map<std::string, std::string> files;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name[0] == '.' || name.find('/') != name.npos || name.find('\0') != name.npos) {
      return Error{"puts tensor " + Quoted(tensor) + " into file " + Quoted(name) +
                   ", wanted the plain name of a file in the same folder"};
    }
    files.emplace(tensor, name);
  }
  return files;
}

}  // namespace weft
