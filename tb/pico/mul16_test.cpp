// weft_pico_mul16 (with WEFT_MAC weft_pico_mac) against arithmetic on the host: the generic RTL, and the wrapper around
// Yosys's model of SB_MAC16.
#include <array>

#include "tb/pico/unit.h"

#ifdef WEFT_MAC
#include "Vweft_pico_mac.h"
#else
#include "Vweft_pico_mul16.h"
#endif

namespace weft::bench {
namespace {

constexpr std::array<uint32_t, 9> kEdges = {0, 1, 2, 0x7f, 0xff, 0x7fff, 0x8000, 0xfffe, 0xffff};

uint32_t Factor(Operands& operands) {
  const uint32_t word = operands.Word();
  return (word >> 16) % 4 ? word & 0xffffu : kEdges[word % kEdges.size()];
}

int32_t Signed(uint32_t half) { return static_cast<int16_t>(half); }

#ifdef WEFT_MAC

TEST(MacTest, EqualsTheHost) {
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Unit<Vweft_pico_mac> dut;
  Operands operands(seed);
  uint32_t sum = 0;
  const int count = Long() ? 20'000'000 : 1'000'000;
  for (int cycle = 0; cycle < count; ++cycle) {
    const bool clear = cycle == 0 || operands.Word() % 50 == 0;
    const bool enabled = operands.Word() % 4;
    const uint32_t a = Factor(operands), b = Factor(operands);
    dut->clear_i = clear;
    dut->en_i = enabled;
    dut->a_i = a;
    dut->b_i = b;
    dut.Tick();
    if (clear) {
      sum = 0x4b400000u;
    } else if (enabled) {
      sum += static_cast<uint32_t>(Signed(a) * Signed(b));
    }
    ASSERT_EQ(dut->acc_o, sum) << "seed " << seed << ", cycle " << cycle;
  }
}

#else

TEST(Mul16Test, EqualsTheHost) {
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Unit<Vweft_pico_mul16> dut;
  Operands operands(seed);
  uint32_t a_kept = 0, b_kept = 0, result = 0;
  bool known = false;  // what the registers hold
  const int count = Long() ? 20'000'000 : 1'000'000;
  for (int cycle = 0; cycle < count; ++cycle) {
    const bool enabled = operands.Word() % 4;
    const bool hold = cycle > 8 && operands.Word() % 4 == 0;
    const bool load = operands.Word() % 4 == 0;
    const uint32_t a = Factor(operands), b = Factor(operands);
    const uint32_t cd = operands.Word() & 1 ? operands.Word() : 0;
    dut->ce_i = enabled;
    dut->hold_a_i = hold;
    dut->load_i = load;
    dut->a_i = a;
    dut->b_i = b;
    dut->cd_i = cd;
    dut.Tick();
    if (enabled) {
      const uint32_t x = WEFT_INPUT_REG ? a_kept : a, y = WEFT_INPUT_REG ? b_kept : b;
      const uint32_t product = WEFT_SIGNED ? static_cast<uint32_t>(Signed(x) * Signed(y)) : x * y;
      result = load ? cd : product + cd;
      if (!hold) a_kept = a;
      b_kept = b;
    }
    known = known || cycle > 100;
    if (known) {
      ASSERT_EQ(dut->p_o, result) << "seed " << seed << ", cycle " << cycle;
    }
  }
}

#endif

}  // namespace
}  // namespace weft::bench
