#include "sw/formats/gguf_keys.h"

#include <utility>

namespace weft {
namespace {

std::string Describe(const GgufValue& value) {
  if (value.type == GgufType::kArray) return std::string("array of ") + GgufTypeName(value.element);
  return GgufTypeName(value.type);
}

}  // namespace

void GgufKeys::Fail(std::string message) {
  if (!error_) error_ = Error{std::move(message)};
}

template <typename Accept>
const GgufValue* GgufKeys::Find(const std::string& key, bool required, const char* wanted, Accept accept) {
  const auto found = file_.keys.find(key);
  if (found == file_.keys.end()) {
    if (required) Fail("key '" + key + "' is missing, wanted " + wanted);
    return nullptr;
  }
  if (!accept(found->second)) {
    Fail("key '" + key + "' has type " + Describe(found->second) + ", wanted " + wanted);
    return nullptr;
  }
  return &found->second;
}

uint32_t GgufKeys::Count(const std::string& key, std::optional<uint32_t> fallback) {
  const GgufValue* value =
      Find(key, !fallback, "an integer", [](const GgufValue& v) { return IsInteger(v.type); });
  if (value == nullptr) return fallback.value_or(0);
  if (value->integer > UINT32_MAX) {
    const std::string found = IsSigned(value->type) ? std::to_string(static_cast<int64_t>(value->integer))
                                                    : std::to_string(value->integer);
    Fail("key '" + key + "' is " + found + ", wanted 0 to 4294967295");
    return 0;
  }
  return static_cast<uint32_t>(value->integer);
}

double GgufKeys::Number(const std::string& key, std::optional<double> fallback) {
  const GgufValue* value = Find(key, !fallback, "a float", [](const GgufValue& v) {
    return v.type == GgufType::kF32 || v.type == GgufType::kF64;
  });
  return value != nullptr ? value->number : fallback.value_or(0);
}

bool GgufKeys::Flag(const std::string& key, bool fallback) {
  const GgufValue* value =
      Find(key, false, "a bool", [](const GgufValue& v) { return v.type == GgufType::kBool; });
  return value != nullptr ? value->integer != 0 : fallback;
}

std::string_view GgufKeys::Text(const std::string& key, std::optional<std::string_view> fallback) {
  const GgufValue* value =
      Find(key, !fallback, "a string", [](const GgufValue& v) { return v.type == GgufType::kString; });
  return value != nullptr ? value->text : fallback.value_or("");
}

const GgufValue* GgufKeys::Array(const std::string& key, GgufType element, bool required) {
  const std::string wanted = std::string("an array of ") + GgufTypeName(element);
  return Find(key, required, wanted.c_str(),
              [element](const GgufValue& v) { return v.type == GgufType::kArray && v.element == element; });
}

}  // namespace weft
