// Random programs for the pico engine: straight pieces, loops, branches, calls. For the schedule's tests and
// for the core's bench.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>

#include "sw/pico/assembler.h"
#include "sw/pico/isa.h"

namespace weft::pico {

struct RandomProgramOptions {
  // Registers that programs compute with. 0 is zero; 1 to 5 count and link.
  std::array<uint8_t, 6> pool = {6, 7, 8, 9, 10, 11};
  // For the hardware: operands as its blocks want them, and sends. Register 12 is scratch.
  bool chip = false;
  // Nothing whose duration depends on the surroundings.
  bool timed = false;
};

// A random instruction without control flow. GETs take flash bytes; the memory operations stay in range by
// wrapping.
inline Instruction RandomStraight(std::mt19937& rng, const RandomProgramOptions& options = {}) {
  static constexpr Op kDrawn[] = {Op::kFadd, Op::kFmul, Op::kSpec, Op::kLd, Op::kFaddt, Op::kFsub};
  const auto reg = [&] { return options.pool[rng() % options.pool.size()]; };
  for (;;) {
    const Op op = rng() % 2 ? kDrawn[rng() % std::size(kDrawn)] : static_cast<Op>(rng() % kOps);
    const OpInfo& info = Info(op);
    if (info.flow != Flow::kNext) continue;
    if (options.chip ? op == Op::kCyc : op == Op::kUput) continue;
    if (options.timed && ((op >= Op::kGeth && op <= Op::kSeek) || (op >= Op::kUput && op <= Op::kCrcg)))
      continue;
    Instruction i{op};
    if (info.d) i.d = reg();
    if (info.a) i.a = reg();
    if (info.b) i.b = op == Op::kDot ? uint8_t{0} : reg();
    if (info.field == Field::kNone) return i;
    const Range range = RangeOf(info.field);
    i.value = std::uniform_int_distribution<int32_t>(range.low, range.high)(rng);
    if (info.field == Field::kWordOffset) i.value &= ~3;
    return i;
  }
}

// Up to five of them, each behind what its operands need on the chip.
inline void Straight(Assembler& as, std::mt19937& rng, const RandomProgramOptions& options = {}) {
  constexpr Reg kScratch{12};
  for (uint32_t k = rng() % 6; k > 0; --k) {
    Instruction i = RandomStraight(rng, options);
    if (options.chip) {
      switch (i.op) {
        case Op::kDot:  // up to 31 bytes
          as.Andi(kScratch, Reg{i.a}, 31);
          i.b = kScratch.index;
          break;
        case Op::kSeek:  // where the flash has something
          as.Andi(kScratch, Reg{i.a}, 2047);
          i.a = kScratch.index;
          break;
        default:
          break;
      }
    }
    as.Emit(i);
  }
}

// Blocks with a loop, a branch over something, and calls of two functions; it ends at the label "end".
inline void RandomBody(Assembler& as, std::mt19937& rng, const RandomProgramOptions& options = {}) {
  constexpr Reg kCount{1}, kLink{5};
  const auto reg = [&] { return options.pool[rng() % options.pool.size()]; };
  int labels = 0;
  const auto label = [&] { return as.NewLabel("l" + std::to_string(labels++)); };
  const Label functions[2] = {label(), label()};
  const Label start = label();
  as.J(start);
  for (const Label function : functions) {
    as.Bind(function);
    Straight(as, rng, options);
    const Label over = label();
    as.Emit({Op::kBlt, 0, reg()}, over);
    Straight(as, rng, options);
    as.Bind(over);
    Straight(as, rng, options);
    as.Jr(kLink);
  }
  as.Bind(start);
  for (uint32_t block = 0; block < 6; ++block) {
    as.Li(kCount, 1 + rng() % 3);
    const Label head = label(), over = label();
    if (rng() % 2) Straight(as, rng, options);
    as.Bind(head);
    Straight(as, rng, options);
    static constexpr Op kBranches[] = {Op::kBz, Op::kBnz, Op::kBlt, Op::kBge, Op::kBnan};
    as.Emit({kBranches[rng() % 5], 0, reg()}, over);
    Straight(as, rng, options);
    if (rng() % 2) {
      as.Jal(kLink, functions[rng() % 2]);
    } else if (rng() % 2) {
      const Label back = label();
      as.La(kLink, back);
      as.J(functions[rng() % 2]);
      as.Bind(back);
    }
    Straight(as, rng, options);
    as.Bind(over);
    Straight(as, rng, options);
    as.Djnz(kCount, head);
  }
}

inline void RandomProgram(Assembler& as, std::mt19937& rng, const RandomProgramOptions& options = {}) {
  RandomBody(as, rng, options);
  const Label end = as.Here("end");
  as.J(end);
}

}  // namespace weft::pico
