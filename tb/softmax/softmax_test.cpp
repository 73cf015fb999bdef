// weft_softmax against the golden softmax: every act write, alpha and recip(l), with scores running ahead of the
// probabilities as the stream order of docs/isa.md lets them.
#include <gtest/gtest.h>

#include <cstdio>

#include "Vweft_softmax.h"
#include "tb/lib/bench.h"
#include "tb/softmax/scenario.h"

namespace weft::bench {
namespace {

constexpr uint32_t kPort = WEFT_CFG_PORT_BYTES;
constexpr uint32_t kColumns = WEFT_CFG_COLUMNS;
constexpr uint32_t kPasses = WEFT_CFG_MAX_VROWS / kColumns;
constexpr uint32_t kWordBytes = kPort < 32 ? kPort : 32;
constexpr uint32_t kWpc = 32 / kWordBytes;
constexpr uint32_t kPBase = 3 * kWpc;
constexpr uint32_t kAhead = 3;  // scores of block j follow V(j - 3), and the drain of what V(j - 3) ended

class Bench {
 public:
  Bench(int offer, int take, uint32_t seed) : offer_(offer), take_(take), stall_(seed) { dut_->p_base_i = kPBase; }

  // Runs the blocks to the end. latency() is then counted from the last score to the last p_ready.
  void Run(const std::vector<ScoreBlock>& blocks) {
    blocks_ = &blocks;
    sent_ = beat_ = scaled_ = scale_beat_ = ready_ = drained_ = drain_row_ = 0;
    write_block_ = row_ = word_ = alpha_block_ = alpha_row_ = skip_block_ = skip_row_ = 0;
    rl_expected_ = false;
    const uint64_t begin = dut_.cycles();
    quiet_ = 0;
    while (drained_ < blocks.size() && !testing::Test::HasFailure()) {
      if (++quiet_ > 5000) {
        ADD_FAILURE() << "no progress: of " << blocks.size() << " blocks sent " << sent_ << ", ready " << ready_
                      << ", drained " << drained_ << "; written " << write_block_ << " and " << row_ << " rows, alphas "
                      << alpha_block_ << " and " << alpha_row_;
        return;
      }
      OfferScores();
      OfferScales();
      DrainSets();
      dut_->wr_ready_i = stall_.Go(take_);
      dut_.Settle();
      Check();
      Tick();
    }
    cycles_ = dut_.cycles() - begin;
    dut_->o_free_i = 0;
    for (int i = 0; i < 20; ++i) Tick();
    EXPECT_FALSE(dut_->busy_o);
  }

  uint64_t cycles() const { return cycles_; }
  uint64_t latency() const { return last_ready_ - last_score_; }

 private:
  const ScoreBlock& block(size_t j) const { return (*blocks_)[j]; }

  void OfferScores() {
    // A block's scores come only when the blocks kAhead before it are drained as far as the stream order asks.
    const bool may = sent_ < blocks_->size() && (sent_ < kAhead || drained_ + kAhead > sent_);
    if (!offering_) offering_ = may && stall_.Go(offer_);
    dut_->valid_i = offering_;
    if (!offering_) return;
    const ScoreBlock& b = block(sent_);
    const ScoreBeat& beat = b.beats[beat_];
    dut_->skip_i = beat.skip;
    dut_->vrow_i = beat.vrow;
    dut_->position_i = beat.position;
    dut_->block_i = b.block;
    dut_->kv_buf_i = b.kv_buf;
    dut_->sub_i = beat.sub;
    dut_->pair_i = beat.pair;
    dut_->s0_i = golden::Bits(beat.s0);
    dut_->s1_i = golden::Bits(beat.s1);
    dut_->last_i = beat.last;
  }

  void OfferScales() {
    dut_->vs_we_i = 0;
    dut_->vs_done_i = 0;
    if (scaled_ == blocks_->size() || scaled_ >= ready_ + 4 || !stall_.Go(offer_)) return;
    const ScoreBlock& b = block(scaled_);
    dut_->vs_we_i = 1;
    dut_->vs_buf_i = b.kv_buf;
    dut_->vs_addr_i = scale_beat_ * kPort;
    for (uint32_t i = 0; i < kPort; ++i) {
      const uint32_t at = scale_beat_ * kPort + i;  // byte of the scale area; beyond the heads anything may stand
      const uint8_t byte = at < b.heads * 64 ? static_cast<uint8_t>(b.scales[at / 64][at % 64 / 2] >> at % 2 * 8)
                                             : static_cast<uint8_t>(0x7e);
      SetByte(dut_->vs_data_i, i, byte);
    }
    if (++scale_beat_ * kPort >= b.heads * 64) {
      dut_->vs_done_i = 1;
      scale_beat_ = 0;
      ++scaled_;
    }
  }

  // Reads recip(l) of each finished set, a row a cycle; the set is given back with the last read.
  void DrainSets() {
    dut_->o_free_i = 0;
    if (drained_ >= ready_) return;
    const ScoreBlock& b = block(drained_);
    if (!b.set_last) {
      ++drained_;
      return;
    }
    if (!stall_.Go(take_)) return;
    auto entry = b.recip_l.begin();
    std::advance(entry, drain_row_);
    dut_->rl_vrow_i = entry->first;
    rl_expected_ = true;
    rl_want_ = entry->second;
    if (++drain_row_ == b.recip_l.size()) {
      dut_->o_free_i = 1;
      drain_row_ = 0;
      ++drained_;
    }
  }

  void Check() {
    if (rl_due_) {
      EXPECT_TRUE(SameFloat(dut_->rl_o, rl_due_want_)) << std::hex << dut_->rl_o << ", want " << rl_due_want_;
    }
    EXPECT_TRUE(dut_->wr_valid_o || !write_waits_) << "an act write vanished";
    write_waits_ = dut_->wr_valid_o && !dut_->wr_ready_i;
    if (dut_->p_ready_o) {
      EXPECT_EQ(row_, 0u) << "p_ready before the block is written";
      EXPECT_GT(write_block_, ready_) << "p_ready too often";
      EXPECT_GT(alpha_block_, ready_) << "p_ready before the alphas";
      EXPECT_GT(skip_block_, ready_) << "p_ready before the skipped rows";
      ++ready_;
      last_ready_ = dut_.cycles();
      quiet_ = 0;
    }
    if (dut_->wr_valid_o) CheckWrite();
    if (dut_->alpha_we_o) CheckAlpha();
    SkipEmpty();
  }

  void CheckWrite() {
    ASSERT_LT(write_block_, blocks_->size()) << "unexpected act write";
    const ScoreBlock& b = block(write_block_);
    const ExpectedRow& want = b.rows[row_];
    EXPECT_EQ(dut_->wr_col_o, want.vrow % kColumns);
    EXPECT_EQ(dut_->wr_addr_o, kPBase + (b.kv_buf * kPasses + want.vrow / kColumns) * kWpc + word_);
    for (uint32_t i = 0; i < kWordBytes; ++i) {
      EXPECT_EQ(static_cast<int8_t>(Byte(dut_->wr_data_o, i)), want.result.q[word_ * kWordBytes + i])
          << "block " << write_block_ << " vrow " << want.vrow << " token " << word_ * kWordBytes + i;
    }
    EXPECT_EQ(dut_->wr_scale_valid_o != 0, word_ == 0);
    EXPECT_TRUE(word_ != 0 || SameFloat(dut_->wr_scale_o, golden::Bits(want.result.sp))) << std::hex << dut_->wr_scale_o;
    if (!dut_->wr_ready_i) return;
    quiet_ = 0;
    if (++word_ < kWpc) return;
    word_ = 0;
    if (++row_ < b.rows.size()) return;
    row_ = 0;
    ++write_block_;
  }

  // Own entries come in the order of the rows, entries of skipped rows in the order of the skip beats.
  void CheckAlpha() {
    size_t& at_block = dut_->alpha_valid_o ? alpha_block_ : skip_block_;
    size_t& at_row = dut_->alpha_valid_o ? alpha_row_ : skip_row_;
    ASSERT_LT(at_block, blocks_->size()) << "unexpected alpha";
    const ScoreBlock& b = block(at_block);
    EXPECT_EQ(dut_->alpha_buf_o, b.kv_buf);
    if (dut_->alpha_valid_o) {
      const ExpectedRow& want = b.rows[at_row];
      EXPECT_EQ(dut_->alpha_vrow_o, want.vrow);
      EXPECT_EQ(dut_->alpha_first_o != 0, want.result.first);
      EXPECT_TRUE(want.result.first || SameFloat(dut_->alpha_o, golden::Bits(want.result.alpha)))
          << std::hex << dut_->alpha_o << ", want " << golden::Bits(want.result.alpha);
    } else {
      EXPECT_EQ(dut_->alpha_vrow_o, b.skipped[at_row]);
    }
    ++at_row;
    if (at_row == (dut_->alpha_valid_o ? b.rows.size() : b.skipped.size())) {
      at_row = 0;
      ++at_block;
    }
  }

  // Blocks without skipped rows.
  void SkipEmpty() {
    while (skip_block_ < blocks_->size() && block(skip_block_).skipped.empty()) ++skip_block_;
  }

  void Tick() {
    if (dut_->valid_i && dut_->ready_o) {
      offering_ = false;
      quiet_ = 0;
      last_score_ = dut_.cycles();
      if (++beat_ == block(sent_).beats.size()) {
        beat_ = 0;
        ++sent_;
      }
    }
    rl_due_ = rl_expected_;
    rl_due_want_ = rl_want_;
    rl_expected_ = false;
    dut_.Tick();
  }

  static uint8_t Byte(uint64_t word, uint32_t i) { return static_cast<uint8_t>(word >> i * 8); }
  template <size_t N>
  static uint8_t Byte(const VlWide<N>& words, uint32_t i) {
    return static_cast<uint8_t>(words[i / 4] >> i % 4 * 8);
  }
  template <typename Word>
  static void SetByte(Word& word, uint32_t i, uint8_t byte) {
    word = static_cast<Word>((word & ~(Word{0xff} << i * 8)) | Word{byte} << i * 8);
  }
  template <size_t N>
  static void SetByte(VlWide<N>& words, uint32_t i, uint8_t byte) {
    words[i / 4] = (words[i / 4] & ~(0xffu << i % 4 * 8)) | static_cast<uint32_t>(byte) << i % 4 * 8;
  }

  Clocked<Vweft_softmax> dut_;
  int offer_, take_;
  Stall stall_;
  const std::vector<ScoreBlock>* blocks_ = nullptr;
  bool offering_ = false, write_waits_ = false;
  size_t sent_ = 0, beat_ = 0;                  // scores
  size_t scaled_ = 0, scale_beat_ = 0;          // V scales
  size_t ready_ = 0, drained_ = 0, drain_row_ = 0;
  size_t write_block_ = 0, row_ = 0, word_ = 0;
  size_t alpha_block_ = 0, alpha_row_ = 0, skip_block_ = 0, skip_row_ = 0;
  bool rl_expected_ = false, rl_due_ = false;
  uint32_t rl_want_ = 0, rl_due_want_ = 0;
  uint64_t cycles_ = 0, quiet_ = 0, last_score_ = 0, last_ready_ = 0;
};

class SoftmaxTest : public testing::TestWithParam<std::tuple<int, int>> {};  // percent offered, percent taken

TEST_P(SoftmaxTest, WritesWhatTheGoldenModelWrites) {
  golden::FpEnv env;
  const auto [offer, take] = GetParam();
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  Bench bench(offer, take, seed);
  Scenario scenario(seed, WEFT_CFG_PANEL_ROWS);
  for (int round = 0; round < (Long() ? 300 : 20) && !HasFailure(); ++round) {
    // Every third round has short contexts: one block a set, so that sets overlap most.
    const Shape shape = scenario.RandomShape(WEFT_CFG_MAX_ROWS, WEFT_CFG_MAX_VROWS, round % 3 == 0 ? 1 : 5);
    bench.Run(scenario.Make(shape));
    if (HasFailure()) ADD_FAILURE() << "round " << round << ", seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Stalls, SoftmaxTest,
                         testing::Combine(testing::Values(100, 50), testing::Values(100, 40)));

// Decode: one row of four query heads. From its last score to p_ready.
TEST(SoftmaxTest, AnswersADecodeBlockSoon) {
  golden::FpEnv env;
  Bench bench(100, 100, Seed());
  Scenario scenario(Seed(), WEFT_CFG_PANEL_ROWS);
  Shape shape{4, 1, 1, {{0, 1, 20}}};
  bench.Run(scenario.Make(shape));
  std::printf("last score to p_ready: %d cycles\n", static_cast<int>(bench.latency()));
  constexpr uint32_t kLastPanel = 20 % WEFT_CFG_PANEL_ROWS / 2 + 1;  // pairs of a row there
  EXPECT_LE(bench.latency(), 64u + 3 * 16 - 3 * kLastPanel);
}

// A prompt's newest block: its rows are worked on as they become complete, the first in the first panel.
TEST(SoftmaxTest, StartsInTheFirstPanelOfANewBlock) {
  golden::FpEnv env;
  Bench bench(100, 100, Seed());
  Scenario scenario(Seed(), WEFT_CFG_PANEL_ROWS);
  const uint32_t rows = WEFT_CFG_MAX_ROWS < 32 ? WEFT_CFG_MAX_ROWS : 32;
  const auto blocks = scenario.Make(Shape{1, 1, 1, {{0, rows, 0}}});
  EXPECT_EQ(blocks.front().beats.size(), rows / 2 * (rows / 2 + 1));
  bench.Run(blocks);
  std::printf("%u rows of a new block: %d cycles\n", rows, static_cast<int>(bench.cycles()));
  // V scales, the first row, the others, reads of recip(l).
  EXPECT_LE(bench.cycles(), 64 / kPort + 64u + 16 * (rows - 1) + rows + 4);
}

// Prefill: all virtual rows over several blocks, 16 cycles each; the first block's rows are worked on when the last
// panel of its scores comes.
TEST(SoftmaxTest, KeepsSixteenCyclesARow) {
  golden::FpEnv env;
  Bench bench(100, 100, Seed());
  Scenario scenario(Seed(), WEFT_CFG_PANEL_ROWS);
  const uint32_t rows = WEFT_CFG_MAX_ROWS < 16 ? WEFT_CFG_MAX_ROWS : 16;
  Shape shape{WEFT_CFG_MAX_VROWS / WEFT_CFG_MAX_ROWS, 1, 1, {{0, rows, 32 * 7 + 31 - rows}}};
  bench.Run(scenario.Make(shape));
  const uint32_t vrows = rows * shape.group();
  std::printf("%u blocks of %u rows: %.2f cycles a row\n", 8u, vrows, static_cast<double>(bench.cycles()) / (8 * vrows));
  EXPECT_LE(bench.cycles(), 16 * vrows * (8 + 1) + 64u + vrows);
}

}  // namespace
}  // namespace weft::bench
