// Bounds-checked little-endian reading of untrusted bytes.
//
// The first failure sticks: later reads return zeros and leave its message alone, so a reader may check once
// per record instead of once per field. Loops must test ok().
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sw/base/result.h"

namespace weft {

static_assert(std::endian::native == std::endian::little, "the file formats are read by copying bytes");

// 'text' for a message: other than printable ASCII becomes '?', and more than 64 bytes are cut.
std::string Quoted(std::string_view text);

class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool ok() const { return !error_.has_value(); }
  const Status& status() const { return error_; }
  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }

  void Fail(std::string message) {
    if (ok()) error_ = Error{std::move(message)};
  }

  // A number of type T; `what` names it in the message of a truncated file.
  template <typename T>
  T Read(std::string_view what) {
    T value{};
    const auto from = Take(sizeof(T), what);
    if (!from.empty()) std::memcpy(&value, from.data(), sizeof(T));
    return value;
  }

  // The next `count` bytes; empty after a failure.
  std::span<const uint8_t> Take(uint64_t count, std::string_view what);

  // The same as text, a view into the file.
  std::string_view Text(uint64_t count, std::string_view what) {
    const auto from = Take(count, what);
    return {reinterpret_cast<const char*>(from.data()), from.size()};
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  Status error_;
};

}  // namespace weft
