// weft convert: any readable model in, a GGUF file of the wanted type out.
#include "sw/formats/gguf.h"
#include "sw/formats/load.h"
#include "sw/model/quantize.h"
#include "tests/cli/process.h"
#include "tests/formats/huggingface_folder.h"
#include "tests/formats/llama2c_bytes.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft::testing {
namespace {

class Convert : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::vector<uint8_t>& bytes) const {
    WriteText(folder_ / name, std::string(bytes.begin(), bytes.end()));
    return folder_ / name;
  }
  // The file that `arguments` to convert give; its messages are in outcome_.
  Checkpoint Converted(std::vector<std::string> arguments) {
    const std::string out = folder_ / "out.gguf";
    arguments.insert(arguments.begin(), "convert");
    arguments.insert(arguments.end(), {"-o", out});
    outcome_ = Weft(arguments);
    EXPECT_EQ(outcome_.code, 0) << outcome_.err;
    const auto checkpoint = LoadCheckpoint(out);
    EXPECT_TRUE(checkpoint.ok()) << (checkpoint.ok() ? "" : checkpoint.error().message);
    return checkpoint.ok() ? *checkpoint : TinyCheckpoint();
  }

  TempFolder folder_;
  Outcome outcome_;
};

TEST_F(Convert, EveryTypeIsWhatTheQuantizerMakes) {
  const Checkpoint from = TinyCheckpoint({.vocab = false, .dim = 256, .hidden = 256});
  const std::string model = Write("model.bin", Llama2cBytes(from));
  const struct {
    const char* name;
    DType type;
    Tensor (*make)(const Tensor&);
  } cases[] = {{"f32", DType::kF32, [](const Tensor& t) { return ToF32(t); }},
               {"f16", DType::kF16, [](const Tensor& t) { return ToF16(t); }},
               {"q8_0", DType::kQ8_0, [](const Tensor& t) { return QuantizeQ8_0(t, t.cols); }},
               {"q4_0", DType::kQ4_0, [](const Tensor& t) { return QuantizeQ4_0(t, t.cols); }},
               {"tq2_0", DType::kTQ2_0, [](const Tensor& t) { return QuantizeTQ2_0(t, t.cols); }}};
  for (const auto& c : cases) {
    const Checkpoint to = Converted({model, "--quant", c.name});
    EXPECT_EQ(outcome_.err, "") << c.name;
    EXPECT_NE(outcome_.out.find(DTypeName(c.type)), std::string::npos) << outcome_.out;
    EXPECT_EQ(to.layers[1].w_down.type, c.type);
    EXPECT_EQ(to.layers[1].w_down.data, c.make(from.layers[1].w_down).data) << c.name;
    EXPECT_EQ(to.layers[0].attn_norm.data, from.layers[0].attn_norm.data);
    EXPECT_EQ(to.token_embd.type, c.type == DType::kTQ2_0 ? DType::kQ8_0 : c.type);
  }
  EXPECT_EQ(Converted({model, "--quant", "q4_0", "--head", "q8_0"}).token_embd.type, DType::kQ8_0);
}

TEST_F(Convert, RowsThatDoNotDivideGetTheNextTypeAndANote) {
  const std::string model = Write("model.gguf", *GgufBytes(TinyCheckpoint({.hidden = 48})));
  const Checkpoint to = Converted({model, "--quant", "q4_0"});
  EXPECT_EQ(to.layers[0].wq.type, DType::kQ4_0);
  EXPECT_EQ(to.layers[0].w_down.type, DType::kF16);
  EXPECT_EQ(
      outcome_.err,
      "weft: note: 2 matrices become F16 instead of Q4_0, as rows of 48 elements are no multiple of 32\n");
  EXPECT_EQ(to.vocab.pieces, TinyVocabulary().pieces);
}

TEST_F(Convert, FoldersKeepTheirFamily) {
  WriteHfFolder(folder_ / "qwen3", RandomHfModel("qwen3", false));
  const Checkpoint to = Converted({folder_ / "qwen3", "--quant", "f32"});
  EXPECT_EQ(to.config.architecture, "qwen3");
  EXPECT_TRUE(SameTensors(to, *LoadCheckpoint(folder_ / "qwen3")));
}

TEST_F(Convert, WhatCannotBeConvertedLeavesNoFile) {
  const std::string model = Write("model.gguf", *GgufBytes(TinyCheckpoint())), out = folder_ / "out.gguf";
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } cases[] = {
      {{"convert", model, "-o", out, "--quant", "q5_k"},
       "--quant is 'q5_k', want one of f32, f16, q8_0, q4_0, tq2_0, mixed"},
      {{"convert", model, "-o", out, "--head", "x"}, "--head is 'x'"},
      {{"convert", folder_ / "absent", "-o", out}, "cannot open"},
      {{"convert", model, "-o", out, "--quant", "tq2_0"},
       "no matrix of the layers has rows of a multiple of 256"},
      {{"convert", model, "-o", folder_ / "no/folder.gguf"}, "cannot create"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = Weft(c.arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(c.says), std::string::npos) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(out));
  }
  Checkpoint wide = TinyCheckpoint();
  const float huge = 1e6f;
  std::memcpy(wide.layers[0].wq.data.data(), &huge, sizeof huge);
  const Outcome outcome =
      Weft({"convert", Write("wide.gguf", *GgufBytes(wide)), "-o", out, "--quant", "f16"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("'blk.0.attn_q.weight' has a weight that is infinite"), std::string::npos)
      << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(Convert, MixedMeetsItsBudgetWithTheMatricesThatCostLeast) {
  const std::string model = Write("model.gguf", *GgufBytes(TinyCheckpoint()));
  const std::string ids = folder_ / "ids";
  ByteWriter sequence;
  sequence.Put<int32_t>(20);
  for (int32_t i = 0; i < 20; ++i) sequence.Put<int32_t>(i == 0 ? 1 : 3 + i * 11 % 200);
  WriteText(ids, sequence.bytes());
  const auto size = [&](const char* quant) {
    Converted({model, "--quant", quant});
    return std::filesystem::file_size(folder_ / "out.gguf");
  };
  const uint64_t most = size("q8_0"), least = size("q4_0"), middle = (most + least) / 2;
  const Checkpoint mixed =
      Converted({model, "--quant", "mixed", "--size", std::to_string(middle), "--ids", ids});
  EXPECT_LE(std::filesystem::file_size(folder_ / "out.gguf"), middle);
  EXPECT_GT(std::filesystem::file_size(folder_ / "out.gguf"), least);
  size_t fours = 0, eights = 0;
  for (const auto& slot : TensorSlots(mixed)) {
    fours += slot.tensor->type == DType::kQ4_0;
    eights += slot.tensor->type == DType::kQ8_0;
  }
  EXPECT_GT(fours, 0u);
  EXPECT_GT(eights, 0u);
  EXPECT_EQ(fours + eights, 15u);
  const Checkpoint roomy = Converted({model, "--quant", "mixed", "--size", std::to_string(most), "--ids", ids});
  for (const auto& slot : TensorSlots(roomy)) {
    EXPECT_NE(slot.tensor->type, DType::kQ4_0) << slot.name;
  }
  const Outcome tight = Weft({"convert", model, "-o", folder_ / "tight.gguf", "--quant", "mixed", "--size",
                              std::to_string(least - 1), "--ids", ids});
  EXPECT_EQ(tight.code, 2);
  EXPECT_NE(tight.err.find("want at least the " + std::to_string(least)), std::string::npos) << tight.err;
  EXPECT_EQ(Weft({"convert", model, "-o", folder_ / "none.gguf", "--quant", "mixed"}).code, 2);
}

// A type that the tape does not carry is rounded once more when a command compiles it, and the user is told.
TEST_F(Convert, CompilingATypeThatTheTapeLacksIsNoted) {
  Checkpoint c = TinyCheckpoint();
  Tensor& w = c.layers[0].wo;  // as IQ4_NL, with all values zero
  w.type = DType::kIQ4_NL;
  w.data.assign(w.rows * RowBytes(w.type, w.cols), 0);
  const Outcome outcome = Weft({"info", Write("odd.gguf", *GgufBytes(c))});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "weft: note: 1 matrix in IQ4_NL is requantized to Q8_0\n");
}

}  // namespace
}  // namespace weft::testing
