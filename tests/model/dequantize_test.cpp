// Each storage type against a second statement of it: where the bits of element i are, one element at a time.
#include "sw/model/dequantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "sw/model/dtype.h"
#include "sw/model/half.h"

namespace weft {
namespace {

using Block = const uint8_t*;

float F16(Block b, int at) { return HalfToFloat(static_cast<uint16_t>(b[at] | b[at + 1] << 8)); }
int Bits(Block b, int bit, int count) {  // `count` bits from bit number `bit`, at most 8, within two bytes
  const int word = b[bit / 8] | (bit % 8 + count > 8 ? b[bit / 8 + 1] << 8 : 0);
  return word >> bit % 8 & ((1 << count) - 1);
}
// Nibble of element i where the first 16 are low nibbles and the next 16 high ones.
int Nibble(Block b, int at, int i) { return Bits(b, 8 * (at + i % 16) + 4 * (i / 16), 4); }
// 2-bit value of element i of 256 in the order that Q2_K, Q3_K and TQ2_0 share.
int Pair(Block b, int at, int i) {
  return Bits(b, 8 * (at + 32 * (i / 128) + i % 32) + 2 * (i % 128 / 32), 2);
}
float Float(int value) { return static_cast<float>(value); }

// The 6-bit scale (which = 0) or minimum (1) of sub-block s of Q4_K and Q5_K.
int Six(Block b, int s, int which) {
  if (s < 4) return Bits(b, 8 * (4 + s + 4 * which), 6);
  return Bits(b, 8 * (4 + 8 + s - 4) + 4 * which, 4) | Bits(b, 8 * (4 + s - 4 + 4 * which) + 6, 2) << 4;
}

float Q2(Block b, int i) {
  const int s = b[i / 16];
  return F16(b, 80) * Float(s % 16) * Float(Pair(b, 16, i)) - F16(b, 82) * Float(s / 16);
}
float Q3(Block b, int i) {
  const int s = i / 16;
  const int scale = Bits(b, 8 * (96 + s % 8) + s / 8 * 4, 4) + 16 * Bits(b, 8 * (104 + s % 4) + s / 4 * 2, 2);
  const int q = Pair(b, 32, i) + 4 * Bits(b, 8 * (i % 32) + i / 32, 1);
  return F16(b, 108) * Float(scale - 32) * Float(q - 4);
}
float Q4(Block b, int i) {
  const int q = Bits(b, 8 * (16 + 32 * (i / 64) + i % 32) + i % 64 / 32 * 4, 4);
  return F16(b, 0) * Float(Six(b, i / 32, 0)) * Float(q) - F16(b, 2) * Float(Six(b, i / 32, 1));
}
float Q5(Block b, int i) {
  const int q = Bits(b, 8 * (48 + 32 * (i / 64) + i % 32) + i % 64 / 32 * 4, 4) +
                16 * Bits(b, 8 * (16 + i % 32) + i / 32, 1);
  return F16(b, 0) * Float(Six(b, i / 32, 0)) * Float(q) - F16(b, 2) * Float(Six(b, i / 32, 1));
}
float Q6(Block b, int i) {
  const int low = Bits(b, 8 * (64 * (i / 128) + i % 64) + i % 128 / 64 * 4, 4);
  const int high = Bits(b, 8 * (128 + 32 * (i / 128) + i % 32) + i % 128 / 32 * 2, 2);
  return F16(b, 208) * Float(static_cast<int8_t>(b[192 + i / 16])) * Float(low + 16 * high - 32);
}

constexpr int kCodes[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
float Iq4Nl(Block b, int i) { return F16(b, 0) * Float(kCodes[Nibble(b, 2, i)]); }
float Iq4Xs(Block b, int i) {
  const int s = i / 32;
  const int scale = Bits(b, 8 * 4 + 4 * s, 4) + 16 * Bits(b, 8 * 2 + 2 * s, 2);
  return F16(b, 0) * Float(scale - 32) * Float(kCodes[Nibble(b, 8 + 16 * s, i % 32)]);
}

// A byte stands for floor(fraction * 256), rounded up, of a number of five base-3 digits; take digit n.
float Tq1(Block b, int i) {
  const int at = i < 160 ? i % 32 : i < 240 ? 32 + i % 16 : 48 + i % 4;
  const int digit = i < 160 ? i / 32 : i < 240 ? (i - 160) / 16 : (i - 240) / 4;
  int value = b[at];
  for (int n = 0; n < digit; ++n) value = value * 3 % 256;
  return Float(value * 3 / 256 - 1) * F16(b, 52);
}
float Tq2(Block b, int i) { return Float(Pair(b, 0, i) - 1) * F16(b, 64); }

float Mxfp4(Block b, int i) {
  const int code = Nibble(b, 1, i), exponent = code >> 1 & 3, fraction = code & 1;
  const double value = exponent == 0 ? 0.5 * fraction : std::ldexp(1 + 0.5 * fraction, exponent - 1);
  return static_cast<float>((code & 8 ? -value : value) * std::ldexp(1.0, b[0] - 127));
}

struct Case {
  DType type;
  float (*element)(Block, int);
  int halves[2];  // offsets of fp16 numbers in the block, -1: none
};

const Case kCases[] = {
    {DType::kF16, [](Block b, int) { return F16(b, 0); }, {0, -1}},
    {DType::kBF16, [](Block b, int) { return std::bit_cast<float>((b[0] | b[1] << 8) << 16); }, {-1, -1}},
    {DType::kQ4_0, [](Block b, int i) { return F16(b, 0) * Float(Nibble(b, 2, i) - 8); }, {0, -1}},
    {DType::kQ4_1, [](Block b, int i) { return F16(b, 0) * Float(Nibble(b, 4, i)) + F16(b, 2); }, {0, 2}},
    {DType::kQ5_0,
     [](Block b, int i) { return F16(b, 0) * Float(Nibble(b, 6, i) + 16 * Bits(b, 16 + i, 1) - 16); },
     {0, -1}},
    {DType::kQ5_1,
     [](Block b, int i) { return F16(b, 0) * Float(Nibble(b, 8, i) + 16 * Bits(b, 32 + i, 1)) + F16(b, 2); },
     {0, 2}},
    {DType::kQ8_0, [](Block b, int i) { return F16(b, 0) * Float(static_cast<int8_t>(b[2 + i])); }, {0, -1}},
    {DType::kQ2_K, Q2, {80, 82}},
    {DType::kQ3_K, Q3, {108, -1}},
    {DType::kQ4_K, Q4, {0, 2}},
    {DType::kQ5_K, Q5, {0, 2}},
    {DType::kQ6_K, Q6, {208, -1}},
    {DType::kIQ4_NL, Iq4Nl, {0, -1}},
    {DType::kIQ4_XS, Iq4Xs, {0, -1}},
    {DType::kTQ1_0, Tq1, {52, -1}},
    {DType::kTQ2_0, Tq2, {64, -1}},
    {DType::kMXFP4, Mxfp4, {-1, -1}},
};

class DequantizeTest : public ::testing::TestWithParam<Case> {};

TEST_P(DequantizeTest, EveryElementIsWhereTheFormatPutsIt) {
  const Case& c = GetParam();
  const DTypeInfo& info = *FindDType(static_cast<uint32_t>(c.type));
  constexpr size_t kBlocks = 64;
  std::mt19937 rng(static_cast<uint32_t>(c.type));
  std::vector<uint8_t> bytes(kBlocks * info.block_bytes);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng());
  for (size_t b = 0; b < kBlocks; ++b) {
    uint8_t* block = &bytes[b * info.block_bytes];
    for (const int at : c.halves) {
      if (at >= 0) block[at + 1] &= 0xbf;  // below 2, so finite
    }
    if (c.type == DType::kBF16) block[1] &= 0xbf;
    if (c.type == DType::kMXFP4) block[0] = static_cast<uint8_t>(b < 3 ? b : 100 + b % 100);  // subnormal too
  }
  std::vector<float> out(kBlocks * info.block);
  info.decode(bytes.data(), kBlocks, out.data());
  for (size_t i = 0; i < out.size(); ++i) {
    const float want = c.element(&bytes[i / info.block * info.block_bytes], static_cast<int>(i % info.block));
    ASSERT_EQ(out[i], want) << info.name << ", element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, DequantizeTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return DTypeName(info.param.type); });

TEST(DTypeTest, EveryReadableTypeIsTested) {
  for (const DTypeInfo& type : DTypes()) {
    const auto tested = [&](const Case& c) { return static_cast<uint32_t>(c.type) == type.id; };
    const bool listed = std::any_of(std::begin(kCases), std::end(kCases), tested);
    EXPECT_EQ(listed || type.id == 0, type.decode != nullptr) << type.name;
  }
  EXPECT_FALSE(IsReadable(static_cast<DType>(9)));
  EXPECT_FALSE(IsReadable(static_cast<DType>(4)));
}

TEST(DTypeTest, RowsAreWholeBlocks) {
  EXPECT_EQ(RowBytes(DType::kF32, 3), 12u);
  EXPECT_EQ(RowBytes(DType::kQ8_0, 64), 68u);
  EXPECT_EQ(RowBytes(DType::kQ6_K, 512), 420u);
  EXPECT_EQ(RowBytes(DType::kTQ2_0, 256), 66u);
}

}  // namespace
}  // namespace weft
