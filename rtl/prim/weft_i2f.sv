// Converts a signed integer to fp32, exactly; zero gives +0.
//
// Combinational. Exact for |x| < 2^24, so Width is at most 25 and -2^24 at Width 25 is not allowed.
// Golden model: a C cast.  Block notes: docs/reference/prim.md
`default_nettype none

module weft_i2f #(
  parameter int unsigned Width = 21  // bits of the signed operand, 2 .. 25
) (
  input  logic signed [Width-1:0] x_i,
  output logic [31:0]             y_o
);

  if (Width < 2 || Width > 25) begin : gen_bad_width
    $fatal(1, "weft_i2f: Width must be 2 .. 25");
  end

  function automatic logic [31:0] f_convert(input logic signed [24:0] x);
    logic [23:0] n0, n16, n8, n4, n2, n1;
    logic [4:0]  s;
    n0   = x[24] ? -x[23:0] : x[23:0];
    s[4] = ~|n0[23:8];
    n16  = s[4] ? {n0[7:0], 16'd0} : n0;
    s[3] = ~|n16[23:16];
    n8   = s[3] ? {n16[15:0], 8'd0} : n16;
    s[2] = ~|n8[23:20];
    n4   = s[2] ? {n8[19:0], 4'd0} : n8;
    s[1] = ~|n4[23:22];
    n2   = s[1] ? {n4[21:0], 2'd0} : n4;
    s[0] = ~n2[23];
    n1   = s[0] ? {n2[22:0], 1'b0} : n2;
    f_convert = n1[23] ? {x[24], 8'd150 - {3'd0, s}, n1[22:0]} : 32'd0;
  endfunction

  assign y_o = f_convert(25'(x_i));

endmodule

`default_nettype wire
