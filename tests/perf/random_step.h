// Random shapes and steps for the cycle model: what varies is what timing may depend on.
#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/runtime/axi_memory.h"
#include "sw/runtime/device.h"
#include "sw/runtime/random_model.h"

namespace weft::testing {

// A compiled model with random weights, a memory and the rows of one step.
struct RandomStep {
  RandomModelOptions model;
  std::shared_ptr<const Tape> tape;
  AxiTiming timing;
  std::vector<StepRow> rows;
  std::string phase;  // decode, batch, prefill
  WeightType weights = WeightType::kInt8;

  std::string Text() const {
    std::string text = phase + ", weights " + std::to_string(static_cast<int>(weights)) + ", dim " +
                       std::to_string(model.dim) + ", hidden " + std::to_string(model.hidden) + ", layers " +
                       std::to_string(model.layers) + ", heads " + std::to_string(model.heads) + "/" +
                       std::to_string(model.kv_heads) + " of " + std::to_string(model.head_dim) + ", vocab " +
                       std::to_string(model.vocab) + ", latency " + std::to_string(timing.read_latency) +
                       ", rows";
    for (const StepRow& row : rows) {
      text += " " + std::to_string(row.slot) + ":" + std::to_string(row.position) + (row.want ? "w" : "") +
              (row.dump ? "d" : "");
    }
    return text;
  }
};

class RandomSteps {
 public:
  RandomSteps(const HwConfig& hw, uint64_t seed) : hw_(hw), rng_(seed) {}

  // A step that reads about as many beats as `beats`, or fewer.
  RandomStep Next(uint64_t beats) {
    while (true) {
      if (auto step = Try(beats)) return std::move(*step);
    }
  }

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(rng_() % n); }
  uint32_t Between(uint32_t low, uint32_t high) { return low + Below(high - low + 1); }
  template <typename T>
  T Pick(std::initializer_list<T> values) {
    return *(values.begin() + Below(static_cast<uint32_t>(values.size())));
  }

  std::optional<RandomStep> Try(uint64_t beats) {
    RandomStep step;
    RandomModelOptions& m = step.model;
    m.head_dim = Pick({2u, 4u, 6u, 8u, 8u, 16u, 16u, 24u, 32u, 32u, 48u, 64u, 64u, 80u, 128u});
    m.kv_heads = Pick({1u, 1u, 2u, 2u, 3u, 4u, 4u, 8u});
    m.heads = m.kv_heads * Pick({1u, 1u, 2u, 2u, 3u, 4u, 6u});
    m.dim = Below(3) == 0 ? 2 * Between(4, std::min(hw_.max_dim, 512u) / 2)
                          : 32 * Between(1, std::min(hw_.max_dim, 512u) / 32);
    m.hidden = Below(2) == 0 ? Between(8, std::min(hw_.max_hidden, 1024u))
                             : 32 * Between(1, std::min(hw_.max_hidden, 1024u) / 32);
    m.layers = Between(1, 4);
    m.vocab = Between(40, std::min(hw_.max_vocab, 1200u));
    m.context = Pick({64u, 128u, 300u, 512u});
    m.tied = Below(2) == 0;
    m.type = DType::kF32;
    m.seed = static_cast<uint32_t>(rng_());
    const uint64_t width = uint64_t{m.heads} * m.head_dim, kv = uint64_t{m.kv_heads} * m.head_dim;
    const uint64_t weights = m.layers * (uint64_t{m.dim} * (2 * width + 2 * kv) + 3ull * m.dim * m.hidden) +
                             uint64_t{m.dim} * m.vocab;
    if (width > 2048 || weights / hw_.port > beats) return {};
    const auto checkpoint = RandomModel(m);
    if (!checkpoint) return {};
    const WeightType type =
        Pick({WeightType::kInt8, WeightType::kInt8, WeightType::kInt4, WeightType::kTernary});
    step.weights = type;
    const uint32_t slots = Between(1, std::min(hw_.max_slots, 6u));
    auto tape = Compile(*checkpoint, hw_, {0, slots, type});
    if (!tape) return {};
    step.tape = std::make_shared<Tape>(std::move(*tape));
    step.timing.read_latency = Pick({16u, 16u, 16u, 1u, 7u, 30u, 60u, 120u});
    Rows(&step);
    return step;
  }

  void Rows(RandomStep* step) {
    const Tape& tape = *step->tape;
    const uint32_t kind = tape.max_rows == 1 ? 0 : Below(3);
    step->phase = kind == 0 ? "decode" : kind == 1 ? "batch" : "prefill";
    std::vector<uint32_t> slots(tape.slots);
    for (uint32_t s = 0; s < tape.slots; ++s) slots[s] = s;
    std::shuffle(slots.begin(), slots.end(), rng_);
    const uint32_t users = kind == 0   ? 1
                           : kind == 1 ? std::min(tape.slots, tape.max_rows)
                                       : Between(1, tape.slots);
    for (uint32_t u = 0; u < users; ++u) {
      const uint32_t room = tape.max_rows - static_cast<uint32_t>(step->rows.size());
      if (room == 0) break;
      uint32_t count = 1;
      if (kind == 1 && Below(4) == 0) count = Between(1, room);
      if (kind == 2) count = u + 1 == users && Below(2) == 0 ? room : Between(1, room);
      const uint32_t first = Below(std::min(tape.context - count + 1, Below(2) == 0 ? 40u : tape.context));
      for (uint32_t i = 0; i < count; ++i) Add(step, slots[u], first + i, kind != 2 || i + 1 == count);
    }
  }

  void Add(RandomStep* step, uint32_t slot, uint32_t position, bool want) {
    StepRow row;
    row.token = static_cast<int32_t>(Below(step->tape->vocab));
    row.position = position;
    row.slot = slot;
    row.want = want && Below(8) != 0;
    row.dump = Below(16) == 0;
    step->rows.push_back(row);
  }

  HwConfig hw_;
  std::mt19937_64 rng_;
};

}  // namespace weft::testing
