// The Verilated weft_board_sdram with a model of its SDRAM, as lib/libweft_board_edge.so. The clocks are those of the
// ULX3S in fpga/boards.json, by way of cmake/board.cmake.
#include <string>

#include "Vweft_board_sdram.h"
#include "sw/board/rtl_board_plugin.h"
#include "sw/board/sdram_model.h"
#include "verilated.h"

namespace weft::board {
namespace {

constexpr uint64_t kChipHz = WEFT_BOARD_CHIP_HZ, kSdramHz = WEFT_BOARD_SDRAM_HZ;
static_assert(kSdramHz >= 2 * kChipHz, "the chip's clock rises with one SDRAM cycle and falls with another");

constexpr int Cycles(double ns) {
  const double exact = ns * 1e-9 * static_cast<double>(kSdramHz);
  const int whole = static_cast<int>(exact);
  return whole < exact ? whole + 1 : whole;
}

// The data sheets' slowest grades.
SdramTiming Timing() {
  SdramTiming t;
  t.cas = 2;
  t.init = Cycles(200e3);
  t.trp = t.trcd = Cycles(21);
  t.tras = Cycles(49);
  t.trfc = Cycles(70);
  t.trrd = t.twr = Cycles(15);
  t.refresh_time = static_cast<int>(7812.5e-9 * kSdramHz);
  t.read_delay = 3;  // and the pads, which are not part of the model
  return t;
}

// The edges of the chip's clock are at edges of the SDRAM's.
class SdramMachine {
 public:
  static constexpr int kClocksPerBit = WEFT_BOARD_CLOCKS_PER_BIT;

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
    for (phase_ += kSdramHz - kChipHz; phase_ >= kChipHz; phase_ -= kChipHz) SdramEdge(false);
    return tx;
  }
  const char* error() const { return error_.c_str(); }

 private:
  // One cycle of the SDRAM; the chip's clock has level `chip` in it.
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
  uint64_t phase_ = 0;  // how far the SDRAM's cycles lag behind the chip's, in 1 / (kChipHz * kSdramHz) s
  std::string error_;
};

}  // namespace
}  // namespace weft::board

WEFT_BOARD_PLUGIN(weft::board::SdramMachine)
