// The netlist of an iCE40 board with the ports of weft_pico, for simulation: cmake/board.cmake has turned the cells of
// the board's PLL and pads into ports of the netlist, and here is what they stand for. Everything else is the netlist.
//
// - PLL: its output is clk_i. Its lock is rst_ni, so the board's own reset goes on for four cycles.
// - Pads of flash_io: their input register belongs to the flash's model (sample_delay 1), as it does for the RTL.
// - Pad of SCK: D_OUT_0 is what SCK is in the first half of a cycle, D_OUT_1 in the second. The model of
//   the flash knows no pulse in the first half, so one stops the simulation.
module weft_pico_netlist (
  input        clk_i,
  input        rst_ni,

  input        uart_rx_i,
  output       uart_tx_o,

  output       flash_cs_no,
  output       flash_sck_en_o,
  output [3:0] flash_io_o,
  output [3:0] flash_io_oe_o,
  input  [3:0] flash_io_i,

  output [2:0] led_o
);

  wire [2:0] led_n;
  wire       sck_first, sck_clk;
  assign led_o = ~led_n;

  weft_board_ice40 u_board (
    .clk_i(clk_i),  // the oscillator goes to the PLL alone
    .uart_rx_i(uart_rx_i), .uart_tx_o(uart_tx_o), .flash_cs_no(flash_cs_no), .led_no(led_n),
    .\u_pll.PLLOUTCORE (clk_i), .\u_pll.LOCK (rst_ni),
    .\u_sck.OUTPUT_CLK (sck_clk), .\u_sck.D_OUT_0 (sck_first), .\u_sck.D_OUT_1 (flash_sck_en_o),
    .\gen_io[0].u_io.D_IN_0 (flash_io_i[0]), .\gen_io[0].u_io.D_OUT_0 (flash_io_o[0]),
    .\gen_io[0].u_io.OUTPUT_ENABLE (flash_io_oe_o[0]),
    .\gen_io[1].u_io.D_IN_0 (flash_io_i[1]), .\gen_io[1].u_io.D_OUT_0 (flash_io_o[1]),
    .\gen_io[1].u_io.OUTPUT_ENABLE (flash_io_oe_o[1]),
    .\gen_io[2].u_io.D_IN_0 (flash_io_i[2]), .\gen_io[2].u_io.D_OUT_0 (flash_io_o[2]),
    .\gen_io[2].u_io.OUTPUT_ENABLE (flash_io_oe_o[2]),
    .\gen_io[3].u_io.D_IN_0 (flash_io_i[3]), .\gen_io[3].u_io.D_OUT_0 (flash_io_o[3]),
    .\gen_io[3].u_io.OUTPUT_ENABLE (flash_io_oe_o[3]));

  always @(posedge clk_i) if (sck_first || !sck_clk) begin
    $display("weft_pico_netlist: SCK is high in the first half of a cycle, or its pad has another clock");
    $stop;
  end

endmodule
