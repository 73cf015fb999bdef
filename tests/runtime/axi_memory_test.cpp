// The memory model by itself: latency, bandwidth, order, strobes, and what it says of broken bursts.
#include "sw/runtime/axi_memory.h"

#include <cstring>
#include <numeric>

#include <gtest/gtest.h>

namespace weft {
namespace {

constexpr uint32_t kPort = 16;
constexpr uint8_t kSize = 4, kIncr = 1;

class AxiMemoryTest : public ::testing::Test {
 protected:
  void Make(const AxiTiming& timing) {
    memory_ = std::make_unique<AxiMemory>(8192, kPort, timing);
    const auto bytes = memory_->bytes();
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 256);
  }
  void Cycle() {
    memory_->Drive(&in_);
    if (in_.m_rvalid && out_.m_rready) beats_.emplace_back(in_.m_rdata, in_.m_rdata + kPort);
    if (in_.m_rvalid && out_.m_rready && in_.m_rlast) ++lasts_;
    memory_->Observe(in_, out_);
    ++cycles_;
  }
  // Holds an address until it is taken.
  void Read(uint64_t address, uint32_t beats) {
    out_.m_arvalid = 1;
    out_.m_araddr = address;
    out_.m_arlen = static_cast<uint8_t>(beats - 1);
    out_.m_arsize = kSize;
    out_.m_arburst = kIncr;
    do {
      Cycle();
    } while (!in_.m_arready);
    out_.m_arvalid = 0;
  }
  uint8_t Expected(uint64_t address) const { return static_cast<uint8_t>(address * 7 + address / 256); }

  std::unique_ptr<AxiMemory> memory_;
  WeftRtlInputs in_{};
  WeftRtlOutputs out_{};
  std::vector<std::vector<uint8_t>> beats_;
  uint32_t lasts_ = 0;
  uint64_t cycles_ = 0;
};

TEST_F(AxiMemoryTest, FirstBeatComesAfterTheLatencyThenOneACycle) {
  Make({.read_latency = 10});
  out_.m_rready = 1;
  Read(256, 8);
  const uint64_t accepted = cycles_ - 1;
  while (beats_.empty()) Cycle();
  EXPECT_EQ(cycles_ - 1, accepted + 10);
  for (int i = 0; i < 7; ++i) Cycle();
  ASSERT_EQ(beats_.size(), 8u);
  EXPECT_EQ(lasts_, 1u);
  for (uint32_t i = 0; i < 8 * kPort; ++i) EXPECT_EQ(beats_[i / kPort][i % kPort], Expected(256 + i));
}

TEST_F(AxiMemoryTest, OutstandingBurstsFollowWithoutAGap) {
  Make({.read_latency = 10});
  out_.m_rready = 1;
  for (int i = 0; i < 4; ++i) Read(i * 512, 16);
  while (beats_.empty()) Cycle();
  for (int i = 0; i < 63; ++i) Cycle();
  EXPECT_EQ(beats_.size(), 64u);
  EXPECT_EQ(lasts_, 4u);
}

TEST_F(AxiMemoryTest, AnOfferedBeatStaysUntilItIsTaken) {
  Make({.read_latency = 1, .stall_percent = 50, .seed = 3});
  Read(0, 2);
  while (!in_.m_rvalid) Cycle();
  for (int i = 0; i < 20; ++i) {
    Cycle();
    EXPECT_TRUE(in_.m_rvalid);
    EXPECT_EQ(in_.m_rdata[1], Expected(1));
  }
}

TEST_F(AxiMemoryTest, WritesObeyStrobesAndAreAcknowledged) {
  Make({.write_latency = 3});
  const uint8_t before = memory_->bytes()[64 + 2];
  out_.m_awvalid = 1;
  out_.m_awaddr = 64;
  out_.m_awsize = kSize;
  out_.m_awburst = kIncr;
  Cycle();
  out_.m_awvalid = 0;
  out_.m_wvalid = out_.m_wlast = out_.m_bready = 1;
  std::memset(out_.m_wdata, 0xEE, kPort);
  out_.m_wstrb[0] = 0xF3;
  out_.m_wstrb[1] = 0x00;
  do {
    Cycle();
  } while (!in_.m_wready);
  out_.m_wvalid = 0;
  EXPECT_EQ(memory_->bytes()[64], 0xEE);
  EXPECT_EQ(memory_->bytes()[64 + 2], before);
  EXPECT_EQ(memory_->bytes()[64 + 7], 0xEE);
  EXPECT_EQ(memory_->bytes()[64 + 8], Expected(72));
  int waited = 0;
  do {
    Cycle();
    ++waited;
  } while (!in_.m_bvalid && waited < 20);
  EXPECT_EQ(waited, 3);
  EXPECT_EQ(in_.m_bresp, 0);
  EXPECT_TRUE(memory_->error().empty());
}

TEST_F(AxiMemoryTest, BrokenBurstsAreNamedAndAnsweredWithAnError) {
  const struct {
    uint64_t address;
    uint32_t beats;
    const char* says;
  } cases[] = {{4096 - 32, 4, "crosses a 4 KB boundary"}, {8192, 1, "the memory has 0x2000 bytes"}, {8, 1, "multiple"}};
  for (const auto& c : cases) {
    Make({.read_latency = 1});
    out_.m_rready = 1;
    Read(c.address, c.beats);
    while (!in_.m_rvalid) Cycle();
    EXPECT_EQ(in_.m_rresp, 2);
    EXPECT_NE(memory_->error().find(c.says), std::string::npos) << memory_->error();
    in_ = {};
  }
}

TEST_F(AxiMemoryTest, IdleCyclesCountFromTheLastHandshake) {
  Make({});
  for (int i = 0; i < 50; ++i) Cycle();
  EXPECT_EQ(memory_->idle_cycles(), 50u);
  Read(0, 1);
  EXPECT_LE(memory_->idle_cycles(), 1u);
}

}  // namespace
}  // namespace weft
