// A value, or one sentence that says what went wrong.
//
// User errors (bad file, wrong flag, impossible shape) travel as Error values and end in exit code 2.
// Programmer errors abort through WEFT_CHECK. Nothing in sw/ throws on purpose.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace weft {

// One sentence: names the thing, the value found and the value wanted.
struct Error {
  std::string message;
};

// Either a T or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// Success, or an Error.
using Status = std::optional<Error>;

}  // namespace weft

// A broken invariant of the program itself: prints where and why, then aborts.
#define WEFT_CHECK(cond, why)                                                                  \
  do {                                                                                         \
    if (!(cond)) {                                                                             \
      std::fprintf(stderr, "%s:%d: internal check failed: %s (%s)\n", __FILE__, __LINE__, #cond, why); \
      std::abort();                                                                            \
    }                                                                                          \
  } while (0)
