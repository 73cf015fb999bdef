// The Verilated weft_nano with its surroundings, as lib/libweft_board_nano.so.
#include "Vweft_nano.h"
#include "sw/board/rtl_board_plugin.h"
#include "sw/board/sdram_model.h"
#include "verilated.h"

namespace weft::board {
namespace {

// The SDRAM of these boards, with as short a power-up pause as the chip is built with.
SdramTiming Timing() {
  SdramTiming timing;
  timing.dq_bits = 32;
  timing.row_bits = 11;
  timing.col_bits = 8;
  timing.refresh_time = 690;
  return timing;
}

class NanoMachine {
 public:
  static constexpr int kClocksPerBit = 45;

  explicit NanoMachine(const WeftBoardSetup& setup) : sdram_(Timing()) {
    for (uint64_t at = 0; at < setup.bytes; at += 4) {
      uint32_t word = 0;
      for (uint64_t i = 0; i < 4 && at + i < setup.bytes; ++i) word |= uint32_t{setup.storage[at + i]} << (8 * i);
      sdram_.Store(static_cast<uint32_t>(at / 4), word);
    }
    top_.dq_i = 0;
    ResetChip(top_);
  }

  bool Cycle(bool rx) {
    top_.uart_rx_i = rx;
    top_.eval();
    const SdramPins pins = {top_.cke_o != 0, top_.ras_no != 0, top_.cas_no != 0, top_.we_no != 0, top_.dq_oe_o != 0,
                            top_.ba_o,       top_.a_o,         top_.dqm_o,       top_.dq_o};
    const bool tx = top_.uart_tx_o;
    const uint32_t dq = sdram_.Step(pins);
    Tick(top_);
    top_.dq_i = dq;
    return tx;
  }
  const char* error() const { return sdram_.Complaint().c_str(); }

 private:
  Vweft_nano top_;
  SdramModel sdram_;
};

}  // namespace
}  // namespace weft::board

WEFT_BOARD_PLUGIN(weft::board::NanoMachine)
