// The pico engine's assembler: firmware is C++ code that calls one method per instruction.
//
//   Assembler as;
//   const Reg n = as.Named("n");
//   as.Li(n, 10);
//   const Label loop = as.Here("loop");
//   as.Djnz(n, loop);
//   Result<Program> program = as.Finish();
//
// Finish computes the waits (sw/pico/schedule.h); it never reorders. A wrong operand does not stop the assembly:
// Finish gives the first error. Registers are the firmware's to share out; the assembler takes one itself, `li.scratch`,
// at the first constant that needs it (see Li).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/pico/isa.h"

namespace weft::pico {

struct Reg {
  uint8_t index = 0;
  bool operator==(const Reg&) const = default;
};

struct Label {
  int id = -1;
};

// What DOT takes from a byte of the stream for lane c.
enum class Weights : uint8_t { kByte = 0, kInt4 = 1, kTernary = 2 };
// Row of the table that SPEC evaluates.
enum class Table : uint8_t { kExp2 = 0, kRecip = 1, kRsqrtEven = 2, kRsqrtOdd = 3 };

struct Program {
  std::vector<uint32_t> words;
  std::map<std::string, uint32_t> labels;
  std::string listing;

  // For $readmemh: kProgramWords lines of 8 hexadecimal digits, NOPs behind the program.
  std::string Hex() const;
};

class Assembler {
 public:
  // The lowest free register, under a name that the listing shows. Free gives it back.
  Reg Named(const std::string& name);
  void Free(Reg reg);

  Label NewLabel(const std::string& name);
  void Bind(Label label);  // to the next instruction
  Label Here(const std::string& name);
  void Mark(const std::string& text);  // a line in the listing, in front of the next instruction

  void Nop();
  void Add(Reg d, Reg a, Reg b);
  void Sub(Reg d, Reg a, Reg b);
  void And(Reg d, Reg a, Reg b);
  void Or(Reg d, Reg a, Reg b);
  void Xor(Reg d, Reg a, Reg b);
  void Fmax(Reg d, Reg a, Reg b);
  void Fmin(Reg d, Reg a, Reg b);
  void Fgt(Reg d, Reg a, Reg b);
  void Amax(Reg d, Reg a, Reg b);
  void Addi(Reg d, Reg a, int32_t imm);   // -1024..1023
  void Andi(Reg d, Reg a, int32_t imm);   // 0..2047
  void Lui(Reg d, int32_t imm);           // 0..65535
  void Srl1(Reg d, Reg a);
  void Ror8(Reg d, Reg a);
  void Pack(Reg d, Reg a, Reg b);
  void Expo(Reg d, Reg a);
  void Ha(Reg d, Reg a);
  void Hb(Reg d, Reg a);
  void Ld(Reg d, Reg a, int32_t offset = 0);         // -1024..1023 bytes
  void St(Reg b, Reg a, int32_t offset_bytes = 0);   // [a + offset] = b; 0..124, a multiple of 4
  void Stb(Reg b, Reg a, int32_t offset_bytes = 0);  // 0..31
  void Sta(Reg value, Reg address, int32_t column_mask);
  void Fadd(Reg d, Reg a, Reg b);
  void Fsub(Reg d, Reg a, Reg b);
  void Faddt(Reg d, Reg a, Reg b);
  void Fmul(Reg d, Reg a, Reg b);
  void Spec(Reg d, Reg a, Table table);
  void Geth(Reg d);
  void Getw(Reg d);
  void Dot(Reg act, Reg count, Weights weights);
  void Dget(Reg d, int32_t lane);
  void StreamMem(Reg a);
  void StreamFlash();
  void Seek(Reg a);
  void Uget(Reg d);
  void Uput(Reg a);
  void CrcInit();
  void CrcByte(Reg a);
  void CrcGet(Reg d);
  void Cycles(Reg d);
  void Led(Reg a);
  void Bz(Reg a, Label target);
  void Bnz(Reg a, Label target);
  void Blt(Reg a, Label target);
  void Bge(Reg a, Label target);
  void Bnan(Reg a, Label target);
  void Djnz(Reg a, Label target);
  void J(Label target);
  void Jal(Reg d, Label target);
  void Jr(Reg a);

  // Any 32-bit value. One instruction: 17 signed bits, or a low half of zero. Two: the same, then a sum with -1024..1023,
  // ROR8 or SRL1. All other values take three instructions and the register `li.scratch`.
  void Li(Reg d, uint32_t value);
  void La(Reg d, Label label);  // the label's program address, for Jr

  // An instruction as data, for tests that draw programs.
  void Emit(Instruction instruction, Label target = {});

  Result<Program> Finish();

 private:
  struct Item {
    Instruction instruction;
    Label target;      // of a branch, or of La
    std::string text;  // for the listing, without the target: registers may change their names later
  };
  struct LabelInfo {
    std::string name;
    int item = -1;  // unbound
  };
  struct MarkInfo {
    int item;
    std::string text;
  };

  void Fail(const std::string& message);
  std::string Where() const;  // "instruction 12, under 'mark'"
  bool Known(Label label);
  std::vector<Instruction> Resolved();  // with items as targets
  std::string ListingOf(const std::vector<uint32_t>& words, const std::vector<uint32_t>& address) const;
  void Three(Op op, Reg d, Reg a, Reg b) { Emit({op, d.index, a.index, b.index}); }

  std::vector<Item> items_;
  std::vector<LabelInfo> labels_;
  std::vector<MarkInfo> marks_;
  std::array<std::string, kRegisters> names_;
  bool has_scratch_ = false;
  Reg scratch_;
  std::string error_;
};

// "fadd r3, r1, r2"; names has a name per register, or is null.
std::string Disassemble(const Instruction& instruction, const std::array<std::string, kRegisters>* names = nullptr);

}  // namespace weft::pico
