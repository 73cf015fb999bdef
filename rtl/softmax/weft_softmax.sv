// Online softmax over blocks of 32 positions: scores in, int8 probabilities (times the V scales) out.
//
// Scores arrive a pair a cycle and may run ahead by up to four blocks; a virtual row (one query head of one row) is
// worked on as soon as its scores and the V scales of its block are there, 16 cycles a row, phases of successive
// rows overlapped. From the last score of a row to its last act write: 64 cycles with words of 32 bytes when nothing
// is before it; each row before it adds 16 at most.
// ready_o depends on kv_buf_i and skip_i, never on valid_i: low while block j - 4 is still being read, and for a skip
// beat in the cycle of an alpha write. The act port may stall as it likes.
// Token i of block b counts for a row at position p iff 32 b + i <= p. The rows of a block are ascending and gapless, and
// so are their positions; a row sends the pairs that have a token at or below p and no others. Rows with p < 32 b come
// before them as skip beats, which only write alpha_valid_o = 0. last_i is with the last pair of the block's last row and
// never with a skip beat.
// p_ready_o: all words of a block and its alphas are written. recip(l) of a row is readable (the cycle after
// rl_vrow_i) before the p_ready_o of its last block, and stays until four sets later; the set being read advances with
// o_free_i, so sets are drained in the order in which their scores came.
// Golden model: sw/golden/softmax.h.  Block notes: docs/reference/softmax.md
`default_nettype none

module weft_softmax (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  // From weft_sequencer: model_t.p_base, stable during a step
  input  logic [15:0]                       p_base_i,

  // From weft_drain: scores
  input  logic                              valid_i,
  output logic                              ready_o,
  input  logic                              skip_i,      // the row takes no part in the block; no scores
  input  logic [15:0]                       vrow_i,
  input  logic [15:0]                       position_i,  // of the row
  input  logic [15:0]                       block_i,     // 0 opens a set
  input  logic [1:0]                        kv_buf_i,
  input  logic [1:0]                        sub_i,       // head of the set
  input  logic [7:0]                        pair_i,      // tokens 2 pair, 2 pair + 1; ascending within a row
  input  logic [31:0]                       s0_i,
  input  logic [31:0]                       s1_i,
  input  logic                              last_i,

  // From weft_tape_fetch: V scales; byte address of head j, token t: 64 j + 2 t. vs_done_i with or after the last
  // write of a block, blocks in order
  input  logic                              vs_we_i,
  input  logic [1:0]                        vs_buf_i,
  input  logic [7:0]                        vs_addr_i,
  input  logic [8*weft_pkg::PORT_BYTES-1:0] vs_data_i,
  input  logic                              vs_done_i,

  // To weft_matrix: probabilities
  output logic                              wr_valid_o,
  input  logic                              wr_ready_i,
  output logic [7:0]                        wr_col_o,
  output logic [15:0]                       wr_addr_o,
  output logic [8*weft_pkg::WORD_BYTES-1:0] wr_data_o,
  output logic                              wr_scale_valid_o,
  output logic [31:0]                       wr_scale_o,
  output logic                              p_ready_o,   // pulse; also frees the block's V scales

  // To weft_dequant
  output logic                              alpha_we_o,
  output logic [15:0]                       alpha_vrow_o,
  output logic [1:0]                        alpha_buf_o,
  output logic                              alpha_valid_o,
  output logic                              alpha_first_o,
  output logic [31:0]                       alpha_o,

  // From weft_drain: recip(l)
  input  logic                              o_free_i,    // pulse: a set has been drained
  input  logic [15:0]                       rl_vrow_i,
  output logic [31:0]                       rl_o,

  output logic                              busy_o
);

  localparam int unsigned VROW_BITS = $clog2(weft_pkg::MAX_VROWS);

  // The schedule of the modules below counts on these latencies.
  if (weft_pkg::FP_MUL_LATENCY != 3 || weft_pkg::FP_ADD_LATENCY != 4 || weft_pkg::SPECIAL_LATENCY != 5)
    $fatal(1, "weft_softmax: the schedule is made for latencies 3, 4, 5");

  // ---- scores ------------------------------------------------------------------------------------------------------
  logic                 skip, alpha;
  logic                 blk_valid, blk_take, blk_first, blk_any, blk_closed, free, row_re, row_ends, pair_re;
  logic [1:0]           blk_buf, free_buf, row_sub, pair_buf;
  logic [VROW_BITS-1:0] blk_begin, blk_done, row_vrow, pair_vrow;
  logic [31:0]          row_max, s0, s1;
  logic [4:0]           row_limit;
  logic [3:0]           pair_idx;
  logic                 scores_busy;
  weft_softmax_scores u_scores (
    .clk_i, .rst_ni,
    .valid_i, .ready_o, .skip_i, .vrow_i, .position_i, .block_i, .kv_buf_i, .sub_i, .pair_i, .s0_i, .s1_i, .last_i,
    .alpha_taken_i(alpha), .skip_o(skip),
    .blk_valid_o(blk_valid), .blk_take_i(blk_take), .blk_buf_o(blk_buf), .blk_first_o(blk_first),
    .blk_begin_o(blk_begin), .blk_any_o(blk_any), .blk_done_o(blk_done), .blk_closed_o(blk_closed),
    .free_i(free), .free_buf_i(free_buf),
    .row_re_i(row_re), .row_buf_i(blk_buf), .row_vrow_i(row_vrow), .row_max_o(row_max), .row_limit_o(row_limit),
    .row_ends_o(row_ends), .row_sub_o(row_sub),
    .pair_re_i(pair_re), .pair_buf_i(pair_buf), .pair_vrow_i(pair_vrow), .pair_idx_i(pair_idx), .pair_s0_o(s0),
    .pair_s1_o(s1),
    .busy_o(scores_busy));

  // ---- issue -------------------------------------------------------------------------------------------------------
  logic                 start, room, first, block_last, ends;
  logic [VROW_BITS-1:0] vrow;
  logic [1:0]           kv_buf, set_number, sub;
  logic [4:0]           limit;
  logic [31:0]          m_old, m_new;
  weft_softmax_issue u_issue (
    .clk_i, .rst_ni, .vs_done_i,
    .blk_valid_i(blk_valid), .blk_take_o(blk_take), .blk_buf_i(blk_buf), .blk_first_i(blk_first),
    .blk_begin_i(blk_begin), .blk_any_i(blk_any), .blk_done_i(blk_done), .blk_closed_i(blk_closed),
    .free_o(free), .free_buf_o(free_buf),
    .row_re_o(row_re), .row_vrow_o(row_vrow), .row_max_i(row_max), .row_limit_i(row_limit), .row_ends_i(row_ends),
    .row_sub_i(row_sub),
    .pair_re_o(pair_re), .pair_buf_o(pair_buf), .pair_vrow_o(pair_vrow), .pair_idx_o(pair_idx),
    .room_i(room),
    .start_o(start), .vrow_o(vrow), .buf_o(kv_buf), .set_o(set_number), .first_o(first), .block_last_o(block_last),
    .ends_o(ends), .sub_o(sub), .limit_o(limit), .m_old_o(m_old), .m_new_o(m_new));

  // Bit x: a row started, a pair was read, x cycles ago.
  logic [50:0] start_at;
  logic [49:0] start_at_q;
  logic [43:0] pair_at;
  logic [42:0] pair_at_q;
  assign start_at = {start_at_q, start};
  assign pair_at  = {pair_at_q, pair_re};
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_at_q <= '0;
      pair_at_q  <= '0;
    end else begin
      start_at_q <= start_at[49:0];
      pair_at_q  <= pair_at[42:0];
    end
  end

  // ---- arithmetic ----------------------------------------------------------------------------------------------------
  logic [31:0] quarter, w0, w1;
  logic [30:0] amax;
  weft_softmax_probs u_probs (
    .clk_i, .rst_ni, .pair_at_i(pair_at[14:0]), .start_at_i(start_at[9:0]),
    .buf_i(kv_buf), .sub_i(sub), .limit_i(limit), .m_new_i(m_new), .s0_i(s0), .s1_i(s1),
    .vs_we_i, .vs_buf_i, .vs_addr_i, .vs_data_i,
    .quarter_o(quarter), .amax_o(amax), .w0_o(w0), .w1_o(w1));

  logic [31:0]          inv, scale, alpha_value;
  logic                 zero, state_block_last, alpha_first;
  logic [VROW_BITS-1:0] state_vrow;
  logic [1:0]           state_buf;
  weft_softmax_state u_state (
    .clk_i, .rst_ni, .start_at_i(start_at),
    .vrow_i(vrow), .buf_i(kv_buf), .set_i(set_number), .first_i(first), .block_last_i(block_last), .ends_i(ends),
    .m_old_i(m_old), .m_new_i(m_new), .quarter_i(quarter), .amax_i(amax),
    .inv_o(inv), .zero_o(zero), .scale_o(scale), .vrow_o(state_vrow), .buf_o(state_buf),
    .block_last_o(state_block_last),
    .alpha_o(alpha), .alpha_first_o(alpha_first), .alpha_value_o(alpha_value),
    .o_free_i, .rl_vrow_i, .rl_o);

  logic write_busy;
  weft_softmax_write u_write (
    .clk_i, .rst_ni, .p_base_i, .pair_at_i(pair_at), .start_at_i(start_at[42:0]), .room_o(room), .busy_o(write_busy),
    .w0_i(w0), .w1_i(w1),
    .inv_i(inv), .zero_i(zero), .scale_i(scale), .vrow_i(state_vrow), .buf_i(state_buf),
    .block_last_i(state_block_last),
    .wr_valid_o, .wr_ready_i, .wr_col_o, .wr_addr_o, .wr_data_o, .wr_scale_valid_o, .wr_scale_o, .p_ready_o);

  // ---- alpha: a skip beat is taken only while no row writes its own ------------------------------------------------------
  always_ff @(posedge clk_i) begin
    if (!rst_ni) alpha_we_o <= 1'b0;
    else         alpha_we_o <= alpha || skip;
    if (alpha || skip) begin
      alpha_vrow_o  <= alpha ? 16'(state_vrow) : vrow_i;
      alpha_buf_o   <= alpha ? state_buf : kv_buf_i;
      alpha_valid_o <= alpha;
      alpha_first_o <= alpha && alpha_first;
      alpha_o       <= alpha_value;
    end
  end

  assign busy_o = scores_busy || write_busy;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && start) RowsStartSixteenCyclesApart_A: assert (start_at_q[14:0] == '0);
  end
`endif

endmodule

`default_nettype wire
