// Blocks of every readable storage type to fp32, exactly as the format defines each value.
//
// Each function reads `blocks` blocks from `in` and writes blocks * block-size floats. Products are taken in the
// order that GGUF's own definition takes them, so that the same bits come out: (d * scale) * q, then minus the
// offset.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft {

void DecodeF32(const uint8_t* in, size_t blocks, float* out);
void DecodeF16(const uint8_t* in, size_t blocks, float* out);
void DecodeBF16(const uint8_t* in, size_t blocks, float* out);
void DecodeQ4_0(const uint8_t* in, size_t blocks, float* out);
void DecodeQ4_1(const uint8_t* in, size_t blocks, float* out);
void DecodeQ5_0(const uint8_t* in, size_t blocks, float* out);
void DecodeQ5_1(const uint8_t* in, size_t blocks, float* out);
void DecodeQ8_0(const uint8_t* in, size_t blocks, float* out);
void DecodeQ2_K(const uint8_t* in, size_t blocks, float* out);
void DecodeQ3_K(const uint8_t* in, size_t blocks, float* out);
void DecodeQ4_K(const uint8_t* in, size_t blocks, float* out);
void DecodeQ5_K(const uint8_t* in, size_t blocks, float* out);
void DecodeQ6_K(const uint8_t* in, size_t blocks, float* out);
void DecodeIQ4_NL(const uint8_t* in, size_t blocks, float* out);
void DecodeIQ4_XS(const uint8_t* in, size_t blocks, float* out);
void DecodeTQ1_0(const uint8_t* in, size_t blocks, float* out);
void DecodeTQ2_0(const uint8_t* in, size_t blocks, float* out);
void DecodeMXFP4(const uint8_t* in, size_t blocks, float* out);

}  // namespace weft
