// Every bench's main: random power-up values from a seed that a failing run prints.
#include <cstdio>

#include <gtest/gtest.h>
#include <verilated.h>

#include "tb/lib/bench.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const uint32_t seed = weft::bench::Seed();
  Verilated::randReset(2);
  Verilated::randSeed(static_cast<int>(seed & 0x7FFFFFFF));
  const int result = RUN_ALL_TESTS();
  if (result != 0) std::printf("seed %u: set WEFT_SEED=%u to run the same again\n", seed, seed);
  return result;
}
