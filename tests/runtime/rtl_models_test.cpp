// The whole chip against golden: random models of odd shapes, random blocks of several users, random stalls. Every
// logit of every row and every token is compared.
#include <random>

#include "tests/runtime/rig.h"

namespace weft::testing {
namespace {

struct Shape {
  const char* name;
  uint32_t dim, hidden, layers, heads, kv_heads, head_dim, vocab, context;
  bool tied;
  DType type;
  bool mixed = false;
  const char* architecture = "llama";
};

constexpr DType kF32 = DType::kF32, kF16 = DType::kF16, kQ8 = DType::kQ8_0, kQ4 = DType::kQ4_0, kTq2 = DType::kTQ2_0;

const Shape kShapes[] = {
    {"one_of_each", 32, 32, 1, 1, 1, 32, 64, 40, true, kQ8},
    {"two_layers_gqa2", 64, 96, 2, 4, 2, 16, 300, 70, true, kQ8},
    {"three_layers_mqa", 96, 160, 3, 6, 1, 16, 100, 65, false, kQ8},
    {"four_layers", 64, 64, 4, 2, 2, 32, 90, 48, true, kQ8},
    {"head_of_8", 64, 172, 2, 8, 4, 8, 512, 64, true, kF32},
    {"head_of_8_four_sets", 128, 100, 1, 16, 16, 8, 61, 40, false, kF16},
    {"head_of_4", 40, 72, 2, 10, 5, 4, 77, 50, true, kF32},
    {"head_of_2", 16, 24, 1, 8, 8, 2, 33, 36, true, kF32},
    {"head_of_48", 96, 80, 2, 2, 1, 48, 65, 44, true, kF32},
    {"head_of_64", 128, 96, 1, 2, 2, 64, 129, 40, false, kQ8},
    {"head_of_128", 128, 64, 1, 4, 1, 128, 50, 40, true, kQ8},
    {"head_of_80", 160, 90, 1, 2, 1, 80, 70, 36, false, kF16},
    {"head_of_6", 36, 50, 2, 6, 2, 6, 41, 48, false, kF32},
    {"head_of_34", 68, 70, 1, 2, 2, 34, 40, 40, true, kF32},
    {"even_dim", 46, 37, 2, 3, 1, 10, 51, 40, true, kF32},
    {"odd_vocab", 32, 33, 1, 2, 1, 16, 263, 33, true, kF32},
    {"tiny_dim", 8, 12, 3, 2, 1, 4, 29, 34, true, kF32},
    {"wide_heads", 32, 64, 2, 8, 2, 16, 64, 40, false, kF32},
    {"narrow_heads", 128, 64, 1, 2, 1, 16, 64, 40, true, kF32},
    {"three_kv_heads", 72, 60, 2, 6, 3, 12, 87, 66, true, kF16},
    {"many_queries", 64, 64, 1, 16, 1, 4, 48, 40, true, kF32},
    {"one_position_blocks", 32, 64, 1, 2, 2, 16, 40, 32, true, kQ8},
    {"long_context", 32, 32, 1, 2, 1, 16, 40, 200, true, kQ8},
    {"wide_hidden", 32, 500, 1, 2, 1, 16, 40, 40, true, kF32},
    {"int4", 64, 96, 2, 4, 2, 16, 300, 70, true, kQ4},
    {"int4_small_heads", 64, 160, 2, 8, 4, 8, 101, 64, false, kQ4},
    {"int4_head_of_48", 96, 64, 1, 2, 1, 48, 65, 40, true, kQ4},
    {"ternary", 256, 256, 2, 8, 2, 32, 300, 40, true, kTq2},
    {"ternary_untied", 256, 512, 1, 4, 4, 64, 77, 40, false, kTq2},
    {"mixed_a", 256, 256, 3, 8, 2, 32, 90, 40, true, kQ8, true},
    {"mixed_b", 256, 288, 2, 16, 8, 16, 129, 40, false, kQ8, true},
    {"mixed_small", 64, 172, 2, 8, 4, 8, 61, 40, true, kQ8, true},
    {"bias", 64, 96, 2, 4, 2, 16, 300, 70, true, kQ8, false, "qwen2"},
    {"bias_head_of_64", 128, 96, 2, 2, 1, 64, 90, 40, true, kF16, false, "qwen2"},
    {"bias_small_heads", 40, 72, 2, 10, 5, 4, 77, 50, false, kF32, false, "qwen2"},
    {"qk_norm", 64, 96, 2, 4, 2, 32, 300, 70, true, kQ8, false, "qwen3"},
    {"qk_norm_head_of_64", 64, 64, 2, 2, 1, 64, 90, 40, true, kF16, false, "qwen3"},
    {"qk_norm_head_of_128", 96, 64, 2, 4, 2, 128, 90, 40, false, kQ8, false, "qwen3"},
    {"qk_norm_head_of_80", 64, 64, 1, 3, 3, 80, 41, 40, false, kF16, false, "qwen3"},
    {"qk_norm_head_of_4", 24, 40, 2, 10, 5, 4, 77, 50, false, kF32, false, "qwen3"},
    {"qk_norm_head_of_12", 40, 36, 2, 6, 3, 12, 87, 66, true, kF32, false, "qwen3"},
    {"qk_norm_ternary", 256, 256, 1, 2, 1, 128, 60, 40, true, kTq2, false, "qwen3"},
    {"bias_ternary", 256, 256, 1, 8, 2, 32, 60, 40, true, kTq2, false, "qwen2"},
};

class RtlModels : public ::testing::TestWithParam<uint32_t> {};

// Users whose texts grow by random blocks, shuffled into steps.
class Traffic {
 public:
  Traffic(const Tape& tape, uint32_t max_topk, uint32_t seed)
      : tape_(tape), max_topk_(max_topk), rng_(seed), length_(tape.slots) {}

  // Rows for the next step; empty when every user's context is full.
  std::vector<StepRow> Next() {
    std::vector<StepRow> rows;
    std::vector<uint32_t> order(tape_.slots);
    for (uint32_t s = 0; s < tape_.slots; ++s) order[s] = s;
    std::shuffle(order.begin(), order.end(), rng_);
    for (const uint32_t slot : order) {
      const uint32_t room = std::min<uint32_t>(tape_.context - length_[slot],
                                               tape_.max_rows - static_cast<uint32_t>(rows.size()));
      if (room == 0 || (slot != order[0] && Below(3) == 0)) continue;
      const uint32_t count = Below(3) == 0 ? 1 : 1 + Below(room);
      for (uint32_t i = 0; i < count; ++i) rows.push_back(Row(slot));
    }
    if (rows.empty() && Room()) return Next();
    return rows;
  }

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(rng_() % n); }
  bool Room() const {
    for (const uint32_t length : length_) {
      if (length < tape_.context) return true;
    }
    return false;
  }
  StepRow Row(uint32_t slot) {
    StepRow row;
    row.token = static_cast<int32_t>(Below(tape_.vocab));
    row.position = length_[slot]++;
    row.slot = slot;
    row.want = Below(3) == 0;
    row.top_k = Below(2) == 0 ? 1 : 1 + Below(max_topk_);
    row.z = row.top_k == 1 ? 0.0f : 0.25f * static_cast<float>(1 + Below(16));
    row.seed = static_cast<uint32_t>(rng_());
    return row;
  }

  const Tape& tape_;
  uint32_t max_topk_;
  std::mt19937 rng_;
  std::vector<uint32_t> length_;
};

// "slot 0 at 0: 5 rows, wants 1/64 ...", for a failing step.
std::string Text(std::span<const StepRow> rows) {
  std::string text;
  for (const StepRow& row : rows) {
    text += "\n  slot " + std::to_string(row.slot) + " position " + std::to_string(row.position) + " token " +
            std::to_string(row.token);
    if (row.want) text += " wants top_k " + std::to_string(row.top_k) + " z " + std::to_string(row.z);
  }
  return text;
}

TEST_P(RtlModels, EqualsGolden) {
  const uint32_t number = GetParam();
  const Shape& s = kShapes[number];
  RandomModelOptions model = {s.dim, s.hidden, s.layers, s.heads, s.kv_heads, s.vocab, s.context};
  model.head_dim = s.head_dim;
  model.tied = s.tied;
  model.type = s.type;
  model.mixed = s.mixed;
  model.architecture = s.architecture;
  model.seed = 1000 + number;
  const uint32_t slots = 1 + number % 3;
  const HwConfig hw = Must(FindConfig(WEFT_CHIP_CONFIG));
  auto tape = Compile(Must(RandomModel(model)), hw, {0, slots});
  if (!tape) {
    ASSERT_STRNE(WEFT_CHIP_CONFIG, "base") << tape.error().message;
    GTEST_SKIP() << tape.error().message;  // a smaller or wider chip has other limits
  }
  const Rig rig = {hw, std::make_shared<Tape>(std::move(*tape))};
  WEFT_SKIP_WITHOUT_CHIP(rig);

  RtlOptions options;
  options.timing.read_latency = 1 + number * 7 % 60;
  options.timing.stall_percent = number % 2 == 0 ? 0 : 10 + number;
  options.timing.seed = number;
  options.kv_fill = static_cast<uint8_t>(number * 37);
  const auto device = rig.Checked(options);
  Traffic traffic(*rig.tape, rig.hw.max_topk, number);
  uint32_t steps = 0;
  for (auto rows = traffic.Next(); !rows.empty(); rows = traffic.Next(), ++steps) {
    const auto result = device->Step(rows);
    ASSERT_TRUE(result.ok()) << result.error().message << Text(rows);
  }
  EXPECT_GT(steps, slots);
  EXPECT_EQ(device->mismatches(), 0u);
  EXPECT_EQ(device->checked_logits(), uint64_t{slots} * rig.tape->context * s.vocab);
}

INSTANTIATE_TEST_SUITE_P(Shapes, RtlModels, ::testing::Range<uint32_t>(0, std::size(kShapes)),
                         [](const auto& info) { return std::string(kShapes[info.param].name); });

}  // namespace
}  // namespace weft::testing
