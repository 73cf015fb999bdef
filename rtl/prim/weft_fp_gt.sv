// gt_o = a_i > b_i in fp32: false when either is NaN, -0 equals +0, subnormals read as zero.
//
// Combinational.  Golden model: sw/golden/fp_env.h.  Block notes: docs/reference/prim.md
`default_nettype none

module weft_fp_gt (
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic        gt_o
);

  // Ordered as integers: sign and magnitude, with every zero and subnormal mapped to 0.
  function automatic logic signed [31:0] f_order(input logic [31:0] x);
    logic signed [31:0] magnitude;
    magnitude = signed'({1'b0, x[30:0]});
    f_order   = (x[30:23] == 8'd0) ? 32'sd0 : x[31] ? -magnitude : magnitude;
  endfunction

  logic nan;
  assign nan  = (a_i[30:0] > 31'h7F80_0000) || (b_i[30:0] > 31'h7F80_0000);
  assign gt_o = !nan && (f_order(a_i) > f_order(b_i));

endmodule

`default_nettype wire
