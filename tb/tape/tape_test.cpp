// weft_tape_fetch against random transfers over a memory that stalls: every byte at its destination, in
// order.
#include <gtest/gtest.h>

#include <string>

#include "Vweft_tape_fetch.h"
#include "tb/lib/bench.h"
#include "tb/tape/read_memory.h"
#include "tb/tape/transfers.h"

#ifndef BENCH_PORT
#define BENCH_PORT WEFT_CFG_PORT_BYTES
#endif

namespace weft::bench {
namespace {

constexpr uint32_t kPort = BENCH_PORT;
constexpr uint32_t kPanelRows = WEFT_CFG_PANEL_ROWS;
constexpr uint32_t kEntry = kPort > 32 ? kPort : 32;
constexpr uint32_t kScale = kPort > 8 ? kPort : 8;
constexpr uint32_t kGain = kPort > 4 ? kPort : 4;
constexpr uint64_t kBase = 0x1234'5678'0000;

using Dut = Vweft_tape_fetch;

class TapeBench {
 public:
  TapeBench(typename ReadMemory<Dut>::Options memory, int give, int take, uint32_t seed)
      : memory_(&*dut_, kPort, kBase, Random(1 << 18, seed), memory, seed + 1),
        maker_(kPort, kPanelRows, seed + 2),
        stall_(seed + 3),
        give_(give),
        take_(take) {
    dut_->req_valid_i = 0;
    dut_->iq_ready_i = dut_->chunk_ready_i = dut_->scale_ready_i = 0;
    dut_->gain_free_i = dut_->vs_free_i = 0;
  }

  void Queue(int transfers) {
    for (int i = 0; i < transfers; ++i) {
      todo_.push_back(maker_.Make(kBase, memory_.bytes(), expected_));
      beats_ += todo_.back().beats;
    }
  }

  // Runs until everything expected has come; fails where it stops making progress.
  void Run() {
    uint64_t quiet = 0;
    while (!expected_.empty() || !todo_.empty() || !dut_->idle_o) {
      const uint64_t before =
          memory_.taken() + todo_.size() + expected_.chunks.size() + expected_.scales.size();
      Cycle();
      quiet = before == memory_.taken() + todo_.size() + expected_.chunks.size() + expected_.scales.size()
                  ? quiet + 1
                  : 0;
      ASSERT_LT(quiet, 3000u) << "no progress: " << todo_.size() << " requests and "
                              << expected_.chunks.size() << " chunks to go";
      ASSERT_EQ(memory_.error(), "");
      if (::testing::Test::HasFailure()) return;
    }
  }

  uint64_t beats() const { return beats_; }
  uint64_t cycles() const { return dut_.cycles(); }
  ReadMemory<Dut>& memory() { return memory_; }
  Clocked<Dut>& dut() { return dut_; }

 private:
  static Bytes Random(size_t bytes, uint32_t seed) {
    std::mt19937 engine(seed);
    Bytes out(bytes);
    for (auto& b : out) b = static_cast<uint8_t>(engine());
    return out;
  }

  void Cycle() {
    memory_.Drive();
    if (!offered_ && !todo_.empty() && stall_.Go(give_)) offered_ = true;
    dut_->req_valid_i = offered_;
    if (offered_) {
      const Transfer& t = todo_.front();
      dut_->req_kind_i = static_cast<uint8_t>(t.kind);
      dut_->req_addr_i = t.addr;
      dut_->req_beats_i = t.beats;
      dut_->req_count_i = t.count;
      dut_->req_tail_i = t.tail;
      dut_->req_ns_log2_i = t.ns_log2;
      dut_->req_buf_i = t.buf;
      dut_->req_row_i = t.row;
    }
    dut_->chunk_ready_i = stall_.Go(take_);
    dut_->scale_ready_i = stall_.Go(take_);
    dut_->iq_ready_i = stall_.Go(take_);
    dut_->gain_free_i = banks_ > 0 && stall_.Go(take_ == 100 ? 100 : 5);
    dut_->vs_free_i = bufs_ > 0 && stall_.Go(take_ == 100 ? 100 : 5);
    banks_ -= dut_->gain_free_i;
    bufs_ -= dut_->vs_free_i;
    dut_.Settle();
    memory_.Sample();
    Check();
    if (dut_->req_valid_i && dut_->req_ready_o) {
      todo_.pop_front();
      offered_ = false;
    }
    dut_.Tick();
  }

  void Check() {
    if (dut_->chunk_valid_o && dut_->chunk_ready_i)
      Same(expected_.chunks, PortBytes(dut_->chunk_o, kEntry), "chunk");
    if (dut_->scale_valid_o && dut_->scale_ready_i)
      Same(expected_.scales, PortBytes(dut_->scale_o, kScale), "scale");
    if (dut_->iq_valid_o && dut_->iq_ready_i) {
      const Bytes data = PortBytes(dut_->iq_data_o, kEntry);
      ASSERT_GE(dut_->iq_count_o, 1);
      ASSERT_LE(dut_->iq_count_o, kEntry / 32);
      for (int i = 0; i < dut_->iq_count_o; ++i) {
        Same(expected_.instrs, Bytes(data.begin() + 32 * i, data.begin() + 32 * i + 32), "instruction");
      }
    }
    if (dut_->gain_we_o) {
      Same({Kind::kVec, dut_->gain_bank_o, dut_->gain_addr_o, PortBytes(dut_->gain_wdata_o, kGain), false});
      banks_ += dut_->gain_addr_o == 0;
      EXPECT_LE(banks_, 2) << "a gain bank is overwritten";
    }
    if (dut_->rope_we_o) {
      Same({Kind::kRope, dut_->rope_row_o, dut_->rope_addr_o, PortBytes(dut_->rope_wdata_o, kPort), false});
    }
    if (dut_->vs_we_o) {
      Same({Kind::kV, dut_->vs_buf_o, dut_->vs_addr_o, PortBytes(dut_->vs_data_o, kPort),
            dut_->vs_done_o != 0});
      bufs_ += dut_->vs_addr_o == 0;
      EXPECT_LE(bufs_, 4) << "a buffer of V scales is overwritten";
    } else {
      EXPECT_FALSE(dut_->vs_done_o);
    }
  }

  void Same(std::deque<Bytes>& expected, const Bytes& found, const char* what) {
    ASSERT_FALSE(expected.empty()) << "an unexpected " << what;
    EXPECT_EQ(expected.front(), found) << what << ", " << expected.size() << " to go";
    expected.pop_front();
  }
  void Same(const Write& found) {
    ASSERT_FALSE(expected_.writes.empty());
    const Write& want = expected_.writes.front();
    EXPECT_EQ(want.index, found.index) << "kind " << static_cast<int>(found.kind);
    EXPECT_EQ(want.addr, found.addr);
    EXPECT_TRUE(want == found) << "kind " << static_cast<int>(found.kind) << " at " << found.addr;
    expected_.writes.pop_front();
  }

  Clocked<Dut> dut_;
  ReadMemory<Dut> memory_;
  TransferMaker maker_;
  Stall stall_;
  int give_, take_;
  Expected expected_;
  std::deque<Transfer> todo_;
  bool offered_ = false;
  int banks_ = 0, bufs_ = 0;
  uint64_t beats_ = 0;
};

struct Stalls {
  const char* name;
  int give, take;
};
class TapeFetchTest : public ::testing::TestWithParam<Stalls> {};

TEST_P(TapeFetchTest, EveryByteReachesItsPlace) {
  const Stalls& stalls = GetParam();
  for (uint32_t round = 0; round < (Long() ? 20 : 3); ++round) {
    const uint32_t seed = Seed() * 1000 + round;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const bool calm = stalls.give == 100;
    TapeBench bench({.latency = calm ? 4 : 40,
                     .jitter = calm ? 0 : 90,
                     .accept_percent = stalls.give,
                     .offer_percent = stalls.give},
                    stalls.give, stalls.take, seed);
    bench.Queue(300);
    bench.Run();
    if (HasFailure()) return;
    EXPECT_EQ(bench.memory().taken(), bench.beats());
    EXPECT_FALSE(bench.dut()->error_o);
  }
}

INSTANTIATE_TEST_SUITE_P(, TapeFetchTest,
                         ::testing::Values(Stalls{"NoStall", 100, 100}, Stalls{"InputStalls", 40, 100},
                                           Stalls{"OutputStalls", 100, 40}, Stalls{"BothStall", 45, 45}),
                         [](const auto& info) { return info.param.name; });

// The promise of the block: with known requests and ready destinations the port never idles.
TEST(TapeFetchRateTest, OneBeatEveryCycleAtLatency60) {
  TapeBench bench({.latency = 60}, 100, 100, Seed());
  bench.Queue(2000);
  bench.Run();
  const double rate = static_cast<double>(bench.beats()) / static_cast<double>(bench.cycles());
  std::printf("port %u: %llu beats in %llu cycles, %.4f a cycle; %zu beats, %zu bursts under way\n", kPort,
              static_cast<unsigned long long>(bench.beats()), static_cast<unsigned long long>(bench.cycles()),
              rate, bench.memory().most_under_way(), bench.memory().most_bursts());
  EXPECT_GT(static_cast<double>(bench.beats()) / static_cast<double>(bench.cycles() - 70), 0.99);
}

TEST(TapeFetchErrorTest, AFailedReadIsReported) {
  TapeBench bench({}, 100, 100, Seed());
  bench.memory().FailBeat(20);
  bench.Queue(20);
  bench.Run();
  EXPECT_TRUE(bench.dut()->error_o);
}

}  // namespace
}  // namespace weft::bench
