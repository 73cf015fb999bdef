// Techmap of an unsigned `$mul` of two factors of 19 to 36 bits to four products of the size of a MULT18X18D and two carry
// chains: the highest and the lowest product lie beside each other, so that only the middle ones are added to them. Read
// after carry_chain.v.
module \$mul (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter LOW = 18;
  input  [A_WIDTH-1:0] A;
  input  [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  wire _TECHMAP_FAIL_ = A_SIGNED || B_SIGNED || A_WIDTH <= LOW || A_WIDTH > 2 * LOW || B_WIDTH <= LOW ||
                        B_WIDTH > 2 * LOW || Y_WIDTH != A_WIDTH + B_WIDTH;

  localparam AH = (A_WIDTH > LOW) ? A_WIDTH - LOW : 1;
  localparam BH = (B_WIDTH > LOW) ? B_WIDTH - LOW : 1;
  localparam MIDDLE = LOW + 1 + ((AH > BH) ? AH : BH);

  wire [2*LOW-1:0]   ll = A[LOW-1:0] * B[LOW-1:0];
  wire [LOW+AH-1:0]  hl = A[A_WIDTH-1 -: AH] * B[LOW-1:0];
  wire [LOW+BH-1:0]  lh = A[LOW-1:0] * B[B_WIDTH-1 -: BH];
  wire [AH+BH-1:0]   hh = A[A_WIDTH-1 -: AH] * B[B_WIDTH-1 -: BH];
  wire [MIDDLE-1:0]  middle;
  wire [LOW+AH+BH-1:0] upper;

  weft_carry_add #(.WIDTH(MIDDLE)) u_middle (.a(hl), .b(lh), .y(middle));
  weft_carry_add #(.WIDTH(LOW + AH + BH)) u_upper (.a({hh, ll[2*LOW-1:LOW]}), .b(middle), .y(upper));
  assign Y = {upper, ll[LOW-1:0]};
endmodule
