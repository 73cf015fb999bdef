// weft_kv_cache against the golden cache: after any sequence of groups both memories are the same, byte for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <vector>

#include "Vweft_kv_cache.h"
#include "sw/golden/kv_cache.h"
#include "sw/golden/prim.h"
#include "sw/golden/quantizer.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"
#include "tb/quantizer/records.h"

#ifndef WEFT_PORT
#define WEFT_PORT WEFT_CFG_PORT_BYTES
#define WEFT_PANEL WEFT_CFG_PANEL_ROWS
#endif

namespace weft::bench {
namespace {

constexpr uint32_t kPort = WEFT_PORT;
constexpr uint32_t kPanelRows = WEFT_PANEL;
constexpr uint32_t kSlots = 3;
constexpr uint32_t kRows = 6;

struct Beat {
  bool is_v;
  uint32_t row, head, g, len;
  std::array<uint8_t, 32> data{};
  uint16_t scale;
  bool last;
  uint64_t addr;
};

struct Row {
  uint32_t slot, position;
};

class KvCacheBench {
 public:
  KvCacheBench(int offer, int take, uint32_t seed) : offer_(offer), take_(take), operands_(seed), stall_(seed + 1) {}

  uint32_t Pick(uint32_t n) { return operands_.Word() % n; }

  // A geometry, its K and V regions somewhere in a memory of random bytes.
  void SetGeometry(uint32_t head_dim, uint32_t kv_heads) {
    model_.kv = MakeKvGeometry(kPort, kPanelRows, head_dim, kv_heads, 1 + Pick(4));
    PackModel(dut_->model_i, model_);
    k_base_ = kPort * Pick(100);
    v_base_ = k_base_ + kSlots * model_.kv.SlotBytesK() + kPort * Pick(100);
    golden_.resize(v_base_ + kSlots * model_.kv.SlotBytesV() + 256);
    for (uint8_t& byte : golden_) byte = static_cast<uint8_t>(operands_.Word());
    memory_ = golden_;
  }

  // Rows at places of their own, all heads, K and V in random order of rows.
  void AddStep() {
    std::set<std::pair<uint32_t, uint32_t>> places;
    for (Row& row : rows_) {
      do row = {Pick(kSlots), Pick(32 * model_.kv.blocks)};
      while (!places.insert({row.slot, row.position}).second);
    }
    for (uint32_t head = 0; head < model_.kv.kv_heads; ++head) {
      for (uint32_t row = 0; row < kRows; ++row) Pick(2) ? AddK(row, head) : AddV(row, head);
    }
  }

  // Sends every beat and waits until the block is idle. Returns the cycles.
  uint64_t Run() {
    const uint64_t begin = dut_.cycles();
    uint64_t quiet = 0;
    bool offering = false;
    std::deque<uint64_t> acknowledge;  // cycle at which each write is
    for (bool done = false; !done;) {
      if (++quiet > 2000) {
        ADD_FAILURE() << "no progress: " << beats_.size() << " beats wait, " << acknowledge.size() << " writes open";
        return 0;
      }
      if (!offering) offering = !beats_.empty() && stall_.Go(offer_);
      dut_->kv_valid_i = offering;
      if (offering) Drive(beats_.front());
      dut_->wr_ready_i = stall_.Go(take_);
      dut_->wr_done_i = !acknowledge.empty() && acknowledge.front() <= dut_.cycles() && stall_.Go(take_);
      dut_.Settle();
      ReadRow();
      EXPECT_TRUE(dut_->wr_valid_o || !waits_) << "a write vanished";
      waits_ = dut_->wr_valid_o && !dut_->wr_ready_i;
      if (dut_->wr_valid_o || !acknowledge.empty()) {
        EXPECT_FALSE(dut_->idle_o);
      }
      done = beats_.empty() && dut_->idle_o;
      if (dut_->wr_done_i) acknowledge.pop_front();
      if (dut_->wr_valid_o && dut_->wr_ready_i) {
        Write();
        acknowledge.push_back(dut_.cycles() + 1 + Pick(10));
        quiet = 0;
      }
      if (offering && dut_->kv_ready_o) {
        beats_.pop_front();
        offering = false;
      }
      dut_.Tick();
      if (testing::Test::HasFailure()) return 0;
    }
    return dut_.cycles() - begin;
  }

  uint64_t writes() const { return writes_; }

  void Compare() {
    for (size_t i = 0; i < golden_.size(); ++i) {
      ASSERT_EQ(memory_[i], golden_[i]) << "byte " << i << "; K at " << k_base_ << " (block of " << model_.kv.kblk
                                        << "), V at " << v_base_ << " (block of " << model_.kv.vblk << ")";
    }
  }

  void AddK(uint32_t row, uint32_t head) {
    const std::vector<float> k = Values();
    golden::AppendK(model_.kv, std::span(golden_).subspan(k_base_), rows_[row].slot, rows_[row].position, head,
                    k.data(), kQs);
    for (uint32_t d = 0; d < model_.kv.head_dim; d += 32) {
      int8_t q[32];
      Beat beat{false, row, head, d / 32, std::min(32u, model_.kv.head_dim - d), {}, 0, true, k_base_};
      for (uint8_t& byte : beat.data) byte = static_cast<uint8_t>(operands_.Word());  // must not be written
      beat.scale = golden::F2h(golden::Quantize(&k[d], static_cast<int>(beat.len), kQs, q));
      std::copy_n(q, beat.len, beat.data.begin() + head % model_.kv.hs * model_.kv.head_dim);
      beats_.push_back(beat);
    }
  }

  void AddV(uint32_t row, uint32_t head) {
    const std::vector<float> v = Values();
    golden::AppendV(model_.kv, std::span(golden_).subspan(v_base_), rows_[row].slot, rows_[row].position, head,
                    v.data(), kQs);
    int8_t q[256];
    const float scale = golden::Quantize(v.data(), static_cast<int>(model_.kv.head_dim), kQs, q);
    for (uint32_t d = 0; d < model_.kv.head_dim; d += 32) {
      Beat beat{true, row, head, d / 32, std::min(32u, model_.kv.head_dim - d), {}, golden::F2h(scale), false, v_base_};
      beat.last = d + 32 >= model_.kv.head_dim;
      std::copy_n(&q[d], beat.len, beat.data.begin());
      beats_.push_back(beat);
    }
  }

 private:
  static constexpr float kQs = 1.0f / 127.0f;

  std::vector<float> Values() {
    std::vector<float> values(model_.kv.head_dim);
    for (float& x : values) x = golden::FromBits(operands_.Moderate(5));
    return values;
  }

  void Drive(const Beat& b) {
    dut_->kv_is_v_i = b.is_v;
    dut_->kv_row_i = b.row;
    dut_->kv_head_i = b.head;
    dut_->kv_g_i = b.g;
    dut_->kv_len_i = b.len;
    for (int i = 0; i < 8; ++i) {
      dut_->kv_data_i[i] = b.data[4 * i] | b.data[4 * i + 1] << 8 | b.data[4 * i + 2] << 16 |
                           static_cast<uint32_t>(b.data[4 * i + 3]) << 24;
    }
    dut_->kv_scale_i = b.scale;
    dut_->kv_last_i = b.last;
    dut_->kv_addr_i = b.addr;
  }

  // The row registers answer in the same cycle.
  void ReadRow() {
    const Row row = dut_->row_idx_o < kRows ? rows_[dut_->row_idx_o] : Row{0, 0};
    dut_->row_slot_i = row.slot;
    dut_->row_position_i = row.position;
    dut_.Settle();
  }

  static uint8_t Byte(uint64_t word, uint32_t i) { return static_cast<uint8_t>(word >> i * 8); }
  template <size_t N>
  static uint8_t Byte(const VlWide<N>& words, uint32_t i) {
    return static_cast<uint8_t>(words[i / 4] >> i % 4 * 8);
  }
  static bool Bit(uint64_t word, uint32_t i) { return word >> i & 1; }
  template <size_t N>
  static bool Bit(const VlWide<N>& words, uint32_t i) {
    return words[i / 32] >> i % 32 & 1;
  }

  void Write() {
    ++writes_;
    const uint64_t addr = dut_->wr_addr_o;
    EXPECT_EQ(addr % kPort, 0u);
    for (uint32_t i = 0; i < kPort; ++i) {
      if (!Bit(dut_->wr_strb_o, i)) continue;
      ASSERT_LT(addr + i, memory_.size());
      memory_[addr + i] = Byte(dut_->wr_data_o, i);
    }
  }

  Clocked<Vweft_kv_cache> dut_;
  int offer_, take_;
  Operands operands_;
  Stall stall_;
  Model model_;
  std::array<Row, kRows> rows_{};
  uint64_t k_base_ = 0, v_base_ = 0, writes_ = 0;
  std::vector<uint8_t> golden_, memory_;
  std::deque<Beat> beats_;
  bool waits_ = false;
};

class KvCacheTest : public testing::TestWithParam<std::tuple<int, int>> {};  // percent offered, percent taken

TEST_P(KvCacheTest, MemoryEqualsTheGoldenModel) {
  golden::FpEnv env;
  const auto [offer, take] = GetParam();
  const uint32_t seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  KvCacheBench bench(offer, take, seed);
  for (uint32_t head_dim : {2, 4, 6, 8, 10, 16, 20, 24, 32, 34, 48, 64, 80, 96, 128}) {
    for (uint32_t kv_heads : {1, 2, 3, 4, 8}) {
      bench.SetGeometry(head_dim, kv_heads);
      for (int step = 0; step < (Long() ? 12 : 2); ++step) {
        bench.AddStep();
        bench.Run();
      }
      bench.Compare();
      if (HasFailure()) FAIL() << "head_dim " << head_dim << ", kv_heads " << kv_heads << ", seed " << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Stalls, KvCacheTest,
                         testing::Combine(testing::Values(100, 40), testing::Values(100, 40)));

// Without stalls the write port is the limit: one write a cycle, addresses hidden.
TEST(KvCacheTest, WritesEveryCycle) {
  golden::FpEnv env;
  KvCacheBench bench(100, 100, Seed());
  bench.SetGeometry(32, 2);
  for (int i = 0; i < 20; ++i) bench.AddV(0, i % 2);
  const uint64_t cycles = bench.Run();
  const uint32_t lines = kPort > 32 ? kPort / 32 : 1;
  EXPECT_EQ(bench.writes(), 20u * (32 / lines + 1));
  EXPECT_LE(cycles, bench.writes() + 30u);
  bench.Compare();
}

}  // namespace
}  // namespace weft::bench
