// 128 KB of memory, 32 K words of 32 bits with byte enables: the four SPRAM of the UP5K.
//
// A cycle with ce_i reads or writes: without we_i, rdata_o is the word in the next cycle and stays while ce_i is low;
// with we_i, the bytes of we_i are written, and rdata_o means nothing until the next read. The contents are unknown at
// power-on.
// Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_spram (
  input  logic        clk_i,

  input  logic        ce_i,
  input  logic [3:0]  we_i,
  input  logic [14:0] addr_i,
  input  logic [31:0] wdata_i,
  output logic [31:0] rdata_o
);

`ifdef WEFT_ICE40
  logic        upper_q;  // the bank that was accessed last
  logic [63:0] banks;

  always_ff @(posedge clk_i) if (ce_i) upper_q <= addr_i[14];

  for (genvar b = 0; b < 2; b++) begin : g_bank
    for (genvar h = 0; h < 2; h++) begin : g_half
      SB_SPRAM256KA u_ram (
        .CLOCK(clk_i), .CHIPSELECT(ce_i && addr_i[14] == (b == 1)),
        .ADDRESS(addr_i[13:0]), .DATAIN(wdata_i[16*h +: 16]),
        .WREN(|we_i), .MASKWREN({{2{we_i[2*h + 1]}}, {2{we_i[2*h]}}}),
        .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1),
        .DATAOUT(banks[32*b + 16*h +: 16])
      );
    end
  end

  assign rdata_o = upper_q ? banks[63:32] : banks[31:0];
`else
  logic [31:0] memory [32768];

  always_ff @(posedge clk_i) begin
    if (ce_i) begin
      for (int unsigned i = 0; i < 4; i++) begin
        if (we_i[i]) memory[addr_i][8*i +: 8] <= wdata_i[8*i +: 8];
      end
      // After a write: the complement of what is there, so that nobody comes to rely on it.
      rdata_o <= (|we_i) ? ~memory[addr_i] : memory[addr_i];
    end
  end
`endif

endmodule

`default_nettype wire
