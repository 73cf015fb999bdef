// Drives a fixed-latency unit and checks that each result appears exactly `latency` cycles after its
// operands, keeps its value while no newer result arrives, and is right.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {

// next(i) sets operands i on the unit and returns the expected bits; `percent` of the cycles carry operands.
template <typename Dut>
void RunFixedLatency(Clocked<Dut>& dut, int latency, uint64_t count, int percent, uint32_t seed,
                     const std::function<uint32_t(uint64_t)>& next,
                     const std::function<void(uint32_t)>& fail_context) {
  golden::FpEnv env;
  Stall stall(seed);
  struct Slot {
    bool valid = false;
    uint32_t expected = 0;
  };
  std::vector<Slot> pipe(latency);
  bool seen = false;
  uint32_t last = 0;
  uint64_t sent = 0;
  int drained = 0;
  for (uint64_t cycle = 0; drained <= latency; ++cycle) {
    Slot& slot = pipe[cycle % latency];
    if (slot.valid) {  // issued `latency` cycles ago
      last = slot.expected;
      seen = true;
    }
    if (seen && !SameFloat(dut->y_o, last)) {
      fail_context(last);
      FAIL() << "cycle " << cycle << ": got " << std::hex << dut->y_o << ", expected " << last;
    }
    slot.valid = sent < count && stall.Go(percent);
    dut->valid_i = slot.valid;
    if (slot.valid) slot.expected = next(sent++);
    if (sent == count) ++drained;
    dut.Tick();
  }
}

}  // namespace weft::bench
