// Configuration pico on the Tang Nano 20K: clock, reset and pads around weft_nano.
//
// The SDRAM is a second die in the FPGA's package; its pads have no pins and are placed by their sites (fpga/boards.json).
// Its clock lags the chip's by a quarter of a cycle, so that commands are there early enough and data come before the clock edge that
// takes them (docs/reference/board.md). scripts/fpga sets the parameters.
`default_nettype none

module weft_board_tangnano20k #(
  parameter int unsigned PllIdiv      = 2,   // the PLL: oscillator / (PllIdiv + 1) * (PllFbdiv + 1)
  parameter int unsigned PllFbdiv     = 4,
  parameter int unsigned PllOdiv      = 16,  // its own oscillator is so many times faster
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
  output wire        sdram_cke_o,
  output wire        sdram_cs_no,
  output wire        sdram_ras_no,
  output wire        sdram_cas_no,
  output wire        sdram_we_no,
  output wire [1:0]  sdram_ba_o,
  output wire [10:0] sdram_a_o,
  output wire [3:0]  sdram_dqm_o,
  inout  wire [31:0] sdram_dq_io,

  output wire [2:0]  led_no
);

  // Clock
  logic clk, sdram_clk, locked;
  rPLL #(
    .FCLKIN("27"), .DEVICE("GW2AR-18C"), .IDIV_SEL(PllIdiv), .FBDIV_SEL(PllFbdiv), .ODIV_SEL(PllOdiv), .CLKFB_SEL("internal"),
    .PSDA_SEL("0100"), .DUTYDA_SEL("1000")
  ) u_pll (
    .CLKIN(clk_i), .CLKOUT(clk), .LOCK(locked), .RESET(1'b0), .RESET_P(1'b0), .CLKFB(1'b0),
    .FBDSEL(6'd0), .IDSEL(6'd0), .ODSEL(6'd0), .PSDA(4'd0), .DUTYDA(4'd0), .FDLY(4'd0),
    .CLKOUTP(sdram_clk), .CLKOUTD(), .CLKOUTD3());

  // Reset: configuration leaves these registers at zero, and the PLL's lock ends it a few cycles later.
  logic [3:0] reset_nq = 4'd0;
  always_ff @(posedge clk) reset_nq <= {reset_nq[2:0], locked};

  // The chip
  logic [31:0] dq_out, dq_in;
  logic        dq_oe;
  logic [2:0]  led;
  weft_nano #(
    .ClocksPerBit(ClocksPerBit), .InitCycles(InitCycles), .RefreshTime(RefreshTime), .Firmware(Firmware)
  ) u_pico (
    .clk_i(clk), .rst_ni(reset_nq[3]),
    .uart_rx_i, .uart_tx_o,
    .cke_o(sdram_cke_o), .ras_no(sdram_ras_no), .cas_no(sdram_cas_no), .we_no(sdram_we_no),
    .ba_o(sdram_ba_o), .a_o(sdram_a_o), .dqm_o(sdram_dqm_o), .dq_o(dq_out), .dq_oe_o(dq_oe), .dq_i(dq_in),
    .led_o(led));
  assign led_no      = ~led;
  assign sdram_cs_no = 1'b0;

  // Pads
  ODDR u_sdram_clk (.CLK(sdram_clk), .D0(1'b1), .D1(1'b0), .TX(1'b0), .Q0(sdram_clk_o), .Q1());
  for (genvar i = 0; i < 32; i++) begin : gen_dq
    IOBUF u_dq (.IO(sdram_dq_io[i]), .I(dq_out[i]), .OEN(!dq_oe), .O(dq_in[i]));
  end

endmodule

`default_nettype wire
