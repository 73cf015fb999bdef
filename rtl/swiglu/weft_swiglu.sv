// The gated activation of one feed-forward unit: h = (g * recip(1 + exp2(g * -log2 e))) * u.
//
// Result LATENCY = 3 FP_MUL + FP_ADD + 2 SPECIAL = 23 cycles after valid_i, one a cycle; h_o keeps its value until the
// next result. Nobody stalls.
// Golden model: sw/golden/swiglu.cpp (bit-exact).  Block notes: docs/reference/swiglu.md
`default_nettype none

module weft_swiglu #(
  localparam int unsigned LATENCY =
    3 * weft_pkg::FP_MUL_LATENCY + weft_pkg::FP_ADD_LATENCY + 2 * weft_pkg::SPECIAL_LATENCY
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the norm multiply
  input  logic        valid_i,
  input  logic [31:0] g_i,     // gate
  input  logic [31:0] u_i,     // up

  // To the quantizer
  output logic        valid_o,
  output logic [31:0] h_o
);

  localparam logic [31:0] MINUS_LOG2E = 32'hBFB8_AA3B;
  localparam logic [31:0] ONE         = 32'h3F80_0000;

  // Cycles after valid_i at which each operation starts.
  localparam int unsigned AT_EXP2  = weft_pkg::FP_MUL_LATENCY;
  localparam int unsigned AT_ADD   = AT_EXP2 + weft_pkg::SPECIAL_LATENCY;
  localparam int unsigned AT_RECIP = AT_ADD + weft_pkg::FP_ADD_LATENCY;
  localparam int unsigned AT_GATE  = AT_RECIP + weft_pkg::SPECIAL_LATENCY;
  localparam int unsigned AT_UP    = AT_GATE + weft_pkg::FP_MUL_LATENCY;

  logic [LATENCY:1] valid_q;  // bit i: operands arrived i cycles ago
  logic [31:0]      exponent, power, denominator, sigmoid, silu;
  logic [31:0]      g_late, u_gate, u_late;

  assign valid_o = valid_q[LATENCY];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[LATENCY-1:1], valid_i};
  end

  weft_fp_mul u_exponent (.clk_i, .rst_ni, .valid_i, .a_i(g_i), .b_i(MINUS_LOG2E), .y_o(exponent));

  weft_special u_exp2 (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_EXP2]), .func_i(weft_pkg::SPECIAL_EXP2), .x_i(exponent), .y_o(power));

  weft_fp_add u_one (.clk_i, .rst_ni, .valid_i(valid_q[AT_ADD]), .a_i(ONE), .b_i(power), .y_o(denominator));

  weft_special u_recip (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_RECIP]), .func_i(weft_pkg::SPECIAL_RECIP), .x_i(denominator), .y_o(sigmoid));

  // g and u wait in a queue rather than in a shift register: fewer bits move each cycle. It holds AT_GATE words when
  // the next arrives, so with one place more it is never full, and never empty when a pair is due.
  logic                            unused_ready, unused_valid;
  logic [$clog2(AT_GATE + 2) - 1:0] unused_count;

  weft_fifo #(
    .Width(64),
    .Depth(AT_GATE + 1)
  ) u_operands (
    .clk_i,
    .rst_ni,
    .in_valid_i (valid_i),
    .in_ready_o (unused_ready),
    .in_data_i  ({g_i, u_i}),
    .out_valid_o(unused_valid),
    .out_ready_i(valid_q[AT_GATE]),
    .out_data_o ({g_late, u_gate}),
    .count_o    (unused_count)
  );

  weft_fp_mul u_gate_mul (.clk_i, .rst_ni, .valid_i(valid_q[AT_GATE]), .a_i(g_late), .b_i(sigmoid), .y_o(silu));

  logic unused_late_valid;
  weft_delay #(.Width(32), .Latency(weft_pkg::FP_MUL_LATENCY)) u_up_delay (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_GATE]), .data_i(u_gate), .valid_o(unused_late_valid), .data_o(u_late));

  weft_fp_mul u_up_mul (.clk_i, .rst_ni, .valid_i(valid_q[AT_UP]), .a_i(silu), .b_i(u_late), .y_o(h_o));

endmodule

`default_nettype wire
