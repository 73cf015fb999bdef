// Walks finished results and sends them on as pairs: panels of a matmul to the epilogue, K panels (scores) to the
// softmax, attention accumulators and embedding chunks to the epilogue.
//
// Descriptors are served in order, except that K blocks go on while an attention accumulator is awaited or read: its
// pairs take the cycles that panels leave (weft_drain_out). One pair a cycle while the destination takes it; a read of
// the accumulators takes two cycles and its credit is a place in the output FIFO, so nothing stalls in between. Row order
// is ascending, then query head (attention), then output; only live rows that the descriptor selects are walked. Of a K
// block a row sends the pairs that its position reaches, no others.
// Each pair carries the factor of the norm multiply: rinv of the row, recip(l) of the virtual row (attention), the
// chunk's scale (embedding) or 1.
// Golden model: the loops of sw/golden/machine.cpp.  Block notes: docs/reference/drain.md
`default_nettype none

module weft_drain (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  // From weft_sequencer: what to do with the results, in stream order. The model is stable during a step.
  input  logic                              desc_valid_i,
  output logic                              desc_ready_o,
  input  weft_pkg::drain_desc_t             desc_i,
  input  weft_pkg::model_t                  model_i,

  // Row registers: combinational read; rows with want or dump
  output logic [7:0]                        row_idx_o,
  input  logic [15:0]                       row_position_i,
  input  logic [weft_pkg::MAX_ROWS-1:0]     wantdump_i,

  // weft_dequant: completions and the accumulator read port (data 2 cycles after rd_valid_o)
  input  logic                              panel_done_i,
  input  logic                              o_done_i,
  output logic                              rd_valid_o,
  output logic                              rd_o_o,
  output logic                              rd_buf_o,
  output logic [7:0]                        rd_col_o,
  output logic [7:0]                        rd_pass_o,
  output logic [7:0]                        rd_idx_o,
  input  logic [31:0]                       rd_a0_i,
  input  logic [31:0]                       rd_a1_i,

  // To weft_matrix: a panel buffer or an accumulator half has been read
  output logic                              panel_free_o,
  output logic                              o_free_o,

  // weft_matrix: embedding chunks
  input  logic                              emb_valid_i,
  output logic                              emb_ready_o,
  input  logic [255:0]                      emb_data_i,
  input  logic [15:0]                       emb_scale_i,
  input  logic [7:0]                        emb_row_i,
  input  logic [15:0]                       emb_g_i,
  input  logic                              emb_last_i,

  // weft_rmsnorm: rinv of a row, weft_softmax: recip(l) of a virtual row (both the cycle after the index)
  input  logic                              rinv_ready_i,
  output logic [7:0]                        rinv_row_o,
  input  logic [31:0]                       rinv_i,
  output logic                              rl_buf_o,
  output logic [15:0]                       rl_vrow_o,
  input  logic [31:0]                       rl_i,

  // To weft_epilogue: pairs
  output logic                              pair_valid_o,
  input  logic                              pair_ready_i,
  output weft_pkg::pair_ctx_t               pair_ctx_o,
  output logic [31:0]                       pair_a0_o,
  output logic [31:0]                       pair_a1_o,
  output logic [31:0]                       pair_mul_o,
  // A descriptor starts: its quantizer configuration, to be kept under the low bits of its instruction number
  output logic                              cfg_we_o,
  output logic [2:0]                        cfg_tag_o,
  output weft_pkg::quant_cfg_t              cfg_o,
  output logic                              res_start_o,   // a residual or embedding instruction starts
  output logic [7:0]                        res_rows_o,    // its rows
  output logic                              logits_start_o,

  // To weft_softmax: scores, and rows that take no part in a block
  output logic                              score_valid_o,
  input  logic                              score_ready_i,
  output logic [15:0]                       score_vrow_o,
  output logic [15:0]                       score_position_o,
  output logic [15:0]                       score_block_o,
  output logic [1:0]                        score_kv_buf_o,
  output logic [1:0]                        score_sub_o,
  output logic                              score_last_set_block_o,
  output logic                              score_o_buf_o,
  output logic [7:0]                        score_pair_o,
  output logic [31:0]                       score_s0_o,
  output logic [31:0]                       score_s1_o,
  output logic                              score_last_o,
  output logic                              score_skip_o,  // with score_valid_o: the vrow takes no part, no scores

  // Status
  output logic                              kv_desc_done_o, // a K or V matmul has been read completely
  output logic                              kv_pair_o,      // a pair of a K or V matmul has been read
  output logic                              idle_o,         // nothing behind the lanes is in this block
  output logic                              empty_o,        // no descriptor is waiting or served
  output logic                              busy_o,
  output logic                              scores_o,       // with busy_o: what is read are scores
  output logic                              norm_wait_o     // results wait for rinv
);

  localparam int unsigned C          = weft_pkg::COLUMNS;
  localparam int unsigned COL_BITS   = $clog2(C);
  localparam int unsigned PR         = weft_pkg::PANEL_ROWS;
  localparam int unsigned CTX_BITS   = weft_pkg::PAIR_CTX_BITS;
  localparam int unsigned FIFO_DEPTH = 8;

  if (PR < 4) $fatal(1, "weft_drain: a panel of a K block needs two pairs of tokens");

  // What travels beside a read until its data arrives.
  typedef struct packed {
    logic                   is_k;
    logic                   skip;
    logic                   emb;
    logic                   norm;
    logic                   o;
    logic [CTX_BITS-1:0]    ctx;       // weft_pkg::pair_ctx_t
    logic [31:0]            a0;        // embedding: values are known at issue
    logic [31:0]            a1;
    logic [31:0]            mul;
    logic [15:0]            vrow;
    logic [15:0]            position;
    logic [15:0]            block;
    logic [1:0]             kv_buf;
    logic [1:0]             sub;
    logic                   last_set_block;
    logic                   o_buf;
    logic [7:0]             pair;
    logic                   score_last;
  } beat_t;

  typedef enum logic [2:0] { S_NEXT, S_SETUP, S_WAIT, S_ROW, S_PAIR, S_EMB } state_e;

  state_e                state_q;
  weft_pkg::drain_desc_t d_q;
  logic [15:0]           panel_q;       // current panel
  logic [7:0]            row_q;
  logic [7:0]            i_q;           // pair within the panel, head or chunk
  logic [7:0]            q_q;           // query head within the set; matmul: part of the panel
  logic [7:0]            qsub_q;        // query head within its KV head
  logic [1:0]            sub_q;
  logic [15:0]           vrow_q;
  logic [15:0]           gq_q;          // query heads per set
  logic [23:0]           n0_q;          // first output of the panel
  logic [7:0]            head0_q, dd0_q; // head and element of n0
  logic [7:0]            head_q, dd_q;   // of the current pair
  logic                  acc_buf_q;     // panel buffers alternate for ever
  logic [7:0]            panels_avail_q;
  logic [3:0]            credit_q;      // free places in the output FIFO, reads in flight taken off
  logic                  from_valid_q;  // K block: a row has pairs beyond the current panel; the first that has
  logic [7:0]            from_row_q;
  logic [15:0]           from_vrow_q;
  logic                  k_pass_q;      // K block: no row has pairs in the current panel
  logic                  rows_above;    // another selected row follows
  logic [7:0]            row_next;
  logic [7:0]            row_lowest;

  wire is_emb  = (d_q.epi == weft_pkg::EPI_EMBED) && !d_q.is_k;
  wire heads   = !d_q.is_k && ((d_q.epi == weft_pkg::EPI_Q) || (d_q.epi == weft_pkg::EPI_K) || (d_q.epi == weft_pkg::EPI_V));

  // Selected rows: the descriptor's range, thinned to want/dump for the LM head.
  logic [weft_pkg::MAX_ROWS-1:0] row_mask;
  always_comb begin
    row_lowest = 8'd0;
    row_next   = 8'd0;
    rows_above = 1'b0;
    for (int r = 0; r < weft_pkg::MAX_ROWS; r++) begin
      row_mask[r] = (8'(r) >= d_q.row_first) && (8'(r) < d_q.row_first + d_q.rows) && (!d_q.want || wantdump_i[r]);
    end
    for (int r = weft_pkg::MAX_ROWS - 1; r >= 0; r--) begin
      if (row_mask[r]) row_lowest = 8'(r);
      if (row_mask[r] && (8'(r) > row_q)) begin
        row_next   = 8'(r);
        rows_above = 1'b1;
      end
    end
  end

  // A row takes part in a K block when its position reaches the block; it has pairs 0 .. k_last_pair there. Positions
  // of a segment ascend, so the rows that a panel of the block need not walk come before those that it must.
  assign row_idx_o = row_q;
  wire        row_in_block = (row_position_i[15:5] >= d_q.block[10:0]);
  wire [3:0]  k_last_pair  = (row_position_i[15:5] == d_q.block[10:0]) ? row_position_i[4:1] : 4'd15;
  wire [7:0]  k_pair       = 8'(panel_q * 16'(PR / 2)) + i_q;
  wire        k_pairs_end  = (k_pair == {4'd0, k_last_pair});
  wire        k_goes_on    = row_in_block && ({4'd0, k_last_pair} >= 8'((panel_q + 16'd1) * 16'(PR / 2)));

  // ---- issue -------------------------------------------------------------------------------------------------
  wire [23:0] n_now      = is_emb ? {3'd0, emb_g_i, 5'd0} + {15'd0, i_q, 1'b0}
                                  : n0_q + (d_q.is_k ? 24'd0 : 24'(q_q) * 24'(PR)) + {15'd0, i_q, 1'b0};
  wire        last_pair_n = (n_now + 24'd2 >= d_q.n);                       // last pair of the instruction for a row
  wire        panel_end  = (i_q == 8'(PR / 2 - 1)) || (!d_q.is_k && last_pair_n);
  wire        emb_end    = (i_q == 8'd15) || last_pair_n;
  wire        last_q     = d_q.is_k ? (16'(q_q) + 16'd1 == gq_q) : (8'(q_q + 8'd1) >> d_q.parts_log2 != 8'd0);
  wire        last_panel = (panel_q + 16'd1 == d_q.panels);
  wire        can_issue  = (credit_q != 4'd0);
  wire        k_pass     = d_q.is_k && k_pass_q;
  wire        k_skip     = d_q.is_k && !row_in_block;

  wire issue = can_issue && ((state_q == S_PAIR) || ((state_q == S_EMB) && emb_valid_i));
  // Rows below a K block say so in its first panel. A panel that no row needs takes one cycle and sends nothing.
  wire send      = issue && !k_pass;
  wire pairs_end = is_emb ? emb_end : (panel_end || (d_q.is_k && (k_pairs_end || k_skip)));
  wire row_end   = pairs_end && (last_q || (!d_q.is_k && last_pair_n));
  wire unit_end  = k_pass || (row_end && !rows_above);                       // the panel is read

  // ---- attention accumulators, in the cycles that remain --------------------------------------------------------
  logic                 out_load, out_busy, out_setup, out_complete, out_offer, out_buf, out_free;
  weft_pkg::quant_cfg_t out_cfg;
  weft_pkg::pair_ctx_t  out_pair_ctx;
  logic [15:0]          out_vrow;
  logic [7:0]           out_pair;
  wire                  out_issue = can_issue && !issue && out_offer;
  weft_drain_out u_attention (
    .clk_i, .rst_ni, .load_i(out_load), .desc_i, .model_i, .busy_o(out_busy), .setup_o(out_setup), .cfg_o(out_cfg),
    .o_done_i, .complete_o(out_complete), .valid_o(out_offer), .take_i(out_issue), .ctx_o(out_pair_ctx),
    .vrow_o(out_vrow), .pair_o(out_pair), .o_buf_o(out_buf), .free_o(out_free));

  // Beside a half only K blocks are served, and of further sets only one is opened: recip(l) is kept for four sets.
  logic opened_q;
  wire  desc_is_o  = (desc_i.epi == weft_pkg::EPI_O) && !desc_i.is_k;
  wire  desc_opens = desc_i.is_k && desc_i.block == 16'd0;
  wire  desc_take  = desc_valid_i && desc_ready_o;
  assign desc_ready_o = (state_q == S_NEXT) && (!out_busy || (desc_i.is_k && !(desc_opens && opened_q)));
  assign out_load     = desc_take && desc_is_o;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || !out_busy)         opened_q <= 1'b0;
    else if (desc_take && desc_opens) opened_q <= 1'b1;
  end

  weft_pkg::pair_ctx_t ctx;
  always_comb begin
    ctx          = '0;
    ctx.epi      = d_q.epi;
    ctx.norm     = d_q.norm;
    ctx.row      = is_emb ? emb_row_i : row_q;
    ctx.n        = n_now;
    ctx.first    = (n_now == 24'd0);
    ctx.last     = last_pair_n;
    ctx.last_all = last_pair_n && (is_emb ? (emb_row_i + 8'd1 == d_q.rows) : !rows_above);
    ctx.odd_pad  = n_now + 24'd1 >= d_q.n;
    ctx.head     = head_q;
    ctx.d        = dd_q;
    ctx.instr    = d_q.instr;
  end

  beat_t beat;
  wire [7:0] emb_q0 = emb_data_i[{i_q[3:0], 4'd0} +: 8];
  wire [7:0] emb_q1 = emb_data_i[{i_q[3:0], 4'd8} +: 8];
  logic [31:0] emb_f0, emb_f1, emb_scale;
  weft_i2f #(.Width(8)) u_emb_f0 (.x_i(emb_q0), .y_o(emb_f0));
  weft_i2f #(.Width(8)) u_emb_f1 (.x_i(emb_q1), .y_o(emb_f1));
  weft_h2f u_emb_scale (.x_i(emb_scale_i), .y_o(emb_scale));

  always_comb begin
    beat                = '0;
    beat.is_k           = d_q.is_k;
    beat.skip           = k_skip;
    beat.emb            = is_emb;
    beat.norm           = d_q.norm;
    beat.ctx            = ctx;
    beat.a0             = emb_f0;
    beat.a1             = emb_f1;
    beat.mul            = emb_scale;
    beat.vrow           = vrow_q;
    beat.position       = row_position_i;
    beat.block          = d_q.block;
    beat.kv_buf         = d_q.kv_buf;
    beat.sub            = sub_q;
    beat.last_set_block = d_q.last;
    beat.o_buf          = d_q.o_buf;
    beat.pair           = k_pair;
    beat.score_last     = d_q.is_k && k_pairs_end && last_q && !rows_above;
    if (out_issue) begin
      beat      = '0;
      beat.o    = 1'b1;
      beat.ctx  = out_pair_ctx;
      beat.vrow = out_vrow;
    end
  end

  // A virtual row's place in the array.
  wire [15:0] place = out_issue ? out_vrow : d_q.is_k ? vrow_q
                                 : ({8'd0, row_q} << d_q.copies_log2) + {8'd0, q_q};
  assign rd_valid_o = (send && !is_emb && !k_skip) || out_issue;
  assign rd_o_o     = out_issue;
  assign rd_buf_o   = out_issue ? out_buf : acc_buf_q;
  assign rd_col_o   = 8'(place & 16'(C - 1));
  assign rd_pass_o  = 8'(place >> COL_BITS);
  assign rd_idx_o   = {out_issue ? out_pair[6:0] : i_q[6:0], 1'b0};
  assign rinv_row_o = row_q;
  assign rl_buf_o   = out_buf;
  assign rl_vrow_o  = out_vrow;

  assign emb_ready_o  = issue && is_emb && emb_end;
  assign panel_free_o = issue && !is_emb && unit_end;
  assign o_free_o     = out_free;

  wire desc_end = issue && (is_emb ? (emb_end && emb_last_i && (emb_row_i + 8'd1 == d_q.rows))
                                   : (unit_end && last_panel));
  assign kv_desc_done_o = desc_end && !d_q.is_k && ((d_q.epi == weft_pkg::EPI_K) || (d_q.epi == weft_pkg::EPI_V));

  // A half is set up in the cycle after its descriptor, before the next one can be.
  assign cfg_we_o  = out_setup || ((state_q == S_SETUP) && !d_q.is_k);
  assign cfg_tag_o = out_setup ? out_pair_ctx.instr[2:0] : d_q.instr[2:0];
  assign cfg_o     = out_setup ? out_cfg : {d_q.epi, d_q.dst_copies_log2, d_q.dst_base, d_q.dst_groups, d_q.qs, d_q.addr};
  assign res_start_o    = (state_q == S_SETUP) && !d_q.is_k &&
                          ((d_q.epi == weft_pkg::EPI_RES) || (d_q.epi == weft_pkg::EPI_EMBED));
  assign res_rows_o     = d_q.rows;
  assign logits_start_o = (state_q == S_SETUP) && !d_q.is_k && (d_q.epi == weft_pkg::EPI_LOGITS);

  // Head and element of the pair after this one.
  wire       head_wrap = ({1'b0, dd_q} + 9'd2 >= {1'b0, model_i.head_dim});
  wire [7:0] head_next = head_wrap ? head_q + 8'd1 : head_q;
  wire [7:0] dd_next   = head_wrap ? 8'd0 : dd_q + 8'd2;
  wire [15:0] row_gq   = 16'(row_lowest) * gq_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q        <= S_NEXT;
      acc_buf_q      <= 1'b0;
      panels_avail_q <= 8'd0;
    end else begin
      panels_avail_q <= panels_avail_q + 8'(panel_done_i) - 8'(panel_free_o);
      if (panel_free_o) acc_buf_q <= !acc_buf_q;

      unique case (state_q)
        S_NEXT: if (desc_take && !desc_is_o) begin
          d_q     <= desc_i;
          panel_q <= 16'd0;
          n0_q    <= 24'd0;
          head0_q <= 8'd0;
          dd0_q   <= 8'd0;
          k_pass_q     <= 1'b0;
          from_valid_q <= 1'b0;
          gq_q    <= 16'(model_i.q_per_kv) * 16'(model_i.hs);
          state_q <= S_SETUP;
        end

        S_SETUP: begin
          row_q   <= row_lowest;
          vrow_q  <= row_gq;
          i_q     <= 8'd0;
          state_q <= is_emb ? S_EMB : S_WAIT;
        end

        // Results ready, and the norm they need.
        S_WAIT: if (panels_avail_q != 8'd0 && (!d_q.norm || rinv_ready_i)) begin
          q_q     <= 8'd0;
          qsub_q  <= 8'd0;
          sub_q   <= 2'd0;
          i_q     <= 8'd0;
          head_q  <= head0_q;
          dd_q    <= dd0_q;
          state_q <= S_PAIR;
        end

        S_PAIR: if (issue) begin
          // A row that goes on has a second pair here at least, so this is known before the panel ends.
          if (k_goes_on && !from_valid_q && q_q == 8'd0 && i_q == 8'd0) begin
            from_valid_q <= 1'b1;
            from_row_q   <= row_q;
            from_vrow_q  <= vrow_q;
          end
          i_q    <= i_q + 8'd1;
          head_q <= head_next;
          dd_q   <= dd_next;
          if (pairs_end) begin
            i_q    <= 8'd0;
            q_q    <= row_end ? 8'd0 : q_q + 8'd1;
            vrow_q <= vrow_q + 16'd1;
            qsub_q <= (qsub_q + 8'd1 == model_i.q_per_kv) ? 8'd0 : qsub_q + 8'd1;
            if (last_q) sub_q <= 2'd0;
            else if (qsub_q + 8'd1 == model_i.q_per_kv) sub_q <= sub_q + 2'd1;
          end
          if (row_end) begin
            row_q  <= row_next;
            head_q <= head0_q;
            dd_q   <= dd0_q;
            if (last_q || !d_q.is_k) qsub_q <= 8'd0;
          end
          if (unit_end) begin
            panel_q <= panel_q + 16'd1;
            n0_q    <= n0_q + (24'(PR) << d_q.parts_log2);
            head0_q <= head_next;
            dd0_q   <= dd_next;
            head_q  <= head_next;
            dd_q    <= dd_next;
            row_q   <= d_q.is_k ? from_row_q : row_lowest;
            vrow_q  <= d_q.is_k ? from_vrow_q : row_gq;
            k_pass_q     <= !from_valid_q;
            from_valid_q <= 1'b0;
            // A second panel that is ready follows without a gap.
            state_q <= last_panel ? S_NEXT : (panels_avail_q > 8'd1) ? S_PAIR : S_WAIT;
          end
        end

        S_EMB: if (issue) begin
          i_q <= emb_end ? 8'd0 : i_q + 8'd1;
          if (desc_end) state_q <= S_NEXT;
        end

        default: state_q <= S_NEXT;
      endcase
    end
  end

  // ---- data comes back ---------------------------------------------------------------------------------------
  logic  v1_q, v2_q;
  beat_t b1_q, b2_q;
  logic [31:0] mul2_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      v1_q <= 1'b0;
      v2_q <= 1'b0;
    end else begin
      v1_q <= send || out_issue;
      v2_q <= v1_q;
    end
    if (send || out_issue) b1_q <= beat;
    if (v1_q) begin
      b2_q   <= b1_q;
      // rinv and recip(l) arrive one cycle after their index.
      mul2_q <= b1_q.emb ? b1_q.mul : b1_q.o ? rl_i : b1_q.norm ? rinv_i : 32'h3F80_0000;
    end
  end

  localparam int unsigned OUT_BITS = $bits(b1_q);
  beat_t out, out_data;
  logic  out_valid, out_ready;
  always_comb begin
    out     = b2_q;
    out.mul = mul2_q;
    if (!b2_q.emb) begin
      out.a0 = rd_a0_i;
      out.a1 = rd_a1_i;
    end
  end

  logic unused_in_ready;
  logic [$clog2(FIFO_DEPTH+1)-1:0] unused_count;
  logic [OUT_BITS-1:0] out_flat;
  weft_fifo #(.Width(OUT_BITS), .Depth(FIFO_DEPTH)) u_out (
    .clk_i, .rst_ni,
    .in_valid_i(v2_q), .in_ready_o(unused_in_ready), .in_data_i(out),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_flat), .count_o(unused_count));
  assign out_data = out_flat;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) credit_q <= 4'(FIFO_DEPTH);
    else         credit_q <= credit_q - 4'(send || out_issue) + 4'(out_valid && out_ready);
  end

  assign pair_valid_o = out_valid && !out_data.is_k;
  weft_pkg::pair_ctx_t out_ctx;
  assign out_ctx      = out_data.ctx;
  assign pair_ctx_o   = out_ctx;
  assign pair_a0_o    = out_data.a0;
  assign pair_a1_o    = out_data.a1;
  assign pair_mul_o   = out_data.mul;
  assign kv_pair_o    = issue && !d_q.is_k && ((d_q.epi == weft_pkg::EPI_K) || (d_q.epi == weft_pkg::EPI_V));

  assign score_valid_o          = out_valid && out_data.is_k;
  assign score_vrow_o           = out_data.vrow;
  assign score_position_o       = out_data.position;
  assign score_block_o          = out_data.block;
  assign score_kv_buf_o         = out_data.kv_buf;
  assign score_sub_o            = out_data.sub;
  assign score_last_set_block_o = out_data.last_set_block;
  assign score_o_buf_o          = out_data.o_buf;
  assign score_pair_o           = out_data.pair;
  assign score_s0_o             = out_data.a0;
  assign score_s1_o             = out_data.a1;
  assign score_last_o           = out_data.score_last;
  assign score_skip_o           = out_data.skip;
  assign out_ready              = out_data.is_k ? score_ready_i : pair_ready_i;

  // Waiting for a matmul's panel or an embedding chunk is idle; waiting for an attention accumulator is not, because
  // the array has finished with it already. An offered chunk is still the array's, whose offer may depend on idle_o.
  wire waiting = ((state_q == S_NEXT) && !desc_valid_i) || (state_q == S_SETUP) || (state_q == S_WAIT) ||
                 ((state_q == S_EMB) && (i_q == 8'd0));
  assign idle_o  = waiting && !out_busy && (credit_q == 4'(FIFO_DEPTH)) && !panel_done_i && !o_done_i &&
                   (panels_avail_q == 8'd0) && !out_complete;
  assign empty_o = (state_q == S_NEXT) && !desc_valid_i && !out_busy && (credit_q == 4'(FIFO_DEPTH));
  assign busy_o  = issue || out_issue;
  assign scores_o    = d_q.is_k && !out_issue;
  assign norm_wait_o = state_q == S_WAIT && d_q.norm && !rinv_ready_i && panels_avail_q != 8'd0;

  logic unused;
  assign unused = &{1'b0, d_q, out_pair[7], heads, out_data.emb, out_data.norm, out_data.o, model_i.dim,
                    model_i.hidden, model_i.blocks, model_i.k_groups, model_i.q_base, model_i.p_base,
                    model_i.inv_dim, model_i.eps, model_i.k_tail, model_i.q_passes, model_i.bias, model_i.qk_norm,
                    model_i.head_eps, row_position_i[4:0], unused_in_ready, unused_count};

endmodule

`default_nettype wire
