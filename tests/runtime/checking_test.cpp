// Lock-step checking with golden on both sides, one of them with a bit of its tape inverted.
#include "tests/runtime/rig.h"

#include "sw/runtime/trace_diff.h"

namespace weft::testing {
namespace {

RandomModelOptions Model() {
  RandomModelOptions model = {64, 96, 2, 4, 2, 80, 48};
  return model;
}

// The pair: golden, and golden on a tape with the bit inverted.
std::unique_ptr<CheckedDevice> Pair(const Rig& rig, uint64_t address, uint8_t mask) {
  auto broken = std::make_shared<Tape>(*rig.tape);
  broken->bytes[address] ^= mask;
  return std::make_unique<CheckedDevice>(rig.Golden(), Must(GoldenDevice::Make(broken, rig.hw)), rig.tape, rig.hw);
}

uint64_t SectionOffset(const Tape& tape, const std::string& label) {
  for (const TapeSection& section : tape.sections) {
    if (section.label == label) return section.offset;
  }
  ADD_FAILURE() << "no section " << label;
  return 0;
}

std::vector<StepRow> Rows() { return {DumpRow(5, 0), DumpRow(17, 1), DumpRow(3, 2, 0, true)}; }

TEST(CheckedDevice, PassesResultsOnAndCounts) {
  const Rig rig = Rig::Random(Model(), "base");
  CheckedDevice device(rig.Golden(), rig.Golden(), rig.tape, rig.hw);
  auto rows = Rows();
  rows[0].dump = rows[1].dump = false;
  const auto result = device.Step(rows);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->logits.size(), 80u);  // of the one row that asked
  const auto alone = rig.Golden()->Step(rows);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(result->tokens, alone->tokens);
  EXPECT_EQ(result->logits, alone->logits);
  EXPECT_EQ(device.checked_logits(), 3u * 80);  // but all were compared
  EXPECT_EQ(device.mismatches(), 0u);
}

TEST(CheckedDevice, NamesTheInstructionThatDiffersFirst) {
  const Rig rig = Rig::Random(Model(), "base");
  const struct {
    const char* section;
    const char* says;
  } cases[] = {{"layer 0 wk", "(MATMUL layer 0 wk), unit matrix and rope (keys)"},
               {"layer 0 wv", "(MATMUL layer 0 wv)"},
               {"layer 1 wo", "(MATMUL layer 1 wo), unit matrix and residual"},
               {"layer 1 w_gate, w_up", "(MATMUL layer 1 w_gate, w_up), unit matrix and swiglu"},
               {"LM head", "(MATMUL LM head), unit matrix and norm (logits)"}};
  for (const auto& c : cases) {
    // A scale's exponent: large enough that a changed weight cannot hide in rounding.
    const auto device = Pair(rig, SectionOffset(*rig.tape, c.section) + 1, 0x08);
    std::vector<StepRow> rows = Rows();
    if (std::string(c.section) == "LM head") rows = {DumpRow(70, 0, 0, true)};  // its own embedding is sound
    const auto result = device->Step(rows);
    ASSERT_FALSE(result.ok()) << c.section;
    EXPECT_NE(result.error().message.find(c.says), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("step 0, row "), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("expected 0x"), std::string::npos) << result.error().message;
    EXPECT_GT(device->mismatches(), 0u);
  }
}

TEST(FirstDifference, GoesByInstructionThenRowThenElement) {
  const std::vector<TraceEvent> want = {{1, 0, 0, 10, 11}, {1, 1, 0, 12, 13}, {2, 0, 0, 14, 15}};
  auto got = want;
  EXPECT_FALSE(FirstDifference(want, got, {}));
  std::swap(got[0], got[2]);  // order is free
  EXPECT_FALSE(FirstDifference(want, got, {}));
  got = want;
  got[2].v0 = 99;
  got[1].v1 = 98;
  const auto difference = FirstDifference(want, got, {});
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->instr, 1u);
  EXPECT_EQ(difference->row, 1u);
  EXPECT_EQ(difference->n, 1u);
  EXPECT_EQ(difference->expected, 13u);
  EXPECT_EQ(difference->got, 98u);
}

TEST(FirstDifference, SeesMissingAndSurplusResults) {
  const std::vector<TraceEvent> want = {{1, 0, 0, 10, 11}, {1, 0, 2, 12, 13}};
  const auto missing = FirstDifference(want, {want[0]}, {});
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->n, 2u);
  EXPECT_FALSE(missing->got);
  const auto surplus = FirstDifference({want[1]}, want, {});
  ASSERT_TRUE(surplus);
  EXPECT_EQ(surplus->n, 0u);
  EXPECT_FALSE(surplus->expected);
}

TEST(FirstDifference, EveryNanIsTheSameAndPaddingMeansNothing) {
  const std::vector<TraceEvent> want = {{0, 0, 2, 0x7fc00000, 1}};
  const std::vector<TraceEvent> got = {{0, 0, 2, 0xffc12345, 2}};
  EXPECT_TRUE(FirstDifference(want, got, {}));
  EXPECT_FALSE(FirstDifference(want, got, {{"odd", "unit", 3}}));  // n + 1 = 3 is beyond 3 outputs
}

}  // namespace
}  // namespace weft::testing
