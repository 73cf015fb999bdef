// Descriptors, stream entries and bit access for the benches of the array.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace weft::bench {

enum Mode : uint32_t { kModeW = 0, kModeK = 1, kModeV = 2, kModeEmbed = 3 };

// Bits [offset, offset + width) of a Verilated port of any width; width <= 64.
template <typename Port>
uint64_t GetBits(const Port& port, size_t offset, size_t width) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&port);
  unsigned __int128 value = 0;
  for (size_t i = (offset + width - 1) / 8 + 1; i-- > offset / 8;) value = value << 8 | bytes[i];
  value >>= offset % 8;
  return static_cast<uint64_t>(width == 64 ? value : value & ((uint64_t{1} << width) - 1));
}

template <typename Port>
void SetBits(Port& port, size_t offset, size_t width, uint64_t value) {
  auto* bytes = reinterpret_cast<uint8_t*>(&port);
  for (size_t i = 0; i < width; ++i) {
    const size_t bit = offset + i;
    const uint8_t mask = static_cast<uint8_t>(1u << (bit % 8));
    bytes[bit / 8] = static_cast<uint8_t>((bytes[bit / 8] & ~mask) | (((value >> i) & 1) ? mask : 0));
  }
}

// weft_pkg::array_desc_t.
struct Transfer {
  Mode mode = kModeW;
  bool wait_idle = false;
  int panels = 1;
  int groups = 1;
  int tail = 32;
  int ns_log2 = 0;
  int src_base = 0;
  int pass_stride = 0;
  uint64_t pass_mask = 1;
  int last_col = 0;
  int head_dim = 0;
  int hs = 1;
  int kv_buf = 0;
  int o_buf = 0;
  bool o_last = false;
  int row = 0;
  int emb_g = 0;
  bool emb_last = false;
  int pick = 0;
};

// Fields from the least significant one up.
template <typename Port>
void PackTransfer(const Transfer& t, Port& port) {
  size_t at = 0;
  auto put = [&](size_t width, uint64_t value) {
    SetBits(port, at, width, value);
    at += width;
  };
  put(8, t.pick);
  put(1, t.emb_last);
  put(16, t.emb_g);
  put(8, t.row);
  put(1, t.o_last);
  put(1, t.o_buf);
  put(2, t.kv_buf);
  put(8, t.hs);
  put(8, t.head_dim);
  put(8, t.last_col);
  put(64, t.pass_mask);
  put(16, t.pass_stride);
  put(16, t.src_base);
  put(2, t.ns_log2);
  put(8, t.tail);
  put(16, t.groups);
  put(16, t.panels);
  put(1, t.wait_idle);
  put(2, t.mode);
}

// weft_pkg::group_ctx_t.
struct GroupCtx {
  uint32_t mode = 0, parts_log2 = 0, first = 0, panel_last = 0, acc_buf = 0, idx = 0, pass = 0, sub = 0, kv_buf = 0,
           o_buf = 0, o_last = 0;
  bool operator==(const GroupCtx&) const = default;
};
inline constexpr int kGroupCtxBits = 29;

inline GroupCtx UnpackCtx(uint64_t bits) {
  GroupCtx ctx;
  auto take = [&](int width) {
    const uint32_t value = static_cast<uint32_t>(bits & ((1u << width) - 1));
    bits >>= width;
    return value;
  };
  ctx.o_last = take(1);
  ctx.o_buf = take(1);
  ctx.kv_buf = take(2);
  ctx.sub = take(2);
  ctx.pass = take(8);
  ctx.idx = take(8);
  ctx.acc_buf = take(1);
  ctx.panel_last = take(1);
  ctx.first = take(1);
  ctx.parts_log2 = take(2);
  ctx.mode = take(2);
  return ctx;
}

inline uint64_t PackCtx(const GroupCtx& c) {
  uint64_t bits = c.mode;
  auto put = [&](int width, uint32_t value) { bits = (bits << width) | value; };
  put(2, c.parts_log2);
  put(1, c.first);
  put(1, c.panel_last);
  put(1, c.acc_buf);
  put(8, c.idx);
  put(8, c.pass);
  put(2, c.sub);
  put(2, c.kv_buf);
  put(1, c.o_buf);
  put(1, c.o_last);
  return bits;
}

// Who is slow in a run.
struct StallMode {
  const char* name;
  int input_percent;   // chance that a source offers in a cycle
  int output_percent;  // chance that a sink or a dependency moves in a cycle
};
inline constexpr StallMode kStallModes[] = {
    {"none", 100, 100}, {"input", 40, 100}, {"output", 100, 15}, {"both", 50, 20}};

// int8 with the corners overrepresented.
inline int8_t RandomInt8(std::mt19937& rng) {
  static constexpr int8_t kCorners[] = {-128, 127, -127, 0, 1, -1};
  const uint32_t r = rng();
  return r % 8 == 0 ? kCorners[(r >> 8) % 6] : static_cast<int8_t>(r >> 16);
}

}  // namespace weft::bench
