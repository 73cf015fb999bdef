// The waits: each kind of hazard, paths that meet, loops, and random programs against the simulator, which faults on a
// wait that is too short.
#include "sw/pico/schedule.h"

#include <gtest/gtest.h>

#include <random>

#include "sw/pico/assembler.h"
#include "sw/pico/simulator.h"
#include "tests/pico/random_program.h"

namespace weft::pico {
namespace {

constexpr Reg r1{1}, r2{2}, r3{3}, r4{4}, r5{5};

// The bubbles of a straight program; a NOP of the assembler counts with its wait.
std::vector<int> Waits(const std::vector<Instruction>& code) { return Schedule(code, std::vector<bool>(code.size())); }
std::vector<int> Waits(std::vector<Instruction> code, const std::vector<size_t>& entries) {
  std::vector<bool> entry(code.size());
  for (const size_t e : entries) entry[e] = true;
  return Schedule(code, entry);
}

Instruction Three(Op op, int d, int a, int b) {
  return {op, static_cast<uint8_t>(d), static_cast<uint8_t>(a), static_cast<uint8_t>(b)};
}
Instruction To(Op op, int reg, int target) {
  return {op, Info(op).d ? static_cast<uint8_t>(reg) : uint8_t{0}, static_cast<uint8_t>(reg), 0, target};
}
Instruction End(int at) { return To(Op::kJ, 0, at); }

TEST(PicoScheduleTest, ReadersWaitForResults) {
  EXPECT_EQ(Waits({Three(Op::kAdd, 1, 2, 3), Three(Op::kAdd, 4, 1, 1), End(2)}), (std::vector<int>{0, 2, 0}));
  EXPECT_EQ(Waits({{Op::kLd, 1, 2}, Three(Op::kAdd, 4, 2, 1), End(2)}), (std::vector<int>{0, 2, 0}));
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), Three(Op::kFadd, 4, 1, 1), End(2)}), (std::vector<int>{0, 6, 0}));
  EXPECT_EQ(Waits({Three(Op::kFmul, 1, 2, 3), Three(Op::kAdd, 4, 5, 6), {Op::kSt, 0, 2, 1}, End(3)}),
            (std::vector<int>{0, 0, 4, 0}));
  EXPECT_EQ(Waits({{Op::kSpec, 1, 2}, To(Op::kBz, 1, 0), End(2)}), (std::vector<int>{0, 5, 0}));
  // Registers that an operation does not read do not matter, whatever its fields hold.
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), {Op::kLi, 4, 1, 1}, {Op::kNop, 1, 1, 1}, End(3)}),
            (std::vector<int>{0, 0, 0, 0}));
}

TEST(PicoScheduleTest, ResultsLandInOrder) {
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), {Op::kLi, 1}, End(2)}), (std::vector<int>{0, 4, 0}));
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), Three(Op::kFadd, 1, 4, 5), End(2)}), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(Waits({{Op::kLd, 1, 2}, {Op::kLi, 1}, End(2)}), (std::vector<int>{0, 0, 0}));
}

TEST(PicoScheduleTest, OneWriteACycle) {
  // FADD's result lands 6 cycles after it, FMUL's 5, those of LD and LI 2.
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), Three(Op::kFmul, 4, 2, 3), End(2)}), (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(Waits({{Op::kLd, 1, 2}, {Op::kLi, 3}, End(2)}), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(Waits({Three(Op::kFmul, 1, 2, 3), {}, {}, {Op::kLi, 3}, End(4)}), (std::vector<int>{0, 0, 0, 1, 0}));
  EXPECT_EQ(Waits({Three(Op::kFmul, 1, 2, 3), {}, {}, {Op::kLd, 3, 2}, End(4)}), (std::vector<int>{0, 0, 0, 1, 0}));
}

TEST(PicoScheduleTest, MultiplierInputsDoNotCollide) {
  // SPEC uses it 1, 2 and 3 cycles on, FMUL 1 cycle on.
  EXPECT_EQ(Waits({{Op::kSpec, 1, 2}, Three(Op::kFmul, 4, 2, 3), End(2)}), (std::vector<int>{0, 2, 0}));
  EXPECT_EQ(Waits({{Op::kSpec, 1, 2}, {}, {}, Three(Op::kFmul, 4, 2, 3), End(4)}), (std::vector<int>{0, 0, 0, 0, 0}));
  EXPECT_EQ(Waits({Three(Op::kFmul, 4, 2, 3), {Op::kSpec, 1, 2}, End(2)}), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(Waits({{Op::kSpec, 1, 2}, {Op::kSpec, 3, 2}, End(2)}), (std::vector<int>{0, 2, 0}));
  EXPECT_EQ(Waits({Three(Op::kFmul, 1, 2, 3), Three(Op::kFmul, 4, 2, 3), End(2)}), (std::vector<int>{0, 0, 0}));
}

TEST(PicoScheduleTest, ATakenBranchIsThreeCyclesAway) {
  // Falling through the reader waits for one cycle less than behind the branch: 6 - 1; taken 6 - 3.
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), To(Op::kBz, 5, 3), Three(Op::kAdd, 4, 1, 1), Three(Op::kAdd, 4, 1, 1), End(4)}),
            (std::vector<int>{0, 0, 5, 3, 0}));
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), To(Op::kJ, 0, 3), Three(Op::kAdd, 4, 1, 1), Three(Op::kAdd, 4, 1, 1), End(4)}),
            (std::vector<int>{0, 0, 0, 3, 0}));
}

TEST(PicoScheduleTest, WherePathsMeetTheWorstCounts) {
  // Over the branch: 3 cycles and the reader's 1 + 4; through the FMUL 1 + 5.
  const std::vector<Instruction> code = {To(Op::kBz, 5, 2), Three(Op::kFmul, 1, 2, 3), Three(Op::kAdd, 4, 1, 1), End(3)};
  EXPECT_EQ(Waits(code), (std::vector<int>{0, 0, 5, 0}));
  const std::vector<Instruction> both = {Three(Op::kFadd, 1, 2, 3), To(Op::kBz, 5, 3), Three(Op::kFmul, 6, 2, 3),
                                         Three(Op::kAdd, 4, 1, 6), End(4)};
  // FMUL in D at 3 (port 8; FADD has 6), its reader from 9: 5 bubbles; taken, the reader comes at 4 and FADD is there at 7.
  EXPECT_EQ(Waits(both), (std::vector<int>{0, 0, 0, 5, 0}));
}

TEST(PicoScheduleTest, LoopsCarryWhatIsPending) {
  // The sum of one round is the operand of the next: DJNZ is 1 on, the head 3 after that.
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 1, 3), To(Op::kDjnz, 5, 0), End(2)}), (std::vector<int>{3, 0, 0}));
  // Without the dependence the loop runs free, but DJNZ's own result must not land with the last round's FMUL.
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), To(Op::kDjnz, 5, 0), End(2)}), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(Waits({Three(Op::kFmul, 1, 2, 3), {}, {}, To(Op::kDjnz, 5, 0), End(4)}), (std::vector<int>{0, 0, 0, 1, 0}));
  // The write of the LI, 2 + 4 cycles on, must come after the FADD's: only in the second round.
  EXPECT_EQ(Waits({{Op::kLi, 1}, Three(Op::kFadd, 1, 2, 3), To(Op::kDjnz, 5, 0), End(3)}), (std::vector<int>{1, 0, 0, 0}));
}

TEST(PicoScheduleTest, ReturnsWaitUntilAllHasLanded) {
  // The target is 3 cycles away, the result readable 7 after its FADD: JR is 4 on.
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), {Op::kJr, 0, 5}, End(2)}), (std::vector<int>{0, 3, 0}));
  // A call's successor starts empty: what is pending at the call waits in the function.
  EXPECT_EQ(Waits({Three(Op::kFadd, 1, 2, 3), To(Op::kJal, 6, 3), Three(Op::kAdd, 4, 1, 1), {Op::kJr, 0, 6}}, {2}),
            (std::vector<int>{0, 0, 0, 0}));
  EXPECT_EQ(Waits({Three(Op::kSpec, 1, 2, 3), To(Op::kJal, 6, 3), Three(Op::kAdd, 4, 1, 1), {Op::kJr, 0, 6}}, {2}),
            (std::vector<int>{0, 0, 0, 0}));
}

TEST(PicoScheduleTest, AReturnPointMayBeReachedBothWays) {
  Assembler as;
  const Label function = as.NewLabel("function"), back = as.NewLabel("back");
  as.La(r2, back);
  as.Fadd(r1, r3, r3);
  as.Bz(r4, back);
  as.J(function);
  as.Bind(back);
  as.Add(r5, r1, r1);
  as.Bind(function);
  as.Jr(r2);
  const Result<Program> program = as.Finish();
  ASSERT_TRUE(program.ok()) << program.error().message;
  // From BZ with 3 of FADD's 6 left.
  EXPECT_EQ(program.value().words[program.value().labels.at("back")] >> 29, 3u);
}

class PicoRandomTest : public testing::TestWithParam<uint32_t> {};

TEST_P(PicoRandomTest, ProgramsRunWithoutAFault) {
  std::mt19937 rng(GetParam());
  for (int round = 0; round < 150; ++round) {
    Assembler as;
    RandomProgram(as, rng);
    const Result<Program> program = as.Finish();
    ASSERT_TRUE(program.ok()) << program.error().message;
    Simulator sim;
    sim.Load(program.value().words);
    std::vector<uint8_t> flash(4096);
    for (uint8_t& byte : flash) byte = static_cast<uint8_t>(rng());
    sim.SetFlash(0, flash);
    for (int r = 6; r < 12; ++r) sim.set_reg(r, rng());
    ASSERT_EQ(sim.Run(1000000, program.value().labels.at("end")), Simulator::Stop::kPc)
        << sim.fault() << "\n" << program.value().listing;
  }
}

TEST_P(PicoRandomTest, EachWaitIsNeeded) {
  std::mt19937 rng(GetParam());
  for (int round = 0; round < 100; ++round) {
    Assembler as;
    for (int k = 0; k < 10; ++k) as.Emit(RandomStraight(rng));
    const Label end = as.Here("end");
    as.J(end);
    const Result<Program> program = as.Finish();
    ASSERT_TRUE(program.ok()) << program.error().message;
    for (size_t at = 0; at < program.value().words.size(); ++at) {
      std::vector<uint32_t> words = program.value().words;
      if (words[at] >> 29 == 0) continue;
      words[at] -= 1u << 29;
      Simulator sim;
      sim.Load(words);
      EXPECT_EQ(sim.Run(1000000, program.value().labels.at("end")), Simulator::Stop::kFault)
          << "one cycle less at " << at << " of\n" << program.value().listing;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PicoRandomTest, testing::Range(1u, 9u));

}  // namespace
}  // namespace weft::pico
