// The Verilated weft_pico with its surroundings, as lib/libweft_board_pico.so.
#include "Vweft_pico.h"
#include "sw/board/qspi_flash.h"
#include "sw/board/rtl_board_plugin.h"
#include "verilated.h"

namespace weft::board {
namespace {

class PicoMachine {
 public:
  static constexpr int kClocksPerBit = 24;

  explicit PicoMachine(const WeftBoardSetup& setup)
      : flash_({setup.storage, setup.storage + setup.bytes}, {}) {
    top_.flash_io_i = 0;
    ResetChip(top_);
  }

  bool Cycle(bool rx) {
    top_.uart_rx_i = rx;
    top_.flash_io_i = flash_.Io();
    top_.eval();
    QspiFlash::Pins pins;
    pins.cs_n = top_.flash_cs_no;
    pins.sck_en = top_.flash_sck_en_o;
    pins.io = top_.flash_io_o;
    pins.oe = top_.flash_io_oe_o;
    const bool tx = top_.uart_tx_o;
    Tick(top_);
    flash_.Clock(pins);
    return tx;
  }
  const char* error() const { return flash_.error().c_str(); }

 private:
  Vweft_pico top_;
  QspiFlash flash_;
};

}  // namespace
}  // namespace weft::board

WEFT_BOARD_PLUGIN(weft::board::PicoMachine)
