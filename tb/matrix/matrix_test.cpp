// weft_matrix: sums equal golden under stalls on every handshake; a write is seen by the transfer it
// releases; a word goes every cycle when nothing is missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "tb/matrix/matrix_bench.h"

namespace weft::bench {
namespace {

class MatrixStallTest : public ::testing::TestWithParam<std::tuple<StallMode, int>> {};

TEST_P(MatrixStallTest, SumsEqualGoldenInOrder) {
  const auto& [stall, index] = GetParam();
  MatrixBench bench(Seed() * 1000 + static_cast<uint32_t>(index));
  ASSERT_NO_FATAL_FAILURE(bench.WriteActivations(stall.input_percent));
  for (int i = 0; i < (Long() ? 400 : 60); ++i) bench.Add(bench.RandomTransfer());
  ASSERT_NO_FATAL_FAILURE(bench.Run(stall));
}

INSTANTIATE_TEST_SUITE_P(Random, MatrixStallTest,
                         ::testing::Combine(::testing::ValuesIn(kStallModes), ::testing::Range(0, 4)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) + "_" +
                                  std::to_string(std::get<1>(info.param));
                         });

TEST(MatrixWriteTest, IsSeenByTheTransferItReleases) {
  for (const auto& [mode, by_group] : {std::pair{kModeW, false}, {kModeW, true}, {kModeV, false}}) {
    MatrixBench bench(Seed() + 3);
    ASSERT_NO_FATAL_FAILURE(bench.WriteActivations(100));
    ASSERT_NO_FATAL_FAILURE(bench.ReleaseByLastWrite(mode, by_group));
  }
}

// Transfers back to back, everything there: the array stops only for what the lanes need.
TEST(MatrixThroughputTest, IssuesAWordEveryCycle) {
  for (int last_col : {0, kColumns - 1}) {
    MatrixBench bench(Seed() + 7);
    ASSERT_NO_FATAL_FAILURE(bench.WriteActivations(100));
    for (int i = 0; i < 30; ++i) {
      Transfer t = bench.RandomTransfer();
      t.mode = i % 3 == 2 ? kModeV : kModeW;
      t.wait_idle = false;
      t.last_col = last_col;
      t.tail = 32;
      t.ns_log2 = 0;
      t.pass_mask = i % 2 ? 1 : (kPasses > 1 ? 3 : 1);
      // Long enough to hide the fill of the columns and the drain of a panel.
      t.groups = t.mode == kModeV ? 1 : std::min(24, kChunks / 2);
      t.pass_stride = t.groups * kWpc;
      t.src_base = 0;
      t.panels = 2;
      t.hs = 1;
      t.head_dim = WEFT_CFG_MAX_HEAD_DIM;
      t.o_last = i % 6 == 5;
      bench.Add(t);
    }
    const uint64_t words = bench.words();
    // A shared lane takes one sum a cycle, so a chunk lasts as long as its lane has columns.
    const uint64_t cycles = last_col == 0 ? words : words * std::max(kWpc, WEFT_CFG_COLS_PER_LANE) / kWpc;
    ASSERT_NO_FATAL_FAILURE(bench.Run(kStallModes[0]));
    EXPECT_EQ(bench.busy_cycles(), words);
    EXPECT_LE(bench.run_cycles(), cycles + 20 + kColumns) << "last_col " << last_col;
  }
}

}  // namespace
}  // namespace weft::bench
