// Takes the scores of K blocks: keeps them, the maximum of each virtual row, and the order of the blocks.
//
// One pair a cycle. ready_o is low while the buffer of a new block is still being read (it depends on kv_buf_i), and
// for a skip beat while the alpha port is taken (skip_i, alpha_taken_i); never on valid_i.
// A row sends the pairs up to its position and no others. It is complete two cycles after the last of them; rows of a
// block are ascending and gapless, and so are their positions, so a block's state is its first row, its last complete
// row, and whether the block is complete.
// The maximum is the first largest of the valid scores, NaN never counting: -inf when there is none.
// Golden model: sw/golden/softmax.h.  Block notes: docs/reference/softmax.md
`default_nettype none

module weft_softmax_scores #(
  localparam int unsigned VrowBits = $clog2(weft_pkg::MAX_VROWS)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // From weft_drain
  input  logic                 valid_i,
  output logic                 ready_o,
  input  logic                 skip_i,
  input  logic [15:0]          vrow_i,
  input  logic [15:0]          position_i,
  input  logic [15:0]          block_i,
  input  logic [1:0]           kv_buf_i,
  input  logic [1:0]           sub_i,
  input  logic [7:0]           pair_i,
  input  logic [31:0]          s0_i,
  input  logic [31:0]          s1_i,
  input  logic                 last_i,

  // Skip beats: to the alpha port
  input  logic                 alpha_taken_i,
  output logic                 skip_o,

  // To weft_softmax_issue: the oldest block that is not taken yet
  output logic                 blk_valid_o,
  input  logic                 blk_take_i,
  output logic [1:0]           blk_buf_o,
  output logic                 blk_first_o,   // block 0 of its set
  output logic [VrowBits-1:0]  blk_begin_o,   // first virtual row
  output logic                 blk_any_o,     // a row is complete: rows blk_begin_o .. blk_done_o are
  output logic [VrowBits-1:0]  blk_done_o,
  output logic                 blk_closed_o,  // blk_done_o is the last row of the block
  input  logic                 free_i,        // free_buf_i has been read
  input  logic [1:0]           free_buf_i,

  // Reads, data one cycle later
  input  logic                 row_re_i,
  input  logic [1:0]           row_buf_i,
  input  logic [VrowBits-1:0]  row_vrow_i,
  output logic [31:0]          row_max_o,
  output logic [4:0]           row_limit_o,   // last valid token of the block
  output logic                 row_ends_o,    // the row's last block
  output logic [1:0]           row_sub_o,
  input  logic                 pair_re_i,
  input  logic [1:0]           pair_buf_i,
  input  logic [VrowBits-1:0]  pair_vrow_i,
  input  logic [3:0]           pair_idx_i,
  output logic [31:0]          pair_s0_o,
  output logic [31:0]          pair_s1_o,

  output logic                 busy_o
);

  localparam int unsigned BUFS  = weft_pkg::KV_BUFS;
  localparam int unsigned VROWS = weft_pkg::MAX_VROWS;
  localparam logic [31:0] NEG_INF = 32'hFF80_0000;

  // ---- arrival -----------------------------------------------------------------------------------------------------
  logic            accept, open_block;
  logic            in_block_q;            // some pairs of a block have arrived, not all
  logic [BUFS-1:0] held_q;                // buffers that hold scores
  assign ready_o    = (in_block_q || !held_q[kv_buf_i]) && !(skip_i && alpha_taken_i);
  assign accept     = valid_i && ready_o && !skip_i;
  assign skip_o     = valid_i && ready_o && skip_i;
  assign open_block = accept && !in_block_q;
  assign busy_o     = in_block_q || (held_q != '0);

  logic [VrowBits-1:0] vrow;
  assign vrow = vrow_i[VrowBits-1:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in_block_q <= 1'b0;
      held_q     <= '0;
    end else begin
      if (accept) in_block_q <= !last_i;
      if (free_i) held_q[free_buf_i] <= 1'b0;
      if (open_block) held_q[kv_buf_i] <= 1'b1;
    end
  end

  weft_ram #(.Width(64), .Depth(BUFS * VROWS * 16)) u_scores (
    .clk_i, .we_i(accept), .waddr_i({kv_buf_i, vrow, pair_i[3:0]}), .wdata_i({s1_i, s0_i}),
    .re_i(pair_re_i), .raddr_i({pair_buf_i, pair_vrow_i, pair_idx_i}), .rdata_o({pair_s1_o, pair_s0_o}));

  // ---- running maximum: of the pair, then with the pairs before ------------------------------------------------------
  // With NaN and invalid scores replaced by -inf, the first largest may be found in any grouping that keeps the order.
  logic        row_ends;
  logic [4:0]  limit;
  logic [31:0] x0, x1;
  logic        x1_wins;
  assign row_ends = (position_i[15:5] == block_i[10:0]);
  assign limit    = row_ends ? position_i[4:0] : 5'd31;
  assign x0 = (({pair_i[3:0], 1'b0} <= limit) && (s0_i[30:0] <= 31'h7F80_0000)) ? s0_i : NEG_INF;
  assign x1 = (({pair_i[3:0], 1'b1} <= limit) && (s1_i[30:0] <= 31'h7F80_0000)) ? s1_i : NEG_INF;
  weft_fp_gt u_gt_pair (.a_i(x1), .b_i(x0), .gt_o(x1_wins));

  logic                stage_q, stage_last_q, stage_ends_q;
  logic [VrowBits-1:0] stage_vrow_q, recent_vrow_q;
  logic [1:0]          stage_buf_q, stage_sub_q;
  logic [3:0]          stage_pair_q;
  logic [4:0]          stage_limit_q;
  logic [31:0]         stage_max_q, recent_max_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) stage_q <= 1'b0;
    else         stage_q <= accept;
    if (accept) begin
      stage_last_q  <= last_i;
      stage_ends_q  <= row_ends;
      stage_vrow_q  <= vrow;
      stage_buf_q   <= kv_buf_i;
      stage_sub_q   <= sub_i;
      stage_pair_q  <= pair_i[3:0];
      stage_limit_q <= limit;
      stage_max_q   <= x1_wins ? x1 : x0;
    end
  end

  // Pairs of one row come in runs: the memory misses only the pair just before, which is at hand.
  logic [31:0] old_max, before_max, new_max;
  logic        wins, row_done;
  weft_ram #(.Width(32), .Depth(VROWS)) u_running (
    .clk_i, .we_i(stage_q && !row_done), .waddr_i(stage_vrow_q), .wdata_i(new_max),
    .re_i(accept), .raddr_i(vrow), .rdata_o(old_max));
  assign before_max = (stage_pair_q == 4'd0) ? NEG_INF : (stage_vrow_q == recent_vrow_q) ? recent_max_q : old_max;
  weft_fp_gt u_gt_row (.a_i(stage_max_q), .b_i(before_max), .gt_o(wins));
  assign new_max  = wins ? stage_max_q : before_max;
  assign row_done = (stage_pair_q == stage_limit_q[4:1]);
  always_ff @(posedge clk_i) begin
    if (stage_q) begin
      recent_vrow_q <= stage_vrow_q;
      recent_max_q  <= new_max;
    end
  end

  weft_ram #(.Width(32 + 5 + 1 + 2), .Depth(BUFS * VROWS)) u_rows (
    .clk_i, .we_i(stage_q && row_done), .waddr_i({stage_buf_q, stage_vrow_q}),
    .wdata_i({new_max, stage_limit_q, stage_ends_q, stage_sub_q}),
    .re_i(row_re_i), .raddr_i({row_buf_i, row_vrow_i}), .rdata_o({row_max_o, row_limit_o, row_ends_o, row_sub_o}));

  // ---- blocks in order -------------------------------------------------------------------------------------------------
  logic                unused_room;
  logic [2:0]          unused_count;
  weft_fifo #(.Width(2), .Depth(BUFS)) u_order (
    .clk_i, .rst_ni,
    .in_valid_i(open_block), .in_ready_o(unused_room), .in_data_i(kv_buf_i),
    .out_valid_o(blk_valid_o), .out_ready_i(blk_take_i), .out_data_o(blk_buf_o), .count_o(unused_count));

  logic [BUFS-1:0]     first_q, any_q, closed_q;
  logic [VrowBits-1:0] begin_mem [BUFS];
  logic [VrowBits-1:0] done_mem [BUFS];
  always_ff @(posedge clk_i) begin
    if (open_block) begin
      begin_mem[kv_buf_i] <= vrow;
      first_q[kv_buf_i]   <= (block_i == 16'd0);
      any_q[kv_buf_i]     <= 1'b0;
      closed_q[kv_buf_i]  <= 1'b0;
    end
    if (stage_q && row_done) begin
      done_mem[stage_buf_q] <= stage_vrow_q;
      any_q[stage_buf_q]    <= 1'b1;
      closed_q[stage_buf_q] <= stage_last_q;
    end
  end
  assign blk_first_o  = first_q[blk_buf_o];
  assign blk_begin_o  = begin_mem[blk_buf_o];
  assign blk_any_o    = any_q[blk_buf_o];
  assign blk_done_o   = done_mem[blk_buf_o];
  assign blk_closed_o = closed_q[blk_buf_o];

  logic unused_bits;
  assign unused_bits = &{1'b0, vrow_i, block_i, pair_i};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && skip_o) SkipIsNotTheLastBeat_A: assert (!last_i);
    if (rst_ni && accept) RowReachesItsBlock_A: assert (position_i[15:5] >= block_i[10:0]);
    if (rst_ni && accept && in_block_q) BlocksDoNotMix_A: assert (held_q[kv_buf_i]);
    if (rst_ni && accept) PairIsNeeded_A: assert (pair_i[3:0] <= limit[4:1]);
  end
`endif

endmodule

`default_nettype wire
