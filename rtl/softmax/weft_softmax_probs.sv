// Scores to probabilities: p = exp2(s - m'), their sum in four interleaved partial sums, and w = p * V scale.
//
// One pair a cycle, by schedule: pair_at_i[x] says that a pair was read x cycles ago, start_at_i[x] that it was the
// first of its row. Pairs of a row are contiguous.
//   1  s - m'     5  exp2     10  p: sum of the pair, times V scale     13  w     14  partial sums     18  quarter sums
// The adder of the partial sums has exactly the latency that A_k = ((a_k + a_k+4) + a_k+8) + a_k+12 needs at a pair a
// cycle: A_0 .. A_3 are on quarter_o 30 .. 33 cycles after the row's start.
// Golden model: sw/golden/softmax.h.  Block notes: docs/reference/softmax.md
`default_nettype none

module weft_softmax_probs (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  // Schedule
  input  logic [14:0]                       pair_at_i,
  input  logic [9:0]                        start_at_i,

  // From weft_softmax_issue, valid for 16 cycles from the cycle after start
  input  logic [1:0]                        buf_i,
  input  logic [1:0]                        sub_i,
  input  logic [4:0]                        limit_i,
  input  logic [31:0]                       m_new_i,

  // From weft_softmax_scores, the cycle after the read
  input  logic [31:0]                       s0_i,
  input  logic [31:0]                       s1_i,

  // From weft_tape_fetch: V scales
  input  logic                              vs_we_i,
  input  logic [1:0]                        vs_buf_i,
  input  logic [7:0]                        vs_addr_i,
  input  logic [8*weft_pkg::PORT_BYTES-1:0] vs_data_i,

  // To weft_softmax_state
  output logic [31:0]                       quarter_o,  // from 18 on
  output logic [30:0]                       amax_o,     // of all w of the row, at 29

  // To weft_softmax_write, at 13
  output logic [31:0]                       w0_o,
  output logic [31:0]                       w1_o
);

  // ---- p ----------------------------------------------------------------------------------------------------------------
  logic [31:0] diff0, diff1, e0, e1, p0, p1, minus_m;
  assign minus_m = {!m_new_i[31], m_new_i[30:0]};
  weft_fp_add u_diff0 (.clk_i, .rst_ni, .valid_i(pair_at_i[1]), .a_i(s0_i), .b_i(minus_m), .y_o(diff0));
  weft_fp_add u_diff1 (.clk_i, .rst_ni, .valid_i(pair_at_i[1]), .a_i(s1_i), .b_i(minus_m), .y_o(diff1));
  weft_special u_exp0 (
    .clk_i, .rst_ni, .valid_i(pair_at_i[5]), .func_i(weft_pkg::SPECIAL_EXP2), .x_i(diff0), .y_o(e0));
  weft_special u_exp1 (
    .clk_i, .rst_ni, .valid_i(pair_at_i[5]), .func_i(weft_pkg::SPECIAL_EXP2), .x_i(diff1), .y_o(e1));

  logic [4:0] limit_q;                     // from 10 to 25
  logic [3:0] p_pair_q;
  logic       in0, in1;                    // valid tokens
  logic [1:0] in_at11_q, in_at12_q, in_at13_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) p_pair_q <= 4'd0;
    else if (pair_at_i[10]) p_pair_q <= p_pair_q + 4'd1;
    if (start_at_i[9]) limit_q <= limit_i;
    in_at11_q <= {in1, in0};
    in_at12_q <= in_at11_q;
    in_at13_q <= in_at12_q;
  end
  assign in0 = ({p_pair_q, 1'b0} <= limit_q);
  assign in1 = ({p_pair_q, 1'b1} <= limit_q);
  assign p0  = in0 ? e0 : 32'd0;
  assign p1  = in1 ? e1 : 32'd0;

  // ---- sums -------------------------------------------------------------------------------------------------------------
  logic [31:0] pair_sum;
  logic [3:0]  a_pair_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) a_pair_q <= 4'd0;
    else if (pair_at_i[14]) a_pair_q <= a_pair_q + 4'd1;
  end
  weft_fp_add u_pair_sum (.clk_i, .rst_ni, .valid_i(pair_at_i[10]), .a_i(p0), .b_i(p1), .y_o(pair_sum));
  weft_fp_add u_quarter (
    .clk_i, .rst_ni, .valid_i(pair_at_i[14]),
    .a_i((a_pair_q < 4'd4) ? 32'd0 : quarter_o), .b_i(pair_sum), .y_o(quarter_o));

  // ---- V scales: head j of the set at byte 64 j, token t at 2 t -----------------------------------------------------------
  localparam int unsigned PORT      = weft_pkg::PORT_BYTES;
  localparam int unsigned WORDS     = (PORT < 256) ? 256 / PORT : 1;    // of a buffer
  localparam int unsigned LOW_BITS  = $clog2(PORT);                     // of the byte address, within a word
  localparam int unsigned WORD_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
  localparam int unsigned RUN       = (PORT / 4 < 16) ? PORT / 4 : 16;  // pairs of one row in a word

  logic [1:0]        v_buf_q, v_sub_q;     // from 8 to 23
  logic [3:0]        v_pair_q;
  logic [7:0]        v_addr, v_addr_q;
  logic [8*PORT-1:0] v_word;
  logic [31:0]       v_both, v_both_q;
  assign v_addr = {v_sub_q, v_pair_q, 2'b00};
  always_ff @(posedge clk_i) begin
    if (!rst_ni) v_pair_q <= 4'd0;
    else if (pair_at_i[8]) v_pair_q <= v_pair_q + 4'd1;
    if (start_at_i[7]) begin
      v_buf_q <= buf_i;
      v_sub_q <= sub_i;
    end
    if (pair_at_i[8]) v_addr_q <= v_addr;
    if (pair_at_i[9]) v_both_q <= v_both;
  end
  if (PORT == 4) begin : gen_word
    assign v_both = v_word;
  end else begin : gen_pick
    assign v_both = v_word[{v_addr_q[LOW_BITS-1:2], 5'd0} +: 32];
  end

  weft_ram #(.Width(8 * PORT), .Depth(weft_pkg::KV_BUFS * WORDS)) u_scales (
    .clk_i,
    .we_i(vs_we_i), .waddr_i({vs_buf_i, vs_addr_i[7 -: WORD_BITS]}), .wdata_i(vs_data_i),
    .re_i(pair_at_i[8] && ((v_pair_q & 4'(RUN - 1)) == 4'd0)), .raddr_i({v_buf_q, v_addr[7 -: WORD_BITS]}),
    .rdata_o(v_word));

  // ---- w ----------------------------------------------------------------------------------------------------------------
  logic [31:0] v0, v1, product0, product1;
  weft_h2f u_v0 (.x_i(v_both_q[15:0]), .y_o(v0));
  weft_h2f u_v1 (.x_i(v_both_q[31:16]), .y_o(v1));
  weft_fp_mul u_w0 (.clk_i, .rst_ni, .valid_i(pair_at_i[10]), .a_i(p0), .b_i(v0), .y_o(product0));
  weft_fp_mul u_w1 (.clk_i, .rst_ni, .valid_i(pair_at_i[10]), .a_i(p1), .b_i(v1), .y_o(product1));
  // A scale beyond the row's position may be anything, so the product is masked, not only p.
  assign w0_o = in_at13_q[0] ? product0 : 32'd0;
  assign w1_o = in_at13_q[1] ? product1 : 32'd0;

  logic [30:0] amax_q, larger;
  logic [3:0]  w_pair_q;
  assign larger = (w1_o[30:0] > w0_o[30:0]) ? w1_o[30:0] : w0_o[30:0];
  assign amax_o = amax_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) w_pair_q <= 4'd0;
    else if (pair_at_i[13]) w_pair_q <= w_pair_q + 4'd1;
    if (pair_at_i[13] && ((w_pair_q == 4'd0) || (larger > amax_q))) amax_q <= larger;
  end

  logic unused_bits;
  assign unused_bits = &{1'b0, pair_at_i, start_at_i, v_addr_q, vs_addr_i};

endmodule

`default_nettype wire
