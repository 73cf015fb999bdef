#include "sw/pico/assembler.h"

#include <bit>
#include <cstdio>

#include "sw/pico/schedule.h"

namespace weft::pico {
namespace {

std::string Text(const char* format, unsigned value) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

bool Fits(int64_t value, Field field) {
  return value >= RangeOf(field).low && value <= RangeOf(field).high;
}

// The one instruction that makes the value, if there is one.
bool OneInstruction(uint32_t value, Reg d, Instruction& first) {
  if (Fits(static_cast<int32_t>(value), Field::kSigned17)) {
    first = {Op::kLi, d.index, 0, 0, static_cast<int32_t>(value)};
    return true;
  }
  first = {Op::kLui, d.index, 0, 0, static_cast<int32_t>(value >> 16)};
  return (value & 0xffff) == 0;
}

// Two instructions that make the value.
bool TwoInstructions(uint32_t value, Reg d, Instruction& first, Instruction& second) {
  second = {Op::kRor8, d.index, d.index};
  if (OneInstruction(std::rotl(value, 8), d, first)) return true;
  second = {Op::kSrl1, d.index, d.index};
  if (value >> 31 == 0 && (OneInstruction(value << 1, d, first) || OneInstruction(value << 1 | 1, d, first))) return true;
  // A 17-bit value or one with an empty low half, no further away than the sum reaches.
  const uint32_t upper = (value + 0x8000u) & 0xffff0000u;
  for (const uint32_t near : {upper, 65535u, static_cast<uint32_t>(-65536)}) {
    const int32_t rest = static_cast<int32_t>(value - near);
    second = {Op::kAddi, d.index, d.index, 0, rest};
    if (Fits(rest, Field::kSigned11) && OneInstruction(near, d, first)) return true;
  }
  return false;
}

}  // namespace

Reg Assembler::Named(const std::string& name) {
  int lowest = -1;
  for (int r = kRegisters - 1; r >= 0; --r) {
    if (names_[r] == name) Fail("register '" + name + "' exists already, as r" + std::to_string(r) + "; want a new name");
    if (names_[r].empty()) lowest = r;
  }
  if (lowest < 0) {
    Fail("register '" + name + "' is one too many: all " + std::to_string(kRegisters) + " are in use");
    return {};
  }
  names_[lowest] = name;
  return {static_cast<uint8_t>(lowest)};
}

void Assembler::Free(Reg reg) {
  if (names_[reg.index].empty()) Fail("register r" + std::to_string(reg.index) + " is freed but has no name; want a named one");
  names_[reg.index].clear();
}

Label Assembler::NewLabel(const std::string& name) {
  for (const LabelInfo& label : labels_) {
    if (label.name == name) Fail("label '" + name + "' exists already; want a new name");
  }
  labels_.push_back({name});
  return {static_cast<int>(labels_.size()) - 1};
}

bool Assembler::Known(Label label) {
  if (label.id >= 0 && label.id < static_cast<int>(labels_.size())) return true;
  Fail("label " + std::to_string(label.id) + " is not one that NewLabel made");
  return false;
}

void Assembler::Bind(Label label) {
  if (!Known(label)) return;
  LabelInfo& info = labels_[label.id];
  if (info.item >= 0) Fail("label '" + info.name + "' is bound twice; want once");
  info.item = static_cast<int>(items_.size());
}

Label Assembler::Here(const std::string& name) {
  const Label label = NewLabel(name);
  Bind(label);
  return label;
}

void Assembler::Mark(const std::string& text) { marks_.push_back({static_cast<int>(items_.size()), text}); }

std::string Assembler::Where() const {
  std::string where = "instruction " + std::to_string(items_.size());
  if (!marks_.empty()) where += ", under '" + marks_.back().text + "'";
  return where;
}

void Assembler::Fail(const std::string& message) {
  if (error_.empty()) error_ = message + " (" + Where() + ")";
}

void Assembler::Emit(Instruction instruction, Label target) {
  const OpInfo& info = Info(instruction.op);
  if (info.field == Field::kTarget) {
    Known(target);
  } else if (info.field != Field::kNone && target.id < 0) {
    const Range range = RangeOf(info.field);
    if (!Fits(instruction.value, info.field)) {
      Fail(std::string(info.name) + ": the operand is " + std::to_string(instruction.value) + ", want " +
           std::to_string(range.low) + ".." + std::to_string(range.high));
    } else if (info.field == Field::kWordOffset && instruction.value % 4 != 0) {
      Fail(std::string(info.name) + ": the offset is " + std::to_string(instruction.value) + ", want a multiple of 4");
    }
  }
  for (const uint8_t reg : {instruction.d, instruction.a, instruction.b}) {
    if (reg >= kRegisters) Fail(std::string(info.name) + ": the register is " + std::to_string(reg) + ", want 0..63");
  }
  if (!error_.empty()) return;
  std::string text = Disassemble(instruction, &names_);
  if (info.field != Field::kTarget && target.id >= 0) text = text.substr(0, text.find(','));  // La: the label follows
  items_.push_back({instruction, target, std::move(text)});
}

void Assembler::Li(Reg d, uint32_t value) {
  Instruction first, second;
  if (OneInstruction(value, d, first)) return Emit(first);
  if (TwoInstructions(value, d, first, second)) {
    Emit(first);
    return Emit(second);
  }
  if (!has_scratch_) scratch_ = Named("li.scratch");
  has_scratch_ = true;
  // LI extends its sign; the upper half makes up for it.
  const int32_t low = static_cast<int16_t>(value & 0xffff);
  Lui(d, static_cast<int32_t>((value - static_cast<uint32_t>(low)) >> 16));
  Emit({Op::kLi, scratch_.index, 0, 0, low});
  Add(d, d, scratch_);
}

void Assembler::La(Reg d, Label label) {
  if (Known(label)) Emit({Op::kLi, d.index}, label);
}

std::vector<Instruction> Assembler::Resolved() {
  std::vector<Instruction> code;
  for (const Item& item : items_) {
    code.push_back(item.instruction);
    if (item.target.id < 0) continue;
    const LabelInfo& label = labels_[item.target.id];
    if (label.item < 0) Fail("label '" + label.name + "' is used but not bound; want Bind somewhere");
    if (label.item == static_cast<int>(items_.size())) Fail("label '" + label.name + "' is bound behind the last instruction");
    code.back().value = label.item;
  }
  return code;
}

Result<Program> Assembler::Finish() {
  if (items_.empty() && error_.empty()) return Error{"the program has no instruction; want one at least"};
  std::vector<Instruction> code = Resolved();
  const Flow last = items_.empty() ? Flow::kNext : Info(items_.back().instruction.op).flow;
  if (last == Flow::kNext || last == Flow::kBranch) {
    Fail("the last instruction is a " + std::string(items_.empty() ? "" : Info(items_.back().instruction.op).name) +
         ", want a jump: the program must not run past its end");
  }
  if (!error_.empty()) return Error{error_};

  std::vector<bool> entry(code.size());
  for (size_t p = 0; p < code.size(); ++p) {
    const Op op = code[p].op;
    if (Info(op).flow == Flow::kCall && p + 1 < code.size()) entry[p + 1] = true;
    if (op == Op::kLi && items_[p].target.id >= 0) entry[static_cast<size_t>(code[p].value)] = true;
  }
  const std::vector<int> waits = Schedule(code, entry);

  // Addresses: a wait of more than a word can hold takes NOPs, which belong to the instruction behind them.
  std::vector<uint32_t> address;
  uint32_t words = 0;
  for (const int wait : waits) {
    address.push_back(words);
    words += 1 + static_cast<uint32_t>(wait / (kMaxWait + 1));
  }
  if (words > kProgramWords) {
    return Error{"the program has " + std::to_string(words) + " words, want at most " + std::to_string(kProgramWords)};
  }
  Program program;
  for (size_t p = 0; p < code.size(); ++p) {
    int wait = waits[p];
    for (; wait > kMaxWait; wait -= kMaxWait + 1) {
      program.words.push_back(Encode({.wait = kMaxWait}));
    }
    Instruction i = code[p];
    i.wait = wait;
    if (items_[p].target.id >= 0) i.value = static_cast<int32_t>(address[static_cast<size_t>(i.value)]);
    program.words.push_back(Encode(i));
  }
  for (const LabelInfo& label : labels_) {
    if (label.item >= 0 && label.item < static_cast<int>(address.size())) program.labels[label.name] = address[label.item];
  }
  program.listing = ListingOf(program.words, address);
  return program;
}

std::string Assembler::ListingOf(const std::vector<uint32_t>& words, const std::vector<uint32_t>& address) const {
  std::string text = "; address word wait instruction\n";
  size_t mark = 0;
  for (size_t p = 0; p < items_.size(); ++p) {
    for (; mark < marks_.size() && marks_[mark].item <= static_cast<int>(p); ++mark) text += "\n; " + marks_[mark].text + "\n";
    for (const LabelInfo& label : labels_) {
      if (label.item == static_cast<int>(p)) text += label.name + ":\n";
    }
    const uint32_t end = p + 1 < items_.size() ? address[p + 1] : static_cast<uint32_t>(words.size());
    for (uint32_t at = address[p]; at < end; ++at) {
      std::string line = at + 1 == end ? items_[p].text : "nop";
      if (at + 1 == end && items_[p].target.id >= 0) {
        line += std::string(line.find(' ') == std::string::npos ? " " : ", ") + labels_[items_[p].target.id].name;
      }
      const uint32_t wait = words[at] >> 29;
      text += "  " + Text("%03x", at) + "  " + Text("%08x", words[at]) + "  " + (wait ? std::to_string(wait) : ".") + "  " +
              line + "\n";
    }
  }
  const uint32_t count = static_cast<uint32_t>(words.size());
  return text + "\n; " + std::to_string(count) + " of " + std::to_string(kProgramWords) + " words\n";
}

std::string Program::Hex() const {
  std::string text;
  for (uint32_t at = 0; at < kProgramWords; ++at) text += Text("%08x\n", at < words.size() ? words[at] : 0);
  return text;
}

std::string Disassemble(const Instruction& i, const std::array<std::string, kRegisters>* names) {
  const OpInfo& info = Info(i.op);
  std::string text = info.name;
  const char* separator = " ";
  const auto add = [&](const std::string& operand) {
    text += separator + operand;
    separator = ", ";
  };
  const auto reg = [&](uint8_t index) {
    add(names && !(*names)[index].empty() ? (*names)[index] : "r" + std::to_string(index));
  };
  if (info.d && i.op != Op::kDjnz) reg(i.d);  // DJNZ writes the register it reads
  if (info.a) reg(i.a);
  if (info.b) reg(i.b);
  // Targets have names: who lists the program adds them. So does La, an LI whose value comes later.
  if (info.field == Field::kTarget) {
    if (!names) add(Text("0x%03x", static_cast<unsigned>(i.value)));
  } else if (info.field == Field::kUnsigned16) {
    add(Text("0x%04x", static_cast<unsigned>(i.value)));
  } else if (info.field != Field::kNone) {
    add(std::to_string(i.value));
  }
  return text;
}

void Assembler::Nop() { Emit({}); }
void Assembler::Add(Reg d, Reg a, Reg b) { Three(Op::kAdd, d, a, b); }
void Assembler::Sub(Reg d, Reg a, Reg b) { Three(Op::kSub, d, a, b); }
void Assembler::And(Reg d, Reg a, Reg b) { Three(Op::kAnd, d, a, b); }
void Assembler::Or(Reg d, Reg a, Reg b) { Three(Op::kOr, d, a, b); }
void Assembler::Xor(Reg d, Reg a, Reg b) { Three(Op::kXor, d, a, b); }
void Assembler::Fmax(Reg d, Reg a, Reg b) { Three(Op::kFmax, d, a, b); }
void Assembler::Fmin(Reg d, Reg a, Reg b) { Three(Op::kFmin, d, a, b); }
void Assembler::Fgt(Reg d, Reg a, Reg b) { Three(Op::kFgt, d, a, b); }
void Assembler::Amax(Reg d, Reg a, Reg b) { Three(Op::kAmax, d, a, b); }
void Assembler::Addi(Reg d, Reg a, int32_t imm) { Emit({Op::kAddi, d.index, a.index, 0, imm}); }
void Assembler::Andi(Reg d, Reg a, int32_t imm) { Emit({Op::kAndi, d.index, a.index, 0, imm}); }
void Assembler::Lui(Reg d, int32_t imm) { Emit({Op::kLui, d.index, 0, 0, imm}); }
void Assembler::Srl1(Reg d, Reg a) { Three(Op::kSrl1, d, a, {}); }
void Assembler::Ror8(Reg d, Reg a) { Three(Op::kRor8, d, a, {}); }
void Assembler::Pack(Reg d, Reg a, Reg b) { Three(Op::kPack, d, a, b); }
void Assembler::Expo(Reg d, Reg a) { Three(Op::kExpo, d, a, {}); }
void Assembler::Ha(Reg d, Reg a) { Three(Op::kHa, d, a, {}); }
void Assembler::Hb(Reg d, Reg a) { Three(Op::kHb, d, a, {}); }
void Assembler::Ld(Reg d, Reg a, int32_t offset) { Emit({Op::kLd, d.index, a.index, 0, offset}); }
void Assembler::St(Reg b, Reg a, int32_t offset) { Emit({Op::kSt, 0, a.index, b.index, offset}); }
void Assembler::Stb(Reg b, Reg a, int32_t offset) { Emit({Op::kStb, 0, a.index, b.index, offset}); }
void Assembler::Sta(Reg value, Reg address, int32_t mask) { Emit({Op::kSta, 0, address.index, value.index, mask}); }
void Assembler::Fadd(Reg d, Reg a, Reg b) { Three(Op::kFadd, d, a, b); }
void Assembler::Fsub(Reg d, Reg a, Reg b) { Three(Op::kFsub, d, a, b); }
void Assembler::Faddt(Reg d, Reg a, Reg b) { Three(Op::kFaddt, d, a, b); }
void Assembler::Fmul(Reg d, Reg a, Reg b) { Three(Op::kFmul, d, a, b); }
void Assembler::Spec(Reg d, Reg a, Table table) { Emit({Op::kSpec, d.index, a.index, 0, static_cast<int32_t>(table)}); }
void Assembler::Geth(Reg d) { Emit({Op::kGeth, d.index}); }
void Assembler::Getw(Reg d) { Emit({Op::kGetw, d.index}); }
void Assembler::Dot(Reg act, Reg count, Weights weights) {
  Emit({Op::kDot, 0, act.index, count.index, static_cast<int32_t>(weights)});
}
void Assembler::Dget(Reg d, int32_t lane) { Emit({Op::kDget, d.index, 0, 0, lane}); }
void Assembler::StreamMem(Reg a) { Emit({Op::kSmem, 0, a.index}); }
void Assembler::StreamFlash() { Emit({Op::kSflash}); }
void Assembler::Seek(Reg a) { Emit({Op::kSeek, 0, a.index}); }
void Assembler::Uget(Reg d) { Emit({Op::kUget, d.index}); }
void Assembler::Uput(Reg a) { Emit({Op::kUput, 0, a.index}); }
void Assembler::CrcInit() { Emit({Op::kCrci}); }
void Assembler::CrcByte(Reg a) { Emit({Op::kCrcb, 0, a.index}); }
void Assembler::CrcGet(Reg d) { Emit({Op::kCrcg, d.index}); }
void Assembler::Cycles(Reg d) { Emit({Op::kCyc, d.index}); }
void Assembler::Led(Reg a) { Emit({Op::kLed, 0, a.index}); }
void Assembler::Bz(Reg a, Label target) { Emit({Op::kBz, 0, a.index}, target); }
void Assembler::Bnz(Reg a, Label target) { Emit({Op::kBnz, 0, a.index}, target); }
void Assembler::Blt(Reg a, Label target) { Emit({Op::kBlt, 0, a.index}, target); }
void Assembler::Bge(Reg a, Label target) { Emit({Op::kBge, 0, a.index}, target); }
void Assembler::Bnan(Reg a, Label target) { Emit({Op::kBnan, 0, a.index}, target); }
void Assembler::Djnz(Reg a, Label target) { Emit({Op::kDjnz, a.index, a.index}, target); }
void Assembler::J(Label target) { Emit({Op::kJ}, target); }
void Assembler::Jal(Reg d, Label target) { Emit({Op::kJal, d.index}, target); }
void Assembler::Jr(Reg a) { Emit({Op::kJr, 0, a.index}); }

}  // namespace weft::pico
