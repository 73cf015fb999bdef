// weft_host: registers against a model under random access, the life of a step, rows, tokens and counters.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "Vweft_host.h"
#include "tb/host/axi_lite.h"
#include "tb/lib/bench.h"

namespace weft::bench {
namespace {

using Dut = Vweft_host;
constexpr uint32_t kRows = WEFT_CFG_MAX_ROWS;
constexpr uint16_t kControl = 0x00C, kStatus = 0x010, kBoot = 0x014, kRowCount = 0x034, kCounters = 0x100;
constexpr uint16_t kRow0 = 0x400;
constexpr uint32_t kPortCauses = 16, kArrayCauses = 11;
constexpr uint32_t kCounterCount = 5 + kPortCauses + kArrayCauses;  // cycles, steps, three events, causes

// Readable bits of each register that can be written, by address; 0: read only; absent: SLVERR.
std::map<uint16_t, uint32_t> Registers() {
  std::map<uint16_t, uint32_t> bits = {{0x000, 0}, {0x004, 0}, {0x008, 0}, {kStatus, 0}};
  for (uint16_t hi : {0x01C, 0x024, 0x02C, 0x014}) bits[hi] = 0xffff;
  for (uint16_t lo : {0x018, 0x020, 0x028, 0x030}) bits[lo] = 0xffffffff;
  for (uint16_t i = 0; i < 2 * kCounterCount; ++i) bits[kCounters + 4 * i] = 0;
  for (uint32_t r = 0; r < kRows; ++r) {
    const uint32_t masks[] = {0xffffffff, 0xffff, 0x3ff, 0xffffffff, 0xff, 0xffffffff, 0};
    for (uint16_t i = 0; i < 7; ++i) bits[static_cast<uint16_t>(kRow0 + 0x20 * r + 4 * i)] = masks[i];
  }
  return bits;
}

class HostBench {
 public:
  HostBench(int give, int take, uint32_t seed)
      : bus_(dut_, give, take, seed, [this] { EachCycle(); }), engine_(seed) {
    dut_->done_i = dut_->op_error_i = dut_->bus_error_i = dut_->tok_valid_i = 0;
    dut_->ev_write_i = dut_->ev_drain_i = dut_->ev_softmax_i = 0;
    dut_->port_cause_i = dut_->array_cause_i = 0;
    dut_->row_a_idx_i = dut_->row_b_idx_i = dut_->row_c_idx_i = dut_->sample_idx_i = 0;
    dut_.Settle();
  }

  uint64_t Counter(int i) {
    const uint64_t low = bus_.Read(static_cast<uint16_t>(kCounters + 8 * i));
    return low | uint64_t{bus_.Read(static_cast<uint16_t>(kCounters + 8 * i + 4))} << 32;
  }

  AxiLite<Dut>& bus() { return bus_; }
  Clocked<Dut>& dut() { return dut_; }
  std::mt19937& engine() { return engine_; }
  int starts() const { return starts_; }
  // Random events from now on; what they should count to.
  void Events(bool on) { events_ = on; }
  const std::array<uint64_t, kCounterCount>& counted() const { return counted_; }

 private:
  void EachCycle() {
    starts_ += dut_->start_o;
    if (events_) {
      const uint32_t bits = engine_();
      const uint32_t port = bits >> 8 & 15, array = (bits >> 12) % kArrayCauses;
      dut_->ev_write_i = bits & 1, dut_->ev_drain_i = bits >> 1 & 1, dut_->ev_softmax_i = bits >> 2 & 1;
      dut_->port_cause_i = port, dut_->array_cause_i = array;
      dut_.Settle();
      if (dut_->busy_o) {
        for (int i = 0; i < 3; ++i) counted_[i + 2] += bits >> i & 1;
        ++counted_[5 + port];
        ++counted_[5 + kPortCauses + array];
      }
    }
    if (dut_->busy_o) ++counted_[0];
  }

  Clocked<Dut> dut_;
  AxiLite<Dut> bus_;
  std::mt19937 engine_;
  std::array<uint64_t, kCounterCount> counted_ = {};
  bool events_ = false;
  int starts_ = 0;
};

struct StallCase {
  const char* name;
  int give, take;
  friend void PrintTo(const StallCase& s, std::ostream* out) { *out << s.name; }
};
class HostTest : public ::testing::TestWithParam<StallCase> {
 protected:
  HostBench bench_{GetParam().give, GetParam().take, Seed()};
};

INSTANTIATE_TEST_SUITE_P(, HostTest,
                         ::testing::Values(StallCase{"NoStalls", 100, 100}, StallCase{"InputStalls", 25, 100},
                                           StallCase{"OutputStalls", 100, 25},
                                           StallCase{"BothStall", 30, 30}),
                         [](const auto& info) { return info.param.name; });

TEST_P(HostTest, SaysWhatItIs) {
  EXPECT_EQ(bench_.bus().Read(0x000), 0x54464557u);
  EXPECT_EQ(bench_.bus().Read(0x004), 1u);
  EXPECT_EQ(bench_.bus().Read(0x008), WEFT_CFG_PORT_BYTES | WEFT_CFG_COLUMNS << 8 |
                                          WEFT_CFG_PANEL_ROWS << 16 | static_cast<uint32_t>(kRows) << 24);
  EXPECT_EQ(bench_.bus().Read(kStatus), 0u);
}

TEST_P(HostTest, RegistersKeepWhatIsWritten) {
  const auto bits = Registers();
  std::map<uint16_t, uint32_t> value;
  std::vector<uint16_t> writable;
  for (const auto& [addr, mask] : bits) {
    if (mask == 0) continue;
    EXPECT_EQ(bench_.bus().Write(addr, 0), kOkay);
    value[addr] = 0;
    writable.push_back(addr);
  }
  auto& engine = bench_.engine();
  for (int i = 0; i < 2000 && !HasFailure(); ++i) {
    const uint16_t addr = writable[engine() % writable.size()], other = writable[engine() % writable.size()];
    AxiLite<Dut>::Access write{addr, static_cast<uint32_t>(engine()), static_cast<uint8_t>(engine() & 15)};
    AxiLite<Dut>::Access read{other};
    // Together only where the answer does not depend on which comes first.
    if (addr == other) continue;
    bench_.bus().Both(&write, engine() % 2 ? &read : nullptr);
    EXPECT_EQ(write.resp, kOkay);
    EXPECT_TRUE(read.resp == 0xff || read.data == value[other]) << "address " << other;
    for (int b = 0; b < 4; ++b) {
      const uint32_t byte = 0xffu << (8 * b) & bits.at(addr);
      if (write.strb >> b & 1) value[addr] = (value[addr] & ~byte) | (write.data & byte);
    }
    EXPECT_EQ(bench_.bus().Read(addr), value[addr]) << "address " << addr;
  }
  EXPECT_EQ(bench_.dut()->tape_base_o, value[0x018] | uint64_t{value[0x01C]} << 32);
  EXPECT_EQ(bench_.dut()->kv_base_o, value[0x020] | uint64_t{value[0x024]} << 32);
  EXPECT_EQ(bench_.dut()->logit_base_o, value[0x028] | uint64_t{value[0x02C]} << 32);
  EXPECT_EQ(bench_.dut()->logit_stride_o, value[0x030]);
  EXPECT_EQ(bench_.dut()->boot_o, value[kBoot]);
  // Rows on all their ports.
  EXPECT_EQ(bench_.bus().Write(kRowCount, kRows - 1), kOkay);
  for (uint32_t r = 0; r < kRows; ++r) {
    const auto at = [&](int reg) {
      return uint64_t{value[static_cast<uint16_t>(kRow0 + 0x20 * r + 4 * reg)]};
    };
    const uint64_t row = at(0) | at(1) << 32 | (at(2) & 0xff) << 48 | (at(2) >> 9 & 1) << 56 |
                         (at(2) >> 8 & 1) << 57 | uint64_t{r < kRows - 1} << 58;
    auto& dut = bench_.dut();
    dut->row_a_idx_i = r, dut->row_b_idx_i = r, dut->row_c_idx_i = r, dut->sample_idx_i = r;
    dut.Settle();
    EXPECT_EQ(dut->row_a_o, row);
    EXPECT_EQ(dut->row_b_o, row);
    EXPECT_EQ(dut->row_c_o, row);
    EXPECT_EQ(dut->sample_position_o, at(1));
    EXPECT_EQ(dut->sample_z_o, at(3));
    EXPECT_EQ(dut->sample_top_k_o, at(4));
    EXPECT_EQ(dut->sample_seed_o, at(5));
    EXPECT_EQ(dut->want_o >> r & 1, at(2) >> 8 & 1);
    EXPECT_EQ(dut->dump_o >> r & 1, at(2) >> 9 & 1);
    EXPECT_EQ(dut->wantdump_o >> r & 1, (at(2) >> 8 | at(2) >> 9) & 1);
  }
}

// A master that does not wait for answers: each access still gets its own, in order.
TEST_P(HostTest, AccessesInARowKeepTheirAnswers) {
  std::vector<AxiLite<Dut>::Access> writes, reads;
  std::map<uint16_t, uint32_t> value;
  auto& engine = bench_.engine();
  for (int i = 0; i < 300; ++i) {
    const bool good = engine() % 4 != 0;
    const uint16_t addr = good ? static_cast<uint16_t>(kRow0 + 0x20 * (engine() % kRows) + 0x14) : 0x03C;
    writes.push_back({addr, static_cast<uint32_t>(engine())});
    if (good) value[addr] = writes.back().data;
    reads.push_back({static_cast<uint16_t>(4 * (engine() % 3))});
  }
  std::vector<AxiLite<Dut>::Access*> write_list, read_list;
  for (auto& w : writes) write_list.push_back(&w);
  for (auto& r : reads) read_list.push_back(&r);
  bench_.bus().Stream(write_list, read_list);
  for (const auto& w : writes) EXPECT_EQ(w.resp, w.addr == 0x03C ? kSlverr : kOkay);
  for (const auto& r : reads) EXPECT_EQ(r.data, bench_.bus().Read(r.addr));
  for (const auto& [addr, data] : value) EXPECT_EQ(bench_.bus().Read(addr), data);
}

TEST_P(HostTest, OtherAddressesAnswerSlverr) {
  const auto bits = Registers();
  auto& bus = bench_.bus();
  for (uint32_t addr = 0; addr < 0x10000; addr += 4) {
    if (addr >= 0x900 && addr % 0x124 != 0) continue;  // a sample of the far ones
    const auto found = bits.find(static_cast<uint16_t>(addr));
    const bool exists = found != bits.end() || addr == kControl || addr == kRowCount;
    uint8_t resp;
    bus.Read(static_cast<uint16_t>(addr), &resp);
    EXPECT_EQ(resp, exists ? kOkay : kSlverr) << "read " << addr;
    const bool writable =
        addr == kControl || addr == kRowCount || (found != bits.end() && found->second != 0);
    EXPECT_EQ(bus.Write(static_cast<uint16_t>(addr), 0), writable ? kOkay : kSlverr) << "write " << addr;
    if (HasFailure()) return;
  }
  EXPECT_EQ(bus.Write(kRowCount, kRows), kOkay);
  EXPECT_EQ(bus.Write(kRowCount, kRows + 1), kSlverr);
  EXPECT_EQ(bus.Read(kRowCount), kRows);
  EXPECT_EQ(bench_.starts(), 0);
}

TEST_P(HostTest, AStepStartsOnceAndEnds) {
  auto& bus = bench_.bus();
  for (int step = 1; step <= 5; ++step) {
    EXPECT_EQ(bus.Write(kControl, 1, 14), kOkay);  // the byte with the bit is not written
    EXPECT_EQ(bench_.starts(), step - 1);
    bench_.dut()->done_i = step % 2;  // odd steps have nothing to do
    EXPECT_EQ(bus.Write(kControl, 1), kOkay);
    bus.Wait(10);
    EXPECT_EQ(bench_.starts(), step);
    if (step % 2 == 0) {
      EXPECT_TRUE(bench_.dut()->busy_o);
      EXPECT_FALSE(bench_.dut()->irq_o);
      EXPECT_EQ(bus.Read(kStatus), 1u);
      EXPECT_EQ(bus.Write(kControl, 1), kSlverr);
      EXPECT_EQ(bus.Write(kBoot, 77), kSlverr);
      EXPECT_EQ(bus.Write(kRow0, 77), kSlverr);
      EXPECT_EQ(bench_.starts(), step);
      bench_.dut()->done_i = 1;
      bus.Wait(2);
    }
    EXPECT_FALSE(bench_.dut()->busy_o);
    EXPECT_TRUE(bench_.dut()->irq_o);
    EXPECT_EQ(bus.Read(kStatus), 2u);
  }
  EXPECT_EQ(bench_.Counter(1), 5u);
  EXPECT_EQ(bench_.Counter(0), bench_.counted()[0]);
}

TEST_P(HostTest, AnErrorStopsForGood) {
  auto& bus = bench_.bus();
  bench_.dut()->done_i = 0;
  EXPECT_EQ(bus.Write(kControl, 1), kOkay);
  bus.Wait(5);
  const bool op = GetParam().give == 100;
  (op ? bench_.dut()->op_error_i : bench_.dut()->bus_error_i) = 1;
  bus.Wait(2);
  EXPECT_EQ(bus.Read(kStatus), op ? 0x104u : 0x204u);
  EXPECT_TRUE(bench_.dut()->irq_o);
  EXPECT_FALSE(bench_.dut()->busy_o);
  bench_.dut()->bus_error_i = 1, bench_.dut()->op_error_i = 1, bench_.dut()->done_i = 1;
  EXPECT_EQ(bus.Write(kControl, 1), kOkay);
  bus.Wait(5);
  EXPECT_EQ(bus.Read(kStatus), op ? 0x104u : 0x204u);  // the first error stays
  EXPECT_EQ(bench_.starts(), 1);
}

TEST_P(HostTest, TokensComeBack) {
  auto& bus = bench_.bus();
  std::vector<uint32_t> tokens(kRows);
  for (uint32_t r = kRows; r-- > 0;) {
    tokens[r] = bench_.engine()();
    bench_.dut()->tok_valid_i = 1, bench_.dut()->tok_row_i = r, bench_.dut()->tok_i = tokens[r];
    bus.Wait(1);
    bench_.dut()->tok_valid_i = 0, bench_.dut()->tok_i = 0;
  }
  for (uint32_t r = 0; r < kRows; ++r)
    EXPECT_EQ(bus.Read(static_cast<uint16_t>(kRow0 + 0x20 * r + 0x18)), tokens[r]);
}

TEST_P(HostTest, CountersCountBusyCycles) {
  auto& bus = bench_.bus();
  bench_.Events(true);
  bus.Wait(50);  // not busy: nothing counts
  EXPECT_EQ(bench_.Counter(0), 0u);
  EXPECT_EQ(bench_.Counter(3), 0u);
  bench_.dut()->done_i = 0;
  EXPECT_EQ(bus.Write(kControl, 1), kOkay);
  bus.Wait(500);
  bench_.dut()->done_i = 1;
  bus.Wait(3);
  uint64_t port = 0, array = 0;
  for (uint32_t i = 0; i < kCounterCount; ++i) {
    if (i == 1) continue;  // steps
    const uint64_t value = bench_.Counter(static_cast<int>(i));
    EXPECT_EQ(value, bench_.counted()[i]) << "counter " << i;
    if (i >= 5) (i < 5 + kPortCauses ? port : array) += value;
  }
  EXPECT_EQ(port, bench_.Counter(0));
  EXPECT_EQ(array, bench_.Counter(0));
  EXPECT_GE(bench_.Counter(0), 500u);
}

}  // namespace
}  // namespace weft::bench
