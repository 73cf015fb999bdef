// The pico assembler: encodings, constants, labels, the listing, and what it refuses.
#include "sw/pico/assembler.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "sw/pico/simulator.h"

namespace weft::pico {
namespace {

constexpr Reg r1{1}, r2{2}, r3{3};

Program Assembled(const std::function<void(Assembler&)>& build) {
  Assembler as;
  build(as);
  const Label end = as.Here("end");
  as.J(end);
  Result<Program> program = as.Finish();
  EXPECT_TRUE(program.ok()) << program.error().message;
  return program.ok() ? program.value() : Program{};
}

std::string Refusal(const std::function<void(Assembler&)>& build) {
  Assembler as;
  build(as);
  const Label end = as.NewLabel("end");
  as.Bind(end);
  as.J(end);
  const Result<Program> program = as.Finish();
  return program.ok() ? "" : program.error().message;
}

uint32_t First(const std::function<void(Assembler&)>& build) { return Assembled(build).words.at(0); }

TEST(PicoIsaTest, TableIsInTheOrderOfTheNumbers) {
  EXPECT_STREQ(Info(static_cast<Op>(8)).name, "fgt");
  EXPECT_STREQ(Info(static_cast<Op>(19)).name, "hb");
  EXPECT_STREQ(Info(static_cast<Op>(28)).name, "spec");
  EXPECT_STREQ(Info(static_cast<Op>(41)).name, "cyc");
  EXPECT_STREQ(Info(static_cast<Op>(51)).name, "led");
  EXPECT_EQ(Info(Op::kFadd).port, 6);
  EXPECT_EQ(Info(Op::kFmul).port, 5);
  EXPECT_EQ(Info(Op::kSpec).port, 5);
}

TEST(PicoIsaTest, WordsDecodeToWhatWasEncoded) {
  std::mt19937 rng(1);
  for (int op = 0; op < kOps; ++op) {
    const OpInfo& info = kOpTable[op];
    for (int k = 0; k < 200; ++k) {
      Instruction i{static_cast<Op>(op)};
      i.wait = static_cast<int>(rng() % 8);
      if (info.d) i.d = rng() % 64;
      if (info.a) i.a = rng() % 64;
      if (info.b) i.b = rng() % 64;
      const Range range = RangeOf(info.field);
      i.value = std::uniform_int_distribution<int32_t>(range.low, range.high)(rng);
      if (k == 0) i.value = range.low;
      if (k == 1) i.value = range.high;
      if (info.field == Field::kWordOffset) i.value &= ~3;
      const Instruction back = Decode(Encode(i));
      EXPECT_EQ(std::tie(i.op, i.wait, i.d, i.a, i.b, i.value),
                std::tie(back.op, back.wait, back.d, back.a, back.b, back.value))
          << info.name;
    }
  }
}

TEST(PicoAssemblerTest, EncodesTheFields) {
  EXPECT_EQ(First([](Assembler& as) { as.Add(r1, r2, r3); }), 1u << 23 | 1u << 17 | 2u << 11 | 3u << 5);
  EXPECT_EQ(First([](Assembler& as) { as.Addi(r1, r2, -1); }), 10u << 23 | 1u << 17 | 2u << 11 | 0x7ffu);
  EXPECT_EQ(First([](Assembler& as) { as.Li(r1, -2u); }), 12u << 23 | 1u << 17 | 0x1fffeu);
  EXPECT_EQ(First([](Assembler& as) { as.Lui(r1, 0xabcd); }), 13u << 23 | 1u << 17 | 0xabcdu);
  EXPECT_EQ(First([](Assembler& as) { as.St(r1, r2, 124); }), 21u << 23 | 2u << 11 | 1u << 5 | 31u);
  EXPECT_EQ(First([](Assembler& as) { as.Stb(r1, r2, 31); }), 22u << 23 | 2u << 11 | 1u << 5 | 31u);
  EXPECT_EQ(First([](Assembler& as) { as.Sta(r1, r2, 9); }), 23u << 23 | 2u << 11 | 1u << 5 | 9u);
  EXPECT_EQ(First([](Assembler& as) { as.Spec(r1, r2, Table::kRsqrtOdd); }), 28u << 23 | 1u << 17 | 2u << 11 | 3u);
  EXPECT_EQ(First([](Assembler& as) { as.Dot(r1, r2, Weights::kTernary); }), 31u << 23 | 1u << 11 | 2u << 5 | 2u);
  EXPECT_EQ(First([](Assembler& as) { as.Dget(r1, 2); }), 32u << 23 | 1u << 17 | 2u);
  EXPECT_EQ(First([](Assembler& as) { as.Djnz(r1, as.Here("self")); }), 47u << 23 | 1u << 17 | 1u << 11);
}

TEST(PicoAssemblerTest, LiMakesAnyValue) {
  std::mt19937 rng(2);
  std::vector<uint32_t> values = {0, 1, 0xffffu, 0x10000u, 0x1ffffu, 0x80000000u, 0x7fffffffu, 0xffffffffu, 0x4b400000u,
                                  0x12345678u, 0x0000ffffu, 0xffff0000u, 0xfffeffffu, 0x8000ffffu, 0x00018000u, 0xffff8000u,
                                  0x00010400u, 0xfffefc00u, 0x3c010204u, 0x7fff8000u, 0x7fffffc0u};
  for (int k = 0; k < 2000; ++k) values.push_back(k % 2 ? rng() : rng() & (rng() | rng() << 16));
  for (const uint32_t value : values) {
    Assembler as;
    as.Li({5}, value);
    const Label end = as.Here("end");
    as.J(end);
    const Result<Program> program = as.Finish();
    ASSERT_TRUE(program.ok()) << program.error().message;
    Simulator sim;
    sim.Load(program.value().words);
    ASSERT_EQ(sim.Run(100, program.value().labels.at("end")), Simulator::Stop::kPc);
    EXPECT_EQ(sim.reg(5), value);
    EXPECT_LE(program.value().words.size(), 4u);
  }
}

TEST(PicoAssemblerTest, LiTakesTheShortestWay) {
  const auto words = [](uint32_t value) {
    return Assembled([&](Assembler& as) { as.Li(r1, value); }).words.size() - 1;
  };
  EXPECT_EQ(words(65535), 1u);
  EXPECT_EQ(words(-65536u), 1u);
  EXPECT_EQ(words(0x4b400000u), 1u);
  EXPECT_EQ(words(65536 + 5), 2u);
  EXPECT_EQ(words(66558), 2u);        // 65535 + 1023
  EXPECT_EQ(words(0x7fffffffu), 2u);  // LI -1, SRL1
  EXPECT_EQ(words(0x0d800001u), 2u);
  EXPECT_EQ(words(0xff000001u), 2u);  // LI 511, ROR8
  EXPECT_EQ(words(0x12345678u), 3u);
}

TEST(PicoAssemblerTest, LabelsBecomeAddresses) {
  Assembler as;
  const Label later = as.NewLabel("later");
  as.Spec(r1, r2, Table::kExp2);
  as.Bind(later);
  as.Add(r3, r1, r1);  // waits 5 cycles
  as.La(r2, later);
  as.J(later);
  const Result<Program> program = as.Finish();
  ASSERT_TRUE(program.ok()) << program.error().message;
  ASSERT_EQ(program.value().words.size(), 4u);
  EXPECT_EQ(program.value().labels.at("later"), 1u);
  EXPECT_EQ(program.value().words[1] >> 29, 5u);
  EXPECT_EQ(program.value().words[2] & 0x1ffff, 1u);
  EXPECT_EQ(program.value().words[3] & 0x7ff, 1u);
}

TEST(PicoAssemblerTest, ListingShowsNamesMarksAndLabels) {
  Assembler as;
  const Reg acc = as.Named("acc");
  as.Mark("sums");
  const Label loop = as.Here("loop");
  as.Fadd(acc, acc, acc);
  as.Free(acc);
  EXPECT_EQ(as.Named("other"), acc);
  as.J(loop);
  const Result<Program> program = as.Finish();
  ASSERT_TRUE(program.ok()) << program.error().message;
  const std::string& text = program.value().listing;
  for (const char* part : {"\n; sums\nloop:\n  000  6c000000  3  fadd acc, acc, acc\n", "  001  18000000  .  j loop\n", "; 2 of 2048 words\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
}

TEST(PicoAssemblerTest, HexFillsTheProgramMemory) {
  const std::string hex = Assembled([](Assembler& as) { as.Li(r1, 5); }).Hex();
  EXPECT_EQ(hex.size(), 9u * kProgramWords);
  EXPECT_EQ(hex.substr(0, 9), "06020005\n");
  EXPECT_EQ(hex.substr(hex.size() - 9), "00000000\n");
}

TEST(PicoAssemblerTest, RefusesInOneSentence) {
  EXPECT_EQ(Refusal([](Assembler& as) { as.Addi(r1, r2, 1024); }),
            "addi: the operand is 1024, want -1024..1023 (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) { as.Mark("head"), as.Nop(), as.St(r1, r2, 6); }),
            "st: the offset is 6, want a multiple of 4 (instruction 1, under 'head')");
  EXPECT_EQ(Refusal([](Assembler& as) { as.St(r1, r2, 128); }), "st: the operand is 128, want 0..124 (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) { as.Dget(r1, 4); }), "dget: the operand is 4, want 0..3 (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) { as.Add({64}, r1, r1); }), "add: the register is 64, want 0..63 (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) { as.J(as.NewLabel("lost")); }),
            "label 'lost' is used but not bound; want Bind somewhere (instruction 2)");
  EXPECT_EQ(Refusal([](Assembler& as) { as.Bind(as.Here("twice")); }),
            "label 'twice' is bound twice; want once (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) { as.Here("same"), as.Here("same"); }),
            "label 'same' exists already; want a new name (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) { as.J({7}); }), "label 7 is not one that NewLabel made (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) { as.Named("a"), as.Named("a"); }),
            "register 'a' exists already, as r0; want a new name (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) {
              for (int r = 0; r <= kRegisters; ++r) as.Named("r" + std::to_string(r));
            }),
            "register 'r64' is one too many: all 64 are in use (instruction 0)");
  EXPECT_EQ(Refusal([](Assembler& as) {
              for (uint32_t k = 0; k < kProgramWords; ++k) as.Nop();
            }),
            "the program has 2049 words, want at most 2048");
  Assembler open;
  open.Nop();
  EXPECT_EQ(open.Finish().error().message,
            "the last instruction is a nop, want a jump: the program must not run past its end (instruction 1)");
  EXPECT_EQ(Assembler().Finish().error().message, "the program has no instruction; want one at least");
}

}  // namespace
}  // namespace weft::pico
