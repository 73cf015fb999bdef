// Configuration pico on a board with an iCE40 UP5K: clock, reset and pads around weft_pico.
//
// The oscillator enters at a pad that a PLL can use. The chip's clock feeds every pad: SCK leaves through an output cell
// with two edges (low in the first half of a cycle, high in the second if there is a pulse), the data lines are taken
// by the registers of their pads. Board data and pins: fpga/boards.json; scripts/fpga sets the parameters from it.
`default_nettype none

module weft_board_ice40 #(
  parameter int unsigned PllDivR      = 0,   // the PLL's parameters, from icepll
  parameter int unsigned PllDivF      = 63,
  parameter int unsigned PllDivQ      = 5,
  parameter int unsigned PllFilter    = 1,
  parameter int unsigned ClocksPerBit = 24   // of the UART
) (
  input  wire        clk_i,      // the oscillator

  // Serial port
  input  wire        uart_rx_i,
  output wire        uart_tx_o,

  // QSPI flash
  output wire        flash_cs_no,
  output wire        flash_sck_o,
  inout  wire  [3:0] flash_io,

  output wire  [2:0] led_no
);

  // Clock. Not PLLOUTGLOBAL: that one lies on a global net that resets can use too, and nextpnr-ice40 0.4 gives it to
  // both, so that the design cannot be routed.
  logic clk, locked;
  SB_PLL40_PAD #(
    .FEEDBACK_PATH("SIMPLE"),
    .DIVR(4'(PllDivR)), .DIVF(7'(PllDivF)), .DIVQ(3'(PllDivQ)), .FILTER_RANGE(3'(PllFilter))
  ) u_pll (
    .PACKAGEPIN(clk_i), .PLLOUTCORE(clk), .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0));

  // Reset: configuration leaves these registers at zero, and the PLL's lock ends it a few cycles later.
  logic [3:0] reset_nq = 4'd0;
  always_ff @(posedge clk) reset_nq <= {reset_nq[2:0], locked};

  // The chip
  logic       sck_en;
  logic [3:0] io_out, io_oe, io_in;
  logic [2:0] led;
  weft_pico #(.ClocksPerBit(ClocksPerBit), .Firmware("pico_firmware.hex")) u_pico (
    .clk_i(clk), .rst_ni(reset_nq[3]),
    .uart_rx_i, .uart_tx_o,
    .flash_cs_no, .flash_sck_en_o(sck_en), .flash_io_o(io_out), .flash_io_oe_o(io_oe), .flash_io_i(io_in),
    .led_o(led));
  assign led_no = ~led;

  // Pads
  SB_IO #(.PIN_TYPE(6'b0100_01)) u_sck (  // output of both edges: D_OUT_0 while the clock is high, D_OUT_1 while it is low
    .PACKAGE_PIN(flash_sck_o), .OUTPUT_CLK(clk), .D_OUT_0(1'b0), .D_OUT_1(sck_en));
  for (genvar i = 0; i < 4; i++) begin : gen_io
    SB_IO #(.PIN_TYPE(6'b1010_00)) u_io (  // plain output with enable, registered input
      .PACKAGE_PIN(flash_io[i]), .INPUT_CLK(clk), .OUTPUT_ENABLE(io_oe[i]),
      .D_OUT_0(io_out[i]), .D_IN_0(io_in[i]));
  end

endmodule

`default_nettype wire
