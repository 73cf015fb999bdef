// weft_drain sends every result of a random stream of descriptors once, scores in order and pairs in order,
// with its context and its factor, while the array, the descriptors, the epilogue and the softmax hesitate at
// random.
#include <gtest/gtest.h>

#include <algorithm>

#include "tb/drain/drain_scene.h"
#include "tb/drain/drain_stream.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

class DrainTest : public testing::TestWithParam<Stalls> {};

TEST_P(DrainTest, SendsEveryResultOnceInOrder) {
  const int cases = Long() ? 400 : 24;
  uint64_t skipped = 0, odd = 0, later_heads = 0, empty_panels = 0, cut_panels = 0;
  for (int i = 0; i < cases; ++i) {
    const uint32_t seed = Seed() * 1000u + static_cast<uint32_t>(i);
    SCOPED_TRACE(testing::Message() << "case " << i << ", WEFT_SEED=" << Seed());
    Generator generator(seed);
    const Step step = generator.MakeStep();
    Stream stream;
    for (int d = 0; d < 16; ++d) generator.Add(stream, step);
    Scene run(step, stream, GetParam(), seed);
    run.Execute();
    if (HasFatalFailure()) return;
    for (const Beat& beat : stream.beats) {
      skipped += beat.skip;
      odd += beat.ctx.odd_pad;
      later_heads += beat.sub > 0;
    }
    for (const Unit& unit : stream.units) {
      empty_panels += unit.kind == Unit::kPanel && unit.beats == 0;
      cut_panels += unit.cut;
    }
  }
  EXPECT_GT(skipped, 0u) << "no row below its K block was drawn";
  EXPECT_GT(odd, 0u) << "no odd number of outputs was drawn";
  EXPECT_TRUE(empty_panels > 0 || kPanelRows == 32) << "no panel beyond all positions was drawn";
  EXPECT_GT(cut_panels, 0u) << "no panel was drawn of which a row needs a part";
  EXPECT_GT(later_heads, 0u) << "no set with several KV heads was drawn";
}

INSTANTIATE_TEST_SUITE_P(Stalls, DrainTest,
                         testing::Values(Stalls::kNone, Stalls::kInput, Stalls::kOutput, Stalls::kBoth),
                         [](const auto& info) { return StallName(info.param); });

// A result that completes before its descriptor is known ends the idleness in the cycle of its pulse.
TEST(DrainIdleTest, FallsWithTheResult) {
  for (bool attention : {false, true}) {
    Clocked<Vweft_drain> dut;
    dut->desc_valid_i = 0;
    dut->emb_valid_i = 0;
    dut->panel_done_i = 0;
    dut->o_done_i = 0;
    dut.Tick();
    EXPECT_TRUE(dut->idle_o);
    (attention ? dut->o_done_i : dut->panel_done_i) = 1;
    dut.Settle();
    EXPECT_FALSE(dut->idle_o) << "attention " << attention;
    dut.Tick();
    dut->panel_done_i = 0;
    dut->o_done_i = 0;
    for (int i = 0; i < 5; ++i) {
      dut.Settle();
      EXPECT_FALSE(dut->idle_o) << "attention " << attention;
      dut.Tick();
    }
  }
}

// Panels that are ready follow without a gap: one pair a cycle from the first to the last.
TEST(DrainTimingTest, OnePairEveryCycleAcrossPanels) {
  for (int rows : {2, 3, kMaxRows}) {
    Generator generator(7);
    Step step = generator.MakeStep();
    step.rows = rows;
    step.wantdump = (uint64_t{1} << rows) - 1;
    for (Epilogue epi : {kEpiQ, kEpiRes, kEpiGlu, kEpiLogits}) {
      Generator fresh(8);
      Stream stream;
      fresh.AddMatmul(stream, step, epi, kPanelRows * 6);
      Scene run(step, stream, Stalls::kNone, 1);
      run.Execute();
      EXPECT_EQ(run.timing.last_beat - run.timing.first_beat + 1, stream.beats.size())
          << "epilogue " << epi << ", " << rows << " rows";
    }
  }
}

// Of a block in which rows end, only the pairs that they need take a cycle: rows that have none are passed over.
TEST(DrainTimingTest, ARowEndsAtItsPosition) {
  for (int first : {0, 5, 32 - kMaxRows}) {
    Generator generator(10);
    Step step = generator.MakeStep();
    step.model.q_per_kv = step.model.hs = 1;
    step.rows = kMaxRows;
    step.segments = {{0, kMaxRows - first % 8, first}};
    for (int row = 0; row < kMaxRows; ++row) step.positions[static_cast<size_t>(row)] = static_cast<uint32_t>(first + row);
    Stream stream;
    generator.AddScores(stream, step, 0);
    Scene run(step, stream, Stalls::kNone, 1);
    run.Execute();
    EXPECT_EQ(run.timing.last_beat - run.timing.first_beat + 1, stream.beats.size()) << "from position " << first;
  }
}

// Scores of the next blocks pass an attention output that is not complete, as far as one set is opened.
TEST(DrainOvertakingTest, ScoresPassAnOutputThatWaits) {
  Generator generator(11);
  Step step = generator.MakeStep();
  step.rows = 1;
  step.segments = {{0, 1, 70}};
  step.positions[0] = 70;
  Stream stream;
  generator.AddOutput(stream, step);
  for (int block : {1, 0, 2}) generator.AddScores(stream, step, block);
  // The half completes last.
  std::rotate(stream.units.begin(), stream.units.begin() + 1, stream.units.end());
  Scene run(step, stream, Stalls::kNone, 1);
  run.Execute();
  EXPECT_GT(run.scores_before_pairs, 0u);
}

// Between two descriptors whose results are ready three cycles pass: take it, set up, wait.
TEST(DrainTimingTest, DescriptorsCostThreeCycles) {
  Generator generator(9);
  Step step = generator.MakeStep();
  step.rows = 4;
  Stream stream;
  constexpr uint64_t kDescriptors = 10;
  for (uint64_t d = 0; d < kDescriptors; ++d) generator.AddMatmul(stream, step, kEpiGlu, kPanelRows);
  Scene run(step, stream, Stalls::kNone, 1);
  run.Execute();
  EXPECT_EQ(run.timing.last_beat - run.timing.first_beat + 1, stream.beats.size() + 3 * (kDescriptors - 1));
}

}  // namespace
}  // namespace weft::bench
