// weft_async_fifo keeps order and loses nothing between clocks of many ratios and phases, under stalls; it holds its
// depth and no more, and keeps up with the slower clock.
#include <gtest/gtest.h>

#include <cstdio>
#include <deque>
#include <tuple>

#include "Vweft_async_fifo.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

struct Clocks {
  uint64_t in, out;  // periods
  bool jitter;       // edges wander by up to a tenth of a period
};

// Two clocks; each side's inputs change after its own edge.
class AsyncFifoBench {
 public:
  AsyncFifoBench(const Clocks& clocks, int offer, int take, uint32_t seed)
      : clocks_(clocks), offer_(offer), take_(take), stall_(seed) {
    in_at_ = 1 + random() % clocks.in;
    out_at_ = 1 + random() % clocks.out;
    dut_.in_clk_i = dut_.out_clk_i = 0;
    dut_.in_rst_ni = dut_.out_rst_ni = 0;
    dut_.in_valid_i = dut_.out_ready_i = 0;
    dut_.eval();
    for (int i = 0; i < 40; ++i) Edge(false);
    // Released in any order.
    const bool in_first = random() % 2 != 0;
    (in_first ? dut_.in_rst_ni : dut_.out_rst_ni) = 1;
    for (uint32_t i = random() % 20; i > 0; --i) Edge(false);
    dut_.in_rst_ni = dut_.out_rst_ni = 1;
    in_edges_ = out_edges_ = 0;
  }

  void Run(uint32_t words) {
    for (uint64_t quiet = 0; received_ < words; ++quiet) {
      const uint64_t before = sent_ + received_;
      Edge(true);
      if (testing::Test::HasFatalFailure()) return;
      if (sent_ + received_ != before) quiet = 0;
      ASSERT_LT(quiet, 5000u) << "no progress: sent " << sent_ << ", received " << received_;
    }
  }

  // Cycles of the slower clock, and the most words that were there at a time.
  uint64_t slow_cycles() const { return clocks_.in > clocks_.out ? in_edges_ : out_edges_; }
  size_t most() const { return most_; }

 private:
  uint32_t random() { return static_cast<uint32_t>(stall_.engine()()); }
  uint64_t Period(uint64_t period) {
    return clocks_.jitter ? period - period / 10 + random() % (period / 5 + 1) : period;
  }

  // The next rising edge of either clock, or of both at once.
  void Edge(bool traffic) {
    const uint64_t now = std::min(in_at_, out_at_);
    const bool in = in_at_ == now, out = out_at_ == now;
    // What both sides see just before the edge.
    const bool push = in && dut_.in_valid_i && dut_.in_ready_o && dut_.in_rst_ni;
    const bool pop = out && dut_.out_valid_o && dut_.out_ready_i && dut_.out_rst_ni;
    if (pop) {
      ASSERT_FALSE(model_.empty()) << "a word that nobody sent";
      ASSERT_EQ(dut_.out_data_o, model_.front()) << "word " << received_;
      model_.pop_front();
      ++received_;
    }
    if (push) {
      model_.push_back(dut_.in_data_i);
      ++sent_;
      most_ = std::max(most_, model_.size());
    }
    dut_.in_clk_i = in;
    dut_.out_clk_i = out;
    dut_.eval();
    dut_.in_clk_i = dut_.out_clk_i = 0;
    dut_.eval();
    if (in) {
      in_at_ += Period(clocks_.in);
      ++in_edges_;
      if (push || !dut_.in_valid_i) {
        dut_.in_valid_i = traffic && stall_.Go(offer_);
        dut_.in_data_i = dut_.in_valid_i ? sent_ * 0x9E3779B97ull & 0x1FFFFFFFFull : 0x0DEADBEEF;
      }
    }
    if (out) {
      out_at_ += Period(clocks_.out);
      ++out_edges_;
      dut_.out_ready_i = traffic && stall_.Go(take_);
    }
    dut_.eval();
  }

  Vweft_async_fifo dut_;
  Clocks clocks_;
  int offer_, take_;
  Stall stall_;
  std::deque<uint64_t> model_;
  uint64_t in_at_ = 0, out_at_ = 0, in_edges_ = 0, out_edges_ = 0, sent_ = 0, received_ = 0;
  size_t most_ = 0;
};

constexpr Clocks kClocks[] = {{100, 100, false}, {200, 100, false}, {100, 200, false}, {100, 100, true},
                              {200, 100, true},  {100, 200, true},  {130, 100, false}, {100, 137, true},
                              {700, 100, false}, {100, 700, true}};

TEST(AsyncFifo, KeepsOrderUnderStalls) {
  constexpr size_t kDepth = size_t{1} << WEFT_DEPTH_LOG2;
  uint32_t seed = Seed() * 1000;
  const uint32_t words = Long() ? 50000 : 3000;
  for (const Clocks& clocks : kClocks) {
    for (const int offer : {100, 70, 20}) {
      for (const int take : {100, 70, 20}) {
        SCOPED_TRACE("periods " + std::to_string(clocks.in) + ", " + std::to_string(clocks.out) + ", seed " +
                     std::to_string(++seed));
        AsyncFifoBench bench(clocks, offer, take, seed);
        bench.Run(words);
        if (HasFatalFailure()) return;
        ASSERT_LE(bench.most(), kDepth);
        if (offer == 100 && take == 20 && clocks.in < 5 * clocks.out) {
          ASSERT_EQ(bench.most(), kDepth) << "it never fills";
        }
      }
    }
  }
}

TEST(AsyncFifo, KeepsUpWithTheSlowerClock) {
  for (const Clocks& clocks : kClocks) {
    if (std::max(clocks.in, clocks.out) > 2 * std::min(clocks.in, clocks.out)) continue;
    SCOPED_TRACE("periods " + std::to_string(clocks.in) + ", " + std::to_string(clocks.out));
    AsyncFifoBench bench(clocks, 100, 100, Seed());
    bench.Run(5000);
    if (HasFatalFailure()) return;
    const double rate = 5000.0 / static_cast<double>(bench.slow_cycles());
    std::printf("periods %3u and %3u: %.3f words a cycle of the slower clock\n", static_cast<unsigned>(clocks.in),
                static_cast<unsigned>(clocks.out), rate);
    if (WEFT_DEPTH_LOG2 >= 3) {
      EXPECT_GE(rate, clocks.in == clocks.out && clocks.jitter ? 0.95 : 0.99);
    }
  }
}

}  // namespace
}  // namespace weft::bench
