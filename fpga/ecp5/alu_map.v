// Techmap of `$alu` to the carry chains of carry_chain.v, in place of Yosys's own ecp5/arith_map.v: no chain is cut where a
// carry is read, and none makes nextpnr-ecp5 add cells. With WEFT_CARRY_OUT it serves those whose carries are read.
(* techmap_celltype = "$alu" *)
module _80_weft_alu (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  (* force_downto *) input  [A_WIDTH-1:0] A;
  (* force_downto *) input  [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] X, Y;
  input CI, BI;
  (* force_downto *) output [Y_WIDTH-1:0] CO;

  parameter [A_WIDTH-1:0] _TECHMAP_CONSTMSK_A_ = 0;
  parameter [B_WIDTH-1:0] _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTMSK_CI_ = 0;
  parameter _TECHMAP_CONSTVAL_CI_ = 0;
  parameter _TECHMAP_CONSTMSK_BI_ = 0;
  parameter _TECHMAP_CONSTVAL_BI_ = 0;

  // Short ones take fewer LUTs without a chain, and so does every comparison with a constant.
  localparam CONSTANT = &_TECHMAP_CONSTMSK_A_ || &_TECHMAP_CONSTMSK_B_;
`ifdef WEFT_CARRY_OUT
  wire _TECHMAP_FAIL_ = Y_WIDTH <= 4 || CONSTANT;
`else
  wire _TECHMAP_FAIL_ = Y_WIDTH <= (CONSTANT ? 6 : 3);
`endif

  localparam CI_FIXED = _TECHMAP_CONSTMSK_CI_ !== 0;
  localparam BI_FIXED = _TECHMAP_CONSTMSK_BI_ !== 0;
  localparam CI_ONE   = CI_FIXED && _TECHMAP_CONSTVAL_CI_ === 1'b1;
  localparam BI_ONE   = BI_FIXED && _TECHMAP_CONSTVAL_BI_ === 1'b1;
`ifdef WEFT_CARRY_OUT
  localparam START = !CI_FIXED || !BI_FIXED;
`else
  // A half cell before bit 0 costs nothing where the number of bits is odd.
  localparam START = !CI_FIXED || !BI_FIXED || Y_WIDTH % 2 == 1;
`endif
  localparam [3:0] FIRST = START ? 4'hA : BI_ONE ? (CI_ONE ? 4'hB : 4'h2) : (CI_ONE ? 4'hE : 4'h8);
  localparam [15:0] INIT = !BI_FIXED ? 16'h96AA : BI_ONE ? 16'h900A : 16'h600A;

  (* force_downto *) wire [Y_WIDTH-1:0] a, b, bb;
  \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) u_a (.A(A), .Y(a));
  \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) u_b (.A(B), .Y(b));
  assign bb = BI ? ~b : b;

  weft_carry_chain #(.WIDTH(Y_WIDTH), .INIT(INIT), .START(START), .FIRST(FIRST), .CARRY(CI_ONE)) u_chain (
    .ci(CI), .a(a), .b(b), .c(BI_FIXED ? {Y_WIDTH{1'b1}} : {Y_WIDTH{BI}}), .d({Y_WIDTH{1'b1}}), .s(Y), .co(CO[Y_WIDTH-1]));

  assign X = a ^ bb;
  assign CO[Y_WIDTH-2:0] = Y[Y_WIDTH-1:1] ^ X[Y_WIDTH-1:1];
endmodule
