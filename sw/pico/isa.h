// The instructions of the pico engine as data: encoding, timing, operands. docs/reference/pico.md explains them.
//
// The engine has no interlocks. The word at address p is in stage D in some cycle t, its result takes the one write
// port of the registers in cycle t + port, and an instruction that reads the register may be in D from the cycle after
// that on. The assembler puts the waits into the words that make this so; the simulator checks it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft::pico {

inline constexpr int kRegisters = 64;
inline constexpr uint32_t kProgramWords = 2048;
inline constexpr uint32_t kMemoryBytes = 128 * 1024;
inline constexpr uint32_t kActWords = 1024;  // of column 0; the others have half
inline constexpr int kColumns = 4;

// Pipeline depths of the float units: one less than the result's write cycle.
inline constexpr int kFaddStages = 5;
inline constexpr int kFmulStages = 4;
inline constexpr int kSpecStages = 4;

// A taken branch, jump or call in D in cycle t has its target in D in t + 3; everything else its successor in t + 1.
inline constexpr int kTakenCycles = 3;
// The largest wait in a word; the assembler puts a NOP in front of an instruction that must wait longer.
inline constexpr int kMaxWait = 7;

enum class Op : uint8_t {
  kNop, kAdd, kSub, kAnd, kOr, kXor, kFmax, kFmin, kFgt, kAmax, kAddi, kAndi, kLi, kLui, kSrl1, kRor8, kPack, kExpo,
  kHa, kHb, kLd, kSt, kStb, kSta, kFadd, kFsub, kFaddt, kFmul, kSpec, kGeth, kGetw, kDot, kDget, kSmem, kSflash, kSeek,
  kUget, kUput, kCrci, kCrcb, kCrcg, kCyc, kBz, kBnz, kBlt, kBge, kBnan, kDjnz, kJ, kJal, kJr, kLed,
};
inline constexpr int kOps = 52;

// What the low bits of a word hold beside the registers.
enum class Field : uint8_t {
  kNone,
  kSigned11,    // [10:0]
  kUnsigned11,  // [10:0]
  kSigned17,    // [16:0]
  kUnsigned16,  // [15:0]
  kWordOffset,  // [4:0], a byte offset in units of 4
  kByteOffset,  // [4:0]
  kColumnMask,  // [3:0]
  kTable,       // [1:0], row of the special function table
  kWeights,     // [4:0], 0 bytes, 1 int4, 2 ternary
  kLane,        // [1:0]
  kTarget,      // [10:0], a program address
};

// How control leaves the instruction.
enum class Flow : uint8_t {
  kNext,
  kBranch,  // to the target or on
  kJump,    // to the target
  kCall,    // to the target; the register gets the address of the next word
  kReturn,  // to the address in ra
};

struct OpInfo {
  const char* name;
  bool d, a, b;         // registers it writes and reads
  Field field;
  int port;             // cycles after D in which the result takes the write port; 0: no result
  uint32_t multiplier;  // bit k: the shared multiplier takes inputs in the k-th cycle after D
  Flow flow = Flow::kNext;
};

inline constexpr std::array<OpInfo, kOps> kOpTable = {{
    {"nop", false, false, false, Field::kNone, 0, 0},
    {"add", true, true, true, Field::kNone, 2, 0},
    {"sub", true, true, true, Field::kNone, 2, 0},
    {"and", true, true, true, Field::kNone, 2, 0},
    {"or", true, true, true, Field::kNone, 2, 0},
    {"xor", true, true, true, Field::kNone, 2, 0},
    {"fmax", true, true, true, Field::kNone, 2, 0},
    {"fmin", true, true, true, Field::kNone, 2, 0},
    {"fgt", true, true, true, Field::kNone, 2, 0},
    {"amax", true, true, true, Field::kNone, 2, 0},
    {"addi", true, true, false, Field::kSigned11, 2, 0},
    {"andi", true, true, false, Field::kUnsigned11, 2, 0},
    {"li", true, false, false, Field::kSigned17, 2, 0},
    {"lui", true, false, false, Field::kUnsigned16, 2, 0},
    {"srl1", true, true, false, Field::kNone, 2, 0},
    {"ror8", true, true, false, Field::kNone, 2, 0},
    {"pack", true, true, true, Field::kNone, 2, 0},
    {"expo", true, true, false, Field::kNone, 2, 0},
    {"ha", true, true, false, Field::kNone, 2, 0},
    {"hb", true, true, false, Field::kNone, 2, 0},
    {"ld", true, true, false, Field::kSigned11, 2, 0},
    {"st", false, true, true, Field::kWordOffset, 0, 0},
    {"stb", false, true, true, Field::kByteOffset, 0, 0},
    {"sta", false, true, true, Field::kColumnMask, 0, 0},
    {"fadd", true, true, true, Field::kNone, 1 + kFaddStages, 0},
    {"fsub", true, true, true, Field::kNone, 1 + kFaddStages, 0},
    {"faddt", true, true, true, Field::kNone, 1 + kFaddStages, 0},
    {"fmul", true, true, true, Field::kNone, 1 + kFmulStages, 1u << 1},
    {"spec", true, true, false, Field::kTable, 1 + kSpecStages, 1u << 1 | 1u << 2 | 1u << 3},
    {"geth", true, false, false, Field::kNone, 2, 0},
    {"getw", true, false, false, Field::kNone, 2, 0},
    {"dot", false, true, true, Field::kWeights, 0, 0},
    {"dget", true, false, false, Field::kLane, 2, 0},
    {"smem", false, true, false, Field::kNone, 0, 0},
    {"sflash", false, false, false, Field::kNone, 0, 0},
    {"seek", false, true, false, Field::kNone, 0, 0},
    {"uget", true, false, false, Field::kNone, 2, 0},
    {"uput", false, true, false, Field::kNone, 0, 0},
    {"crci", false, false, false, Field::kNone, 0, 0},
    {"crcb", false, true, false, Field::kNone, 0, 0},
    {"crcg", true, false, false, Field::kNone, 2, 0},
    {"cyc", true, false, false, Field::kNone, 2, 0},
    {"bz", false, true, false, Field::kTarget, 0, 0, Flow::kBranch},
    {"bnz", false, true, false, Field::kTarget, 0, 0, Flow::kBranch},
    {"blt", false, true, false, Field::kTarget, 0, 0, Flow::kBranch},
    {"bge", false, true, false, Field::kTarget, 0, 0, Flow::kBranch},
    {"bnan", false, true, false, Field::kTarget, 0, 0, Flow::kBranch},
    {"djnz", true, true, false, Field::kTarget, 2, 0, Flow::kBranch},
    {"j", false, false, false, Field::kTarget, 0, 0, Flow::kJump},
    {"jal", true, false, false, Field::kTarget, 2, 0, Flow::kCall},
    {"jr", false, true, false, Field::kNone, 0, 0, Flow::kReturn},
    {"led", false, true, false, Field::kNone, 0, 0},
}};

inline constexpr const OpInfo& Info(Op op) { return kOpTable[static_cast<size_t>(op)]; }

// The values a field may have: for kWordOffset bytes, a multiple of 4.
struct Range {
  int32_t low, high;
};
inline constexpr Range RangeOf(Field field) {
  switch (field) {
    case Field::kSigned11: return {-1024, 1023};
    case Field::kUnsigned11: return {0, kProgramWords - 1};
    case Field::kSigned17: return {-65536, 65535};
    case Field::kUnsigned16: return {0, 65535};
    case Field::kWordOffset: return {0, 124};
    case Field::kByteOffset: return {0, 31};
    case Field::kColumnMask: return {0, 15};
    case Field::kTable: return {0, 3};
    case Field::kWeights: return {0, 2};
    case Field::kLane: return {0, 3};
    case Field::kTarget: return {0, kProgramWords - 1};
    case Field::kNone: break;
  }
  return {0, 0};
}
// Bits [0, width) of the word that the field takes.
inline constexpr int WidthOf(Field field) {
  switch (field) {
    case Field::kNone: return 0;
    case Field::kSigned11: case Field::kUnsigned11: case Field::kTarget: return 11;
    case Field::kSigned17: return 17;
    case Field::kUnsigned16: return 16;
    default: return 5;
  }
}

// One instruction; `value` is the field's, with its sign and in its unit.
struct Instruction {
  Op op = Op::kNop;
  uint8_t d = 0, a = 0, b = 0;
  int32_t value = 0;
  int wait = 0;
};

// [31:29] wait, [28:23] op, [22:17] rd, [16:11] ra, [10:5] rb, [4:0] x; immediates lie over the low fields.
inline constexpr uint32_t Encode(const Instruction& i) {
  const Field field = Info(i.op).field;
  const int32_t value = field == Field::kWordOffset ? i.value / 4 : i.value;
  const uint32_t low = static_cast<uint32_t>(value) & ((1u << WidthOf(field)) - 1);
  return static_cast<uint32_t>(i.wait) << 29 | static_cast<uint32_t>(i.op) << 23 | uint32_t{i.d} << 17 |
         uint32_t{i.a} << 11 | uint32_t{i.b} << 5 | low;
}
// An operation above kOps reads as a NOP, as in the hardware. Fields an operation has not are zero.
inline constexpr Instruction Decode(uint32_t word) {
  Instruction i;
  i.wait = static_cast<int>(word >> 29);
  const uint32_t op = word >> 23 & 63;
  if (op >= kOps) return i;
  i.op = static_cast<Op>(op);
  const OpInfo& info = Info(i.op);
  if (info.d) i.d = word >> 17 & 63;
  if (info.a) i.a = word >> 11 & 63;
  if (info.b) i.b = word >> 5 & 63;
  const int width = WidthOf(info.field);
  const uint32_t low = word & ((1u << width) - 1);
  const bool is_signed = info.field == Field::kSigned11 || info.field == Field::kSigned17;
  i.value = is_signed ? static_cast<int32_t>(low << (32 - width)) >> (32 - width) : static_cast<int32_t>(low);
  if (info.field == Field::kWordOffset) i.value *= 4;
  return i;
}

}  // namespace weft::pico
