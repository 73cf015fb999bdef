// Little-endian values at the end of a byte vector.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace weft {

static_assert(std::endian::native == std::endian::little, "the file formats are written by copying bytes");

template <typename T>
void Append(std::vector<uint8_t>& out, const T& value) {
  const size_t at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

}  // namespace weft
