// Rotates one pair of a query or key head by its position's angle: y0 = v0 c - v1 s, y1 = v0 s + v1 c.
//
// Results LATENCY = FP_MUL_LATENCY + FP_ADD_LATENCY = 7 cycles after valid_i, one pair a cycle; outputs keep their
// value until the next result. Nobody stalls.
// Golden model: sw/golden/rope.cpp (bit-exact).  Block notes: docs/reference/rope.md
`default_nettype none

module weft_rope #(
  localparam int unsigned LATENCY = weft_pkg::FP_MUL_LATENCY + weft_pkg::FP_ADD_LATENCY
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the norm multiply and the RoPE memory
  input  logic        valid_i,
  input  logic [31:0] v0_i,
  input  logic [31:0] v1_i,
  input  logic [31:0] c_i,    // cos
  input  logic [31:0] s_i,    // sin

  // To the quantizer
  output logic        valid_o,
  output logic [31:0] y0_o,
  output logic [31:0] y1_o
);

  logic [LATENCY-1:0] valid_q;  // bit i: operands arrived i + 1 cycles ago
  logic               sum;
  logic [31:0]        v0c, v1s, v0s, v1c;

  assign valid_o = valid_q[LATENCY-1];
  assign sum     = valid_q[weft_pkg::FP_MUL_LATENCY-1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[LATENCY-2:0], valid_i};
  end

  weft_fp_mul u_v0c (.clk_i, .rst_ni, .valid_i, .a_i(v0_i), .b_i(c_i), .y_o(v0c));
  weft_fp_mul u_v1s (.clk_i, .rst_ni, .valid_i, .a_i(v1_i), .b_i(s_i), .y_o(v1s));
  weft_fp_mul u_v0s (.clk_i, .rst_ni, .valid_i, .a_i(v0_i), .b_i(s_i), .y_o(v0s));
  weft_fp_mul u_v1c (.clk_i, .rst_ni, .valid_i, .a_i(v1_i), .b_i(c_i), .y_o(v1c));

  weft_fp_add u_y0 (.clk_i, .rst_ni, .valid_i(sum), .a_i(v0c), .b_i({~v1s[31], v1s[30:0]}), .y_o(y0_o));
  weft_fp_add u_y1 (.clk_i, .rst_ni, .valid_i(sum), .a_i(v0s), .b_i(v1c), .y_o(y1_o));

endmodule

`default_nettype wire
