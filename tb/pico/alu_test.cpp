// weft_pico_alu against the simulator: every operation, corner floats against each other, all halves, random
// operands.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "Vweft_pico_alu.h"
#include "sw/pico/float_ops.h"
#include "sw/pico/simulator.h"
#include "tb/pico/unit.h"

namespace weft::bench {
namespace {

using namespace pico;

class Alu {
 public:
  explicit Alu(uint32_t seed) : operands_(seed) {}
  Operands& operands() { return operands_; }

  // One operation, then up to two cycles with noise at the inputs, in which the result has to stay.
  void Check(Op op, uint32_t a, uint32_t b, int32_t value = 0) {
    const OpInfo& info = Info(op);
    uint32_t operand = b;
    if (info.field != Field::kNone)
      operand = op == Op::kLui ? static_cast<uint32_t>(value) << 16 : static_cast<uint32_t>(value);
    if (op == Op::kDjnz) operand = ~0u;
    const uint32_t ext = operands_.Word();
    const bool foreign = op >= Op::kLd && op != Op::kDjnz;
    const uint32_t want =
        foreign ? ext : Simulated({op, 3, 1, info.b ? uint8_t{2} : uint8_t{0}, value}, a, b);
    Drive(true, op, a, b, operand, ext);
    ASSERT_EQ(dut_->a_zero_o != 0, a == 0) << std::hex << a;
    ASSERT_EQ(dut_->a_one_o != 0, a == 1) << std::hex << a;
    ASSERT_EQ(dut_->a_nan_o != 0, FloatIsNan(a)) << std::hex << a;
    if (op == Op::kAdd || op == Op::kAddi || op == Op::kLd || op == Op::kSt || op == Op::kStb) {
      ASSERT_EQ(dut_->sum_o, a + operand);
    }
    dut_.Tick();
    for (uint32_t more = operands_.Word() % 3;; --more) {
      ASSERT_EQ(dut_->result_o, want) << info.name << std::hex << " of " << a << " and " << operand;
      if (more == 0) break;
      Drive(false, static_cast<Op>(operands_.Word() % kOps), operands_.Word(), operands_.Word(),
            operands_.Word(), operands_.Word());
      dut_.Tick();
    }
  }

 private:
  void Drive(bool go, Op op, uint32_t a, uint32_t b, uint32_t operand, uint32_t ext) {
    dut_->go_i = go;
    dut_->op_i = static_cast<uint8_t>(op);
    dut_->a_i = a;
    dut_->b_i = b;
    dut_->operand_i = operand;
    dut_->ext_i = ext;
    dut_->eval();
  }

  uint32_t Simulated(Instruction i, uint32_t a, uint32_t b) {
    if (i.op == Op::kDjnz) i.d = 1;
    if (!Info(i.op).a) i.a = 0;
    if (i.op == Op::kDjnz) i.value = 1;
    sim_.Load({Encode(i)});
    sim_.set_reg(1, a);
    sim_.set_reg(2, b);
    EXPECT_EQ(sim_.Run(100, 1), Simulator::Stop::kPc) << sim_.fault();
    return sim_.reg(i.d);
  }

  Unit<Vweft_pico_alu> dut_;
  Operands operands_;
  Simulator sim_;
};

// Those whose result the unit makes.
std::vector<Op> OwnOps() {
  std::vector<Op> ops = {Op::kDjnz};
  for (int k = static_cast<int>(Op::kAdd); k <= static_cast<int>(Op::kHb); ++k)
    ops.push_back(static_cast<Op>(k));
  return ops;
}

int32_t RandomValue(Operands& operands, Op op) {
  const Field field = Info(op).field;
  if (field == Field::kNone || field == Field::kTarget) return 0;
  const Range range = RangeOf(field);
  const uint32_t pick = operands.Word();
  if (pick % 8 == 0) return range.low;
  if (pick % 8 == 1) return range.high;
  return range.low +
         static_cast<int32_t>(operands.Word() % static_cast<uint32_t>(range.high - range.low + 1));
}

TEST(PicoAluTest, Corners) {
  Alu alu(Seed());
  std::vector<uint32_t> values(kCorners.begin(), kCorners.end());
  values.insert(values.end(), {1, 2, 0x7fffffff, 0xffffffff, 0x7fc00001, 0xff800001, 0x000000ff, 0x00ff0000});
  for (const Op op : OwnOps()) {
    for (const uint32_t a : values) {
      for (const uint32_t b : values) {
        ASSERT_NO_FATAL_FAILURE(alu.Check(op, a, b, RandomValue(alu.operands(), op))) << "seed " << Seed();
      }
    }
  }
}

TEST(PicoAluTest, AllHalves) {
  Alu alu(Seed());
  for (uint32_t half = 0; half < 0x10000; ++half) {
    for (const Op op : {Op::kHa, Op::kHb}) {
      ASSERT_NO_FATAL_FAILURE(alu.Check(op, half | alu.operands().Word() << 16, 0)) << "seed " << Seed();
    }
  }
}

// Comparisons of all bit patterns: subnormals and negative operands of AMAX are compared as they are.
TEST(PicoAluTest, ComparisonsOfAnyBits) {
  Alu alu(Seed());
  Operands& operands = alu.operands();
  for (int k = 0; k < (Long() ? 4'000'000 : 100'000); ++k) {
    const uint32_t pick = operands.Word() % 8;
    const uint32_t a = operands.Word() & (pick == 0 ? 0x807fffffu : ~0u);  // one in eight is subnormal
    const uint32_t b = pick < 4 ? operands.Word() & (pick < 2 ? 0x807fffffu : ~0u) : a ^ 1u << operands.Word() % 32;
    for (const Op op : {Op::kFmax, Op::kFmin, Op::kFgt, Op::kAmax}) {
      ASSERT_NO_FATAL_FAILURE(alu.Check(op, a, b)) << "seed " << Seed();
    }
  }
}

TEST(PicoAluTest, RandomOperands) {
  Alu alu(Seed());
  Operands& operands = alu.operands();
  const std::vector<Op> ops = OwnOps();
  for (int k = 0; k < (Long() ? 20'000'000 : 500'000); ++k) {
    // One in eight is another unit's.
    const Op op = k % 8 == 0 ? static_cast<Op>(operands.Word() % kOps) : ops[operands.Word() % ops.size()];
    if (op == Op::kNop) continue;
    const uint32_t a = operands.Float();
    const uint32_t near = operands.Near(a);
    const uint32_t pick = operands.Word() % 16;
    const uint32_t b = pick == 0 ? a : pick == 1 ? a ^ 0x80000000u : near;
    ASSERT_NO_FATAL_FAILURE(alu.Check(op, a, b, RandomValue(operands, op))) << "seed " << Seed();
  }
}

}  // namespace
}  // namespace weft::bench
