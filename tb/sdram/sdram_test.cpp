// weft_sdram against a model of the SDRAM that judges every command: data, order, timing, refreshes, and speed.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <type_traits>
#include <vector>

#include "Vweft_sdram.h"
#include "sw/board/sdram_model.h"
#include "tb/lib/bench.h"

#ifndef WEFT_PARAM_Cas
#define WEFT_PARAM_Cas 2
#endif
#ifndef WEFT_PARAM_ReadDelay
#define WEFT_PARAM_ReadDelay 0
#endif
#ifndef WEFT_PARAM_DqWidth
#define WEFT_PARAM_DqWidth 16
#endif

namespace weft::bench {
namespace {

using board::SdramModel;
using board::SdramPins;
using board::SdramTiming;

SdramTiming Timing() {
  SdramTiming t;
  t.read_delay = WEFT_PARAM_ReadDelay;
  if (WEFT_PARAM_DqWidth == 32) {
    t.dq_bits = 32;
    t.row_bits = 11;
    t.col_bits = 8;
  }
  if (WEFT_PARAM_Cas == 3) {
    t.cas = 3;
    t.trp = t.trcd = t.twr = 3;
    t.tras = 7;
    t.trfc = 10;
    t.refresh_time = 400;
  }
  return t;
}

constexpr uint32_t kColumnBytes = WEFT_PARAM_DqWidth / 8;
constexpr uint32_t kBytes = WEFT_PARAM_DqWidth == 16 ? 32u << 20 : 8u << 20;

struct Read {
  uint32_t addr = 0, beats = 1;
};

class SdramBench {
 public:
  explicit SdramBench(int go, uint32_t seed) : model_(Timing()), stall_(seed), go_(go) {
    dut_->s_arvalid_i = dut_->s_awvalid_i = dut_->s_wvalid_i = dut_->s_rready_i = dut_->s_bready_i = 0;
    dut_->dq_i = 0;
  }

  void AddRead(uint32_t addr, uint32_t beats) { reads_.push_back({addr, beats}); }
  void AddWrite(uint32_t addr, uint32_t data, uint32_t strobes) {
    addrs_.push_back(addr);
    datas_.push_back({data, strobes});
    writes_.push_back({addr, data, strobes});
  }

  // Until everything asked for is answered.
  void Run() {
    uint64_t quiet = 0;
    while (!reads_.empty() || !open_.empty() || !addrs_.empty() || !datas_.empty() || !writes_.empty()) {
      const uint64_t before = moved_;
      Cycle();
      if (testing::Test::HasFatalFailure()) return;
      quiet = moved_ != before ? 0 : quiet + 1;
      ASSERT_LT(quiet, 3000u) << "no progress";
    }
  }

  void Idle(uint64_t cycles) {
    for (uint64_t i = 0; i < cycles; ++i) {
      Cycle();
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  // What a byte must be, by the writes so far answered or all of them (the writes in flight touch other addresses).
  uint8_t Expected(uint32_t addr) const {
    const auto it = bytes_.find(addr);
    if (it != bytes_.end()) return it->second;
    return static_cast<uint8_t>(SdramModel::Unwritten(addr / kColumnBytes) >> (8 * (addr % kColumnBytes)));
  }

  uint64_t cycles() { return dut_.cycles(); }
  SdramModel& model() { return model_; }
  uint64_t beats() const { return beats_; }
  Stall& stall() { return stall_; }

 private:
  void Cycle() {
    if (!ar_ && !reads_.empty() && stall_.Go(go_)) ar_ = true;
    if (!aw_ && !addrs_.empty() && stall_.Go(go_)) aw_ = true;
    if (!w_ && !datas_.empty() && stall_.Go(go_)) w_ = true;
    dut_->s_arvalid_i = ar_;
    if (ar_) {
      dut_->s_araddr_i = reads_.front().addr | 0x0004'0000'0000ull;  // beyond the SDRAM: ignored
      dut_->s_arlen_i = static_cast<uint8_t>(reads_.front().beats - 1);
    }
    dut_->s_awvalid_i = aw_;
    if (aw_) dut_->s_awaddr_i = addrs_.front();
    dut_->s_wvalid_i = w_;
    if (w_) {
      dut_->s_wdata_i = datas_.front().first;
      dut_->s_wstrb_i = static_cast<uint8_t>(datas_.front().second);
    }
    dut_->s_rready_i = stall_.Go(go_);
    dut_->s_bready_i = stall_.Go(go_);
    dut_.Settle();

    if (ar_ && dut_->s_arready_o) {
      open_.push_back(reads_.front());
      reads_.pop_front();
      ar_ = false;
      ++moved_;
    }
    if (aw_ && dut_->s_awready_o) addrs_.pop_front(), aw_ = false, ++moved_;
    if (w_ && dut_->s_wready_o) datas_.pop_front(), w_ = false, ++moved_;
    if (dut_->s_bvalid_o && dut_->s_bready_i) {
      ASSERT_FALSE(writes_.empty()) << "an answer that nobody waits for";
      const Write& w = writes_.front();
      for (uint32_t i = 0; i < 4; ++i) {
        if (w.strobes >> i & 1) bytes_[w.addr + i] = static_cast<uint8_t>(w.data >> (8 * i));
      }
      writes_.pop_front();
      ++moved_;
    }
    if (dut_->s_rvalid_o && dut_->s_rready_i) {
      ASSERT_FALSE(open_.empty()) << "a beat that nobody asked for";
      Read& r = open_.front();
      uint32_t want = 0;
      for (uint32_t i = 0; i < 4; ++i) want |= static_cast<uint32_t>(Expected(r.addr + i)) << (8 * i);
      ASSERT_EQ(dut_->s_rdata_o, want) << "at byte " << r.addr << ", " << r.beats << " beats left";
      ASSERT_EQ(dut_->s_rlast_o, r.beats == 1);
      r.addr += 4;
      ++beats_;
      ++moved_;
      if (--r.beats == 0) open_.pop_front();
    }

    const SdramPins pins = {dut_->cke_o != 0, dut_->ras_no != 0, dut_->cas_no != 0, dut_->we_no != 0,
                            dut_->dq_oe_o != 0, dut_->ba_o, dut_->a_o, dut_->dqm_o, dut_->dq_o};
    const uint32_t dq = model_.Step(pins);
    ASSERT_EQ(model_.Complaint(), "");
    dut_.Tick();
    dut_->dq_i = static_cast<std::remove_reference_t<decltype(dut_->dq_i)>>(dq);
  }

  struct Write {
    uint32_t addr, data, strobes;
  };
  Clocked<Vweft_sdram> dut_;
  SdramModel model_;
  Stall stall_;
  int go_;
  std::deque<Read> reads_, open_;
  std::deque<uint32_t> addrs_;
  std::deque<std::pair<uint32_t, uint32_t>> datas_;
  std::deque<Write> writes_;
  std::map<uint32_t, uint8_t> bytes_;
  bool ar_ = false, aw_ = false, w_ = false;
  uint64_t moved_ = 0, beats_ = 0;
};

// Random reads and writes in rounds: the writes of a round go to addresses that its reads leave alone.
void Traffic(int go, int rounds, uint32_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", go " + std::to_string(go));
  SdramBench bench(go, seed);
  std::mt19937 random(seed + 77);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  // A few pages, so that rows collide; the last ones of the SDRAM too.
  const auto place = [&] {
    const uint32_t page = below(3) == 0 ? kBytes / 1024 - 1 - below(4) : below(24) * (below(2) ? 1 : 4);
    return page * 1024 + below(256) * 4;
  };
  for (int round = 0; round < rounds; ++round) {
    const bool upper = round % 2 != 0;  // reads on this side of each 128 bytes, writes on the other
    for (uint32_t i = 0, n = below(20); i < n; ++i) {
      const uint32_t at = (place() & ~127u) | (upper ? 64u : 0u);
      const uint32_t first = below(16);
      bench.AddRead(at + 4 * first, 1 + below(16 - first));
    }
    for (uint32_t i = 0, n = below(12); i < n; ++i) {
      const uint32_t at = (place() & ~127u) | (upper ? 0u : 64u);
      bench.AddWrite(at + 4 * below(16), random(), below(4) == 0 ? 15 : below(16));
    }
    bench.Run();
    if (testing::Test::HasFatalFailure()) return;
    if (below(4) == 0) bench.Idle(below(2000));
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Sdram, RandomTraffic) {
  const uint32_t rounds = Long() ? 400 : 60;
  for (int go : {100, 60, 20}) Traffic(go, static_cast<int>(rounds), Seed() * 100 + static_cast<uint32_t>(go));
}

TEST(Sdram, WholeBursts) {
  SdramBench bench(80, Seed());
  for (uint32_t i = 0; i < 40; ++i) bench.AddRead((i * 4096 + 3 * 1024 + 4 * (i % 200)) % kBytes, 1 + (i * 37) % 256);
  bench.AddRead(kBytes - 1024, 256);
  bench.Run();
}

TEST(Sdram, RefreshesWhileIdle) {
  SdramBench bench(100, Seed());
  const SdramTiming t = Timing();
  bench.Idle(t.init + 300 + 100 * t.refresh_time);
  EXPECT_GE(bench.model().refreshes(), 100u);
  EXPECT_LE(bench.model().refreshes(), 120u);
}

// The tape: one long run in bursts of 64 beats. Only refreshes and the first row are in the way.
TEST(Sdram, SequentialReadsRunAtThePeak) {
  SdramBench bench(100, Seed());
  bench.Idle(Timing().init + 400);
  const uint64_t start = bench.cycles();
  constexpr uint32_t kBursts = 2000;
  for (uint32_t i = 0; i < kBursts; ++i) bench.AddRead(4096 + i * 256, 64);
  bench.Run();
  const double used = 2.0 * static_cast<double>(bench.beats()) / static_cast<double>(bench.cycles() - start);
  RecordProperty("percent_of_peak", std::to_string(100 * used));
  std::printf("sequential reads: %.2f %% of the peak\n", 100 * used);
  EXPECT_GE(used, WEFT_PARAM_Cas == 3 ? 0.965 : 0.985);
}

}  // namespace
}  // namespace weft::bench
