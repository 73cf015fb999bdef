#include "sw/golden/machine.h"

#include <gtest/gtest.h>

#include "sw/golden/fp_env.h"
#include "tests/golden/naive_machine.h"
#include "tests/golden/random_model.h"

namespace weft {
namespace {

using golden::Bits;
using golden::Machine;
using golden::Row;
using testing::NaiveMachine;
using testing::RandomModel;
using testing::RandomTokens;
using testing::Shape;

using Logits = std::vector<std::vector<uint32_t>>;  // bits, [position][vocab]

std::vector<uint32_t> ToBits(std::span<const float> v) {
  std::vector<uint32_t> bits;
  for (float x : v) bits.push_back(Bits(x));
  return bits;
}

HwConfig Config(const std::string& name) { return *FindConfig(name); }

Tape MustCompile(const Checkpoint& c, const HwConfig& hw, uint32_t slots = 2) {
  CompileOptions options;
  options.slots = slots;
  auto tape = Compile(c, hw, options);
  EXPECT_TRUE(tape.ok()) << tape.error().message;
  return *tape;
}

Row DumpRow(uint32_t token, uint32_t position, uint32_t slot = 0) {
  Row row;
  row.token = token;
  row.position = position;
  row.slot = slot;
  row.dump = true;
  return row;
}

// Logits of one sequence, `block` tokens a step.
Logits Decode(Machine& machine, const std::vector<uint32_t>& tokens, uint32_t block, uint32_t slot = 0) {
  Logits logits;
  for (uint32_t at = 0; at < tokens.size();) {
    std::vector<Row> rows;
    for (; rows.size() < block && at < tokens.size(); ++at) rows.push_back(DumpRow(tokens[at], at, slot));
    const auto result = machine.Step(rows);
    EXPECT_TRUE(result.ok()) << result.error().message;
    for (size_t r = 0; r < rows.size(); ++r) logits.push_back(ToBits(result->Logits(r)));
  }
  return logits;
}

Logits RunOn(const Checkpoint& c, const HwConfig& hw, const std::vector<uint32_t>& tokens, uint32_t block) {
  const Tape tape = MustCompile(c, hw);
  auto machine = Machine::Create(hw, tape);
  EXPECT_TRUE(machine.ok()) << machine.error().message;
  return Decode(*machine, tokens, std::min(block, machine->max_rows()));
}

struct Case {
  const char* name;
  Shape shape;
};

class MachineTest : public ::testing::TestWithParam<Case> {};

// Every shape whose chunks, tails or sets differ: dim, hidden, layers, heads, kv heads, head size, vocab,
// context.
const Case kCases[] = {
    {"Stories", {64, 172, 2, 8, 4, 8, 97, 96}},
    {"OneHead", {32, 64, 1, 1, 1, 32, 33, 40}},
    {"Head16Sets", {64, 96, 2, 4, 2, 16, 64, 70}},
    {"Head12", {72, 100, 1, 6, 2, 12, 50, 64}},
    {"Head24", {48, 40, 2, 2, 1, 24, 31, 64, /*tied=*/false}},
    {"Head48", {96, 128, 1, 2, 2, 48, 40, 64, true, DType::kF16}},
    {"Head8Odd", {40, 52, 1, 3, 3, 8, 17, 64}},
    {"Head4Shared", {16, 24, 2, 4, 4, 4, 19, 64}},
    {"Head64", {64, 64, 1, 1, 1, 64, 20, 40, false, DType::kQ8_0}},
    {"SevenQueries", {56, 64, 1, 7, 1, 8, 21, 64}},
    {"Int4", {64, 96, 2, 4, 2, 16, 64, 70, true, DType::kQ4_0}},
    {"Bias", {64, 96, 2, 4, 2, 16, 64, 70, true, DType::kF32, "qwen2"}},
    {"BiasHead48", {96, 64, 1, 2, 1, 48, 37, 40, false, DType::kQ8_0, "qwen2"}},
    {"QkNorm", {64, 96, 2, 4, 2, 32, 64, 70, true, DType::kF32, "qwen3"}},
    {"QkNormHead8", {40, 52, 1, 3, 3, 8, 17, 64, true, DType::kF32, "qwen3"}},
    {"QkNormHead4", {24, 24, 1, 4, 4, 4, 19, 40, false, DType::kF16, "qwen3"}},
    {"QkNormHead48", {32, 64, 1, 4, 1, 48, 33, 40, false, DType::kQ8_0, "qwen3"}},
    {"Ternary", {256, 256, 1, 8, 2, 32, 40, 40, true, DType::kTQ2_0}},
};

TEST_P(MachineTest, EqualsTheBlockFunctions) {
  const Checkpoint c = RandomModel(GetParam().shape);
  for (const char* name : {"mini", "base", "tile"}) {
    const HwConfig hw = Config(name);
    const Tape tape = MustCompile(c, hw);
    auto machine = Machine::Create(hw, tape);
    ASSERT_TRUE(machine.ok()) << machine.error().message;
    NaiveMachine naive(hw, tape);
    const auto tokens = RandomTokens(37, c.config.vocab, 3);
    const uint32_t block = std::min(3u, machine->max_rows());
    for (uint32_t at = 0; at < tokens.size();) {
      std::vector<Row> rows;
      for (; rows.size() < block && at < tokens.size(); ++at) rows.push_back(DumpRow(tokens[at], at, 1));
      const auto fast = machine->Step(rows);
      ASSERT_TRUE(fast.ok()) << fast.error().message;
      const auto slow = naive.Step(rows);
      for (size_t r = 0; r < rows.size(); ++r) {
        ASSERT_EQ(ToBits(fast->Logits(r)), ToBits(slow[r])) << name << " position " << rows[r].position;
      }
    }
  }
}

TEST_P(MachineTest, BitsDoNotDependOnPortColumnsOrBlock) {
  const Checkpoint c = RandomModel(GetParam().shape, 5);
  const auto tokens = RandomTokens(c.config.context, c.config.vocab, 7);
  const Logits want = RunOn(c, Config("base"), tokens, 1);
  HwConfig narrow = Config("mini");
  narrow.port = 1;
  narrow.panel_rows = 1;
  narrow.act_words = 16384;
  HwConfig edge = Config("edge");
  edge.qkv_bias = edge.qk_norm = 1;  // to golden a chip without their units is one with them
  HwConfig serial = edge;
  serial.port = 2;
  serial.columns = serial.cols_per_lane = 1;
  serial.max_vrows = 64;
  serial.act_words = 16384;
  HwConfig wide = Config("tile");
  wide.port = 64;
  for (const HwConfig& hw :
       {Config("base"), edge, Config("tile"), Config("mini"), narrow, serial, wide}) {
    for (uint32_t block : {5u, 32u}) {
      ASSERT_EQ(RunOn(c, hw, tokens, block), want) << hw.name << " port " << hw.port << " block " << block;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, MachineTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(MachineBatchTest, BitsDoNotDependOnNeighboursOrSlot) {
  const Checkpoint c = RandomModel({});
  const HwConfig hw = Config("base");
  const Tape tape = MustCompile(c, hw, 4);
  auto machine = Machine::Create(hw, tape);
  ASSERT_TRUE(machine.ok());
  const auto mine = RandomTokens(60, c.config.vocab, 11);
  const Logits want = Decode(*machine, mine, 1, 0);
  // Slot 3 now, between a prompt in slot 1 and a user in slot 0 that started earlier.
  const auto other = RandomTokens(90, c.config.vocab, 12);
  Decode(*machine, {other.begin(), other.begin() + 20}, 4, 0);
  uint32_t prompt = 0;
  for (uint32_t i = 0; i < mine.size(); ++i) {
    std::vector<Row> rows;
    for (uint32_t n = 0; n < 1 + i % 3 && prompt < other.size(); ++n, ++prompt) {
      rows.push_back(DumpRow(other[prompt], prompt, 1));
    }
    rows.push_back(DumpRow(mine[i], i, 3));
    const size_t at = rows.size() - 1;
    rows.push_back(DumpRow(other[(20 + i) % 90], 20 + i, 0));
    const auto result = machine->Step(rows);
    ASSERT_TRUE(result.ok()) << result.error().message;
    ASSERT_EQ(ToBits(result->Logits(at)), want[i]) << "position " << i;
  }
}

TEST(MachineStepTest, SamplesOnlyRowsThatWant) {
  const Checkpoint c = RandomModel({});
  const HwConfig hw = Config("mini");
  const Tape tape = MustCompile(c, hw);
  auto machine = Machine::Create(hw, tape);
  ASSERT_TRUE(machine.ok());
  std::vector<Row> rows = {DumpRow(1, 0), DumpRow(2, 1), DumpRow(3, 2)};
  rows[1].want = true;
  rows[2].want = true;
  rows[2].dump = false;
  const auto result = machine->Step(rows);
  ASSERT_TRUE(result.ok());
  const auto logits = result->Logits(1);
  const auto best = static_cast<uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  EXPECT_EQ(result->tokens[0], 0u);
  EXPECT_EQ(result->tokens[1], best);
}

TEST(MachineStepTest, InfiniteGainPoisonsTheLogits) {
  Checkpoint c = RandomModel({});
  const float inf = std::numeric_limits<float>::infinity();
  std::memcpy(c.layers[1].ffn_norm.data.data(), &inf, sizeof inf);
  const HwConfig hw = Config("mini");
  const Tape tape = MustCompile(c, hw);
  auto machine = Machine::Create(hw, tape);
  ASSERT_TRUE(machine.ok());
  Row row = DumpRow(5, 0);
  row.want = true;
  const auto result = machine->Step({&row, 1});
  ASSERT_TRUE(result.ok());
  for (float x : result->Logits(0)) ASSERT_EQ(Bits(x), golden::kNanBits);
  EXPECT_EQ(result->tokens[0], 0u);
}

TEST(MachineStepTest, RefusesImpossibleRows) {
  const Checkpoint c = RandomModel({});
  const HwConfig hw = Config("mini");
  const Tape tape = MustCompile(c, hw);
  auto machine = Machine::Create(hw, tape);
  ASSERT_TRUE(machine.ok());
  const struct {
    std::vector<Row> rows;
    const char* message;
  } kBad[] = {
      {{}, "a step has 0 rows, wanted 1 to 4"},
      {std::vector<Row>(5), "a step has 5 rows, wanted 1 to 4"},
      {{DumpRow(97, 0)}, "row 0 has token 97, wanted less than 97"},
      {{DumpRow(0, 96)}, "row 0 has position 96, wanted less than 96"},
      {{DumpRow(0, 0, 2)}, "row 0 has slot 2, wanted less than 2"},
      {{DumpRow(0, 0), DumpRow(0, 2)}, "row 1 has position 2, wanted 1 after the row before"},
      {{DumpRow(0, 0), DumpRow(0, 0, 1), DumpRow(0, 1)},
       "row 2 has slot 0, wanted rows of one slot side by side"},
  };
  for (const auto& bad : kBad) {
    const auto result = machine->Step(bad.rows);
    ASSERT_FALSE(result.ok()) << bad.message;
    EXPECT_EQ(result.error().message, bad.message);
  }
}

// Flags of MODEL that do not go with the vectors of the tape.
TEST(MachineStepTest, RefusesTapesWhoseVectorsDoNotFit) {
  const HwConfig hw = Config("mini");
  const auto message = [&](const char* architecture, size_t at, uint8_t value) {
    Tape tape = MustCompile(RandomModel({.layers = 1, .architecture = architecture}), hw);
    tape.bytes[at] = value;
    const auto machine = Machine::Create(hw, tape);
    return machine.ok() ? "" : machine.error().message;
  };
  constexpr size_t kModelFlags = 32 + 3;
  EXPECT_EQ(message("llama", kModelFlags, kFlagBias), "instruction 6 takes a vector of 32, wanted a VEC before it");
  EXPECT_EQ(message("llama", kModelFlags, kFlagQkNorm), "instruction 6 takes a vector of 8, wanted a VEC before it");
  EXPECT_EQ(message("llama", kModelFlags, kFlagBias | kFlagQkNorm),
            "MODEL asks for biases and for a norm of heads, wanted one of them");
  EXPECT_EQ(message("qwen2", kModelFlags, 0),
            "instruction 10 loads a vector while 2 before it wait, wanted a MATMUL or EMBED that takes one in front "
            "of it");
  EXPECT_EQ(message("qwen2", kModelFlags, kFlagQkNorm), "instruction 7 takes a vector of 32, wanted 8");
  // The boot segment is 5 instructions; EMBED is the last.
  EXPECT_EQ(message("llama", 4 * 32 + 3, kFlagWant), "instruction 4 takes a vector and has WANT, wanted one of them");
}

TEST(MachineTraceTest, ShowsEveryResultOnceAndChangesNothing) {
  const Checkpoint c = RandomModel({});
  const HwConfig hw = Config("mini");
  const Tape tape = MustCompile(c, hw);
  auto machine = Machine::Create(hw, tape);
  ASSERT_TRUE(machine.ok());
  const auto tokens = RandomTokens(9, c.config.vocab, 2);
  const Logits want = Decode(*machine, tokens, 3);
  std::vector<golden::TraceEvent> events;
  machine->SetTrace([&](const golden::TraceEvent& e) { events.push_back(e); });
  EXPECT_EQ(Decode(*machine, tokens, 3), want);
  // Per row and step: EMBED dim, layers * (K, V, Q, O, two RES, GLU), LOGITS; two values an event, GLU in
  // pairs.
  const uint32_t layer = (32 + 32 + 64 + 64 + 64 + 2 * 172 + 64) / 2;
  EXPECT_EQ(events.size(), 9 * (64 / 2 + 2 * layer + (97 + 1) / 2));
  EXPECT_EQ(events.front().epilogue, Epilogue::kEmbed);
  EXPECT_EQ(events.front().instr, 4u);
  EXPECT_EQ(events.back().epilogue, Epilogue::kLogits);
  EXPECT_EQ(events.back().n, 96u);
}

}  // namespace
}  // namespace weft
