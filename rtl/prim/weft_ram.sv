// Memory with one write port and one synchronous read port: the technology wrapper of every block RAM.
//
// rdata_o is the word read one cycle after re_i and keeps it until the next read. Contents are undefined until written.
// What a read of the address written in the same cycle gives is undefined too: block RAMs answer that differently, and to
// make them agree costs two registers and a LUT a bit. Simulation gives the old word with every bit turned round.
// Block notes: docs/reference/prim.md
`default_nettype none

module weft_ram #(
  parameter int unsigned Width = 32,
  parameter int unsigned Depth = 256,  // words, at least 2; any number
  localparam int unsigned AddrWidth = $clog2(Depth)
) (
  input  logic                 clk_i,

  // Write
  input  logic                 we_i,
  input  logic [AddrWidth-1:0] waddr_i,
  input  logic [Width-1:0]     wdata_i,

  // Read
  input  logic                 re_i,
  input  logic [AddrWidth-1:0] raddr_i,
  output logic [Width-1:0]     rdata_o
);

  (* no_rw_check *) logic [Width-1:0] words [Depth];

  always_ff @(posedge clk_i) begin
    if (we_i) words[waddr_i] <= wdata_i;
`ifdef SYNTHESIS
    if (re_i) rdata_o <= words[raddr_i];
`else
    if (re_i) rdata_o <= (we_i && waddr_i == raddr_i) ? ~words[raddr_i] : words[raddr_i];
`endif
  end

endmodule

`default_nettype wire
