// Techmap of `$mul` to carry chains of the ECP5, for multipliers that are not worth a MULT18X18D.
//
// Two bits of B make one chain: the LUT of a carry bit holds (a & b) ^ (c & d), so the partial products cost no LUT of
// their own. An 8 x 8 product takes 40 LUTs for its rows and 36 for their sum.
// Read after carry_chain.v. fpga/ecp5/check_map proves it against the multiplier.

// y = a * b0 + 2 * a * b1, or a * b0 - 2 * a * b1
module weft_mul_row #(
  parameter WIDTH    = 8,
  parameter SIGNED   = 0,  // of a
  parameter NEGATIVE = 0
) (
  input  [WIDTH-1:0] a,
  input              b0,
  input              b1,
  output [WIDTH+1:0] y
);

  wire sign = SIGNED ? a[WIDTH-1] : 1'b0;
  wire [WIDTH+1:0] x = {sign, sign, a};

  // Into bit 1 goes the constant carry of a difference.
  assign y[0] = a[0] & b0;
  weft_carry_chain #(
    .WIDTH(WIDTH + 1), .INIT(NEGATIVE ? 16'h8777 : 16'h7888), .START(1), .FIRST(NEGATIVE ? 4'hF : 4'h0)
  ) u_chain (
    .ci(1'b1), .a({sign, a}), .b({(WIDTH+1){b1}}), .c(x[WIDTH+1:1]), .d({(WIDTH+1){b0}}), .s(y[WIDTH+1:1]));

endmodule

// y = a * b: rows for few bits of b, else the sum of two halves. B is signed only if SIGNED.
module weft_mul_tree #(
  parameter A       = 8,
  parameter B       = 8,
  parameter SIGNED  = 0,   // a
  parameter BSIGNED = 0    // the highest bit of b counts negative
) (
  input  [A-1:0]   a,
  input  [B-1:0]   b,
  output [A+B-1:0] y
);

  generate
    if (B <= 2) begin : gen_row
      wire [A+1:0] row;
      weft_mul_row #(.WIDTH(A), .SIGNED(SIGNED), .NEGATIVE(BSIGNED && B == 2)) u_row (
        .a(a), .b0(b[0]), .b1((B == 2) ? b[B-1] : 1'b0), .y(row));
      assign y = row[A+B-1:0];
    end else begin : gen_halves
      localparam LOW  = 2 * ((B + 3) / 4);
      localparam HIGH = B - LOW;
      wire [A+LOW-1:0]  low;
      wire [A+HIGH-1:0] high, sum;
      weft_mul_tree #(.A(A), .B(LOW), .SIGNED(SIGNED), .BSIGNED(0)) u_low (.a(a), .b(b[LOW-1:0]), .y(low));
      weft_mul_tree #(.A(A), .B(HIGH), .SIGNED(SIGNED), .BSIGNED(BSIGNED)) u_high (.a(a), .b(b[B-1:LOW]), .y(high));
      weft_carry_add #(.WIDTH(A + HIGH)) u_add (
        .a({{(A+HIGH){SIGNED ? low[A+LOW-1] : 1'b0}}, low[A+LOW-1:LOW]}), .b(high), .y(sum));
      assign y = {sum, low[LOW-1:0]};
    end
  endgenerate

endmodule

module \$mul (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  input  [A_WIDTH-1:0] A;
  input  [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  // An odd width of a signed b is made even, so that its sign bit is the upper one of a row.
  localparam BW = B_SIGNED ? 2 * ((B_WIDTH + 1) / 2) : B_WIDTH;
  localparam FULL = A_WIDTH + BW;
  wire [BW-1:0]   b;
  wire [FULL-1:0] full;
  assign b = B_SIGNED ? {{2{B[B_WIDTH-1]}}, B} : B;
  weft_mul_tree #(.A(A_WIDTH), .B(BW), .SIGNED(A_SIGNED), .BSIGNED(B_SIGNED)) u_tree (.a(A), .b(b), .y(full));
  generate
    if (Y_WIDTH <= FULL) begin : gen_cut
      assign Y = full[Y_WIDTH-1:0];
    end else begin : gen_extend
      assign Y = {{(Y_WIDTH-FULL){A_SIGNED ? full[FULL-1] : 1'b0}}, full};
    end
  endgenerate
endmodule
