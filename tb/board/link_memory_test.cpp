// weft_link_memory between a chip with random bursts, a link with random words and a slow memory: every answer comes back
// to who asked, nobody's offer is dropped, and the link's word goes alone.
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <vector>

#include "Vweft_link_memory.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

constexpr uint32_t kWords = 1024;  // the chip reads the lower half and writes the upper one, the link does both anywhere

struct Pace {
  int chip, link, memory;  // percent
};

class LinkMemoryBench {
 public:
  LinkMemoryBench(const Pace& pace, uint32_t seed) : pace_(pace), stall_(seed), memory_(kWords) {
    for (uint32_t& word : memory_) word = Random();
    dut_->mem_valid_i = dut_->s_arvalid_i = dut_->s_awvalid_i = dut_->s_wvalid_i = 0;
    dut_->m_rvalid_i = dut_->m_bvalid_i = 0;
  }

  void Cycle() {
    DriveChip();
    DriveLink();
    DriveMemory();
    dut_.Settle();
    CheckOffers();
    MoveChip();
    MoveLink();
    MoveMemory();
    dut_.Tick();
  }

  uint64_t link_words = 0, chip_beats = 0, chip_writes = 0;

 private:
  struct Burst {
    uint32_t word, beats;
    bool link;
    std::vector<uint32_t> want;  // the chip's
  };

  uint32_t Random() { return static_cast<uint32_t>(stall_.engine()()); }

  // The chip works and rests by turns.
  void DriveChip() {
    if (Random() % 400 == 0) working_ = !working_;
    if (working_ && !dut_->s_arvalid_i && bursts_.size() < 20 && stall_.Go(pace_.chip)) {
      const uint32_t beats = 1 + Random() % 8, word = Random() % (kWords / 2 - 8);
      dut_->s_arvalid_i = 1;
      dut_->s_araddr_i = 4 * word;
      dut_->s_arlen_i = static_cast<uint8_t>(beats - 1);
    }
    if (working_ && !dut_->s_awvalid_i && !dut_->s_wvalid_i && open_writes_ < 32 && stall_.Go(pace_.chip)) {
      dut_->s_awvalid_i = dut_->s_wvalid_i = 1;
      dut_->s_awaddr_i = 4 * (kWords / 2 + Random() % (kWords / 2));
      dut_->s_wdata_i = Random();
      dut_->s_wstrb_i = static_cast<uint8_t>(Random() % 16);
    }
    dut_->s_rready_i = stall_.Go(pace_.chip);
    dut_->s_bready_i = stall_.Go(pace_.chip);
  }

  void DriveLink() {
    if (link_waits_ || dut_->mem_valid_i || !stall_.Go(pace_.link)) return;
    dut_->mem_valid_i = 1;
    dut_->mem_write_i = Random() % 2;
    dut_->mem_addr_i = 4 * (Random() % kWords);
    dut_->mem_wdata_i = Random();
  }

  void DriveMemory() {
    dut_->m_arready_i = stall_.Go(pace_.memory);
    dut_->m_awready_i = stall_.Go(pace_.memory);
    dut_->m_wready_i = stall_.Go(pace_.memory);
    if (!dut_->m_rvalid_i && !bursts_.empty() && stall_.Go(pace_.memory)) {
      dut_->m_rvalid_i = 1;
      dut_->m_rdata_i = memory_[bursts_.front().word];
      dut_->m_rlast_i = bursts_.front().beats == 1;
    }
    if (!dut_->m_bvalid_i && answers_ > 0 && stall_.Go(pace_.memory)) dut_->m_bvalid_i = 1;
  }

  // AXI: an offer that was not taken is there again, the same.
  void CheckOffers() {
    if (ar_) {
      ASSERT_TRUE(dut_->m_arvalid_o);
      ASSERT_EQ(dut_->m_araddr_o, *ar_);
    }
    if (aw_) {
      ASSERT_TRUE(dut_->m_awvalid_o);
      ASSERT_EQ(dut_->m_awaddr_o, *aw_);
    }
    if (w_) {
      ASSERT_TRUE(dut_->m_wvalid_o);
      ASSERT_EQ(dut_->m_wdata_o, *w_);
    }
    ar_.reset(), aw_.reset(), w_.reset();
    if (dut_->m_arvalid_o && !dut_->m_arready_i) ar_ = dut_->m_araddr_o;
    if (dut_->m_awvalid_o && !dut_->m_awready_i) aw_ = dut_->m_awaddr_o;
    if (dut_->m_wvalid_o && !dut_->m_wready_i) w_ = dut_->m_wdata_o;
  }

  void MoveChip() {
    if (dut_->s_rvalid_o && dut_->s_rready_i) {
      ASSERT_FALSE(bursts_.empty());
      ASSERT_FALSE(bursts_.front().link) << "the chip gets the link's word";
      ASSERT_EQ(dut_->s_rdata_o, bursts_.front().want.front());
      ASSERT_EQ(dut_->s_rlast_o, bursts_.front().beats == 1);
      bursts_.front().want.erase(bursts_.front().want.begin());
      ++chip_beats;
    }
    if (dut_->s_bvalid_o && dut_->s_bready_i) {
      ASSERT_GT(open_writes_, 0u);
      --open_writes_;
      ++chip_writes;
    }
    if (dut_->s_arvalid_i && dut_->s_arready_o) {
      ASSERT_FALSE(link_waits_) << "the chip reads while the link's word is under way";
      Burst burst = {static_cast<uint32_t>(dut_->s_araddr_i / 4), dut_->s_arlen_i + 1u, false, {}};
      for (uint32_t i = 0; i < burst.beats; ++i) burst.want.push_back(memory_[burst.word + i]);
      coming_ = std::move(burst);
    }
    if (dut_->s_awvalid_i && dut_->s_awready_o) ++open_writes_;
  }

  void MoveLink() {
    if (dut_->mem_done_o) {
      ASSERT_TRUE(link_waits_) << "an answer that the link does not wait for";
      if (!link_writes_) {
        ASSERT_EQ(dut_->mem_rdata_o, memory_[link_word_]);
      }
      link_waits_ = false;
      ++link_words;
    }
    if (dut_->mem_valid_i && dut_->mem_ready_o) {
      ASSERT_TRUE(bursts_.empty() && open_writes_ == 0 && addresses_.empty() && datas_.empty())
          << "the link's word is taken while the chip has something under way: " << bursts_.size() << " reads, " << open_writes_
          << " writes, " << addresses_.size() << " addresses, " << datas_.size() << " data";
      link_waits_ = true;
      link_writes_ = dut_->mem_write_i;
      link_word_ = dut_->mem_addr_i / 4;
      link_data_ = dut_->mem_wdata_i;
    }
  }

  void MoveMemory() {
    const bool took_link = dut_->mem_valid_i && dut_->mem_ready_o;
    if (dut_->m_rvalid_i && dut_->m_rready_o) {
      Burst& burst = bursts_.front();
      ++burst.word;
      if (--burst.beats == 0) bursts_.pop_front();
      clear_r_ = true;
    }
    if (dut_->m_bvalid_i && dut_->m_bready_o) {
      --answers_;
      clear_b_ = true;
    }
    if (dut_->m_arvalid_o && dut_->m_arready_i) {
      if (coming_) {
        bursts_.push_back(std::move(*coming_));
        coming_.reset();
      } else {
        ASSERT_TRUE(link_waits_ && !link_writes_);
        ASSERT_EQ(dut_->m_araddr_o, 4 * link_word_);
        ASSERT_EQ(dut_->m_arlen_o, 0);
        bursts_.push_back({link_word_, 1, true, {}});
      }
    }
    if (dut_->m_awvalid_o && dut_->m_awready_i) addresses_.push_back(static_cast<uint32_t>(dut_->m_awaddr_o / 4));
    if (dut_->m_wvalid_o && dut_->m_wready_i) datas_.push_back({dut_->m_wdata_o, dut_->m_wstrb_o});
    if (!addresses_.empty() && !datas_.empty()) {
      uint32_t& word = memory_[addresses_.front()];
      const auto [data, strobes] = datas_.front();
      if (link_waits_ && !took_link) {
        ASSERT_TRUE(link_writes_);
        ASSERT_EQ(addresses_.front(), link_word_);
        ASSERT_EQ(data, link_data_);
        ASSERT_EQ(strobes, 15u);
      }
      for (int i = 0; i < 4; ++i) {
        if (strobes >> i & 1) word = (word & ~(0xFFu << (8 * i))) | (data & (0xFFu << (8 * i)));
      }
      addresses_.pop_front();
      datas_.pop_front();
      ++answers_;
    }
    // For the next cycle.
    next_ar_ = dut_->s_arvalid_i && !dut_->s_arready_o;
    next_aw_ = dut_->s_awvalid_i && !dut_->s_awready_o;
    next_w_ = dut_->s_wvalid_i && !dut_->s_wready_o;
    next_mem_ = dut_->mem_valid_i && !took_link;
    after_ = true;
  }

 public:
  void Run(uint64_t cycles) {
    for (uint64_t i = 0; i < cycles; ++i) {
      Cycle();
      if (testing::Test::HasFatalFailure()) return;
      if (!after_) continue;
      dut_->s_arvalid_i = next_ar_;
      dut_->s_awvalid_i = next_aw_;
      dut_->s_wvalid_i = next_w_;
      dut_->mem_valid_i = next_mem_;
      if (clear_r_) dut_->m_rvalid_i = 0;
      if (clear_b_) dut_->m_bvalid_i = 0;
      clear_r_ = clear_b_ = after_ = false;
    }
  }

 private:
  Pace pace_;
  Stall stall_;
  std::vector<uint32_t> memory_;
  Clocked<Vweft_link_memory> dut_;
  bool working_ = true, link_waits_ = false, link_writes_ = false;
  bool next_ar_ = false, next_aw_ = false, next_w_ = false, next_mem_ = false, after_ = false;
  bool clear_r_ = false, clear_b_ = false;
  uint32_t link_word_ = 0, link_data_ = 0, open_writes_ = 0, answers_ = 0;
  std::optional<Burst> coming_;
  std::deque<Burst> bursts_;
  std::deque<uint32_t> addresses_;
  std::deque<std::pair<uint32_t, uint32_t>> datas_;
  std::optional<uint64_t> ar_, aw_;
  std::optional<uint32_t> w_;
};

TEST(LinkMemory, WordsGoBetweenTheChipsTurns) {
  uint32_t seed = 100 * Seed();
  const uint64_t cycles = Long() ? 400000 : 40000;
  for (const Pace& pace : {Pace{100, 100, 100}, Pace{60, 60, 60}, Pace{100, 20, 30}, Pace{20, 100, 100}}) {
    SCOPED_TRACE("seed " + std::to_string(++seed));
    LinkMemoryBench bench(pace, seed);
    bench.Run(cycles);
    if (HasFatalFailure()) return;
    EXPECT_GT(bench.link_words, cycles / 1000);
    EXPECT_GT(bench.chip_beats, cycles / 20);
    EXPECT_GT(bench.chip_writes, cycles / 200);
  }
}

}  // namespace
}  // namespace weft::bench
