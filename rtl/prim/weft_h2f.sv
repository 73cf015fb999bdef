// Converts fp16 to fp32, exactly, subnormal fp16 included. NaN leaves as 0x7FC00000.
//
// Combinational.  Golden model: sw/model/half.h.  Block notes: docs/reference/prim.md
`default_nettype none

module weft_h2f (
  input  logic [15:0] x_i,
  output logic [31:0] y_o
);

  // A subnormal fp16 is fraction * 2^-24: its leading one becomes the hidden bit.
  function automatic logic [31:0] f_convert(input logic [15:0] x);
    logic [9:0] n0, n8, n4, n2, n1;
    logic [3:0] s;
    n0   = x[9:0];
    s[3] = ~|n0[9:2];
    n8   = s[3] ? {n0[1:0], 8'd0} : n0;
    s[2] = ~|n8[9:6];
    n4   = s[2] ? {n8[5:0], 4'd0} : n8;
    s[1] = ~|n4[9:8];
    n2   = s[1] ? {n4[7:0], 2'd0} : n4;
    s[0] = ~n2[9];
    n1   = s[0] ? {n2[8:0], 1'b0} : n2;
    if (x[14:10] == 5'd31)     f_convert = (|x[9:0]) ? 32'h7FC0_0000 : {x[15], 8'hFF, 23'd0};
    else if (x[14:10] != 5'd0) f_convert = {x[15], {3'd0, x[14:10]} + 8'd112, x[9:0], 13'd0};
    else if (!n1[9])           f_convert = {x[15], 31'd0};
    else                       f_convert = {x[15], 8'd112 - {4'd0, s}, n1[8:0], 14'd0};
  endfunction

  assign y_o = f_convert(x_i);

endmodule

`default_nettype wire
