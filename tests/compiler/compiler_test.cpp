#include "sw/compiler/compiler.h"

#include <gtest/gtest.h>

#include "sw/compiler/disasm.h"
#include "sw/compiler/fit.h"
#include "sw/compiler/tape.h"
#include "sw/model/half.h"
#include "tests/golden/random_model.h"

namespace weft {
namespace {

using testing::RandomModel;
using testing::Shape;

HwConfig Config(const char* name) { return *FindConfig(name); }

// Ops and epilogues of a step as one line.
std::string Ops(const Tape& tape, const HwConfig& hw) {
  std::string ops;
  const auto steps = WalkTape(tape.bytes, tape.boot_count, hw);
  if (!steps) return steps.error().message;
  for (const TapeStep& step : *steps) {
    const std::string text = Disassemble(step.instr);
    ops += (ops.empty() ? "" : "; ") + text.substr(0, text.find_first_of("=")).substr(0, text.find(" n="));
  }
  return ops;
}

TEST(CompilerTest, OneLayerInOrder) {
  const Checkpoint c = RandomModel({.layers = 1});
  const HwConfig hw = Config("base");
  const auto tape = Compile(c, hw);
  ASSERT_TRUE(tape.ok()) << tape.error().message;
  EXPECT_EQ(
      Ops(*tape, hw),
      "LOADI count; MODEL dim; ROPE table; VEC count; EMBED; LOADI count; MATMUL K WAIT NORM; MATMUL V NORM; "
      "MATMUL Q NORM; ATTN WAIT k; VEC count; MATMUL RES WAIT; MATMUL GLU WAIT NORM; VEC count; "
      "MATMUL RES WAIT; MATMUL LOGITS WAIT NORM WANT; END");
  EXPECT_EQ(tape->boot_count, 5u);
  EXPECT_EQ(tape->max_rows, 32u);
  EXPECT_EQ(tape->logit_stride, 400u);
}

// Vectors of q, k and v stand in front of the matmuls that take them; MODEL says what they are.
TEST(CompilerTest, FamiliesLoadTheirVectors) {
  const HwConfig hw = Config("base");
  const std::string begin = "LOADI count; MODEL ", boot = " dim; ROPE table; VEC count; EMBED; LOADI count; ";
  const std::string end =
      "ATTN WAIT k; VEC count; MATMUL RES WAIT; MATMUL GLU WAIT NORM; VEC count; "
      "MATMUL RES WAIT; MATMUL LOGITS WAIT NORM WANT; END";
  const auto qwen2 = Compile(RandomModel({.layers = 1, .architecture = "qwen2"}), hw);
  ASSERT_TRUE(qwen2.ok()) << qwen2.error().message;
  EXPECT_EQ(Ops(*qwen2, hw),
            begin + "BIAS" + boot +
                "VEC count; MATMUL K WAIT NORM; VEC count; MATMUL V NORM; VEC count; MATMUL Q NORM; " + end);
  const auto qwen3 = Compile(RandomModel({.layers = 1, .head_dim = 32, .architecture = "qwen3"}), hw);
  ASSERT_TRUE(qwen3.ok()) << qwen3.error().message;
  EXPECT_EQ(Ops(*qwen3, hw), begin + "QKNORM" + boot +
                                 "VEC count; MATMUL K WAIT NORM; MATMUL V NORM; VEC count; MATMUL Q NORM; " +
                                 end);
  const auto model = ModelInstr::Decode((*WalkTape(qwen3->bytes, qwen3->boot_count, hw))[1].instr);
  EXPECT_FLOAT_EQ(model.head_eps, 32 * model.eps);
  // q, k and v of 64, 32 and 32; a head's gains twice.
  const uint64_t gains = 3 * 64 * 4;
  EXPECT_EQ(qwen2->needs.gain_bytes, gains + (64 + 32 + 32) * 4);
  EXPECT_EQ(qwen3->needs.gain_bytes, gains + 2 * 32 * 4);
}

// A chip without the units for them says so.
TEST(CompilerTest, BiasesAndNormsOfHeadsNeedTheirUnits) {
  for (const char* family : {"qwen2", "qwen3"}) {
    const auto tape =
        Compile(RandomModel({.layers = 1, .head_dim = 32, .architecture = family}), Config("edge"));
    ASSERT_FALSE(tape.ok());
    EXPECT_NE(tape.error().message.find("configuration 'edge'"), std::string::npos) << tape.error().message;
  }
}

TEST(CompilerTest, EveryPayloadStartsOnABeat) {
  for (const char* name : {"base", "edge", "tile", "mini"}) {
    const HwConfig hw = Config(name);
    const auto tape = Compile(RandomModel({.tied = false}), hw);
    ASSERT_TRUE(tape.ok()) << tape.error().message;
    const auto steps = WalkTape(tape->bytes, tape->boot_count, hw);
    ASSERT_TRUE(steps.ok()) << steps.error().message;
    for (const TapeStep& step : *steps) ASSERT_EQ(step.payload_offset % hw.port, 0u);
    uint64_t end = 0;
    for (const TapeSection& s : tape->sections) {
      ASSERT_GE(s.offset, end) << s.label;
      ASSERT_EQ(s.offset % hw.port, 0u) << s.label;
      end = s.offset + s.bytes;
    }
    EXPECT_EQ(end, tape->bytes.size());
  }
}

TEST(CompilerTest, Q8WeightsReachTheTapeBitForBit) {
  const Checkpoint c = RandomModel({.hidden = 96, .type = DType::kQ8_0});
  const HwConfig hw = Config("tile");
  const auto tape = Compile(c, hw);
  ASSERT_TRUE(tape.ok()) << tape.error().message;
  const auto steps = WalkTape(tape->bytes, tape->boot_count, hw);
  for (const TapeStep& step : *steps) {
    if (step.instr.op() != Op::kMatmul) continue;
    const auto m = MatmulInstr::Decode(step.instr);
    if (m.epilogue != Epilogue::kGlu) continue;  // the first one: layer 0, rows gate 0, up 0, gate 1, ...
    const auto payload = std::span(tape->bytes).subspan(step.payload_offset, step.payload_bytes);
    int8_t q[64];
    uint16_t scales[2];
    for (uint32_t n = 0; n < m.n; ++n) {
      UnpackRow(MatmulLayout(m, hw), payload, n, q, scales);
      const Tensor& t = n % 2 == 0 ? c.layers[0].w_gate : c.layers[0].w_up;
      for (uint32_t g = 0; g < 2; ++g) {
        const uint8_t* block = &t.data[(n / 2 * 2 + g) * 34];
        ASSERT_EQ(std::memcmp(&scales[g], block, 2), 0);
        ASSERT_EQ(std::memcmp(&q[g * 32], block + 2, 32), 0);
      }
    }
    return;
  }
  FAIL() << "no GLU";
}

// Values and scales of every output of the first layer's wo, from a tape of each configuration.
TEST(CompilerTest, PackedWeightsReachTheTapeBitForBit) {
  for (const DType type : {DType::kQ4_0, DType::kTQ2_0}) {
    for (const char* name : {"base", "edge", "tile", "mini"}) {
      const Checkpoint c =
          RandomModel({.dim = 256, .hidden = 256, .layers = 1, .heads = 8, .head_dim = 32, .type = type});
      const HwConfig hw = Config(name);
      const auto tape = Compile(c, hw);
      ASSERT_TRUE(tape.ok()) << tape.error().message;
      const Tensor& t = c.layers[0].wo;
      bool found = false;
      const auto steps = WalkTape(tape->bytes, tape->boot_count, hw);
      for (const TapeStep& step : *steps) {
        if (step.instr.op() != Op::kMatmul) continue;
        const auto m = MatmulInstr::Decode(step.instr);
        ASSERT_EQ(m.wtype, type == DType::kQ4_0 ? WeightType::kInt4 : WeightType::kTernary);
        if (m.epilogue != Epilogue::kRes || found) continue;
        found = true;
        const auto payload = std::span(tape->bytes).subspan(step.payload_offset, step.payload_bytes);
        std::vector<int8_t> q(256);
        std::vector<uint16_t> scales(8);
        std::vector<float> want(256);
        for (uint32_t n = 0; n < m.n; ++n) {
          UnpackRow(MatmulLayout(m, hw), payload, n, q.data(), scales.data());
          t.Row(n, want.data());
          for (uint32_t k = 0; k < 256; ++k)
            ASSERT_EQ(HalfToFloat(scales[k / 32]) * q[k], want[k]) << name << " " << n;
        }
      }
      EXPECT_TRUE(found);
    }
  }
}

TEST(CompilerTest, NeedsCountTheUnpaddedModel) {
  const Checkpoint c = RandomModel({});  // dim 64, hidden 172, 2 layers, 8 heads, 4 KV heads of 8, vocab 97
  const auto tape = Compile(c, Config("tile"));
  ASSERT_TRUE(tape.ok());
  const uint64_t layer = (64 + 32 + 32 + 64) * 68 + 2 * 172 * 68 + 64 * (172 + 12);
  EXPECT_EQ(tape->needs.weight_bytes, 2 * layer + 97 * 68);
  EXPECT_EQ(tape->needs.lm_head_bytes, 97u * 68);
  EXPECT_EQ(tape->needs.kv_bytes_per_position, 2u * 4 * (8 + 2 + 8 + 2));
  EXPECT_EQ(tape->needs.macs_per_row, 2 * (192 * 64 + 3 * 172 * 64) + 97u * 64);
  EXPECT_EQ(tape->needs.macs_per_position, 2u * 8 * 8 * 2);
}

TEST(CompilerTest, ActivationsDoNotOverlapWhileTheyLive) {
  for (const char* name : {"base", "edge", "tile", "mini"}) {
    const HwConfig hw = Config(name);
    const Checkpoint c = RandomModel({});
    for (const uint32_t copies_log2 : {0u, 1u, 2u}) {
      const auto fit = FitModel(c.config, hw, {}, copies_log2);
      ASSERT_TRUE(fit.ok());
      const uint32_t wpc = hw.words_per_chunk();
      const uint32_t passes = static_cast<uint32_t>(CeilDiv(fit->max_rows << copies_log2, hw.columns));
      EXPECT_LE(passes, hw.passes());
      EXPECT_LE(fit->act.xn + passes * 2 * wpc, std::min(fit->act.q, fit->act.h));
      EXPECT_LE(fit->act.q + fit->kv.sets * fit->q_passes * fit->kv.k_groups * wpc, fit->act.p);
      EXPECT_LE(fit->act.p + 4 * hw.passes() * wpc, fit->act.o);
      EXPECT_LE(fit->act.o + passes * 2 * wpc, fit->act.words);
      EXPECT_LE(fit->act.h + passes * 6 * wpc, fit->act.words);
      EXPECT_LE(fit->act.words, hw.act_words);
    }
  }
}

TEST(CompilerTest, ModelsBeyondTheLimitsAreRefusedByName) {
  HwConfig small = Config("mini");
  small.act_words = 64;
  const struct {
    Shape shape;
    HwConfig hw;
    CompileOptions options;
    const char* message;
  } kBad[] = {
      {{.dim = 264}, Config("mini"), {}, "the model's embedding length is 264, wanted at most 256"},
      {{.hidden = 600}, Config("mini"), {}, "the model's feed-forward length is 600, wanted at most 512"},
      {{.heads = 1, .kv_heads = 1, .head_dim = 72},
       Config("mini"),
       {},
       "the model's head size is 72, wanted at most 64"},
      {{.vocab = 5000}, Config("mini"), {}, "the model's vocabulary size is 5000, wanted at most 4096"},
      {{.dim = 33}, Config("mini"), {}, "the model's embedding length is 33, wanted an even number"},
      {{.heads = 40, .kv_heads = 1, .head_dim = 2},
       Config("mini"),
       {},
       "the model's count of query heads that share a chunk of K is 40, wanted at most 32"},
      {{.heads = 2, .kv_heads = 2, .head_dim = 6},
       Config("tile"),
       {},
       "the model's head size is 6, wanted a multiple of 4"},
      {{.kv_heads = 8, .head_dim = 64, .architecture = "qwen2"},
       Config("mini"),
       {},
       "the model's count of query biases is 512, wanted at most 256"},
      {{}, small, {}, "the model needs 152 words of activation memory, wanted at most 64"},
      {{}, Config("mini"), {.context = 513}, "the context length is 513, wanted 1 to 512"},
      {{}, Config("mini"), {.slots = 5}, "the slot count is 5, wanted 1 to 4"},
  };
  for (const auto& bad : kBad) {
    const auto tape = Compile(RandomModel(bad.shape), bad.hw, bad.options);
    ASSERT_FALSE(tape.ok()) << bad.message;
    EXPECT_EQ(tape.error().message.substr(0, std::string(bad.message).size()), bad.message);
  }
}

TEST(TapeTest, DamagedTapesAreRefused) {
  const HwConfig hw = Config("mini");
  const auto good = Compile(RandomModel({}), hw);
  ASSERT_TRUE(good.ok());
  const auto walk = [&](size_t at, uint8_t value) {
    auto bytes = good->bytes;
    bytes[at] = value;
    return WalkTape(bytes, good->boot_count, hw);
  };
  const auto message = [](const Result<std::vector<TapeStep>>& r) { return r.ok() ? "" : r.error().message; };
  EXPECT_EQ(message(walk(32, 9)), "instruction 1 has opcode 9, wanted 0 to 7 (8 to 11 are reserved)");
  EXPECT_EQ(message(walk(4, 200)), "the tape wants 204 instructions resident, wanted at most 64");
  EXPECT_EQ(message(WalkTape(std::span(good->bytes).first(100), 5, hw)),
            "the tape holds 100 bytes, wanted instructions up to byte 160");
  EXPECT_EQ(message(WalkTape(std::span(good->bytes).first(600), 5, hw)).substr(0, 29),
            "the tape holds 600 bytes, wan");
  EXPECT_EQ(message(WalkTape(good->bytes, 0, hw)), "the tape runs out after 0 instructions, wanted END");
}

TEST(DisasmTest, NamesFieldsPayloadsAndTables) {
  const HwConfig hw = Config("mini");
  const auto tape = Compile(RandomModel({}), hw);
  const auto text = Disassemble(*tape, hw);
  ASSERT_TRUE(text.ok());
  for (const char* want :
       {"MODEL dim=64 hidden=172 head_dim=8 q_per_kv=2 hs=4 sets=1", "layer 1 w_gate, w_up",
        "MATMUL LOGITS WAIT NORM WANT n=97 groups=2 tail=32 panels=25", "RoPE table", "END"}) {
    EXPECT_NE(text->find(want), std::string::npos) << want << "\n" << *text;
  }
}

}  // namespace
}  // namespace weft
