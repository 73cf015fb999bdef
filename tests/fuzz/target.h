// What a fuzz target is: any bytes must give a value or a sentence. libFuzzer and the sanitizers watch for
// the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sw/base/result.h"

namespace weft {

inline std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A message is one line that names something.
template <typename T>
void CheckSentence(const Result<T>& result) {
  if (result.ok()) return;
  const std::string& message = result.error().message;
  WEFT_CHECK(!message.empty() && message.find('\n') == message.npos, "an error is one sentence");
}

}  // namespace weft

#define WEFT_FUZZ_TARGET(bytes)                                             \
  static void FuzzOne(std::span<const uint8_t> bytes);                      \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    FuzzOne({data, size});                                                  \
    return 0;                                                               \
  }                                                                         \
  static void FuzzOne([[maybe_unused]] std::span<const uint8_t> bytes)
