// Accumulators of one lane and parity: two halves, one being accumulated while the other is drained.
//
// Each half is its own memory, so accumulation and drain share one read port without meeting: the drain reads only a half
// that is complete. Reads take one cycle. A read of the address written in the same cycle gives the old word.
// Block notes: docs/reference/dequant.md
`default_nettype none

module weft_acc_mem #(
  parameter int unsigned Depth = 256,  // words of a half, at least 2
  localparam int unsigned AddrWidth = $clog2(Depth)
) (
  input  logic                 clk_i,

  // Accumulation
  input  logic                 re_i,
  input  logic                 rhalf_i,
  input  logic [AddrWidth-1:0] raddr_i,
  output logic [31:0]          rdata_o,
  input  logic                 we_i,
  input  logic                 whalf_i,
  input  logic [AddrWidth-1:0] waddr_i,
  input  logic [31:0]          wdata_i,

  // Drain
  input  logic                 drain_re_i,
  input  logic                 drain_half_i,
  input  logic [AddrWidth-1:0] drain_addr_i,
  output logic [31:0]          drain_data_o
);

  logic [31:0] words0 [Depth];
  logic [31:0] words1 [Depth];
  logic [31:0] rdata0_q, rdata1_q;
  logic        rhalf_q, drain_half_q;
  logic        re0, re1;

  assign re0 = (re_i && !rhalf_i) || (drain_re_i && !drain_half_i);
  assign re1 = (re_i && rhalf_i) || (drain_re_i && drain_half_i);

  // One look in an idle cycle. The write comes after the read and nobody else sees the words, so that a blocking
  // assignment means the same as a non-blocking one; the simulator needs no copy for it.
  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    if (re_i || we_i || drain_re_i) begin
      if (re0) rdata0_q <= words0[(re_i && !rhalf_i) ? raddr_i : drain_addr_i];
      if (re1) rdata1_q <= words1[(re_i && rhalf_i) ? raddr_i : drain_addr_i];
      if (we_i && !whalf_i) words0[waddr_i] = wdata_i;
      if (we_i && whalf_i)  words1[waddr_i] = wdata_i;
      if (re_i) rhalf_q <= rhalf_i;
      if (drain_re_i) drain_half_q <= drain_half_i;
    end
  end
  // verilator lint_on BLKSEQ

  assign rdata_o      = rhalf_q ? rdata1_q : rdata0_q;
  assign drain_data_o = drain_half_q ? rdata1_q : rdata0_q;

endmodule

`default_nettype wire
