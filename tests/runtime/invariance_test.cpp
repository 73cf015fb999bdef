// A row's logits are the same bits in a block or alone, with other users or without, in any slot, on any array.
#include "tests/runtime/rig.h"

namespace weft::testing {
namespace {

constexpr uint32_t kLength = 45, kVocab = 70;

RandomModelOptions Model() {
  RandomModelOptions model = {48, 80, 2, 6, 2, kVocab, 64};
  model.type = DType::kF32;
  model.seed = 99;
  return model;
}

int32_t Token(uint32_t position, uint32_t user = 0) {
  return static_cast<int32_t>((position * 13 + user * 29 + 5) % kVocab);
}

// Logits of all positions of user 0's text, fed in blocks of at most `block` rows in `slot`; with `others`, two more
// users' rows share each step.
std::vector<float> Feed(Device& device, uint32_t block, uint32_t slot, bool others) {
  block = std::min(block, device.max_rows() - (others ? 2 : 0));  // a small chip takes fewer rows
  std::vector<float> all;
  uint32_t other_at = 0;
  for (uint32_t at = 0; at < kLength;) {
    std::vector<StepRow> rows;
    const uint32_t count = std::min(block, kLength - at);
    if (others) rows.push_back(DumpRow(Token(other_at, 1), other_at, (slot + 1) % 3));
    const size_t mine = rows.size();
    for (uint32_t i = 0; i < count; ++i) rows.push_back(DumpRow(Token(at + i), at + i, slot));
    if (others) rows.push_back(DumpRow(Token(other_at, 2), other_at, (slot + 2) % 3));
    const auto result = device.Step(rows);
    EXPECT_TRUE(result.ok()) << result.error().message;
    if (!result) return {};
    const auto begin = result->logits.begin() + static_cast<ptrdiff_t>(mine * kVocab);
    all.insert(all.end(), begin, begin + static_cast<ptrdiff_t>(count * kVocab));
    at += count;
    ++other_at;
  }
  return all;
}

struct Way {
  uint32_t block, slot;
  bool others;
};
const Way kWays[] = {{20, 0, false}, {5, 0, false}, {1, 2, false}, {3, 1, true}, {1, 0, true}};

// A chip with fewer slots has one user, in slot 0.
uint32_t Slots(const HwConfig& hw) { return std::min(3u, hw.max_slots); }
bool Goes(const HwConfig& hw, const Way& way) { return Slots(hw) == 3 || (way.slot == 0 && !way.others); }

std::vector<float> Expected() {
  const Rig rig = Rig::Random(Model(), "base", 3);
  return Feed(*rig.Golden(), 1, 0, false);
}

TEST(Invariance, GoldenOnEveryConfiguration) {
  const auto want = Expected();
  ASSERT_EQ(want.size(), size_t{kLength} * kVocab);
  for (const HwConfig& hw : Must(AllConfigs())) {
    const Rig rig = Rig::Random(Model(), hw.name, Slots(hw));
    for (const Way& way : kWays) {
      if (!Goes(hw, way)) continue;
      EXPECT_EQ(Feed(*rig.Golden(), way.block, way.slot, way.others), want)
          << hw.name << ", blocks of " << way.block << ", slot " << way.slot;
    }
  }
}

TEST(Invariance, ChipOnEveryConfigurationThatIsBuilt) {
  const auto want = Expected();
  int built = 0;
  for (const HwConfig& hw : Must(AllConfigs())) {
    const Rig rig = Rig::Random(Model(), hw.name, Slots(hw));
    if (!rig.TryRtl().ok()) continue;
    ++built;
    for (const Way& way : kWays) {
      EXPECT_EQ(Feed(*rig.Rtl(), way.block, way.slot, way.others), want)
          << hw.name << ", blocks of " << way.block << ", slot " << way.slot;
    }
  }
  EXPECT_GT(built, 0);
}

}  // namespace
}  // namespace weft::testing
