// Two banks of norm gains: written as wide as the memory port, read a pair at a time.
//
// A write of GAIN_BITS / 32 values starts at element addr_i, a multiple of that count. A read of elements n and n + 1
// (n even) appears in the cycle after re_i and stays until the next read.
// Block notes: docs/reference/rmsnorm.md
`default_nettype none

module weft_gain_mem (
  input  logic                           clk_i,

  // From weft_tape_fetch
  input  logic                           we_i,
  input  logic                           bank_i,
  input  logic [15:0]                    addr_i,
  input  logic [weft_pkg::GAIN_BITS-1:0] wdata_i,

  // From weft_rmsnorm
  input  logic                           re_i,
  input  logic                           sel_i,  // bank
  input  logic [15:0]                    n_i,

  // To weft_rmsnorm, one cycle later
  output logic [31:0]                    gain0_o,
  output logic [31:0]                    gain1_o
);

  // Element e lives in lane e mod Lanes; a pair is two neighbouring lanes.
  localparam int unsigned Values   = weft_pkg::GAIN_BITS / 32;
  localparam int unsigned Lanes    = (Values < 2) ? 2 : Values;
  localparam int unsigned Pairs    = Lanes / 2;
  localparam int unsigned LaneBits = $clog2(Lanes);
  localparam int unsigned ElemBits = $clog2(weft_pkg::MAX_DIM);
  localparam int unsigned AddrBits = 1 + ElemBits - LaneBits;
  localparam int unsigned PairBits = (Pairs > 1) ? $clog2(Pairs) : 1;

  logic [AddrBits-1:0]   waddr, raddr;
  logic [32*Lanes-1:0]   rdata;
  logic [PairBits-1:0]   pair, pair_q;

  assign waddr   = {bank_i, addr_i[ElemBits-1:LaneBits]};
  assign raddr   = {sel_i, n_i[ElemBits-1:LaneBits]};
  assign pair    = (Pairs > 1) ? PairBits'(n_i[15:1]) : '0;
  assign gain0_o = rdata[64*pair_q +: 32];
  assign gain1_o = rdata[64*pair_q + 32 +: 32];

  always_ff @(posedge clk_i) begin
    if (re_i) pair_q <= pair;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic        we;
    logic [31:0] wdata;
    if (Values < 2) begin : gen_narrow
      assign we    = we_i && addr_i[0] == 1'(lane);
      assign wdata = wdata_i;
    end else begin : gen_wide
      assign we    = we_i;
      assign wdata = wdata_i[32*lane +: 32];
    end

    // Only the lanes of the pair are read.
    weft_ram #(
      .Width(32),
      .Depth(1 << AddrBits)
    ) u_ram (
      .clk_i,
      .we_i   (we),
      .waddr_i(waddr),
      .wdata_i(wdata),
      .re_i   (re_i && pair == PairBits'(lane / 2)),
      .raddr_i(raddr),
      .rdata_o(rdata[32*lane +: 32])
    );
  end

  logic unused;
  assign unused = &{1'b0, addr_i, n_i};

endmodule

`default_nettype wire
