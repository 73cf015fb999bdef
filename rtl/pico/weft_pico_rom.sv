// The program of the microengine: words of 32 bits, read one cycle after re_i and kept until the next read.
//
// Filled from a $readmemh file made by weft_pico_firmware; on an FPGA the bitstream carries it.
// Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_rom #(
  parameter              Firmware = "",  // without one the contents are undefined
  parameter int unsigned Words    = weft_pkg::PICO_PROGRAM
) (
  input  logic        clk_i,
  input  logic        re_i,
  input  logic [10:0] addr_i,
  output logic [31:0] data_o
);

  // verilator lint_off UNDRIVEN
  logic [31:0] words [Words];
  // verilator lint_on UNDRIVEN

  if (Firmware != "") begin : g_filled
    initial $readmemh(Firmware, words);
  end

  always_ff @(posedge clk_i) begin
    if (re_i) data_o <= words[addr_i];
  end

endmodule

`default_nettype wire
