// Configuration edge on the ULX3S: clocks, resets and pads around weft_board_sdram.
//
// The PLL makes the clock of the SDRAM's controller, the chip's, and the SDRAM's own, which lags by three quarters of a cycle.
// Every line of the SDRAM has a register in its pad in both directions, one stage more than weft_sdram has; only what
// turns the data lines round is a register of the fabric. Board data and pins: fpga/boards.json; scripts/fpga sets the
// parameters from it. Timing of the pads: docs/reference/board.md.
`default_nettype none

module weft_board_ulx3s #(
  parameter int unsigned  ClockHz      = 40000000,
  parameter int unsigned  SdramHz      = 80000000,
  parameter int unsigned  ClocksPerBit = 20,
  parameter int unsigned  MemoryBytes  = 32'h02000000,
  parameter logic [31:0]  ConfigCrc    = '0,
  parameter int unsigned  PllRefDiv    = 5,  // SdramHz is the oscillator's by PllRefDiv, times PllFbDiv
  parameter int unsigned  PllFbDiv     = 16,
  parameter int unsigned  PllOutDiv    = 8,  // the VCO's, by it: a multiple of 4; 400 to 800 MHz
  parameter int unsigned  PllChipDiv   = 16  // ClockHz is the VCO's by it
) (
  input  wire         clk_i,        // 25 MHz

  // Serial port, the FTDI chip's
  input  wire         uart_rx_i,
  output wire         uart_tx_o,

  output wire         wifi_gpio0_o, // high: the ESP32 starts its own program and leaves the FPGA alone
  output wire  [7:0]  led_o,

  // SDRAM
  output wire         sdram_clk_o,
  output wire         sdram_cke_o,
  output wire         sdram_cs_no,
  output wire         sdram_ras_no,
  output wire         sdram_cas_no,
  output wire         sdram_we_no,
  output wire  [1:0]  sdram_ba_o,
  output wire  [12:0] sdram_a_o,
  output wire  [1:0]  sdram_dqm_o,
  inout  wire  [15:0] sdram_dq_io
);

  // ---- clocks and resets -------------------------------------------------------------------------------------------------
  logic clk, clk_sdram, clk_lag, locked;
  EHXPLLL #(
    .CLKI_DIV(PllRefDiv), .CLKFB_DIV(PllFbDiv), .FEEDBK_PATH("CLKOP"),
    .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(PllOutDiv), .CLKOP_CPHASE(0), .CLKOP_FPHASE(0),
    .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(PllChipDiv), .CLKOS_CPHASE(0), .CLKOS_FPHASE(0),
    .CLKOS2_ENABLE("ENABLED"), .CLKOS2_DIV(PllOutDiv), .CLKOS2_CPHASE(3 * PllOutDiv / 4), .CLKOS2_FPHASE(0)
  ) u_pll (
    .CLKI(clk_i), .CLKFB(clk_sdram), .CLKOP(clk_sdram), .CLKOS(clk), .CLKOS2(clk_lag), .LOCK(locked),
    .RST(1'b0), .STDBY(1'b0), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0), .ENCLKOS2(1'b0), .ENCLKOS3(1'b0),
    .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b0), .PHASESTEP(1'b0), .PHASELOADREG(1'b0));

  // Configuration leaves these registers at zero; a few cycles behind the PLL's lock the resets end.
  logic [3:0] reset_nq = 4'd0, sdram_reset_nq = 4'd0;
  always_ff @(posedge clk)       reset_nq <= {reset_nq[2:0], locked};
  always_ff @(posedge clk_sdram) sdram_reset_nq <= {sdram_reset_nq[2:0], locked};

  // ---- the board ---------------------------------------------------------------------------------------------------------
  logic        cke, ras_n, cas_n, we_n, dq_oe, dq_float_q;
  logic [1:0]  ba, dqm;
  logic [12:0] a;
  logic [15:0] dq_out, dq_out_q, dq_pad, dq_in_q;
  logic [2:0]  led;
  weft_board_sdram #(
    .ClockHz(ClockHz), .SdramHz(SdramHz), .ClocksPerBit(ClocksPerBit), .MemoryBytes(MemoryBytes)
  ) u_board (
    .clk_i(clk), .rst_ni(reset_nq[3]), .sdram_clk_i(clk_sdram), .sdram_rst_ni(sdram_reset_nq[3]),
    .config_crc_i(ConfigCrc), .uart_rx_i, .uart_tx_o,
    .sdram_cke_o(cke), .sdram_ras_no(ras_n), .sdram_cas_no(cas_n), .sdram_we_no(we_n), .sdram_ba_o(ba), .sdram_a_o(a),
    .sdram_dqm_o(dqm), .sdram_dq_o(dq_out), .sdram_dq_oe_o(dq_oe), .sdram_dq_i(dq_in_q), .led_o(led));
  assign led_o        = {5'd0, led};
  assign wifi_gpio0_o = 1'b1;

  // ---- pads --------------------------------------------------------------------------------------------------------------
  ODDRX1F u_clk (.SCLK(clk_lag), .RST(1'b0), .D0(1'b1), .D1(1'b0), .Q(sdram_clk_o));
  assign sdram_cs_no = 1'b0;

  // In the order of their ports.
  logic [20:0] line, line_q;
  assign line = {cke, ras_n, cas_n, we_n, ba, a, dqm};
  assign {sdram_cke_o, sdram_ras_no, sdram_cas_no, sdram_we_no, sdram_ba_o, sdram_a_o, sdram_dqm_o} = line_q;
  for (genvar i = 0; i < 21; i++) begin : gen_line
    OFS1P3DX u_line (.SCLK(clk_sdram), .SP(1'b1), .CD(1'b0), .D(line[i]), .Q(line_q[i]));
  end
  for (genvar i = 0; i < 16; i++) begin : gen_dq
    OFS1P3DX u_out (.SCLK(clk_sdram), .SP(1'b1), .CD(1'b0), .D(dq_out[i]), .Q(dq_out_q[i]));
    IFS1P3DX u_in (.SCLK(clk_sdram), .SP(1'b1), .CD(1'b0), .D(dq_pad[i]), .Q(dq_in_q[i]));
    BB u_pad (.I(dq_out_q[i]), .T(dq_float_q), .O(dq_pad[i]), .B(sdram_dq_io[i]));
  end
  always_ff @(posedge clk_sdram) dq_float_q <= !dq_oe;

endmodule

`default_nettype wire
