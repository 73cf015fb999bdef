// Accumulators of one lane: two halves, one being accumulated while the other is drained.
//
// Each half is its own memory (two, where a lane owns even and odd outputs), so accumulation and drain share one read
// port without meeting: the drain reads only a half that is complete. Reads take one cycle. A read of the address
// written in the same cycle gives the old word.
// Block notes: docs/reference/dequant.md
`default_nettype none

module weft_acc_mem #(
  parameter int unsigned Depth = 256,  // words of a bank, at least 2
  parameter int unsigned Banks = 2,    // 2: even and odd outputs; 1: the lane owns one parity
  localparam int unsigned AddrWidth = $clog2(Depth)
) (
  input  logic                 clk_i,

  // Accumulation
  input  logic                 re_i,
  input  logic                 rhalf_i,
  input  logic                 rodd_i,
  input  logic [AddrWidth-1:0] raddr_i,
  output logic [31:0]          rdata_o,
  input  logic                 we_i,
  input  logic                 whalf_i,
  input  logic                 wodd_i,
  input  logic [AddrWidth-1:0] waddr_i,
  input  logic [31:0]          wdata_i,

  // Drain: both outputs of a pair (data1_o repeats data0_o when Banks is 1)
  input  logic                 drain_re_i,
  input  logic                 drain_half_i,
  input  logic [AddrWidth-1:0] drain_addr_i,
  output logic [31:0]          drain_data0_o,
  output logic [31:0]          drain_data1_o
);

  logic [31:0] rdata [2*Banks];  // half * Banks + bank
  logic        active;           // nothing below needs a look in an idle cycle
  logic        rhalf_q, rodd_q, drain_half_q;

  assign active = re_i || we_i || drain_re_i;

  always_ff @(posedge clk_i) begin
    if (re_i) begin
      rhalf_q <= rhalf_i;
      rodd_q  <= rodd_i;
    end
    if (drain_re_i) drain_half_q <= drain_half_i;
  end

  for (genvar h = 0; h < 2; h++) begin : gen_half
    for (genvar b = 0; b < Banks; b++) begin : gen_bank
      logic [31:0] words [Depth];
      logic [31:0] q;
      assign rdata[h*Banks+b] = q;
      always_ff @(posedge clk_i) begin
        if (active) begin : access
          logic                 acc, drain;
          logic [AddrWidth-1:0] addr;
          acc   = re_i && rhalf_i == 1'(h) && (Banks == 1 || rodd_i == 1'(b));
          drain = drain_re_i && drain_half_i == 1'(h);
          addr  = acc ? raddr_i : drain_addr_i;
          if (we_i && whalf_i == 1'(h) && (Banks == 1 || wodd_i == 1'(b))) words[waddr_i] <= wdata_i;
          if (acc || drain) q <= words[addr];
        end
      end
    end
  end

  if (Banks == 2) begin : gen_pair
    assign rdata_o       = rdata[{rhalf_q, rodd_q}];
    assign drain_data0_o = rdata[{drain_half_q, 1'b0}];
    assign drain_data1_o = rdata[{drain_half_q, 1'b1}];
  end else begin : gen_single
    logic unused_odd;
    assign unused_odd    = rodd_q ^ wodd_i;
    assign rdata_o       = rdata[rhalf_q];
    assign drain_data0_o = rdata[drain_half_q];
    assign drain_data1_o = rdata[drain_half_q];
  end

endmodule

`default_nettype wire
