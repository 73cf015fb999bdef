// Cosines and sines of this step's positions: [row][pair of the head]{cos, sin}, fp32.
//
// Written by weft_tape_fetch one memory beat at a time (a table row per row of the step), read one pair a cycle, data the
// cycle after re_i. Beats narrower than 8 bytes are assembled; wider ones are split over banks.
// Block notes: docs/reference/epilogue.md
`default_nettype none

module weft_rope_mem #(
  parameter int unsigned PortBytes = weft_pkg::PORT_BYTES,
  parameter int unsigned Rows      = weft_pkg::MAX_ROWS,
  parameter int unsigned HeadDim   = weft_pkg::MAX_HEAD_DIM
) (
  input  logic                   clk_i,

  // From weft_tape_fetch: byte offset within the row, D-aligned
  input  logic                   we_i,
  input  logic [7:0]             row_i,
  input  logic [15:0]            addr_i,
  input  logic [8*PortBytes-1:0] wdata_i,

  // From weft_epilogue
  input  logic                   re_i,
  input  logic [7:0]             rrow_i,
  input  logic [7:0]             rpair_i,
  output logic [31:0]            cos_o,
  output logic [31:0]            sin_o
);

  localparam int unsigned Banks = (PortBytes > 8) ? PortBytes / 8 : 1;
  localparam int unsigned Words = (HeadDim / 2 + Banks - 1) / Banks;   // per row and bank
  localparam int unsigned Depth = Rows * Words;
  localparam int unsigned BankBits = (Banks > 1) ? $clog2(Banks) : 1;

  // One 8-byte word per bank from a beat.
  logic                we;
  logic [64*Banks-1:0] wword;
  if (PortBytes >= 8) begin : gen_wide
    assign we    = we_i;
    assign wword = wdata_i;
  end else begin : gen_narrow
    logic [63-8*PortBytes:0] shift_q;
    wire  [63:0] shifted = {wdata_i, shift_q};
    always_ff @(posedge clk_i) if (we_i) shift_q <= shifted[63:8*PortBytes];
    assign we    = we_i && ((addr_i & 16'd7) == 16'(8 - PortBytes));
    assign wword = shifted;
  end

  wire [15:0] wslot = 16'(row_i) * 16'(Words) + addr_i / 16'(8 * Banks);
  wire [15:0] rslot = 16'(rrow_i) * 16'(Words) + 16'(rpair_i) / 16'(Banks);
  logic [BankBits-1:0] rbank_q;
  always_ff @(posedge clk_i) if (re_i) rbank_q <= (Banks > 1) ? BankBits'(rpair_i) : '0;

  logic [64*Banks-1:0] rdata;
  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    weft_ram #(.Width(64), .Depth(Depth)) u_ram (
      .clk_i,
      .we_i   (we && (addr_i / 16'(8 * Banks) < 16'(Words))),
      .waddr_i(wslot[$clog2(Depth)-1:0]),
      .wdata_i(wword[64*b +: 64]),
      .re_i,
      .raddr_i(rslot[$clog2(Depth)-1:0]),
      .rdata_o(rdata[64*b +: 64]));
  end
  wire [63:0] word = rdata[64*rbank_q +: 64];
  assign cos_o = word[31:0];
  assign sin_o = word[63:32];

  logic unused;
  assign unused = &{1'b0, wslot, rslot, addr_i[2:0]};

endmodule

`default_nettype wire
