// Zeroed memory on a cache line, touched only when used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "sw/base/result.h"

namespace weft::golden {

template <typename T>
class Aligned {
 public:
  Aligned() = default;
  explicit Aligned(size_t count)
      : count_(count), memory_(std::calloc(count * sizeof(T) + kLine, 1), std::free) {
    WEFT_CHECK(memory_ != nullptr, "the machine's memory is there");
    const auto at = reinterpret_cast<uintptr_t>(memory_.get());
    data_ = reinterpret_cast<T*>((at + kLine - 1) / kLine * kLine);
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return count_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  static constexpr size_t kLine = 64;

  size_t count_ = 0;
  std::unique_ptr<void, void (*)(void*)> memory_{nullptr, std::free};
  T* data_ = nullptr;
};

}  // namespace weft::golden
