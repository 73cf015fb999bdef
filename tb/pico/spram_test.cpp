// weft_pico_spram against an array: the generic RTL, and the wrapper around Yosys's model of SB_SPRAM256KA.
#include "Vweft_pico_spram.h"
#include "tb/pico/unit.h"

namespace weft::bench {
namespace {

TEST(SpramTest, EqualsAnArray) {
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Unit<Vweft_pico_spram> dut;
  Operands operands(seed);
  constexpr uint32_t kWords = 32768;
  std::vector<uint32_t> memory(kWords);
  auto access = [&](bool ce, uint32_t bytes, uint32_t address, uint32_t data) {
    dut->ce_i = ce;
    dut->we_i = bytes;
    dut->addr_i = address;
    dut->wdata_i = data;
    dut.Tick();
    for (int i = 0; ce && i < 4; ++i) {
      const uint32_t mask = 0xffu << (8 * i);
      if (bytes >> i & 1) memory[address] = (memory[address] & ~mask) | (data & mask);
    }
  };
  for (uint32_t address = 0; address < kWords; ++address) access(true, 15, address, operands.Word());

  bool read = false;  // the last access was a read, of `value`
  uint32_t value = 0;
  const int count = Long() ? 20'000'000 : 1'000'000;
  for (int cycle = 0; cycle < count; ++cycle) {
    const bool ce = operands.Word() % 4;
    const uint32_t bytes = operands.Word() & 1 ? operands.Word() & 15 : 0;
    // Half of the accesses go to a few words at both ends of the banks.
    uint32_t address = operands.Word() % kWords;
    if (operands.Word() & 1) address = (address & 0x4003u) | (operands.Word() & 1 ? 0x3ffcu : 0);
    access(ce, bytes, address, operands.Word());
    if (ce) {
      read = bytes == 0;
      value = memory[address];
    }
    if (read) {
      ASSERT_EQ(dut->rdata_o, value) << "seed " << seed << ", cycle " << cycle << ", address " << address;
    }
  }
}

}  // namespace
}  // namespace weft::bench
