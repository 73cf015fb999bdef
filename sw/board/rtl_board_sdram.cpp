// The Verilated weft_board_sdram with a model of its SDRAM, as lib/libweft_board_edge.so: the numbers are
// those of the ULX3S in fpga/boards.json.
#include <string>

#include "Vweft_board_sdram.h"
#include "sw/board/rtl_board_plugin.h"
#include "sw/board/sdram_model.h"
#include "verilated.h"

namespace weft::board {
namespace {

constexpr int kResetCycles = 8;

// At 80 MHz, by the data sheets' slowest grades: 21 ns of tRP and tRCD, 49 of tRAS, 70 of tRFC, 15 of tRRD
// and tWR, 200 us of power-up, a refresh every 7.8125 us.
SdramTiming Timing() {
  SdramTiming t;
  t.cas = 2;
  t.init = 16000;
  t.trp = t.trcd = 2;
  t.tras = 4;
  t.trfc = 6;
  t.trrd = t.twr = 2;
  t.refresh_time = 625;
  t.read_delay = 3;  // and the pads, which are not part of the model

  return t;
}

// Two SDRAM cycles for each of the chip's, their edges aligned.
class SdramMachine {
 public:
  static constexpr int kClocksPerBit = 20;

  explicit SdramMachine(const WeftBoardSetup& setup) : sdram_(Timing()) {
    for (uint64_t at = 0; at < setup.bytes; at += 2) {
      const uint32_t high = at + 1 < setup.bytes ? setup.storage[at + 1] : 0;
      sdram_.Store(static_cast<uint32_t>(at / 2), static_cast<uint16_t>(setup.storage[at] | high << 8));
    }
    top_.config_crc_i = setup.config_crc;
    top_.clk_i = top_.sdram_clk_i = 0;
    top_.rst_ni = top_.sdram_rst_ni = 0;
    top_.uart_rx_i = 1;
    top_.sdram_dq_i = 0;
    top_.eval();
    for (int i = 0; i < kResetCycles; ++i) Cycle(true);
    top_.rst_ni = top_.sdram_rst_ni = 1;
  }

  bool Cycle(bool rx) {
    top_.uart_rx_i = rx;
    const bool tx = top_.uart_tx_o;
    SdramEdge(true);
    SdramEdge(false);
    return tx;
  }
  const char* error() const { return error_.c_str(); }

 private:
  // One cycle of the SDRAM; the chip's clock rises with the first of two and falls with the second.
  void SdramEdge(bool chip) {
    const bool out_of_reset = top_.sdram_rst_ni;
    const SdramPins pins = {top_.sdram_cke_o != 0, top_.sdram_ras_no != 0,  top_.sdram_cas_no != 0,
                            top_.sdram_we_no != 0, top_.sdram_dq_oe_o != 0, top_.sdram_ba_o,
                            top_.sdram_a_o,        top_.sdram_dqm_o,        top_.sdram_dq_o};
    const uint16_t dq = out_of_reset ? sdram_.Step(pins) : 0;
    if (error_.empty() && !sdram_.Complaint().empty()) error_ = "the SDRAM: " + sdram_.Complaint();
    top_.clk_i = chip;
    top_.sdram_clk_i = 1;
    top_.eval();
    top_.sdram_clk_i = 0;
    top_.sdram_dq_i = dq;
    top_.eval();
  }

  Vweft_board_sdram top_;
  SdramModel sdram_;
  std::string error_;
};

}  // namespace
}  // namespace weft::board

WEFT_BOARD_PLUGIN(weft::board::SdramMachine)
