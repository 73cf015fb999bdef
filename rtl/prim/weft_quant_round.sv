// Rounds fp32 to int8: clamp(nearest even, -127, 127). NaN gives 0.
//
// Combinational.  Golden model: sw/golden/quantize.h.  Block notes: docs/reference/prim.md
`default_nettype none

module weft_quant_round (
  input  logic [31:0]       x_i,
  output logic signed [7:0] y_o
);

  function automatic logic signed [7:0] f_round(input logic [31:0] x);
    logic [2:0]  shift;
    logic [30:0] fixed;    // 7 bits of integer, 24 of fraction
    logic        up;
    logic [7:0]  rounded;  // at most 128
    logic [6:0]  magnitude;
    shift     = 3'(8'd133 - x[30:23]);  // 0 .. 7 for 126 <= exponent <= 133
    fixed     = {1'b1, x[22:0], 7'd0} >> shift;
    up        = fixed[23] && ((|fixed[22:0]) || fixed[24]);
    rounded   = {1'b0, fixed[30:24]} + {7'd0, up};
    magnitude = rounded[7] ? 7'd127 : rounded[6:0];
    if (x[30:0] > 31'h7F80_0000) magnitude = 7'd0;
    else if (x[30:23] < 8'd126)  magnitude = 7'd0;    // below one half
    else if (x[30:23] > 8'd133)  magnitude = 7'd127;
    f_round = x[31] ? -signed'({1'b0, magnitude}) : signed'({1'b0, magnitude});
  endfunction

  assign y_o = f_round(x_i);

endmodule

`default_nettype wire
