// Walks the transfers of the array: decides each cycle whether an activation word meets a word of the stream.
//
// One word a cycle while chunks, scales and the transfer's dependencies are there; chunks, panels and transfers follow
// each other without a bubble (the next descriptor waits in a register). Three spacings cost a cycle now and then:
//   - columns that share a lane must not finish groups in the same cycle,
//   - an accumulator must be written before its next group reads it (AccSpacing, OutSpacing),
//   - panels must complete in order when one with fewer columns follows.
// The bus to column 0 is skewed as a column needs it: address in the cycle of issue, weights one cycle later, scales
// and context (behind the last word of a group) two cycles later.
// Golden model: sw/golden/matrix.h.  Block notes: docs/reference/matrix.md
`default_nettype none

module weft_array_ctrl #(
  parameter int unsigned PortBytes   = weft_pkg::PORT_BYTES,
  parameter int unsigned ColsPerLane = weft_pkg::COLS_PER_LANE,
  parameter int unsigned PanelRows   = weft_pkg::PANEL_ROWS,
  parameter int unsigned Passes      = weft_pkg::PASSES,      // at most 64
  parameter int unsigned ActWords    = weft_pkg::ACT_WORDS,   // at most 65536
  localparam int unsigned WordBytes  = (PortBytes < 32) ? PortBytes : 32,
  localparam int unsigned Wpc        = 32 / WordBytes,
  localparam int unsigned SubRows    = (PortBytes > 32) ? PortBytes / 32 : 1,
  localparam int unsigned ScaleBytes = (PortBytes < 8) ? 8 : PortBytes,
  localparam int unsigned AddrWidth  = $clog2(ActWords),
  localparam int unsigned ChunkAddrWidth = $clog2(ActWords / Wpc)
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,

  // From weft_sequencer: transfers in stream order
  input  logic                                desc_valid_i,
  output logic                                desc_ready_o,
  input  weft_pkg::array_desc_t               desc_i,

  // From the chunk FIFO: one entry, held for all passes
  input  logic                                chunk_valid_i,
  output logic                                chunk_ready_o,
  input  logic [256*SubRows-1:0]              chunk_i,

  // From the scale FIFO: the scales of one unit
  input  logic                                scale_valid_i,
  output logic                                scale_ready_o,
  input  logic [8*ScaleBytes-1:0]             scale_i,

  // Dependencies: a level, and pulses that are counted
  input  logic                                idle_i,
  input  logic                                panel_free_i,
  input  logic                                p_ready_i,
  input  logic                                start_i,       // a step starts
  input  logic                                group_done_i,  // all rows have one group more of what the next wait is for
  input  logic                                o_free_i,

  // To column 0
  output logic                                a_valid_o,     // late: follows chunk_valid_i
  output logic [AddrWidth-1:0]                a_addr_o,
  output logic [7:0]                          a_last_o,      // the last column that the word visits
  output logic                                w_valid_o,
  output logic                                w_first_o,     // first word of a group
  output logic                                w_last_o,
  output logic [1:0]                          w_parts_o,     // log2 of the outputs packed in a slot (W)
  output logic [ChunkAddrWidth-1:0]           w_chunk_o,     // activation chunk, for its scale
  output logic [8*WordBytes*SubRows-1:0]      w_data_o,
  output logic                                x_valid_o,
  output logic [weft_pkg::GROUP_CTX_BITS-1:0] x_ctx_o,
  output logic [64*SubRows-1:0]               x_scale_o,

  // To weft_drain: chunks of embedding rows
  output logic                                emb_valid_o,
  input  logic                                emb_ready_i,
  output logic [255:0]                        emb_data_o,
  output logic [15:0]                         emb_scale_o,
  output logic [7:0]                          emb_row_o,
  output logic [15:0]                         emb_g_o,
  output logic                                emb_last_o,

  // Counters and timeline: what this cycle is spent on; a transfer starts to run, its mode
  output weft_pkg::array_state_e              state_o,
  output logic                                start_o,
  output weft_pkg::mode_e                     mode_o
);

  localparam int unsigned WordWidth  = (Wpc > 1) ? $clog2(Wpc) : 1;
  localparam int unsigned PassWidth  = (Passes > 1) ? $clog2(Passes) : 1;
  localparam int unsigned ScaleWords = ScaleBytes / 2;                    // fp16 in a scale entry
  localparam int unsigned UnitWords  = (PortBytes < 2) ? 1 : PortBytes / 2;  // fp16 of a unit, at least 1 << ns_log2
  localparam int unsigned PosWidth   = $clog2(ScaleWords);
  localparam int unsigned StepSums   = PanelRows / SubRows;               // sums of a panel step and pass

  // Cycles between two sums for one accumulator, from the timing of weft_dequant: a panel accumulator is read when the
  // product is ready, an attention accumulator three products and a table read earlier.
  localparam int unsigned AccSpacing = weft_pkg::FP_ADD_LATENCY + 2;
  localparam int unsigned OutSpacing = 2 * weft_pkg::FP_MUL_LATENCY + weft_pkg::FP_ADD_LATENCY + 2;

  if (WordBytes * Wpc != 32 || PanelRows % SubRows != 0 || Passes > 64 || ActWords > 65536 || ActWords % Wpc != 0)
  begin : gen_bad_parameters
    $fatal(1, "weft_array_ctrl: unsupported configuration");
  end

  function automatic logic [PassWidth-1:0] f_lowest(input logic [Passes-1:0] mask);
    f_lowest = '0;
    for (int unsigned i = Passes; i > 0; i--) begin
      if (mask[i-1]) f_lowest = PassWidth'(i - 1);
    end
  endfunction

  function automatic logic [Passes-1:0] f_without_lowest(input logic [Passes-1:0] mask);
    f_without_lowest = mask & (mask - Passes'(1));
  endfunction

  // ---- Transfers: one waits, one runs -------------------------------------------------------------------------
  weft_pkg::array_desc_t next_q;
  logic                  next_valid_q, run_q;
  logic                  take;                 // the waiting transfer starts to run
  logic                  transfer_end;

  assign desc_ready_o = !next_valid_q;
  assign take         = next_valid_q && (!run_q || transfer_end);

  // The running transfer.
  weft_pkg::mode_e mode_q;
  logic            is_v_q, is_emb_q;
  logic            wait_idle_q;
  logic [1:0]      ns_log2_q;
  logic [7:0]      last_col_q;
  logic [1:0]      kv_buf_q;
  logic            o_buf_q, o_last_q;
  logic [7:0]      row_q, pick_q;
  logic [15:0]     emb_g_q;
  logic            emb_last_q;

  // Its loops. A V transfer has a "panel" per head and one group; idx is d.
  logic [15:0]               panel_q, panel_last_q;
  logic [15:0]               group_q, group_last_q;
  logic [7:0]                idx_q, idx_last_q;
  logic [PassWidth-1:0]      pass_q, pass_first_q;
  logic [Passes-1:0]         pass_rest_q, pass_rest_first_q;
  logic [WordWidth-1:0]      word_q, tail_last_q;
  logic [ChunkAddrWidth-1:0] base_q, stride_q;                     // in activation chunks
  logic [ChunkAddrWidth-1:0] group_addr_q, pass_addr_q, pass_addr_first_q;
  logic                      transfer_start_q, panel_start_q;
  logic                      acc_buf_q;
  logic [PosWidth-1:0]       scale_pos_q;                          // fp16 of the unit already used

  logic last_group, last_word, last_pass, chunk_end, step_end, panel_end;
  assign last_group = group_q == group_last_q;
  assign last_word  = word_q == (last_group ? tail_last_q : WordWidth'(Wpc - 1));
  assign last_pass  = pass_rest_q == '0;

  // ---- May a word go? -----------------------------------------------------------------------------------------
  logic [1:0] panels_free_q, outs_free_q;
  logic [2:0] p_ready_q;
  logic       set_start_q;                     // the next V transfer is the first of its set
  logic       quiet, wait_ok, deps_ok, spacing_ok, ready, issue, emb_fire;

  // A matmul that waits for results does so group by group, in its first panel; other modes, and a matmul for which
  // nothing was counted, until everything is finished.
  logic [15:0] groups_q;                       // groups that all rows have
  logic        wait_over;
  assign wait_ok   = !wait_idle_q || (mode_q == weft_pkg::MODE_W && group_q < groups_q) || (transfer_start_q && quiet);
  assign wait_over = (mode_q == weft_pkg::MODE_W && !quiet) ? panel_end : transfer_start_q && (issue || emb_fire);
  // An accumulator half is taken by a set's first V transfer, so "all free" also says that nothing is in the array.
  assign quiet   = idle_i && panels_free_q == 2'd2 && outs_free_q == 2'd2;
  assign deps_ok = wait_ok &&
                   (!transfer_start_q || !is_v_q || (p_ready_q != 3'd0 && (!set_start_q || outs_free_q != 2'd0))) &&
                   (!panel_start_q || is_v_q || is_emb_q || panels_free_q != 2'd0);
  assign ready   = run_q && !is_emb_q && deps_ok && (is_v_q || scale_valid_i) && (spacing_ok || !last_word);
  assign issue   = ready && chunk_valid_i;

  assign chunk_end    = issue && last_word && last_pass;
  assign step_end     = chunk_end && idx_q == idx_last_q;
  assign panel_end    = step_end && last_group;
  assign transfer_end = emb_fire || (panel_end && panel_q == panel_last_q);

  logic [PosWidth:0] scale_pos_next;
  logic              unit_end;
  assign scale_pos_next = {1'b0, scale_pos_q} + ((PosWidth + 1)'(SubRows) << ns_log2_q);
  assign unit_end       = scale_pos_next >= (PosWidth + 1)'(UnitWords);

  assign chunk_ready_o = (ready && last_word && last_pass) || emb_fire;
  assign scale_ready_o = (chunk_end && !is_v_q && (unit_end || transfer_end)) || emb_fire;

  // The first reason that holds, in the order in which a transfer meets them.
  always_comb begin
    state_o = weft_pkg::ARRAY_SPACING;
    if (issue || emb_fire)                                                     state_o = weft_pkg::ARRAY_BUSY;
    else if (!run_q)                                                           state_o = weft_pkg::ARRAY_NONE;
    else if (!wait_ok)
      state_o = (transfer_start_q && (panels_free_q != 2'd2 || outs_free_q != 2'd2)) ? weft_pkg::ARRAY_LANES
                                                                                     : weft_pkg::ARRAY_RESULTS;
    else if (is_v_q && transfer_start_q && p_ready_q == 3'd0)                  state_o = weft_pkg::ARRAY_SOFTMAX;
    else if (is_v_q && transfer_start_q && set_start_q && outs_free_q == 2'd0) state_o = weft_pkg::ARRAY_OUT;
    else if (!deps_ok)                                                         state_o = weft_pkg::ARRAY_PANEL;
    else if (!(chunk_valid_i && (is_v_q || scale_valid_i)))                    state_o = weft_pkg::ARRAY_DATA;
    else if (is_emb_q)                                                         state_o = weft_pkg::ARRAY_RESULTS;
  end
  assign start_o = take;
  assign mode_o  = mode_q;

  // ---- Context ------------------------------------------------------------------------------------------------
  logic [1:0]           parts_log2;
  weft_pkg::group_ctx_t ctx;
  assign parts_log2 = (mode_q == weft_pkg::MODE_W) ? ns_log2_q : 2'd0;
  always_comb begin
    ctx            = '0;
    ctx.mode       = mode_q;
    ctx.parts_log2 = parts_log2;
    ctx.first      = group_q == '0;
    ctx.panel_last = last_pass && idx_q == idx_last_q && last_group && (!is_v_q || panel_q == panel_last_q);
    ctx.acc_buf    = acc_buf_q;
    ctx.idx        = idx_q;
    ctx.pass       = 8'(pass_q);
    ctx.sub        = is_v_q ? panel_q[1:0] : 2'd0;
    ctx.kv_buf     = kv_buf_q;
    ctx.o_buf      = o_buf_q;
    ctx.o_last     = o_last_q;
  end

  // ---- Spacing of the sums ------------------------------------------------------------------------------------
  logic sum;  // the last word of a group goes
  logic lane_free, in_order, acc_free, out_free;
  assign sum        = issue && last_word;
  assign spacing_ok = lane_free && in_order && (is_v_q ? out_free : acc_free);

  // Panels complete in order: the last sum of one must not overtake that of the panel before, which may have farther
  // to go. order_q: columns that one still has before it.
  logic [7:0] order_q;
  assign in_order = !ctx.panel_last || order_q <= last_col_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni)                      order_q <= '0;
    else if (sum && ctx.panel_last)   order_q <= last_col_q;
    else if (order_q != '0)           order_q <= order_q - 8'd1;
  end

  if (ColsPerLane > 1) begin : gen_shared_lanes
    localparam int unsigned GapWidth = $clog2(ColsPerLane);
    logic [GapWidth-1:0] gap_q;  // cycles until the lane of the first columns is free
    assign lane_free = gap_q == '0;
    always_ff @(posedge clk_i) begin
      if (!rst_ni)                             gap_q <= '0;
      else if (sum && last_col_q != 8'd0) gap_q <= GapWidth'(ColsPerLane - 1);
      else if (gap_q != '0)                    gap_q <= gap_q - GapWidth'(1);
    end
  end else begin : gen_own_lanes
    assign lane_free = 1'b1;
  end

  // Sums visit the accumulators in a fixed cycle. The one that meets this sum's accumulator is far enough back when
  // fewer sums than the cycle is long went out within the spacing.
  logic [7:0] next_passes;
  assign next_passes = 8'($countones(next_q.pass_mask[Passes-1:0]));
  if (StepSums < AccSpacing) begin : gen_short_steps
    logic [2:0]            passes_q;  // at most AccSpacing
    logic [AccSpacing-2:0] recent_q;  // sums of W and K in the last cycles
    assign acc_free = 8'($countones(recent_q)) < 8'(StepSums) * {5'd0, passes_q};
    always_ff @(posedge clk_i) begin
      if (take) passes_q <= (next_passes > 8'(AccSpacing)) ? 3'(AccSpacing) : next_passes[2:0];
    end
    always_ff @(posedge clk_i) begin
      if (!rst_ni) recent_q <= '0;
      else         recent_q <= {recent_q[AccSpacing-3:0], sum && !is_v_q};
    end
  end else begin : gen_long_steps
    assign acc_free = 1'b1;
  end

  // An attention accumulator is visited once a transfer. From one transfer to the next at least this many sums lie
  // between (masks may differ, heads not); it matters while sums of the transfer before are within the spacing.
  logic [3:0]            v_between, v_between_q, v_limit_q;  // saturated at OutSpacing
  logic [15:0]           v_total;
  logic [OutSpacing-2:0] v_recent_q, v_recent_d;             // sums of V in the last cycles
  logic [OutSpacing-2:0] v_before_q;                         // of these, from transfers before
  assign v_total    = (16'(next_q.head_dim) * {8'd0, next_q.hs} / 16'(SubRows) - 16'd1) * {8'd0, next_passes} + 16'd1;
  assign v_between  = (v_total < 16'(OutSpacing)) ? v_total[3:0] : 4'(OutSpacing);
  assign v_recent_d = {v_recent_q[OutSpacing-3:0], sum && is_v_q};
  assign out_free   = v_before_q == '0 || 4'($countones(v_recent_q)) < v_limit_q;

  // Fields and bits that this configuration has no use for.
  logic unused_desc;
  assign unused_desc = &{1'b0, next_q, next_passes, pick_q};

  // ---- Next state ---------------------------------------------------------------------------------------------
  logic [PassWidth-1:0] next_pass_first;
  assign next_pass_first = f_lowest(next_q.pass_mask[Passes-1:0]);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      next_valid_q  <= 1'b0;
      run_q         <= 1'b0;
      panels_free_q <= 2'd2;
      outs_free_q   <= 2'd2;
      p_ready_q     <= 3'd0;
      set_start_q   <= 1'b1;
      acc_buf_q     <= 1'b0;
      groups_q      <= '0;
      v_recent_q    <= '0;
      v_before_q    <= '0;
      v_between_q   <= '0;
    end else begin
      if (desc_valid_i && desc_ready_o) next_valid_q <= 1'b1;
      else if (take)                    next_valid_q <= 1'b0;
      if (take)              run_q <= 1'b1;
      else if (transfer_end) run_q <= 1'b0;

      panels_free_q <= panels_free_q + 2'(panel_free_i) - 2'(issue && panel_start_q && !is_v_q);
      p_ready_q     <= p_ready_q + 3'(p_ready_i) - 3'(issue && transfer_start_q && is_v_q);
      outs_free_q   <= outs_free_q + 2'(o_free_i) - 2'(issue && transfer_start_q && is_v_q && set_start_q);
      if (issue && transfer_start_q && is_v_q) set_start_q <= o_last_q;
      if (panel_end && !is_v_q) acc_buf_q <= !acc_buf_q;
      if (start_i || (wait_idle_q && mode_q == weft_pkg::MODE_W && wait_over)) groups_q <= '0;
      else                                                                     groups_q <= groups_q + 16'(group_done_i);
      v_recent_q <= v_recent_d;
      v_before_q <= (transfer_end && is_v_q) ? v_recent_d : v_before_q << 1;
      if (take && next_q.mode == weft_pkg::MODE_V) v_between_q <= v_between;
    end
  end

  always_ff @(posedge clk_i) begin
    if (desc_valid_i && desc_ready_o) next_q <= desc_i;

    if (wait_over) wait_idle_q <= 1'b0;
    if (issue) begin
      transfer_start_q <= 1'b0;
      panel_start_q    <= 1'b0;
      if (!last_word) word_q <= word_q + WordWidth'(1);
      else begin
        word_q <= '0;
        if (!last_pass) begin
          pass_q      <= f_lowest(pass_rest_q);
          pass_rest_q <= f_without_lowest(pass_rest_q);
          pass_addr_q <= ChunkAddrWidth'(f_lowest(pass_rest_q)) * stride_q;
        end else begin
          pass_q      <= pass_first_q;
          pass_rest_q <= pass_rest_first_q;
          pass_addr_q <= pass_addr_first_q;
          scale_pos_q <= unit_end ? '0 : scale_pos_next[PosWidth-1:0];
          idx_q       <= idx_q + 8'(SubRows);
          if (idx_q == idx_last_q) begin
            idx_q        <= '0;
            group_q      <= group_q + 16'd1;
            group_addr_q <= group_addr_q + ChunkAddrWidth'(1);
            if (last_group) begin
              group_q       <= '0;
              group_addr_q  <= base_q;
              panel_q       <= panel_q + 16'd1;
              panel_start_q <= 1'b1;
            end
          end
        end
      end
    end

    if (take) begin
      mode_q            <= next_q.mode;
      wait_idle_q       <= next_q.wait_idle;
      ns_log2_q         <= next_q.ns_log2;
      last_col_q        <= next_q.last_col;
      kv_buf_q          <= next_q.kv_buf;
      o_buf_q           <= next_q.o_buf;
      o_last_q          <= next_q.o_last;
      row_q             <= next_q.row;
      pick_q            <= next_q.pick;
      emb_g_q           <= next_q.emb_g;
      emb_last_q        <= next_q.emb_last;
      is_v_q            <= next_q.mode == weft_pkg::MODE_V;
      is_emb_q          <= next_q.mode == weft_pkg::MODE_EMBED;
      panel_q           <= '0;
      group_q           <= '0;
      idx_q             <= '0;
      word_q            <= '0;
      panel_last_q      <= ((next_q.mode == weft_pkg::MODE_V) ? 16'(next_q.hs) : next_q.panels) - 16'd1;
      group_last_q      <= (next_q.mode == weft_pkg::MODE_V) ? 16'd0 : next_q.groups - 16'd1;
      idx_last_q        <= ((next_q.mode == weft_pkg::MODE_V) ? next_q.head_dim : 8'(PanelRows)) - 8'(SubRows);
      tail_last_q       <= WordWidth'(next_q.tail / 8'(WordBytes) - 8'd1);
      pass_q            <= next_pass_first;
      pass_first_q      <= next_pass_first;
      pass_rest_q       <= f_without_lowest(next_q.pass_mask[Passes-1:0]);
      pass_rest_first_q <= f_without_lowest(next_q.pass_mask[Passes-1:0]);
      base_q            <= ChunkAddrWidth'(next_q.src_base / 16'(Wpc));
      group_addr_q      <= ChunkAddrWidth'(next_q.src_base / 16'(Wpc));
      stride_q          <= ChunkAddrWidth'(next_q.pass_stride / 16'(Wpc));
      pass_addr_q       <= ChunkAddrWidth'(next_pass_first) * ChunkAddrWidth'(next_q.pass_stride / 16'(Wpc));
      pass_addr_first_q <= ChunkAddrWidth'(next_pass_first) * ChunkAddrWidth'(next_q.pass_stride / 16'(Wpc));
      scale_pos_q       <= '0;
      transfer_start_q  <= 1'b1;
      panel_start_q     <= 1'b1;
      v_limit_q         <= (v_between < v_between_q) ? v_between : v_between_q;
    end
  end

  // ---- To column 0 --------------------------------------------------------------------------------------------
  logic [ChunkAddrWidth-1:0] chunk_addr;
  assign chunk_addr = group_addr_q + pass_addr_q;
  assign a_valid_o  = issue;
  assign a_last_o   = last_col_q;
  logic [8*WordBytes*SubRows-1:0] word;
  if (Wpc > 1) begin : gen_word
    assign a_addr_o = {chunk_addr, word_q};
    assign word     = chunk_i[8*WordBytes*32'(word_q) +: 8*WordBytes];
  end else begin : gen_chunk
    assign a_addr_o = chunk_addr;
    assign word     = chunk_i;
  end

  logic                                x_valid_q;
  logic [weft_pkg::GROUP_CTX_BITS-1:0] ctx_q, ctx_q2;
  logic [64*SubRows-1:0]               scales_q, scales_q2;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      w_valid_o <= 1'b0;
      x_valid_q <= 1'b0;
    end else begin
      w_valid_o <= issue;
      x_valid_q <= w_valid_o && w_last_o;
    end
  end

  logic [64*SubRows-1:0] scales;
  // Sub-row s takes scales (scale_pos + s * ns) .. + ns - 1. The position is a multiple of ns.
  always_comb begin
    scales = '0;
    for (int unsigned s = 0; s < SubRows; s++) begin
      case (ns_log2_q)
        2'd0:    scales[64*s +: 16] = scale_i[16*(32'(scale_pos_q) + s) +: 16];
        2'd1:    scales[64*s +: 32] = scale_i[16*(32'(scale_pos_q) + 2*s) +: 32];
        default: scales[64*s +: 64] = scale_i[16*(32'(scale_pos_q) + 4*s) +: 64];
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue) begin
      w_first_o <= word_q == '0;
      w_last_o  <= last_word;
      w_parts_o <= parts_log2;
      w_data_o  <= word;
      if (last_word) begin
        w_chunk_o <= chunk_addr;
        ctx_q     <= ctx;
        if (!is_v_q) scales_q <= scales;
      end
    end
    if (w_valid_o && w_last_o) begin
      ctx_q2    <= ctx_q;
      scales_q2 <= scales_q;
    end
  end

  assign x_valid_o = x_valid_q;
  assign x_ctx_o   = ctx_q2;
  assign x_scale_o = scales_q2;

  // ---- Embedding ----------------------------------------------------------------------------------------------
  assign emb_valid_o = run_q && is_emb_q && deps_ok && chunk_valid_i && scale_valid_i;
  assign emb_fire    = emb_valid_o && emb_ready_i;
  assign emb_scale_o = scale_i[16*32'(pick_q[PosWidth-1:0]) +: 16];
  assign emb_row_o   = row_q;
  assign emb_g_o     = emb_g_q;
  assign emb_last_o  = emb_last_q;
  if (SubRows > 1) begin : gen_pick_chunk
    assign emb_data_o = chunk_i[256*32'(pick_q[$clog2(SubRows)-1:0]) +: 256];
  end else begin : gen_whole_chunk
    assign emb_data_o = chunk_i;
  end

endmodule

`default_nettype wire
