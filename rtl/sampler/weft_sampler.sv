// From logits to tokens: the first largest logit, or a draw among the top_k largest, for every row that wants one.
//
// start_i opens a step; then pairs of logits n, n + 1 (n even) of any row arrive, ascending in n for each row, until
// the one with last_all_i. One pair a cycle while rows are greedy; pairs whose logits enter a candidate list may have
// to wait (ready_o low). After the last pair the tokens of rows 0 .. rows_i - 1 with want_i leave in ascending order,
// one pulse of tok_valid_o each, and then done_o pulses. tok_* cannot be stalled. ready_o depends on registers only.
// NaN logits are never chosen; a row without any comparable logit gives token 0.
// Golden model: sw/golden/sampler.cpp (bit-exact).  Block notes: docs/reference/sampler.md
`default_nettype none

module weft_sampler #(
  localparam int unsigned RowBits = $clog2(weft_pkg::MAX_ROWS)
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,

  // From weft_sequencer, weft_host: stable from start_i to done_o
  input  logic                          start_i,
  input  logic [7:0]                    rows_i,
  input  logic [weft_pkg::MAX_ROWS-1:0] want_i,

  // Row parameters: param_* belong to row param_row_o in the same cycle. param_row_o follows row_i while pairs arrive.
  output logic [7:0]                    param_row_o,
  input  logic [15:0]                   param_position_i,
  input  logic [31:0]                   param_z_i,         // fp32(log2 e / temperature)
  input  logic [7:0]                    param_top_k_i,     // 0 and 1: greedy; more than MAX_TOPK counts as MAX_TOPK
  input  logic [31:0]                   param_seed_i,

  // From weft_epilogue
  input  logic                          valid_i,
  output logic                          ready_o,
  input  logic [7:0]                    row_i,
  input  logic [23:0]                   n_i,
  input  logic                          odd_pad_i,         // there is no logit n + 1
  input  logic                          last_all_i,        // last pair of the step
  input  logic [31:0]                   l0_i,
  input  logic [31:0]                   l1_i,

  // To weft_host
  output logic                          tok_valid_o,
  output logic [7:0]                    tok_row_o,
  output logic [31:0]                   tok_o,
  output logic                          done_o,
  output logic                          active_o           // it moves by itself: not only waiting for logits
);

  localparam int unsigned CountBits = $clog2(weft_pkg::MAX_TOPK + 1);

  typedef enum logic [2:0] {
    STATE_IDLE,     // no step
    STATE_COLLECT,  // pairs arrive
    STATE_DRAIN,    // the last pairs are on their way into the lists
    STATE_ROW,      // look at one row
    STATE_DRAW,     // weft_sampler_draw is at work on it
    STATE_DONE
  } state_e;

  state_e     state_q;
  logic [7:0] row_q;      // row being finished
  logic       list_ready, list_idle;
  logic       draw_done;
  logic [23:0] draw_index;

  // ---- stage 1: logits become integers that compare as signed numbers ------------------------------------------

  // -0, +0 and subnormals are one value: 0. NaN is flagged by the caller.
  function automatic logic [31:0] f_key(input logic [31:0] x);
    f_key = (x[30:23] == 8'd0) ? 32'd0 : x[31] ? -{1'b0, x[30:0]} : {1'b0, x[30:0]};
  endfunction

  function automatic logic f_nan(input logic [30:0] magnitude);
    f_nan = magnitude > 31'h7F80_0000;
  endfunction

  logic                 accept, greedy;
  logic [CountBits-1:0] k;
  logic                 s1_greedy_q, s1_list_q;  // a pair for the one or the other
  logic [RowBits-1:0]   s1_row_q;
  logic [23:0]          s1_n_q;
  logic [31:0]          s1_key0_q, s1_key1_q;
  logic                 s1_ok0_q, s1_ok1_q;
  logic [CountBits-1:0] s1_k_q;

  assign ready_o     = state_q == STATE_COLLECT && list_ready;
  assign accept      = valid_i && ready_o;
  assign param_row_o = (state_q == STATE_COLLECT) ? row_i : row_q;
  assign greedy      = param_top_k_i <= 8'd1;
  assign k           = (param_top_k_i > 8'(weft_pkg::MAX_TOPK)) ? CountBits'(weft_pkg::MAX_TOPK)
                                                                : CountBits'(param_top_k_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      s1_greedy_q <= 1'b0;
      s1_list_q   <= 1'b0;
    end else begin
      s1_greedy_q <= accept && want_i[row_i[RowBits-1:0]] && greedy;
      s1_list_q   <= accept && want_i[row_i[RowBits-1:0]] && !greedy;
    end
    if (accept) begin
      s1_row_q  <= row_i[RowBits-1:0];
      s1_n_q    <= n_i;
      s1_key0_q <= f_key(l0_i);
      s1_key1_q <= f_key(l1_i);
      s1_ok0_q  <= !f_nan(l0_i[30:0]);
      s1_ok1_q  <= !f_nan(l1_i[30:0]) && !odd_pad_i;
      s1_k_q    <= k;
    end
  end

  // ---- greedy: stage 2 picks the better of the pair, stage 3 compares it with the row's best ----------------------

  logic               s2_valid_q;
  logic [RowBits-1:0] s2_row_q;
  logic [23:0]        s2_index_q;
  logic [31:0]        s2_key_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) s2_valid_q <= 1'b0;
    else         s2_valid_q <= s1_greedy_q && (s1_ok0_q || s1_ok1_q);
    if (s1_greedy_q) begin : pick
      logic second;
      second = s1_ok1_q && (!s1_ok0_q || signed'(s1_key1_q) > signed'(s1_key0_q));
      s2_row_q   <= s1_row_q;
      s2_index_q <= {s1_n_q[23:1], second};
      s2_key_q   <= second ? s1_key1_q : s1_key0_q;
    end
  end

  // Read, compare and write in one cycle, so the next pair of the same row sees the result.
  logic [55:0]                   best [weft_pkg::MAX_ROWS];  // {key, index}
  logic [weft_pkg::MAX_ROWS-1:0] seen_q;                     // best is of this step
  logic [RowBits-1:0]            best_row;
  logic [55:0]                   best_now;
  logic                          better;

  assign best_row = s2_valid_q ? s2_row_q : row_q[RowBits-1:0];
  assign best_now = best[best_row];
  assign better   = s2_valid_q && (!seen_q[s2_row_q] || signed'(s2_key_q) > signed'(best_now[55:24]));

  always_ff @(posedge clk_i) begin
    if (better) best[s2_row_q] <= {s2_key_q, s2_index_q};
    if (!rst_ni || start_i) seen_q <= '0;
    else if (better)        seen_q[s2_row_q] <= 1'b1;
  end

  // ---- top-k ---------------------------------------------------------------------------------------------------

  logic                 draw_start;
  logic                 list_re;
  logic [CountBits-1:0] list_pos, list_count;
  logic [31:0]          list_key;
  logic [23:0]          list_index;

  weft_sampler_list u_list (
    .clk_i, .rst_ni, .start_i,
    .valid_i(s1_list_q), .row_i(s1_row_q), .n_i(s1_n_q), .key0_i(s1_key0_q), .key1_i(s1_key1_q),
    .ok0_i(s1_ok0_q), .ok1_i(s1_ok1_q), .k_i(s1_k_q), .ready_o(list_ready), .idle_o(list_idle),
    .read_i(list_re), .read_row_i(row_q[RowBits-1:0]), .read_pos_i(list_pos),
    .read_key_o(list_key), .read_index_o(list_index), .count_o(list_count));

  weft_sampler_draw u_draw (
    .clk_i, .rst_ni,
    .start_i(draw_start), .position_i(param_position_i), .z_i(param_z_i), .seed_i(param_seed_i),
    .read_o(list_re), .read_pos_o(list_pos), .read_key_i(list_key), .read_index_i(list_index), .count_i(list_count),
    .done_o(draw_done), .index_o(draw_index));

  // ---- control -------------------------------------------------------------------------------------------------

  logic drained, row_end, row_want, row_best, row_empty;

  assign drained    = !s1_greedy_q && !s1_list_q && !s2_valid_q && list_idle;
  assign row_end    = row_q >= rows_i;
  assign row_want   = !row_end && want_i[row_q[RowBits-1:0]];
  assign row_best   = row_want && greedy;
  assign row_empty  = row_want && !greedy && list_count == '0;
  assign draw_start = state_q == STATE_ROW && row_want && !row_best && !row_empty;
  assign done_o     = state_q == STATE_DONE;
  assign active_o   = !list_idle || (state_q != STATE_IDLE && state_q != STATE_COLLECT);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= STATE_IDLE;
      row_q       <= 8'd0;
      tok_valid_o <= 1'b0;
    end else begin
      tok_valid_o <= (state_q == STATE_ROW && (row_best || row_empty)) || (state_q == STATE_DRAW && draw_done);
      unique case (state_q)
        STATE_COLLECT: begin
          row_q <= 8'd0;
          if (accept && last_all_i) state_q <= STATE_DRAIN;
        end
        STATE_DRAIN: if (drained) state_q <= STATE_ROW;
        STATE_ROW: begin
          if (row_end)         state_q <= STATE_DONE;
          else if (draw_start) state_q <= STATE_DRAW;
          else                 row_q   <= row_q + 8'd1;
        end
        STATE_DRAW: begin
          if (draw_done) begin
            state_q <= STATE_ROW;
            row_q   <= row_q + 8'd1;
          end
        end
        default: state_q <= start_i ? STATE_COLLECT : STATE_IDLE;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == STATE_ROW || state_q == STATE_DRAW) begin
      tok_row_o <= row_q;
      if (state_q == STATE_DRAW)                     tok_o <= {8'd0, draw_index};
      else if (row_best && seen_q[row_q[RowBits-1:0]]) tok_o <= {8'd0, best_now[23:0]};
      else                                           tok_o <= 32'd0;
    end
  end

  logic unused;
  assign unused = &{1'b0, row_i};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && start_i) StepsDoNotOverlap_A: assert (state_q == STATE_IDLE || state_q == STATE_DONE);
  end
`endif

endmodule

`default_nettype wire
