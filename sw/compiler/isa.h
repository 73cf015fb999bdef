// The tape's instructions: docs/isa.md as structs. rtl/weft_pkg.sv mirrors the numbers.
//
// Every struct encodes into, and decodes from, eight 32-bit words. Fields that do not fit their width are a
// programmer's error: the compiler has checked the model before it encodes.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "sw/base/result.h"

namespace weft {

enum class Op : uint8_t {
  kEnd = 0,
  kLoadi = 1,
  kModel = 2,
  kRope = 3,
  kEmbed = 4,
  kVec = 5,
  kMatmul = 6,
  kAttn = 7,
  kLinkSend = 8,  // 8..11 are reserved: the chip stops with an error
  kLinkRecv = 9,
  kLinkReduce = 10,
  kExpert = 11,
};

// Where results go. kO and kEmbed name the epilogues of ATTN and EMBED; no MATMUL carries them.
enum class Epilogue : uint8_t {
  kQ = 0,
  kK = 1,
  kV = 2,
  kRes = 3,
  kGlu = 4,
  kLogits = 5,
  kO = 6,
  kEmbed = 7,
};

enum class WeightType : uint8_t { kInt8 = 1, kInt4 = 2, kTernary = 3 };

// Outputs packed in a slot of 32 bytes, as a power of two: 1 int8, 2 int4, 4 ternary.
inline constexpr uint32_t PartsLog2(WeightType type) {
  return type == WeightType::kTernary ? 2 : type == WeightType::kInt4 ? 1 : 0;
}
// Groups along K that share a scale in the tape: 256 ternary weights, as in a TQ2_0 block, else 32.
inline constexpr uint32_t ScaleShare(WeightType type) { return type == WeightType::kTernary ? 8 : 1; }

// w0[31:24]
enum Flag : uint8_t {
  kFlagNorm = 1,  // multiply results by the row's rinv
  kFlagWant = 2,  // only rows with want or dump; none: skip the instruction and its payload
  kFlagWait = 4,  // start when every earlier result has reached its destination
  kFlagBias = 8,  // MODEL: each Q, K and V matmul takes a VEC of its outputs and adds it
  kFlagQkNorm = 16,  // MODEL, not with kFlagBias: each Q and K matmul takes a VEC of a head's gains and norms its heads
};

inline constexpr uint32_t kInstrBytes = 32;
inline constexpr uint32_t kInstrQueue = 64;  // three consecutive segments together must fit

struct Instr {
  std::array<uint32_t, 8> w{};

  // w[word][low + width - 1 : low]
  void Put(int word, int low, int width, uint64_t value) {
    WEFT_CHECK(width == 32 ? value >> 32 == 0 : value >> width == 0, "an instruction field is wide enough");
    w[word] |= static_cast<uint32_t>(value) << low;
  }
  uint32_t Get(int word, int low, int width) const {
    return width == 32 ? w[word] : w[word] >> low & ((1u << width) - 1);
  }
  void PutFloat(int word, float value) { w[word] = std::bit_cast<uint32_t>(value); }
  float GetFloat(int word) const { return std::bit_cast<float>(w[word]); }
  // 48 bits in w6 and w7[15:0]
  void PutAddress(uint64_t value) {
    Put(6, 0, 32, value & 0xffffffffu);
    Put(7, 0, 16, value >> 32);
  }
  uint64_t GetAddress() const { return w[6] | uint64_t{Get(7, 0, 16)} << 32; }

  Op op() const { return static_cast<Op>(Get(0, 0, 8)); }
  uint8_t flags() const { return static_cast<uint8_t>(Get(0, 24, 8)); }

  static Instr Of(Op op, uint8_t flags = 0) {
    Instr i;
    i.w[0] = static_cast<uint32_t>(op) | static_cast<uint32_t>(flags) << 24;
    return i;
  }
  static Instr Load(const uint8_t* bytes) {
    Instr i;
    std::memcpy(i.w.data(), bytes, kInstrBytes);
    return i;
  }
  void Store(uint8_t* bytes) const { std::memcpy(bytes, w.data(), kInstrBytes); }
  bool operator==(const Instr&) const = default;
};

struct LoadiInstr {
  uint32_t count = 0;  // instructions of the next segment
  uint8_t flags = 0;

  Instr Encode() const {
    Instr i = Instr::Of(Op::kLoadi, flags);
    i.Put(1, 0, 16, count);
    return i;
  }
  static LoadiInstr Decode(const Instr& i) { return {i.Get(1, 0, 16), i.flags()}; }
  bool operator==(const LoadiInstr&) const = default;
};

struct ModelInstr {
  uint32_t dim = 0, hidden = 0;
  uint32_t head_dim = 0, q_per_kv = 0, hs = 0, sets = 0;
  uint32_t blocks = 0;    // per slot
  uint32_t k_groups = 0;  // chunks of a K row
  uint32_t q_base = 0, p_base = 0;
  float inv_dim = 0, eps = 0;
  uint32_t k_tail = 0;    // bytes of the last chunk of a K row
  uint32_t q_passes = 0;  // passes that one set's queries may take
  float head_eps = 0;     // QKNORM: head_dim * eps
  uint8_t flags = 0;

  Instr Encode() const {
    Instr i = Instr::Of(Op::kModel, flags);
    i.Put(1, 0, 16, dim), i.Put(1, 16, 16, hidden);
    i.Put(2, 0, 8, head_dim), i.Put(2, 8, 8, q_per_kv), i.Put(2, 16, 8, hs), i.Put(2, 24, 8, sets);
    i.Put(3, 0, 16, blocks), i.Put(3, 16, 16, k_groups);
    i.Put(4, 0, 16, q_base), i.Put(4, 16, 16, p_base);
    i.PutFloat(5, inv_dim), i.PutFloat(6, eps);
    i.Put(7, 0, 8, k_tail), i.Put(7, 8, 8, q_passes);
    const uint32_t bits = std::bit_cast<uint32_t>(head_eps);
    i.Put(0, 8, 16, bits & 0xffff), i.Put(7, 16, 16, bits >> 16);
    return i;
  }
  static ModelInstr Decode(const Instr& i) {
    return {i.Get(1, 0, 16), i.Get(1, 16, 16), i.Get(2, 0, 8),   i.Get(2, 8, 8),  i.Get(2, 16, 8),
            i.Get(2, 24, 8), i.Get(3, 0, 16),  i.Get(3, 16, 16), i.Get(4, 0, 16), i.Get(4, 16, 16),
            i.GetFloat(5),   i.GetFloat(6),    i.Get(7, 0, 8),   i.Get(7, 8, 8),
            std::bit_cast<float>(i.Get(7, 16, 16) << 16 | i.Get(0, 8, 16)), i.flags()};
  }
  bool operator==(const ModelInstr&) const = default;
};

struct RopeInstr {
  uint64_t address = 0;  // of the table, tape-relative
  uint32_t stride = 0;   // bytes per position
  uint8_t flags = 0;

  Instr Encode() const {
    Instr i = Instr::Of(Op::kRope, flags);
    i.Put(1, 0, 16, stride);
    i.PutAddress(address);
    return i;
  }
  static RopeInstr Decode(const Instr& i) { return {i.GetAddress(), i.Get(1, 0, 16), i.flags()}; }
  bool operator==(const RopeInstr&) const = default;
};

struct EmbedInstr {
  uint32_t n = 0;       // dim
  uint32_t tail = 0;    // bytes of a row's last chunk
  uint32_t groups = 0;  // chunks of a row
  uint32_t dst_base = 0, dst_groups = 0, dst_copies_log2 = 0;
  float qs = 0;
  uint64_t address = 0;  // of the weight payload, tape-relative; int8
  uint8_t flags = 0;

  Instr Encode() const {
    Instr i = Instr::Of(Op::kEmbed, flags);
    i.Put(1, 0, 24, n), i.Put(1, 24, 8, tail);
    i.Put(2, 0, 16, groups);
    i.Put(3, 16, 16, dst_base);
    i.Put(4, 0, 16, dst_groups), i.Put(4, 18, 2, dst_copies_log2);
    i.PutFloat(5, qs);
    i.PutAddress(address);
    return i;
  }
  static EmbedInstr Decode(const Instr& i) {
    return {i.Get(1, 0, 24), i.Get(1, 24, 8), i.Get(2, 0, 16), i.Get(3, 16, 16), i.Get(4, 0, 16),
            i.Get(4, 18, 2), i.GetFloat(5),   i.GetAddress(),  i.flags()};
  }
  bool operator==(const EmbedInstr&) const = default;
};

struct VecInstr {
  uint32_t count = 0;  // fp32 values
  uint8_t flags = 0;

  Instr Encode() const {
    Instr i = Instr::Of(Op::kVec, flags);
    i.Put(1, 0, 24, count);
    return i;
  }
  static VecInstr Decode(const Instr& i) { return {i.Get(1, 0, 24), i.flags()}; }
  bool operator==(const VecInstr&) const = default;
};

struct MatmulInstr {
  Epilogue epilogue = Epilogue::kQ;
  WeightType wtype = WeightType::kInt8;
  uint32_t n = 0;       // true outputs
  uint32_t tail = 0;    // bytes of a row's last chunk
  uint32_t groups = 0;  // G
  uint32_t panels = 0;
  uint32_t src_base = 0, dst_base = 0, dst_groups = 0;
  uint32_t src_copies_log2 = 0;  // columns that hold each source row; at least PartsLog2(wtype)
  uint32_t dst_copies_log2 = 0;  // and that the results are written to (RES, GLU)
  float qs = 0;
  uint64_t address = 0;  // K, V: the layer's region, relative to the KV base
  uint8_t flags = 0;

  Instr Encode() const {
    Instr i = Instr::Of(Op::kMatmul, flags);
    i.Put(0, 8, 8, static_cast<uint8_t>(epilogue)), i.Put(0, 16, 8, static_cast<uint8_t>(wtype));
    i.Put(1, 0, 24, n), i.Put(1, 24, 8, tail);
    i.Put(2, 0, 16, groups), i.Put(2, 16, 16, panels);
    i.Put(3, 0, 16, src_base), i.Put(3, 16, 16, dst_base);
    i.Put(4, 0, 16, dst_groups), i.Put(4, 16, 2, src_copies_log2), i.Put(4, 18, 2, dst_copies_log2);
    i.PutFloat(5, qs);
    i.PutAddress(address);
    return i;
  }
  static MatmulInstr Decode(const Instr& i) {
    return {static_cast<Epilogue>(i.Get(0, 8, 8)),
            static_cast<WeightType>(i.Get(0, 16, 8)),
            i.Get(1, 0, 24),
            i.Get(1, 24, 8),
            i.Get(2, 0, 16),
            i.Get(2, 16, 16),
            i.Get(3, 0, 16),
            i.Get(3, 16, 16),
            i.Get(4, 0, 16),
            i.Get(4, 16, 2),
            i.Get(4, 18, 2),
            i.GetFloat(5),
            i.GetAddress(),
            i.flags()};
  }
  bool operator==(const MatmulInstr&) const = default;
};

struct AttnInstr {
  uint64_t k_address = 0;  // the layer's K region, relative to the KV base
  uint32_t v_offset = 0;   // of its V region, from the K region
  uint32_t dst_base = 0, dst_groups = 0, dst_copies_log2 = 0;
  float qs = 0;
  uint8_t flags = 0;

  Instr Encode() const {
    Instr i = Instr::Of(Op::kAttn, flags);
    i.Put(1, 0, 32, v_offset);
    i.Put(3, 16, 16, dst_base);
    i.Put(4, 0, 16, dst_groups), i.Put(4, 18, 2, dst_copies_log2);
    i.PutFloat(5, qs);
    i.PutAddress(k_address);
    return i;
  }
  static AttnInstr Decode(const Instr& i) {
    return {i.GetAddress(), i.w[1],        i.Get(3, 16, 16), i.Get(4, 0, 16),
            i.Get(4, 18, 2), i.GetFloat(5), i.flags()};
  }
  bool operator==(const AttnInstr&) const = default;
};

}  // namespace weft
