// Configuration pico on the Colorlight i5: clock, reset and pads around weft_nano.
//
// The SDRAM's clock enable, chip select and byte masks are wired to what keeps it on, so bytes are stored by writing
// the whole word. Its clock lags the chip's by a quarter of a cycle, so that commands are there early enough and data come
// before the clock edge that takes them (docs/reference/board.md). Board data and pins: fpga/boards.json; scripts/fpga
// sets the parameters from it.
`default_nettype none

module weft_board_colorlight_i5 #(
  parameter int unsigned PllIdiv      = 5,   // the PLL: oscillator / PllIdiv * PllFbdiv, and its own is PllOdiv times that
  parameter int unsigned PllFbdiv     = 9,
  parameter int unsigned PllOdiv      = 12,
  parameter int unsigned ClocksPerBit = 45,  // of the UART
  parameter int unsigned InitCycles   = 20000,
  parameter int unsigned RefreshTime  = 690,
  parameter              Firmware     = ""    // nano_firmware.hex
) (
  input  wire        clk_i,      // the oscillator

  // Serial port
  input  wire        uart_rx_i,
  output wire        uart_tx_o,

  // SDRAM
  output wire        sdram_clk_o,
  output wire        sdram_ras_no,
  output wire        sdram_cas_no,
  output wire        sdram_we_no,
  output wire [1:0]  sdram_ba_o,
  output wire [10:0] sdram_a_o,
  inout  wire [31:0] sdram_dq_io,

  output wire        led_no
);

  // Clock
  logic clk, sdram_clk, locked, unused_clk;
  EHXPLLL #(
    .CLKI_DIV(PllIdiv), .CLKFB_DIV(PllFbdiv), .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(PllOdiv),
    .CLKOP_CPHASE(PllOdiv - 1), .CLKOP_FPHASE(0), .FEEDBK_PATH("CLKOP"),
    .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(PllOdiv),
    .CLKOS_CPHASE(PllOdiv - 1 + PllOdiv / 4), .CLKOS_FPHASE(0)
  ) u_pll (
    .CLKI(clk_i), .CLKFB(clk), .RST(1'b0), .STDBY(1'b0), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0),
    .ENCLKOS2(1'b0), .ENCLKOS3(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0), .PHASELOADREG(1'b0),
    .CLKOP(clk), .CLKOS(sdram_clk), .CLKOS2(unused_clk), .LOCK(locked));

  // Reset: configuration leaves these registers at zero, and the PLL's lock ends it a few cycles later.
  logic [3:0] reset_nq = 4'd0;
  always_ff @(posedge clk) reset_nq <= {reset_nq[2:0], locked};

  // The chip
  logic [31:0] dq_out, dq_in;
  logic        dq_oe;
  logic [2:0]  led;
  logic        unused_cke;
  logic [3:0]  unused_dqm;
  weft_nano #(
    .ClocksPerBit(ClocksPerBit), .ByteStores(0), .InitCycles(InitCycles), .RefreshTime(RefreshTime),
    .Firmware(Firmware)
  ) u_pico (
    .clk_i(clk), .rst_ni(reset_nq[3]),
    .uart_rx_i, .uart_tx_o,
    .cke_o(unused_cke), .ras_no(sdram_ras_no), .cas_no(sdram_cas_no), .we_no(sdram_we_no),
    .ba_o(sdram_ba_o), .a_o(sdram_a_o), .dqm_o(unused_dqm), .dq_o(dq_out), .dq_oe_o(dq_oe), .dq_i(dq_in),
    .led_o(led));
  assign led_no = ~led[0];

  logic unused;
  assign unused = &{1'b0, unused_clk, unused_cke, unused_dqm, led[2:1]};

  // Pads
  ODDRX1F u_sdram_clk (.SCLK(sdram_clk), .RST(1'b0), .D0(1'b1), .D1(1'b0), .Q(sdram_clk_o));
  for (genvar i = 0; i < 32; i++) begin : gen_dq
    BB u_dq (.B(sdram_dq_io[i]), .I(dq_out[i]), .T(!dq_oe), .O(dq_in[i]));
  end

endmodule

`default_nettype wire
