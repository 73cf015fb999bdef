// An AXI-Lite master that moves each channel on its own: AW before W, W before AW, late B and R, all at
// random.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "tb/lib/bench.h"

namespace weft::bench {

inline constexpr uint8_t kOkay = 0, kSlverr = 2;

template <typename Dut>
class AxiLite {
 public:
  // Each channel moves with these chances a cycle; `each_cycle` runs with outputs settled, before the clock
  // edge.
  AxiLite(Clocked<Dut>& dut, int give, int take, uint32_t seed, std::function<void()> each_cycle)
      : dut_(dut), stall_(seed), give_(give), take_(take), each_cycle_(std::move(each_cycle)) {
    dut_->s_awvalid_i = dut_->s_wvalid_i = dut_->s_bready_i = dut_->s_arvalid_i = dut_->s_rready_i = 0;
  }

  struct Access {
    uint16_t addr = 0;
    uint32_t data = 0;
    uint8_t strb = 15;
    uint8_t resp = 0xff;
  };

  uint8_t Write(uint16_t addr, uint32_t data, uint8_t strb = 15) {
    Access write{addr, data, strb};
    Both(&write, nullptr);
    return write.resp;
  }
  uint32_t Read(uint16_t addr, uint8_t* resp = nullptr) {
    Access read{addr};
    Both(nullptr, &read);
    if (resp)
      *resp = read.resp;
    else
      EXPECT_EQ(read.resp, kOkay) << "address " << addr;
    return read.data;
  }

  // A write and a read at once; either may be absent.
  void Both(Access* write, Access* read) {
    Stream(write ? std::vector<Access*>{write} : std::vector<Access*>{},
           read ? std::vector<Access*>{read} : std::vector<Access*>{});
  }

  // Writes and reads, each channel as far ahead as the slave lets it.
  void Stream(const std::vector<Access*>& writes, const std::vector<Access*>& reads) {
    size_t aw = 0, w = 0, b = 0, ar = 0, r = 0;
    bool aw_offered = false, w_offered = false, ar_offered = false;
    for (size_t cycle = 0; b < writes.size() || r < reads.size(); ++cycle) {
      ASSERT_LT(cycle, 2000 * (writes.size() + reads.size())) << "the register port hangs";
      aw_offered = aw < writes.size() && (aw_offered || stall_.Go(give_));
      w_offered = w < writes.size() && (w_offered || stall_.Go(give_));
      ar_offered = ar < reads.size() && (ar_offered || stall_.Go(give_));
      dut_->s_awvalid_i = aw_offered;
      dut_->s_wvalid_i = w_offered;
      dut_->s_arvalid_i = ar_offered;
      // Payloads are only valid with their valid.
      dut_->s_awaddr_i = aw_offered ? writes[aw]->addr : 0xffff & stall_.engine()();
      dut_->s_wdata_i = w_offered ? writes[w]->data : stall_.engine()();
      dut_->s_wstrb_i = w_offered ? writes[w]->strb : stall_.engine()() & 15;
      dut_->s_araddr_i = ar_offered ? reads[ar]->addr : 0xffff & stall_.engine()();
      dut_->s_bready_i = stall_.Go(take_);
      dut_->s_rready_i = stall_.Go(take_);
      dut_.Settle();
      EXPECT_TRUE(!held_b_ || (dut_->s_bvalid_o && dut_->s_bresp_o == b_resp_)) << "a stalled answer changed";
      EXPECT_TRUE(!held_r_ || (dut_->s_rvalid_o && dut_->s_rdata_o == r_data_ && dut_->s_rresp_o == r_resp_))
          << "a stalled answer changed";
      EXPECT_TRUE(!dut_->s_bvalid_o || (b < aw && b < w)) << "an answer before its write";
      EXPECT_TRUE(!dut_->s_rvalid_o || r < ar) << "an answer before its read";
      held_b_ = dut_->s_bvalid_o && !dut_->s_bready_i, b_resp_ = dut_->s_bresp_o;
      held_r_ = dut_->s_rvalid_o && !dut_->s_rready_i, r_data_ = dut_->s_rdata_o, r_resp_ = dut_->s_rresp_o;
      if (dut_->s_bvalid_o && dut_->s_bready_i && b < writes.size()) writes[b++]->resp = dut_->s_bresp_o;
      if (dut_->s_rvalid_o && dut_->s_rready_i && r < reads.size()) {
        reads[r]->data = dut_->s_rdata_o, reads[r++]->resp = dut_->s_rresp_o;
      }
      if (aw_offered && dut_->s_awready_o) ++aw, aw_offered = false;
      if (w_offered && dut_->s_wready_o) ++w, w_offered = false;
      if (ar_offered && dut_->s_arready_o) ++ar, ar_offered = false;
      each_cycle_();
      dut_.Tick();
    }
    Quiet();
  }

  // `cycles` without an access.
  void Wait(int cycles) {
    for (int i = 0; i < cycles; ++i) {
      Quiet();
      dut_.Settle();
      each_cycle_();
      dut_.Tick();
    }
  }

 private:
  void Quiet() {
    dut_->s_awvalid_i = dut_->s_wvalid_i = dut_->s_arvalid_i = dut_->s_bready_i = dut_->s_rready_i = 0;
  }

  Clocked<Dut>& dut_;
  Stall stall_;
  int give_, take_;
  std::function<void()> each_cycle_;
  bool held_b_ = false, held_r_ = false;
  uint8_t b_resp_ = 0, r_resp_ = 0;
  uint32_t r_data_ = 0;
};

}  // namespace weft::bench
