// The pico engine's firmware against the golden model, logit by logit, on the simulator that faults on any
// hazard.
#include <gtest/gtest.h>

#include <cstring>

#include "sw/compiler/config.h"
#include "sw/formats/load.h"
#include "sw/runtime/golden_device.h"
#include "sw/runtime/random_model.h"
#include "tests/pico/pico_harness.h"

namespace weft::pico {
namespace {

struct Shape {
  const char* name;
  RandomModelOptions model;
  uint32_t steps;
};

RandomModelOptions Model(RandomModelOptions options, DType type, uint32_t seed) {
  options.type = type;
  options.seed = seed;
  return options;
}

// Runs tokens of a fixed text and then what the model draws; every logit, token and status must be golden's.
void Compare(const Checkpoint& checkpoint, uint32_t steps, uint32_t top_k) {
  const HwConfig hw = *FindConfig("pico");
  auto compiled = Compile(checkpoint, hw, {});
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;
  const auto tape = std::make_shared<const Tape>(std::move(*compiled));
  const auto golden = GoldenDevice::Make(tape, hw);
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  PicoHarness chip;
  chip.Place(*tape);
  StepRow row;
  row.token = 1;
  for (uint32_t at = 0; at < steps; ++at) {
    row.position = at;
    row.want = at % 5 != 3;
    row.dump = at % 5 != 1;
    row.top_k = top_k;
    row.z = 1.25f + 0.01f * static_cast<float>(at);
    row.seed = 77 + at;
    const auto want = (*golden)->Step({&row, 1});
    ASSERT_TRUE(want.ok()) << want.error().message;
    ASSERT_EQ(chip.Step(row).first, reg::kStatusDone) << "position " << at;
    if (row.dump) {
      const auto got = chip.logits();
      for (size_t n = 0; n < got.size(); ++n) {
        ASSERT_EQ(got[n], std::bit_cast<uint32_t>(want->logits[n])) << "logit " << n << " at position " << at;
      }
    }
    if (row.want) ASSERT_EQ(chip.token(), static_cast<uint32_t>(want->tokens[0])) << "position " << at;
    row.token = row.want ? want->tokens[0] : static_cast<int32_t>((at * 37 + 11) % tape->vocab);
  }
}

TEST(PicoFirmwareTest, FitsItsMemory) { EXPECT_LE(FirmwareProgram().words.size(), kProgramWords); }

TEST(PicoFirmwareTest, LogitsAreGolden) {
  //                            dim hidden layers heads kv vocab context
  const Shape shapes[] = {
      {"heads of 8 share a chunk", Model({64, 172, 2, 8, 4, 96, 64}, DType::kF32, 1), 36},
      {"heads of 12 share a short chunk", Model({48, 100, 2, 4, 4, 70, 64}, DType::kF32, 2), 8},
      {"heads of 48 take two chunks", Model({96, 200, 2, 2, 1, 64, 64}, DType::kF32, 3), 36},
      {"heads of 64", Model({128, 256, 1, 2, 2, 64, 64}, DType::kQ8_0, 4), 5},
      {"one query a KV head", Model({64, 128, 2, 2, 2, 64, 64}, DType::kF32, 5), 5},
      {"eight queries a KV head", Model({256, 512, 1, 8, 1, 64, 64}, DType::kQ4_0, 6), 5},
      {"ternary", Model({256, 512, 1, 8, 2, 64, 64}, DType::kTQ2_0, 7), 5},
      {"three queries a KV head", Model({96, 64, 1, 6, 2, 33, 64}, DType::kF32, 8), 5},
      {"one group, short", Model({16, 24, 1, 2, 1, 40, 96}, DType::kF32, 9), 70},
  };
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(shape.name);
    const auto checkpoint = RandomModel(shape.model);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    Compare(*checkpoint, shape.steps, 6);
  }
}

TEST(PicoFirmwareTest, MixedTypesAreGolden) {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomModelOptions model = {256, 256, 2, 4, 2, 64, 64};
    model.mixed = true;
    model.seed = seed;
    Compare(*RandomModel(model), 3, 1 + 15 * (seed % 2));
  }
}

// Infinities and NaN in the weights' scales poison what they touch, and nothing else: golden and engine
// agree.
TEST(PicoFirmwareTest, PoisonIsGolden) {
  for (const uint16_t scale : {0x7c00, 0x7e01, 0x8000, 0x0001, 0x03ff}) {
    SCOPED_TRACE("scale " + std::to_string(scale));
    auto checkpoint = RandomModel(Model({64, 96, 1, 2, 1, 48, 64}, DType::kQ8_0, 21));
    ASSERT_TRUE(checkpoint.ok());
    for (Tensor* tensor : {&checkpoint->layers[0].w_gate, &checkpoint->layers[0].wk}) {
      std::memcpy(&tensor->data[34 * 3], &scale, sizeof scale);
    }
    Compare(*checkpoint, 3, 4);
  }
}

TEST(PicoFirmwareTest, DefaultModelIsGolden) {
  const auto checkpoint = LoadCheckpoint(WEFT_SOURCE_DIR "/models/weft-stories-1m.q8_0.gguf");
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  Compare(*checkpoint, 2, 16);
}

}  // namespace
}  // namespace weft::pico
