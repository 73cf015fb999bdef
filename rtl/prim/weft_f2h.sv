// Rounds fp32 to fp16: nearest even, subnormal fp16 kept, overflow gives infinity, NaN gives 0x7E00.
//
// Combinational.  Golden model: sw/model/half.h.  Block notes: docs/reference/prim.md
`default_nettype none

module weft_f2h (
  input  logic [31:0] x_i,
  output logic [15:0] y_o
);

  // kept is the fp16 magnitude rounded down; a carry out of its fraction steps the exponent, up to infinity.
  function automatic logic [15:0] f_convert(input logic [31:0] x);
    logic [14:0] kept;
    logic [35:0] wide;     // significand above, what a subnormal rounds away below
    logic [4:0]  shift;
    logic        tie, more, up;
    // Below 2^-14: the unit is 2^-24, so the significand moves right by 126 - exponent (14 .. 25) places.
    shift = (x[30:23] < 8'd101) ? 5'd25 : 5'(8'd126 - x[30:23]);
    wide  = {1'b1, x[22:0], 12'd0} >> (shift - 5'd13);
    if (x[30:23] >= 8'd113) begin
      kept = {5'(x[30:23] - 8'd112), x[22:13]};
      tie  = x[12];
      more = |x[11:0];
    end else begin
      kept = {4'd0, wide[35:25]};
      tie  = wide[24];
      more = |wide[23:0];
    end
    up = tie && (more || kept[0]);
    if (x[30:0] > 31'h7F80_0000)  f_convert = 16'h7E00;
    else if (x[30:23] >= 8'd143)  f_convert = {x[31], 15'h7C00};  // 2^16 and above
    else if (x[30:23] < 8'd102)   f_convert = {x[31], 15'd0};     // below 2^-25
    else                          f_convert = {x[31], kept + {14'd0, up}};
  endfunction

  assign y_o = f_convert(x_i);

endmodule

`default_nettype wire
