// Typed access to GGUF metadata. The first failure sticks, as in Cursor, so a mapping reads like a list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sw/base/result.h"
#include "sw/formats/gguf_parser.h"

namespace weft {

class GgufKeys {
 public:
  explicit GgufKeys(const GgufFile& file) : file_(file) {}

  const Status& status() const { return error_; }
  void Fail(std::string message);

  bool Has(const std::string& key) const { return file_.keys.count(key) != 0; }
  // Each returns the value, the fallback when the key is absent, or zero after failing: without a fallback
  // the key must be there. Count takes any integer type that holds 0 .. 2^32 - 1; writers do not agree on
  // one.
  uint32_t Count(const std::string& key, std::optional<uint32_t> fallback = {});
  double Number(const std::string& key, std::optional<double> fallback = {});
  bool Flag(const std::string& key, bool fallback);
  std::string_view Text(const std::string& key, std::optional<std::string_view> fallback = {});
  // An array of `element`s, or nullptr when it is absent (a failure if `required`).
  const GgufValue* Array(const std::string& key, GgufType element, bool required);

 private:
  // The value if the key is there and passes `accept`; else nullptr, and a failure unless absent is fine.
  template <typename Accept>
  const GgufValue* Find(const std::string& key, bool required, const char* wanted, Accept accept);

  const GgufFile& file_;
  Status error_;
};

}  // namespace weft
