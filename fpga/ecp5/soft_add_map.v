// Techmap of `$add` to carry chains, where trees of sums are to stay trees: Yosys would make one multi-operand sum of
// them, whose compressors take two LUTs a bit.
module \$add (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  input  [A_WIDTH-1:0] A;
  input  [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  localparam PAIRS = (Y_WIDTH + 1) / 2;
  wire [2*PAIRS-1:0] aa, bb, sum;
  wire [PAIRS:0]     carry;

  \$pos #(.A_SIGNED(A_SIGNED && B_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(2*PAIRS)) u_a (.A(A), .Y(aa));
  \$pos #(.A_SIGNED(A_SIGNED && B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(2*PAIRS)) u_b (.A(B), .Y(bb));
  assign carry[0] = 1'b0;

  genvar i;
  generate
    for (i = 0; i < PAIRS; i = i + 1) begin : gen_pair
      CCU2C #(.INIT0(16'h96AA), .INIT1(16'h96AA), .INJECT1_0("NO"), .INJECT1_1("NO")) u_carry (
        .CIN(carry[i]),
        .A0(aa[2*i]), .B0(bb[2*i]), .C0(1'b0), .D0(1'b1),
        .A1(aa[2*i+1]), .B1(bb[2*i+1]), .C1(1'b0), .D1(1'b1),
        .S0(sum[2*i]), .S1(sum[2*i+1]), .COUT(carry[i+1]));
    end
  endgenerate
  assign Y = sum[Y_WIDTH-1:0];
endmodule
