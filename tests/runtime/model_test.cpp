// Random models and what utilization counts against them.
#include "tests/runtime/rig.h"

#include "sw/formats/gguf.h"
#include "sw/runtime/utilization.h"

namespace weft::testing {
namespace {

TEST(RandomModel, TheSameSeedGivesTheSameBytes) {
  RandomModelOptions options;
  const auto one = Must(GgufBytes(Must(RandomModel(options))));
  EXPECT_EQ(one, Must(GgufBytes(Must(RandomModel(options)))));
  options.seed = 2;
  EXPECT_NE(one, Must(GgufBytes(Must(RandomModel(options)))));
}

TEST(RandomModel, VocabulariesOfAnySizeAreValid) {
  for (const uint32_t vocab : {3u, 4u, 29u, 258u, 259u, 260u, 20000u}) {
    RandomModelOptions options;
    options.dim = options.hidden = 32;
    options.heads = options.kv_heads = 1;
    options.layers = 1;
    options.vocab = vocab;
    EXPECT_TRUE(RandomModel(options).ok()) << vocab;
  }
}

TEST(RandomModel, NamesTheDimensionThatIsWrong) {
  RandomModelOptions options;
  options.heads = 3;
  EXPECT_EQ(RandomModel(options).error().message, "dim 128 does not divide into 3 heads; give --head-dim");
  options.heads = 4;
  options.hidden = 100;
  EXPECT_EQ(RandomModel(options).error().message,
            "Q8_0 rows of 100 elements are no multiple of 32; use --type f16");
  options.kv_heads = 3;
  options.hidden = 96;
  EXPECT_FALSE(RandomModel(options).ok());
}

TEST(Utilization, CountsTheUnpaddedModel) {
  // dim 32, one head of 32, hidden 32, vocab 64, tied: 7 matrices of 32 x 32 and the 64 x 32 table.
  RandomModelOptions options = {32, 32, 1, 1, 1, 64, 64};
  const Rig rig = Rig::Random(options, "base");
  const StepNeeds& needs = rig.tape->needs;
  const uint64_t weights = 7 * 32 * 34, head = 64 * 34, gains = 3 * 32 * 4, row = 34;
  const uint64_t kv = 2 * (32 + 2);  // a position's K and V: 32 bytes and a scale each
  const Work first = StepWork(needs, 0, 1, 1);
  EXPECT_EQ(first.bytes, weights + head + gains + row + kv + kv);
  EXPECT_EQ(first.macs, 7u * 32 * 32 + 64 * 32 + 2 * 32);
  // Ten positions later the cache is ten positions longer.
  EXPECT_EQ(StepWork(needs, 10, 1, 1).bytes - first.bytes, 10 * kv);
  // A block reads weights and cache once, and the head only if a row wants a token.
  EXPECT_EQ(StepWork(needs, 0, 4, 0).bytes, weights + gains + 4 * (row + kv) + 4 * kv);
  const Work decode = DecodeWork(needs, 5, 2);
  EXPECT_EQ(decode.bytes, StepWork(needs, 5, 1, 1).bytes + StepWork(needs, 6, 1, 1).bytes);
  const Utilization use = Utilize({1600, 12800}, 200, rig.hw);
  EXPECT_DOUBLE_EQ(use.bytes_per_cycle, 8);
  EXPECT_DOUBLE_EQ(use.port, 0.5);
  EXPECT_DOUBLE_EQ(use.mac, 12800.0 / 200 / 256);
}

}  // namespace
}  // namespace weft::testing
