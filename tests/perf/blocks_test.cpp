// The cycle model's blocks on their own, against the numbers of docs/reference, and the model as a whole
// without RTL.
#include <gtest/gtest.h>

#include <numeric>

#include "sw/perf/model.h"
#include "sw/perf/quantizer.h"
#include "sw/perf/softmax.h"
#include "sw/perf/steady.h"
#include "sw/perf/stream.h"
#include "sw/runtime/perf_device.h"
#include "tests/perf/random_step.h"

namespace weft::perf {
namespace {

// docs/reference/softmax.md: p_ready_o comes 64 cycles after the last score of a single row, each row before
// adds 16.
TEST(SoftmaxTimes, ARowTakes64CyclesAndTheNext16More) {
  Softmax softmax;
  softmax.Open(0, 100);
  softmax.RowTaken(0, 115);
  softmax.ScalesTaken(0, 50);
  EXPECT_EQ(softmax.ProbsReady(0), 115 + 64);
  softmax.Open(1, 200);
  for (Time row = 0; row < 4; ++row) softmax.RowTaken(1, 215 + row);  // faster than it can be
  softmax.ScalesTaken(1, 50);
  EXPECT_EQ(softmax.ProbsReady(1), 215 + 64 + 3 * 16);
}

TEST(SoftmaxTimes, AnAbsentVScaleHoldsTheBlock) {
  Softmax softmax;
  softmax.Open(0, 0);
  softmax.RowTaken(0, 15);
  softmax.ScalesTaken(0, 1000);
  EXPECT_EQ(softmax.ProbsReady(0), 1000 + kScalesSeen + kLook + kProbsReady);
}

// docs/reference/quantizer.md: the last word of a group of 32 is offered 32 cycles after its last pair, and
// groups follow each other without a gap.
TEST(QuantizerTimes, AGroupTakes32CyclesAndTheNext16More) {
  Quantizer quantizer(8, 8, {});
  quantizer.Close(100, 0, {});
  EXPECT_EQ(quantizer.Idle(), 100 + 32 + 1);
  quantizer.Close(101, 1, {});
  EXPECT_EQ(quantizer.Idle(), 100 + 32 + 16 + 1);
  EXPECT_EQ(quantizer.Quiet(), 100 + 32 + 16 + kWriteSeen);
}

TEST(QuantizerTimes, AFullSlotHoldsTheRow) {
  Quantizer quantizer(8, 8, {});
  for (Time i = 0; i < 4; ++i) quantizer.Close(16 * i, 0, {});
  // Slot 0 is read in 16 cycles from cycle 11 on.
  EXPECT_EQ(quantizer.SlotFree(0, 0), 11 + 16);
  EXPECT_LT(quantizer.SlotFree(1, 0), 0);
}

// docs/reference/kv_cache.md: five cycles to the addresses, hidden behind the writes of the piece before.
TEST(KvWriterTimes, WritesFollowEachOther) {
  KvWriter writer(8);
  EXPECT_EQ(writer.Take(10, 33), 10);
  EXPECT_EQ(writer.Take(20, 33), 20);           // waits inside
  EXPECT_EQ(writer.Take(21, 33), 10 + 5 + 33);  // until that one has moved on
  EXPECT_EQ(writer.beats(), 99u);
  EXPECT_EQ(writer.Idle(), 10 + 5 + 99 + kWriteOut + 8 + 1);
}

// docs/reference/tape.md: the first address leaves two cycles after a request was taken.
TEST(StreamTimes, LatencyThenABeatACycle) {
  StepShape shape;
  shape.hw.port = 16;
  shape.memory.read_latency = 30;
  Stream stream(shape);
  stream.Begin(1, 0, 100);
  stream.Take(1);
  EXPECT_EQ(stream.last(),
            1 + 1 + 1 + 1 + 1 + 30);  // sequencer's queue, fetch's queue, cutter, address, latency
  stream.End();
  EXPECT_EQ(stream.last(), 35 + 99);
  stream.Begin(50, 4096, 10);  // asked for long before: no gap
  EXPECT_EQ(stream.Take(1), 35 + 100);
  EXPECT_EQ(stream.Take(2, 1000), 1000);
  EXPECT_EQ(stream.refused(), 1000u - 137);
}

// A state after some panels: the array's last word, and how far behind it something else, the stream and
// something old are.
struct State {
  Time base, lag, stream, old;
  uint64_t stalls = 0;
};

// How many of 1000 periods the second state lets pass.
uint32_t Repeats(State one, State two) {
  SteadyState steady(4, 2);
  const auto look = [&](uint32_t done, const State& s) {
    EXPECT_TRUE(steady.Wants(done));
    return steady.Repeats(done, 1000, [&](Snapshot* out) {
      out->Clear(s.base);
      out->stream = s.base - s.stream;
      out->stalls = s.stalls;
      out->times = {s.base, s.base - s.lag, s.old};
    });
  };
  EXPECT_EQ(look(4, one), 0u);
  return look(6, two);
}

TEST(SteadyStateTimes, WhatRepeatsIsPassedOver) {
  EXPECT_EQ(Repeats({10000, 30, 50, 7}, {10100, 30, 50, 7}), 1000u);
  EXPECT_EQ(Repeats({10000, 30, 50, 7}, {10100, 30, 50, 7, 5}), 1000u);
  EXPECT_EQ(Repeats({10000, 30, 50, 7}, {10100, 31, 50, 7}), 0u);
  EXPECT_EQ(Repeats({10000, 30, 50, 9900}, {10100, 30, 50, 9900}), 0u);  // not old enough to be left behind
}

TEST(SteadyStateTimes, AStreamThatFallsBehindIsFollowedUntilItIsMissed) {
  // 500 cycles ahead, 10 less with each period.
  const uint32_t times = Repeats({10000, 30, 510, 7}, {10100, 30, 500, 7});
  EXPECT_LE(10 * times, 500u - 10);
  EXPECT_GE(10 * times, 500u - 30);
  EXPECT_EQ(Repeats({10000, 30, 510, 7}, {10100, 30, 500, 7, 1}), 0u);  // somebody waited
  EXPECT_EQ(Repeats({10000, 30, 500, 7}, {10100, 30, 510, 7}), 0u);  // it catches up: until its queue is full
}

TEST(PerfModel, TheSameStepTakesTheSameCycles) {
  const auto configs = AllConfigs();
  ASSERT_TRUE(configs.ok());
  for (const HwConfig& hw : *configs) {
    if (hw.micro()) continue;
    testing::RandomSteps steps(hw, 11);
    const testing::RandomStep step = steps.Next(20000);
    auto device = PerfDevice::Make(step.tape, hw, step.timing);
    ASSERT_TRUE(device.ok()) << device.error().message;
    ASSERT_TRUE((*device)->Step(step.rows).ok());
    const ChipCounters first = (*device)->counters();
    ASSERT_TRUE((*device)->Step(step.rows).ok());
    const ChipCounters second = (*device)->counters() - first;
    EXPECT_EQ(first.cycles, second.cycles);
    EXPECT_EQ(first.array, second.array);
    EXPECT_EQ(std::accumulate(first.array.begin(), first.array.end(), uint64_t{0}), first.cycles);
    EXPECT_EQ(std::accumulate(first.port.begin(), first.port.end(), uint64_t{0}), first.cycles);
  }
}

// An LM head of twice the size takes as many cycles more as its first half: jumps lose nothing.
TEST(PerfModel, LongMatmulsGrowByTheirPanels) {
  const HwConfig hw = *FindConfig("base");
  const auto cycles = [&](uint32_t vocab) {
    RandomModelOptions options;
    options.dim = 64, options.hidden = 64, options.layers = 1, options.vocab = vocab, options.context = 64;
    const auto checkpoint = RandomModel(options);
    auto tape = std::make_shared<Tape>(*Compile(*checkpoint, hw, {0, 1}));
    const auto device = PerfDevice::Make(tape, hw);
    StepRow row;
    row.want = true;
    EXPECT_TRUE((*device)->Step({&row, 1}).ok());
    return (*device)->counters().cycles;
  };
  const uint64_t one = cycles(4000), two = cycles(8000), three = cycles(12000);
  EXPECT_EQ(three - two, two - one);
  EXPECT_EQ(two - one, 4000u * 2 * (32 + 2) / 16);  // two groups an output, 34 bytes each
}

TEST(PerfModel, ABrokenTapeIsRefusedInASentence) {
  Tape tape;
  tape.bytes.resize(64);
  tape.boot_count = 2;
  tape.bytes[0] = 9;
  const auto device = PerfDevice::Make(std::make_shared<Tape>(tape), *FindConfig("base"));
  ASSERT_FALSE(device.ok());
  EXPECT_NE(device.error().message.find("opcode 9"), std::string::npos) << device.error().message;
}

}  // namespace
}  // namespace weft::perf
