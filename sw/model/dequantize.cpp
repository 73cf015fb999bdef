#include "sw/model/dequantize.h"

#include <bit>
#include <cstring>

#include "sw/model/half.h"

namespace weft {
namespace {

constexpr size_t kBlock = 32;       // elements of the small blocks
constexpr size_t kSuperBlock = 256;  // and of the large ones

float Half(const uint8_t* at) {
  uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return HalfToFloat(bits);
}

uint32_t Word(const uint8_t* at) {
  uint32_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

// The 4-bit code book of the IQ4 types.
constexpr int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
// The values of an FP4 number (E2M1), times two.
constexpr int8_t kFp4Doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

struct ScaleAndMin {
  uint8_t scale, min;
};

// Scale and minimum of sub-block j (0..7) of Q4_K and Q5_K: 6 bits each, in 12 bytes.
ScaleAndMin SixBitPair(const uint8_t* in, size_t j) {
  if (j < 4) return {static_cast<uint8_t>(in[j] & 63), static_cast<uint8_t>(in[j + 4] & 63)};
  return {static_cast<uint8_t>((in[j + 4] & 15) | (in[j - 4] >> 6) << 4),
          static_cast<uint8_t>(in[j + 4] >> 4 | (in[j] >> 6) << 4)};
}

// The digit (0, 1, 2) at place `n` of a byte that holds five as a base-3 fraction of 256.
int Trit(uint8_t byte, size_t n) {
  constexpr uint8_t kPowers[] = {1, 3, 9, 27, 81};
  const uint8_t shifted = static_cast<uint8_t>(byte * kPowers[n]);
  return shifted * 3 >> 8;
}

}  // namespace

void DecodeF32(const uint8_t* in, size_t blocks, float* out) { std::memcpy(out, in, blocks * sizeof(float)); }

void DecodeF16(const uint8_t* in, size_t blocks, float* out) {
  for (size_t i = 0; i < blocks; ++i) out[i] = Half(in + 2 * i);
}

void DecodeBF16(const uint8_t* in, size_t blocks, float* out) {
  for (size_t i = 0; i < blocks; ++i) {
    out[i] = std::bit_cast<float>(static_cast<uint32_t>(in[2 * i]) << 16 | static_cast<uint32_t>(in[2 * i + 1]) << 24);
  }
}

// fp16 d, 16 bytes: element j in the low nibble of byte j, element j + 16 in the high one. d * (q - 8)
void DecodeQ4_0(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 18, out += kBlock) {
    const float d = Half(in);
    const uint8_t* q = in + 2;
    for (size_t j = 0; j < 16; ++j) {
      out[j] = static_cast<float>((q[j] & 15) - 8) * d;
      out[j + 16] = static_cast<float>((q[j] >> 4) - 8) * d;
    }
  }
}

// fp16 d, fp16 m, 16 bytes as in Q4_0. d * q + m
void DecodeQ4_1(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 20, out += kBlock) {
    const float d = Half(in), m = Half(in + 2);
    const uint8_t* q = in + 4;
    for (size_t j = 0; j < 16; ++j) {
      out[j] = static_cast<float>(q[j] & 15) * d + m;
      out[j + 16] = static_cast<float>(q[j] >> 4) * d + m;
    }
  }
}

// fp16 d, u32 of the fifth bits (bit i is element i's), 16 bytes as in Q4_0. d * (q - 16)
void DecodeQ5_0(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 22, out += kBlock) {
    const float d = Half(in);
    const uint32_t high = Word(in + 2);
    const uint8_t* q = in + 6;
    for (size_t j = 0; j < 16; ++j) {
      const int low_half = (q[j] & 15) | static_cast<int>(high >> j & 1) << 4;
      const int high_half = q[j] >> 4 | static_cast<int>(high >> (j + 16) & 1) << 4;
      out[j] = static_cast<float>(low_half - 16) * d;
      out[j + 16] = static_cast<float>(high_half - 16) * d;
    }
  }
}

// fp16 d, fp16 m, then as Q5_0. d * q + m
void DecodeQ5_1(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 24, out += kBlock) {
    const float d = Half(in), m = Half(in + 2);
    const uint32_t high = Word(in + 4);
    const uint8_t* q = in + 8;
    for (size_t j = 0; j < 16; ++j) {
      const int low_half = (q[j] & 15) | static_cast<int>(high >> j & 1) << 4;
      const int high_half = q[j] >> 4 | static_cast<int>(high >> (j + 16) & 1) << 4;
      out[j] = static_cast<float>(low_half) * d + m;
      out[j + 16] = static_cast<float>(high_half) * d + m;
    }
  }
}

// fp16 d, 32 int8. d * q
void DecodeQ8_0(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 34, out += kBlock) {
    const float d = Half(in);
    for (size_t j = 0; j < kBlock; ++j) out[j] = d * static_cast<float>(static_cast<int8_t>(in[2 + j]));
  }
}

// 16 bytes of 4-bit scale (low) and minimum (high) for 16 elements each, 64 bytes of 2-bit values, fp16 d, fp16
// dmin. Of each half of 128 elements, byte l of 32 holds elements l, l + 32, l + 64, l + 96. d * s * q - dmin * m
void DecodeQ2_K(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 84, out += kSuperBlock) {
    const uint8_t* scales = in;
    const uint8_t* q = in + 16;
    const float d = Half(in + 80), dmin = Half(in + 82);
    for (size_t i = 0; i < kSuperBlock; ++i) {
      const uint8_t scale = scales[i / 16];
      const float step = d * static_cast<float>(scale & 15);
      const float min = dmin * static_cast<float>(scale >> 4);
      const size_t byte = i / 128 * 32 + i % 32, shift = i / 32 % 4 * 2;
      out[i] = step * static_cast<float>(q[byte] >> shift & 3) - min;
    }
  }
}

// 32 bytes of third bits (of byte l, bit k is element 32 k + l's; clear: minus 4), 64 bytes of the low two bits as
// in Q2_K, 12 bytes of sixteen 6-bit scales less 32, fp16 d. d * s * q
void DecodeQ3_K(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 110, out += kSuperBlock) {
    const uint8_t* high = in;
    const uint8_t* q = in + 32;
    const uint8_t* scales = in + 96;
    const float d = Half(in + 108);
    for (size_t i = 0; i < kSuperBlock; ++i) {
      const size_t s = i / 16;
      const int low = s < 8 ? scales[s] & 15 : scales[s - 8] >> 4;
      const int scale = low | (scales[8 + s % 4] >> (2 * (s / 4)) & 3) << 4;
      const size_t byte = i / 128 * 32 + i % 32, shift = i / 32 % 4 * 2;
      const int third = high[i % 32] >> (i / 32) & 1 ? 0 : 4;
      out[i] = d * static_cast<float>(scale - 32) * static_cast<float>((q[byte] >> shift & 3) - third);
    }
  }
}

// fp16 d, fp16 dmin, eight pairs of 6-bit scale and minimum in 12 bytes, 128 bytes: of each 64 elements, the low
// nibbles of 32 bytes are the first 32. d * s * q - dmin * m
void DecodeQ4_K(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 144, out += kSuperBlock) {
    const float d = Half(in), dmin = Half(in + 2);
    const uint8_t* q = in + 16;
    for (size_t j = 0; j < 8; ++j) {
      const ScaleAndMin pair = SixBitPair(in + 4, j);
      const float step = d * pair.scale, min = dmin * pair.min;
      for (size_t l = 0; l < 32; ++l) {
        out[j * 32 + l] = step * static_cast<float>(q[j / 2 * 32 + l] >> (j % 2 * 4) & 15) - min;
      }
    }
  }
}

// As Q4_K, with 32 bytes of fifth bits (of byte l, bit k is element 32 k + l's) in front of the nibbles.
void DecodeQ5_K(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 176, out += kSuperBlock) {
    const float d = Half(in), dmin = Half(in + 2);
    const uint8_t* high = in + 16;
    const uint8_t* q = in + 48;
    for (size_t j = 0; j < 8; ++j) {
      const ScaleAndMin pair = SixBitPair(in + 4, j);
      const float step = d * pair.scale, min = dmin * pair.min;
      for (size_t l = 0; l < 32; ++l) {
        const int value = (q[j / 2 * 32 + l] >> (j % 2 * 4) & 15) + (high[l] >> j & 1) * 16;
        out[j * 32 + l] = step * static_cast<float>(value) - min;
      }
    }
  }
}

// 128 bytes of low nibbles, 64 bytes of high bit pairs, sixteen int8 scales, fp16 d. Of each 128 elements, byte l of
// 64 holds elements l (low) and l + 64 (high nibble), byte l of 32 the bit pairs of l, l + 32, l + 64, l + 96.
// d * s * (q - 32)
void DecodeQ6_K(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 210, out += kSuperBlock) {
    const uint8_t* low = in;
    const uint8_t* high = in + 128;
    const uint8_t* scales = in + 192;
    const float d = Half(in + 208);
    for (size_t i = 0; i < kSuperBlock; ++i) {
      const size_t half = i / 128;
      const int nibble = low[half * 64 + i % 64] >> (i / 64 % 2 * 4) & 15;
      const int pair = high[half * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
      const float step = d * static_cast<float>(static_cast<int8_t>(scales[i / 16]));
      out[i] = step * static_cast<float>((nibble | pair << 4) - 32);
    }
  }
}

// As Q4_0, with a code book: d * value[q]
void DecodeIQ4_NL(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 18, out += kBlock) {
    const float d = Half(in);
    const uint8_t* q = in + 2;
    for (size_t j = 0; j < 16; ++j) {
      out[j] = d * kIq4Values[q[j] & 15];
      out[j + 16] = d * kIq4Values[q[j] >> 4];
    }
  }
}

// fp16 d, eight 6-bit scales less 32 (2 bytes of high bit pairs, 4 bytes of low nibbles), then eight times 16 bytes
// as in IQ4_NL. d * s * value[q]
void DecodeIQ4_XS(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 136, out += kSuperBlock) {
    const float d = Half(in);
    const uint32_t high = in[2] | static_cast<uint32_t>(in[3]) << 8;
    for (size_t s = 0; s < 8; ++s) {
      const int low = in[4 + s / 2] >> (s % 2 * 4) & 15;
      const int scale = low | static_cast<int>(high >> (2 * s) & 3) << 4;
      const float step = d * static_cast<float>(scale - 32);
      const uint8_t* q = in + 8 + 16 * s;
      for (size_t j = 0; j < 16; ++j) {
        out[32 * s + j] = step * kIq4Values[q[j] & 15];
        out[32 * s + j + 16] = step * kIq4Values[q[j] >> 4];
      }
    }
  }
}

// 48 bytes of five base-3 digits, 4 bytes of four, fp16 d. The first 32 bytes hold elements 0..159, digit n of byte
// m being element 32 n + m; the next 16 bytes 160..239 likewise; the last four 240..255. d * (q - 1)
void DecodeTQ1_0(const uint8_t* in, size_t blocks, float* out) {
  constexpr struct {
    size_t bytes, digits;
  } kParts[] = {{32, 5}, {16, 5}, {4, 4}};
  for (; blocks > 0; --blocks, in += 54) {
    const float d = Half(in + 52);
    const uint8_t* q = in;
    for (const auto& part : kParts) {
      for (size_t n = 0; n < part.digits; ++n) {
        for (size_t m = 0; m < part.bytes; ++m) *out++ = static_cast<float>(Trit(q[m], n) - 1) * d;
      }
      q += part.bytes;
    }
  }
}

// 64 bytes of 2-bit values in the order of Q2_K, fp16 d. d * (q - 1)
void DecodeTQ2_0(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 66, out += kSuperBlock) {
    const float d = Half(in + 64);
    for (size_t i = 0; i < kSuperBlock; ++i) {
      const size_t byte = i / 128 * 32 + i % 32, shift = i / 32 % 4 * 2;
      out[i] = static_cast<float>((in[byte] >> shift & 3) - 1) * d;
    }
  }
}

// u8 exponent e, 16 bytes as in Q4_0 of FP4 numbers. 2^(e - 127) * value[q]
void DecodeMXFP4(const uint8_t* in, size_t blocks, float* out) {
  for (; blocks > 0; --blocks, in += 17, out += kBlock) {
    const uint32_t e = in[0];
    // Half the scale, as the values are doubled: 2^(e - 128), subnormal below e = 2.
    const float d = std::bit_cast<float>(e < 2 ? 0x00200000u << e : (e - 1) << 23);
    const uint8_t* q = in + 1;
    for (size_t j = 0; j < 16; ++j) {
      out[j] = d * kFp4Doubled[q[j] & 15];
      out[j + 16] = d * kFp4Doubled[q[j] >> 4];
    }
  }
}

}  // namespace weft
