// Configuration pico: models compile for it and give the same bits as on base, or the limit that they exceed is named.
#include <gtest/gtest.h>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/formats/load.h"
#include "sw/image/image.h"
#include "sw/runtime/golden_device.h"
#include "sw/runtime/perf_device.h"
#include "sw/runtime/random_model.h"
#include "sw/runtime/rtl_device.h"

namespace weft {
namespace {

HwConfig Pico() { return *FindConfig("pico"); }

// llama2.c's stories260K.
RandomModelOptions Stories() {
  RandomModelOptions model = {64, 172, 5, 8, 4, 512, 512};
  model.type = DType::kF32;
  return model;
}

std::string Refusal(const RandomModelOptions& model, const CompileOptions& options = {}, const HwConfig& hw = Pico()) {
  const auto tape = Compile(*RandomModel(model), hw, options);
  return tape.ok() ? "" : tape.error().message;
}

// Logits and next tokens of a text, a token a step.
std::vector<float> LogitsOf(const Checkpoint& checkpoint, const char* config, uint32_t length) {
  const HwConfig hw = *FindConfig(config);
  auto tape = Compile(checkpoint, hw, {0, 1});
  EXPECT_TRUE(tape.ok()) << tape.error().message;
  if (!tape) return {};
  const auto device = GoldenDevice::Make(std::make_shared<Tape>(std::move(*tape)), hw);
  EXPECT_TRUE(device.ok()) << device.error().message;
  std::vector<float> all;
  for (uint32_t at = 0; at < length; ++at) {
    StepRow row;
    row.token = static_cast<int32_t>((at * 13 + 5) % checkpoint.config.vocab);
    row.position = at;
    row.want = row.dump = true;
    row.z = 1.5f;
    row.top_k = 8;
    row.seed = at;
    const auto step = (*device)->Step({&row, 1});
    EXPECT_TRUE(step.ok()) << step.error().message;
    if (!step) return {};
    all.insert(all.end(), step->logits.begin(), step->logits.end());
    all.push_back(static_cast<float>(step->tokens[0]));
  }
  return all;
}

TEST(PicoConfigTest, IsSoundAndMicrocoded) {
  const HwConfig hw = Pico();
  EXPECT_TRUE(hw.micro());
  EXPECT_FALSE(FindConfig("base")->micro());
  EXPECT_FALSE(ValidateHwConfig(hw).has_value());
  const auto again = ConfigFromJson(ConfigToJson(hw));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(*again, hw);
  // What is as everywhere else is not in the JSON, so that older images keep their text.
  EXPECT_EQ(ConfigToJson(*FindConfig("base")).find("engine"), std::string::npos);
  EXPECT_EQ(ConfigToJson(*FindConfig("base")).find("memory_bytes"), std::string::npos);
}

TEST(PicoConfigTest, LogitsAreThoseOfBase) {
  for (const DType type : {DType::kF32, DType::kQ4_0, DType::kTQ2_0}) {
    RandomModelOptions model = Stories();
    if (type != DType::kF32) model = {256, 512, 2, 8, 1, 300, 64};
    model.type = type;
    model.seed = 5 + static_cast<uint32_t>(type);
    const Checkpoint checkpoint = *RandomModel(model);
    const auto want = LogitsOf(checkpoint, "base", 40);
    ASSERT_EQ(want.size(), size_t{40} * (model.vocab + 1));
    EXPECT_EQ(LogitsOf(checkpoint, "pico", 40), want) << DTypeName(type);
  }
}

TEST(PicoConfigTest, TheModelsOfTheProjectFit) {
  for (const char* name : {"weft-stories-1m.q8_0.gguf", "weft-stories-ternary.tq2_0.gguf"}) {
    const auto checkpoint = LoadCheckpoint(std::string(WEFT_SOURCE_DIR "/models/") + name, "");
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.error().message;
    const auto tape = Compile(*checkpoint, Pico());
    ASSERT_TRUE(tape.ok()) << tape.error().message;
    std::printf("%s: context %u, tape %zu bytes\n", name, tape->context, tape->bytes.size());
    EXPECT_GE(tape->context, 128u);
  }
}

TEST(PicoConfigTest, TheContextIsAsLongAsTheMemoryAllows) {
  const Checkpoint checkpoint = *RandomModel(Stories());
  // 5 layers, 2,560 bytes a block of 32 positions in each: 8 blocks beside 2,048 bytes of logits.
  const auto tape = Compile(checkpoint, Pico());
  ASSERT_TRUE(tape.ok()) << tape.error().message;
  EXPECT_EQ(tape->context, 256u);
  EXPECT_EQ(tape->kv_bytes, 5u * 8 * 2560);
  EXPECT_EQ(Compile(checkpoint, Pico(), {250, 1})->context, 250u);
  EXPECT_EQ(Compile(checkpoint, *FindConfig("base"))->context, 512u);
  EXPECT_EQ(Refusal(Stories(), {257, 1}),
            "KV cache and logits take 117248 bytes at a context of 257, wanted at most 114688 on configuration 'pico': ask "
            "for a context of at most 256");
  // A context that fits stays, whole blocks or not.
  RandomModelOptions model = Stories();
  model.context = 100;
  EXPECT_EQ(Compile(*RandomModel(model), Pico())->context, 100u);
}

TEST(PicoConfigTest, RefusesWhatDoesNotFitInASentence) {
  RandomModelOptions model = Stories();
  model.vocab = 28672;
  EXPECT_EQ(Refusal(model, {32, 1}),
            "KV cache and logits take 127488 bytes at a context of 32, wanted at most 114688 on configuration 'pico'");
  EXPECT_EQ(Refusal(model).find("KV cache and logits take 319488 bytes at a context of 512, wanted at most 114688"), 0u)
      << Refusal(model);
  model = Stories();
  model.dim = 288;
  model.heads = model.kv_heads = 9;
  EXPECT_EQ(Refusal(model), "the model's embedding length is 288, wanted at most 256 on configuration 'pico'");
  model = Stories();
  model.heads = 8, model.kv_heads = 2;
  EXPECT_EQ(Refusal(model, {0, 2}), "the slot count is 2, wanted 1 to 1");
  HwConfig small = Pico();
  small.tape_bytes = 1000;
  const std::string refusal = Refusal(Stories(), {}, small);
  EXPECT_EQ(refusal.rfind("the model's tape is ", 0), 0u) << refusal;
  EXPECT_NE(refusal.find(" bytes, wanted at most 1000 on configuration 'pico'"), std::string::npos) << refusal;
}

TEST(PicoConfigTest, RefusesFeaturesThatTheEngineHasNot) {
  RandomModelOptions model = Stories();
  model.architecture = "qwen2";
  EXPECT_EQ(Refusal(model),
            "the model's architecture is qwen2, wanted one without biases of Q, K and V (qkv_bias) on configuration 'pico'");
  model.architecture = "qwen3";
  EXPECT_EQ(Refusal(model), "the model's architecture is qwen3, wanted one without norms of the heads of Q and K (qk_norm) on "
                            "configuration 'pico'");
}

TEST(PicoConfigTest, ImagesHoldIt) {
  const Checkpoint checkpoint = *RandomModel(Stories());
  const Image image = {Pico(), checkpoint.config, *Compile(checkpoint, Pico()), checkpoint.vocab};
  auto again = DecodeImage(EncodeImage(image));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->hw, image.hw);
  EXPECT_EQ(again->tape.bytes, image.tape.bytes);
  Image tight = image;
  tight.hw.tape_bytes = 1000;
  EXPECT_FALSE(DecodeImage(EncodeImage(tight)).ok());
}

TEST(PicoConfigTest, DevicesOfTheArrayRefuseIt) {
  const auto tape = std::make_shared<Tape>(*Compile(*RandomModel(Stories()), Pico()));
  const auto perf = PerfDevice::Make(tape, Pico());
  ASSERT_FALSE(perf.ok());
  EXPECT_EQ(perf.error().message,
            "the cycle model knows the array alone, but configuration 'pico' has a microcoded engine");
  const auto rtl = RtlDevice::Make(tape, Pico(), {});
  ASSERT_FALSE(rtl.ok());
  EXPECT_EQ(rtl.error().message,
            "configuration 'pico' has a microcoded engine, which --device rtl does not run; want golden");
}

TEST(PicoConfigTest, EngineIsOneOfTwo) {
  const std::string text = ConfigToJson(Pico());
  std::string wrong = text;
  wrong.replace(wrong.find("\"micro\""), 7, "\"macro\"");
  const auto config = ConfigFromJson(wrong);
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().message, "configuration 'pico': engine is \"macro\", wanted \"array\" or \"micro\"");
  HwConfig array = Pico();
  array.engine = Engine::kArray;
  ASSERT_TRUE(ValidateHwConfig(array).has_value());
  EXPECT_EQ(ValidateHwConfig(array)->message, "configuration 'pico': max_rows is 1, wanted a multiple of 4 (columns)");
}

}  // namespace
}  // namespace weft
