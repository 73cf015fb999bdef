// weft_mem_port: two writers over an AXI4 slave that stalls every channel on its own. Every byte lands,
// answers go home.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "Vweft_mem_port.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

constexpr uint32_t kPort = WEFT_CFG_PORT_BYTES;
using Dut = Vweft_mem_port;

struct Beat {
  uint64_t addr = 0;
  std::vector<uint8_t> data;
  uint64_t strb[2] = {};  // 128 bits
  bool operator==(const Beat&) const = default;
};

// Bytes of a memory, by address.
using Memory = std::map<uint64_t, uint8_t>;

void Store(const Beat& beat, Memory& memory) {
  for (uint32_t i = 0; i < kPort; ++i) {
    if (beat.strb[i / 64] >> (i % 64) & 1) memory[beat.addr + i] = beat.data[i];
  }
}

constexpr size_t kStrbBytes = (kPort + 7) / 8;

class MemBench {
 public:
  MemBench(int give, int take, uint32_t seed) : stall_(seed), give_(give), take_(take) {
    dut_->wr_valid_a_i = dut_->wr_valid_b_i = 0;
    dut_->m_awready_i = dut_->m_wready_i = dut_->m_bvalid_i = 0;
    dut_->m_bresp_i = 0;
  }

  // `writes` each; a and b write to ranges of their own, each several times to the same beat.
  void Run(uint32_t writes, uint64_t fail_answer = ~0ull) {
    std::array<std::deque<Beat>, 2> todo;
    for (int who = 0; who < 2; ++who) {
      for (uint32_t i = 0; i < writes; ++i) todo[who].push_back(Random(who));
    }
    std::array<uint32_t, 2> done = {}, taken = {};
    std::array<bool, 2> offered = {};
    uint64_t answers = 0;
    uint32_t quiet = 0;
    while (done[0] < writes || done[1] < writes) {
      for (int who = 0; who < 2; ++who) {
        if (!offered[who] && !todo[who].empty() && stall_.Go(give_)) offered[who] = true;
      }
      dut_->wr_valid_a_i = offered[0];
      dut_->wr_valid_b_i = offered[1];
      if (offered[0]) Set(todo[0].front(), dut_->wr_addr_a_i, dut_->wr_data_a_i, dut_->wr_strb_a_i);
      if (offered[1]) Set(todo[1].front(), dut_->wr_addr_b_i, dut_->wr_data_b_i, dut_->wr_strb_b_i);
      dut_->m_awready_i = stall_.Go(take_);
      dut_->m_wready_i = stall_.Go(take_);
      dut_->m_bvalid_i = answers < std::min(addrs_, datas_) && stall_.Go(take_);
      dut_->m_bresp_i = answers == fail_answer ? 2 : 0;
      dut_.Settle();

      quiet = Moved() ? 0 : quiet + 1;
      ASSERT_LT(quiet, 2000u) << "no progress: a " << done[0] << ", b " << done[1] << " of " << writes;
      ASSERT_FALSE(dut_->wr_ready_a_o && dut_->wr_ready_b_o && offered[0] && offered[1]);
      const std::array<bool, 2> take = {offered[0] && dut_->wr_ready_a_o, offered[1] && dut_->wr_ready_b_o};
      for (int who = 0; who < 2; ++who) {
        if (!take[who]) continue;
        EXPECT_FALSE(offered[0] && offered[1] && last_ == who) << "both wait, and the same one goes again";
        last_ = who;
        Store(todo[who].front(), expected_);
        order_.push_back(who);
        todo[who].pop_front();
        offered[who] = false;
        ++taken[who];
      }
      Channels();
      if (dut_->m_bvalid_i && dut_->m_bready_o) {
        ASSERT_LT(answers, order_.size());
        EXPECT_EQ(dut_->wr_done_a_o, order_[answers] == 0);
        EXPECT_EQ(dut_->wr_done_b_o, order_[answers] == 1);
        ++done[order_[answers++]];
      } else {
        EXPECT_FALSE(dut_->wr_done_a_o || dut_->wr_done_b_o);
      }
      EXPECT_EQ(dut_->idle_o, answers_before_ == taken_before_);
      answers_before_ = answers;
      taken_before_ = taken[0] + taken[1];
      dut_.Tick();
      if (::testing::Test::HasFailure()) return;
    }
    dut_->wr_valid_a_i = dut_->wr_valid_b_i = dut_->m_bvalid_i = 0;
    dut_.Tick();
    EXPECT_TRUE(memory_ == expected_);
    EXPECT_TRUE(dut_->idle_o);
  }

  Clocked<Dut>& dut() { return dut_; }

 private:
  Beat Random(int who) {
    auto& engine = stall_.engine();
    Beat beat;
    beat.addr = (uint64_t{0x8000'0000} << (who * 8)) + engine() % 50 * kPort;
    beat.data.resize(kPort);
    for (auto& b : beat.data) b = static_cast<uint8_t>(engine());
    for (uint32_t i = 0; i < kPort; ++i) beat.strb[i / 64] |= uint64_t{engine() % 3 != 0} << (i % 64);
    return beat;
  }

  template <typename Addr, typename Data, typename Strb>
  static void Set(const Beat& beat, Addr& addr, Data& data, Strb& strb) {
    addr = beat.addr;
    std::memcpy(&data, beat.data.data(), kPort);
    std::memcpy(&strb, beat.strb, kStrbBytes);
  }

  bool Moved() {
    return (dut_->wr_valid_a_i && dut_->wr_ready_a_o) || (dut_->wr_valid_b_i && dut_->wr_ready_b_o) ||
           dut_->m_bvalid_i || (dut_->m_awvalid_o && dut_->m_awready_i) ||
           (dut_->m_wvalid_o && dut_->m_wready_i);
  }

  // The slave: addresses and data arrive on their own, the n-th of each belong together.
  void Channels() {
    if (dut_->m_awvalid_o && dut_->m_awready_i) {
      EXPECT_EQ(dut_->m_awlen_o, 0);
      EXPECT_EQ(1u << dut_->m_awsize_o, kPort);
      EXPECT_EQ(dut_->m_awburst_o, 1);
      if (addrs_ >= beats_.size()) beats_.emplace_back();
      beats_[addrs_++].addr = dut_->m_awaddr_o;
    }
    if (dut_->m_wvalid_o && dut_->m_wready_i) {
      EXPECT_TRUE(dut_->m_wlast_o);
      if (datas_ >= beats_.size()) beats_.emplace_back();
      Beat& beat = beats_[datas_++];
      beat.data.resize(kPort);
      std::memcpy(beat.data.data(), &dut_->m_wdata_o, kPort);
      std::memcpy(beat.strb, &dut_->m_wstrb_o, kStrbBytes);
    }
    while (stored_ < std::min(addrs_, datas_)) Store(beats_[stored_++], memory_);
  }

  Clocked<Dut> dut_;
  Stall stall_;
  int give_, take_, last_ = -1;
  std::vector<Beat> beats_;
  std::vector<int> order_;
  Memory memory_, expected_;
  size_t addrs_ = 0, datas_ = 0, stored_ = 0;
  uint64_t answers_before_ = 0, taken_before_ = 0;
};

struct StallCase {
  const char* name;
  int give, take;
  friend void PrintTo(const StallCase& s, std::ostream* out) { *out << s.name; }
};
class MemPortTest : public ::testing::TestWithParam<StallCase> {};

TEST_P(MemPortTest, EveryByteLandsAndAnswersGoHome) {
  for (uint32_t seed = Seed(); seed < Seed() + (Long() ? 50 : 5); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MemBench bench(GetParam().give, GetParam().take, seed);
    bench.Run(500);
    EXPECT_FALSE(bench.dut()->error_o);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(, MemPortTest,
                         ::testing::Values(StallCase{"NoStalls", 100, 100}, StallCase{"InputStalls", 30, 100},
                                           StallCase{"OutputStalls", 100, 30},
                                           StallCase{"BothStall", 40, 40}),
                         [](const auto& info) { return info.param.name; });

TEST(MemPortRateTest, OneBeatACycle) {
  MemBench bench(100, 100, Seed());
  const uint64_t before = bench.dut().cycles();
  bench.Run(1000);
  EXPECT_LT(bench.dut().cycles() - before, 2010u);
}

TEST(MemPortErrorTest, AFailedWriteIsReported) {
  MemBench bench(100, 100, Seed());
  bench.Run(20, 7);
  EXPECT_TRUE(bench.dut()->error_o);
}

}  // namespace
}  // namespace weft::bench
