// The pico simulator: what each operation computes, how long things take, and that it faults on a wrong schedule.
#include "sw/pico/simulator.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <bit>
#include <random>

#include "sw/golden/fp_env.h"
#include "sw/golden/special.h"
#include "sw/model/half.h"
#include "sw/pico/assembler.h"
#include "sw/pico/float_ops.h"

namespace weft::pico {
namespace {

constexpr Reg r1{1}, r2{2}, r3{3}, r4{4};

class PicoSimulatorTest : public testing::Test {
 protected:
  // Runs the program to its end; registers r1.. hold `values` before.
  void Run(const std::vector<uint32_t>& values = {}) {
    const Label end = as_.Here("end");
    as_.J(end);
    const Result<Program> program = as_.Finish();
    ASSERT_TRUE(program.ok()) << program.error().message;
    sim_.Load(program.value().words);
    if (!uart_.empty()) sim_.PushUart(uart_);
    for (size_t k = 0; k < values.size(); ++k) sim_.set_reg(static_cast<int>(k) + 1, values[k]);
    ASSERT_EQ(sim_.Run(100000, program.value().labels.at("end")), Simulator::Stop::kPc) << sim_.fault();
  }
  uint32_t Two(Op op, uint32_t a, uint32_t b, int32_t value = 0) {
    as_ = {};
    as_.Emit({op, 3, 1, Info(op).b ? uint8_t{2} : uint8_t{0}, value});
    Run({a, b});
    return sim_.reg(3);
  }

  Assembler as_;
  Simulator sim_;
  std::vector<uint8_t> uart_;
};

TEST_F(PicoSimulatorTest, Integers) {
  EXPECT_EQ(Two(Op::kAdd, 5, 0xffffffff), 4u);
  EXPECT_EQ(Two(Op::kSub, 5, 7), 0xfffffffeu);
  EXPECT_EQ(Two(Op::kAnd, 0xf0f0, 0xff00), 0xf000u);
  EXPECT_EQ(Two(Op::kOr, 0xf0f0, 0xff00), 0xfff0u);
  EXPECT_EQ(Two(Op::kXor, 0xf0f0, 0xff00), 0x0ff0u);
  EXPECT_EQ(Two(Op::kAddi, 5, 0, -6), 0xffffffffu);
  EXPECT_EQ(Two(Op::kAndi, 0xffffffff, 0, 0x7ff), 0x7ffu);
  EXPECT_EQ(Two(Op::kSrl1, 0x80000001, 0), 0x40000000u);
  EXPECT_EQ(Two(Op::kRor8, 0x12345678, 0), 0x78123456u);
  EXPECT_EQ(Two(Op::kPack, 0x1ff, 0xffffffff), 0x7fffffffu);
  EXPECT_EQ(Two(Op::kExpo, 0xff923456, 0), 0xffu);
  EXPECT_EQ(Two(Op::kAmax, 0x80000005, 7), 7u);
  EXPECT_EQ(Two(Op::kAmax, 0xff800000, 7), 0x7f800000u);
  EXPECT_EQ(Two(Op::kAmax, 5, 0x80000007), 0x80000007u);  // b is taken as it is
  EXPECT_EQ(Two(Op::kAmax, 7, 0x80000005), 7u);
}

TEST_F(PicoSimulatorTest, FloatComparisons) {
  constexpr uint32_t kOne = 0x3f800000, kNan = 0x7fc00000, kMinusZero = 0x80000000, kSubnormal = 0x00000001;
  EXPECT_EQ(Two(Op::kFgt, kOne, 0), 1u);
  EXPECT_EQ(Two(Op::kFgt, 0, kMinusZero), 0u);
  EXPECT_EQ(Two(Op::kFgt, kSubnormal, 0), 1u);
  EXPECT_EQ(Two(Op::kFmin, kSubnormal, kMinusZero), kMinusZero);
  EXPECT_EQ(Two(Op::kFgt, kNan, 0), 0u);
  EXPECT_EQ(Two(Op::kFmax, kOne, 0), kOne);
  EXPECT_EQ(Two(Op::kFmax, kNan, kOne), kOne);
  EXPECT_EQ(Two(Op::kFmin, kOne, 0), 0u);
  EXPECT_EQ(Two(Op::kFmin, kNan, kOne), kNan);
}

TEST_F(PicoSimulatorTest, HalfIsTheSumOfTwoFloats) {
  const golden::FpEnv env;
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const uint32_t got = FloatAdd(HalfFirst(half), HalfSecond(half));
    const float want = golden::Canon(HalfToFloat(static_cast<uint16_t>(half)));
    ASSERT_EQ(got, std::bit_cast<uint32_t>(want)) << half;
  }
}

// The host's own rounding toward zero, but for overflow: the host stops at the largest finite number, the engine goes on to
// infinity. Volatile keeps the sums between the two changes of the mode.
uint32_t HostTruncated(uint32_t a, uint32_t b) {
  volatile float x = std::bit_cast<float>(a), y = std::bit_cast<float>(b);
  const unsigned saved = _mm_getcsr();
  _mm_setcsr(0xffc0);
  volatile float sum = x + y;
  volatile double wide = static_cast<double>(x) + static_cast<double>(y);  // exact near 2^128
  _mm_setcsr(saved);
  if (wide >= 0x1p128) return golden::kInfBits;
  if (wide <= -0x1p128) return golden::kInfBits | 0x80000000u;
  return std::bit_cast<uint32_t>(golden::Canon(sum));
}

TEST_F(PicoSimulatorTest, TruncatedSumsMatchTheHosts) {
  const golden::FpEnv env;
  std::mt19937 rng(3);
  constexpr uint32_t kCorners[] = {0,          0x80000000, 1,          0x807fffff, 0x00800000, 0x80800000, 0x00800001,
                                   0x3f800000, 0xbf800000, 0x3f7fffff, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,
                                   0x7fc00000, 0x4b000000, 0xcb000001, 0x33800000, 0xb3800000, 0x337fffff};
  for (const uint32_t a : kCorners) {
    for (const uint32_t b : kCorners) ASSERT_EQ(FloatAddTruncated(a, b), HostTruncated(a, b)) << std::hex << a << " " << b;
  }
  for (int k = 0; k < 2000000; ++k) {
    const uint32_t a = rng();
    uint32_t b = rng();
    // Exponents close to each other, or close values of opposite signs.
    if (k % 4 == 0) b = (b & 0x807fffff) | ((a + ((rng() % 80) << 23) - (40u << 23)) & 0x7f800000);
    if (k % 4 == 1) b = (a ^ 0x80000000) + rng() % 16 - 8;
    if (k % 4 == 2) b = (b & 0x80000000) | (a & 0x7f800000) | (rng() & rng() & rng() & 0x7fffff);
    ASSERT_EQ(FloatAddTruncated(a, b), HostTruncated(a, b)) << std::hex << a << " " << b;
  }
}

TEST_F(PicoSimulatorTest, FloatsAndSpecialFunctions) {
  EXPECT_EQ(Two(Op::kFadd, 0x3f800000, 0x33800000), 0x3f800000u);  // 1 + 2^-24 to even
  EXPECT_EQ(Two(Op::kFsub, 0x3f800000, 0x3f800000), 0u);
  EXPECT_EQ(Two(Op::kFaddt, 0x3f800000, 0x33ffffff), 0x3f800000u);
  EXPECT_EQ(Two(Op::kFmul, 0x00800000, 0x3f000000), 0u);  // subnormal: zero
  EXPECT_EQ(Two(Op::kFmul, 0x7f800000, 0), 0x7fc00000u);
  EXPECT_EQ(Two(Op::kSpec, 0x40000000, 0, 1), 0u);
  EXPECT_NE(Two(Op::kSpec, 0x40000000, 0, 3), 0u);
  // 1 / 3: fraction of 2 / 1.5
  const golden::FpEnv env;
  const uint32_t fraction = Two(Op::kSpec, 0x40400000, 0, 1);
  EXPECT_EQ(Two(Op::kPack, 253 - 128, fraction), std::bit_cast<uint32_t>(golden::Recip(3.0f)));
}

TEST_F(PicoSimulatorTest, Memory) {
  sim_.SetMemory(0x1fffc, {1, 2, 3, 4});
  as_.Ld(r3, r1, -4);
  as_.St(r2, r1, 8);
  as_.Stb(r2, r1, 14);
  as_.Ld(r4, r1, 12);
  Run({0x20000, 0xaabbccdd});
  EXPECT_EQ(sim_.reg(3), 0x04030201u);
  EXPECT_EQ(sim_.MemoryWord(8), 0xaabbccddu);
  EXPECT_EQ(sim_.reg(4), 0x00dd0000u);
}

TEST_F(PicoSimulatorTest, DotTakesBytesNibblesAndTernaries) {
  sim_.SetFlash(0x100, {0xff, 0x7f, 0x29, 0x18, 0x64, 0x24});
  for (int c = 0; c < kColumns; ++c) {
    sim_.SetAct(c, 1023, static_cast<int8_t>(c + 1));
    sim_.SetAct(c, 0, static_cast<int8_t>(10 * c - 128));
  }
  as_.Seek(r1);
  const Reg sums[12] = {{10}, {11}, {12}, {13}, {14}, {15}, {16}, {17}, {18}, {19}, {20}, {21}};
  for (int mode = 0; mode < 3; ++mode) {
    as_.Dot(r2, r3, static_cast<Weights>(mode));
    for (int c = 0; c < 4; ++c) as_.Dget(sums[4 * mode + c], c);
  }
  as_.Geth(r4);
  Run({0x100, 1023, 2});
  for (int c = 0; c < 4; ++c) {
    // Packed weights meet the activations of column 0.
    const int first = c + 1, second = 10 * c - 128, first_0 = 1, second_0 = -128;
    const auto sum = [&](int mode) { return static_cast<int32_t>(sim_.reg(10 + 4 * mode + c) - 0x4b400000u); };
    EXPECT_EQ(sum(0), -first + 127 * second);
    EXPECT_EQ(sum(1), c % 2 ? -6 * first_0 - 7 * second_0 : 1 * first_0 + 0 * second_0);
    const int ternary[2][4] = {{-1, 0, 1, 0}, {-1, 0, 1, -1}};  // 0x64, 0x24
    EXPECT_EQ(sum(2), ternary[0][c] * first_0 + ternary[1][c] * second_0);
  }
  EXPECT_EQ(sim_.reg(4), 0xffffu);  // behind the end of what was set
  EXPECT_GT(sim_.frozen_cycles(), 40u);
}

TEST_F(PicoSimulatorTest, TheStreamComesFromMemoryOrFlash) {
  sim_.SetFlash(0, {1, 2, 3, 4, 5, 6, 7, 8});
  sim_.SetMemory(0x40, {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5});
  as_.Geth({10});
  as_.StreamMem(r1);
  as_.Getw({11});
  as_.Geth({12});
  as_.StreamFlash();
  as_.Getw({13});
  Run({0x40});
  EXPECT_EQ(sim_.reg(10), 0x0201u);
  EXPECT_EQ(sim_.reg(11), 0xa3a2a1a0u);
  EXPECT_EQ(sim_.reg(12), 0xa5a4u);
  EXPECT_EQ(sim_.reg(13), 0x06050403u);
}

TEST_F(PicoSimulatorTest, ActivationsGoToTheMaskedColumns) {
  as_.Sta(r1, r2, 0b0101);
  Run({0x80, 7});
  EXPECT_EQ(sim_.act(0, 7), -128);
  EXPECT_EQ(sim_.act(1, 7), 0);
  EXPECT_EQ(sim_.act(2, 7), -128);
}

TEST_F(PicoSimulatorTest, UartAndCrc) {
  uart_ = {'a'};
  as_.Uget({10});
  as_.Uget({11});
  as_.CrcInit();
  as_.CrcByte(r1);
  as_.CrcByte(r2);
  as_.CrcGet({12});
  as_.Uput(r1);
  as_.Uput(r2);
  as_.Led(r1);
  Run({0x131, 0x32});
  EXPECT_EQ(sim_.reg(10), 0x100u + 'a');
  EXPECT_EQ(sim_.reg(11), 0u);
  const uint8_t bytes[] = {0x31, 0x32};
  EXPECT_EQ(sim_.reg(12), crc32(0, bytes, 2));
  EXPECT_EQ(sim_.TakeUart(), (std::vector<uint8_t>{0x31, 0x32}));
  EXPECT_EQ(sim_.leds(), 1u);
  EXPECT_GE(sim_.cycles(), 240u);
}

TEST_F(PicoSimulatorTest, CountsCycles) {
  // 10 rounds: ADD 1, DJNZ 1 when it falls through, else 3.
  as_.Cycles(r3);
  const Label loop = as_.Here("loop");
  as_.Addi(r2, r2, 3);
  as_.Djnz(r1, loop);
  as_.Cycles(r4);
  Run({10, 0});
  EXPECT_EQ(sim_.reg(2), 30u);
  EXPECT_EQ(sim_.reg(4) - sim_.reg(3), 1u + 10 * 1 + 9 * 3 + 1);
  EXPECT_EQ(sim_.profile()[1], 10u);
  EXPECT_EQ(sim_.profile()[2], 9u * 3 + 1);
  EXPECT_EQ(sim_.instructions(), 22u);
}

std::string Fault(const std::vector<Instruction>& code) {
  std::vector<uint32_t> words;
  for (const Instruction& i : code) words.push_back(Encode(i));
  Simulator sim;
  sim.Load(words);
  return sim.Run(1000) == Simulator::Stop::kFault ? sim.fault() : "";
}

TEST(PicoFaultTest, NamesPlaceAndCause) {
  EXPECT_EQ(Fault({{Op::kAdd, 1, 2, 3}, {Op::kAdd, 4, 1, 1}}), "at 0x001, add r4, r1, r1, cycle 1: reads r1 2 cycles too early");
  EXPECT_EQ(Fault({{Op::kFadd, 1, 2, 3}, {Op::kFmul, 4, 2, 3}}),
            "at 0x001, fmul r4, r2, r3, cycle 1: the write port is taken in the cycle 5 after this one");
  EXPECT_EQ(Fault({{Op::kFadd, 1, 2, 3}, {Op::kLi, 1}}),
            "at 0x001, li r1, 0, cycle 1: writes r1 before an earlier result has landed there");
  EXPECT_EQ(Fault({{Op::kSpec, 1, 2}, {Op::kFmul, 3, 2, 2}}),
            "at 0x001, fmul r3, r2, r2, cycle 1: the multiplier is taken in the cycle 1 after this one");
  EXPECT_EQ(Fault({{Op::kNop}}), "the program has 1 words, but the next address is 1");
}

}  // namespace
}  // namespace weft::pico
