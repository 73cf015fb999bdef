// Gathers result pairs into groups: element memory, running maximum, queue of complete groups.
//
// Takes one pair a cycle. A row fills one group at a time, in four slots of 32 elements that it uses in turn (a V head
// takes ceil(head_dim / 32) of them), while rows interleave freely. ready_o is low while the slot of the pair still
// waits to be emitted, while the queue is full, or while both instruction configurations are in use. It depends on the
// pair itself (row, slot, configuration), never on valid_i.
// A group is offered two cycles after its last pair. Elements are read by (row, slot, pair), data one cycle later;
// rd_free_i with the last read of a slot gives the slot back.
// Golden model: sw/golden/quantizer.h.  Block notes: docs/reference/quantizer.md
`default_nettype none

module weft_quantizer_collect (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // From weft_epilogue
  input  logic                   valid_i,
  output logic                   ready_o,
  input  weft_pkg::pair_ctx_t    ctx_i,
  input  logic [31:0]            v0_i,
  input  logic [31:0]            v1_i,
  input  weft_pkg::quant_cfg_t   cfg_i,
  input  logic [7:0]             head_dim_i,
  input  logic                   qk_norm_i,    // the groups of a Q or K head leave together

  // To weft_quantizer_prepare: complete groups, in order of completion
  output logic                   grp_valid_o,
  input  logic                   grp_ready_i,
  output weft_pkg::quant_cfg_t   grp_cfg_o,
  output logic [7:0]             grp_row_o,
  output logic [1:0]             grp_slot_o,   // first slot
  output logic [7:0]             grp_len_o,    // elements
  output logic [30:0]            grp_amax_o,   // largest magnitude, fp32 without its sign
  output logic [7:0]             grp_head_o,
  output logic [15:0]            grp_g_o,      // group of the destination vector; Q, K: group within the head
  output logic                   grp_last_o,   // qk_norm_i: last group of its Q or K head

  // From weft_quantizer_emit
  input  logic                   rd_valid_i,
  input  logic [7:0]             rd_row_i,
  input  logic [1:0]             rd_slot_i,
  input  logic [3:0]             rd_pair_i,
  input  logic                   rd_free_i,
  output logic [31:0]            rd_v0_o,
  output logic [31:0]            rd_v1_o,

  output logic [2:0]             grp_done_o,   // groups that became complete in this cycle
  output logic                   open_o        // a group is being filled
);

  localparam int unsigned SLOTS    = 4;
  localparam int unsigned ROW_BITS = $clog2(weft_pkg::MAX_ROWS);
  localparam int unsigned SLOT_IDX = ROW_BITS + 2;
  localparam int unsigned QUEUE    = 2 * weft_pkg::MAX_ROWS;
  localparam int unsigned CFG_BITS = weft_pkg::QUANT_CFG_BITS;

  // ---- where the pair goes ------------------------------------------------------------------------------------
  // Q, K and V count elements within the head, the others within the vector; GLU makes one element of two results.
  logic is_head, is_glu, is_v, is_whole;  // is_whole: what leaves together is a head
  assign is_head = (ctx_i.epi == weft_pkg::EPI_Q) || (ctx_i.epi == weft_pkg::EPI_K) || is_v;
  assign is_glu  = (ctx_i.epi == weft_pkg::EPI_GLU);
  assign is_v    = (ctx_i.epi == weft_pkg::EPI_V);
  assign is_whole = is_v || (is_head && qk_norm_i);

  logic [23:0] index;      // of the first element
  logic [23:0] next;       // of the element after the pair
  logic        head_end;
  logic        slot_end;   // the slot is full after this pair
  logic        group_end;
  logic        group_first;
  assign index       = is_head ? {16'd0, ctx_i.d} : is_glu ? {1'b0, ctx_i.n[23:1]} : ctx_i.n;
  assign next        = index + ((is_glu || ctx_i.odd_pad) ? 24'd1 : 24'd2);
  assign head_end    = is_head && (next >= {16'd0, head_dim_i});
  assign group_end   = head_end || ctx_i.last || (!is_whole && (index[4:0] >= (is_glu ? 5'd31 : 5'd30)));
  assign slot_end    = group_end || (index[4:0] >= (is_glu ? 5'd31 : 5'd30));
  assign group_first = (index[4:0] == 5'd0) && (!is_whole || (index[7:5] == 3'd0));

  logic [ROW_BITS-1:0]          row;
  logic [2*weft_pkg::MAX_ROWS-1:0]     first_slot_q;  // per row: first slot of the group being filled
  logic [SLOTS*weft_pkg::MAX_ROWS-1:0] full_q;        // per row and slot: waits to be emitted
  logic [1:0]                   first_slot, slot;
  logic [SLOT_IDX-1:0]          slot_idx;
  assign row        = ctx_i.row[ROW_BITS-1:0];
  assign first_slot = first_slot_q[{row, 1'b0} +: 2];
  assign slot       = is_whole ? first_slot + index[6:5] : first_slot;
  assign slot_idx   = {row, slot};

  // ---- configurations -----------------------------------------------------------------------------------------
  // Two: the one of the groups being filled and the one of the groups before them.
  logic [CFG_BITS-1:0] cfg_mem [2];
  logic                cfg_used_q;                // cfg_mem[cfg_id_q] is in use
  logic                cfg_id_q;
  logic                cfg_same, cfg_room, cfg_next;
  logic [$clog2(QUEUE+2)-1:0] waiting_q [2];      // groups in the queue under each
  logic                accept;
  assign cfg_same = cfg_used_q && (cfg_mem[cfg_id_q] == cfg_i);
  assign cfg_room = (waiting_q[!cfg_id_q] == '0);
  assign cfg_next = cfg_same ? cfg_id_q : !cfg_id_q;

  logic                       push_q;             // stage 1 holds the last pair of a group
  logic [$clog2(QUEUE+1)-1:0] queued;
  assign ready_o = !full_q[slot_idx] && (queued < ($clog2(QUEUE+1))'(QUEUE - 1)) && (cfg_same || cfg_room);
  assign accept  = valid_i && ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cfg_used_q <= 1'b0;
      cfg_id_q   <= 1'b0;
    end else if (accept && !cfg_same) begin
      cfg_used_q <= 1'b1;
      cfg_id_q   <= cfg_next;
    end
    if (accept && !cfg_same) cfg_mem[cfg_next] <= cfg_i;
  end

  // ---- element memory: even and odd elements apart, because GLU writes one at a time -----------------------------
  logic        we0, we1;
  logic [31:0] w1;
  assign we0 = accept && (!is_glu || !index[0]);
  assign we1 = accept && (!is_glu || index[0]);
  assign w1  = is_glu ? v0_i : ctx_i.odd_pad ? 32'd0 : v1_i;

  weft_ram #(.Width(32), .Depth(16 * SLOTS * weft_pkg::MAX_ROWS)) u_even (
    .clk_i, .we_i(we0), .waddr_i({slot_idx, index[4:1]}), .wdata_i(v0_i),
    .re_i(rd_valid_i), .raddr_i({rd_row_i[ROW_BITS-1:0], rd_slot_i, rd_pair_i}), .rdata_o(rd_v0_o));
  weft_ram #(.Width(32), .Depth(16 * SLOTS * weft_pkg::MAX_ROWS)) u_odd (
    .clk_i, .we_i(we1), .waddr_i({slot_idx, index[4:1]}), .wdata_i(w1),
    .re_i(rd_valid_i), .raddr_i({rd_row_i[ROW_BITS-1:0], rd_slot_i, rd_pair_i}), .rdata_o(rd_v1_o));

  // ---- bookkeeping ----------------------------------------------------------------------------------------------
  logic [weft_pkg::MAX_ROWS-1:0] open_q;
  logic stage_valid_q;
  assign open_o = |open_q || stage_valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_slot_q <= '0;
      full_q       <= '0;
      open_q       <= '0;
    end else begin
      if (accept) open_q[row] <= !group_end;
      if (accept && slot_end)  full_q[slot_idx] <= 1'b1;
      if (accept && group_end) first_slot_q[{row, 1'b0} +: 2] <= slot + 2'd1;
      if (rd_valid_i && rd_free_i) full_q[{rd_row_i[ROW_BITS-1:0], rd_slot_i}] <= 1'b0;
    end
  end

  // ---- stage 1: running maximum, and the group joins the queue ----------------------------------------------------
  // Magnitudes compare as integers: infinity is above every number and NaN above infinity. The maximum so far is beside the
  // group's slot, that of a V head beside its first slot, and joins the queue with the last pair.
  logic                stage_first_q, stage_cfg_q, stage_split_q;
  logic [ROW_BITS-1:0] stage_row_q;
  logic [1:0]          stage_slot_q;      // first slot of what leaves together
  logic [SLOT_IDX-1:0] max_at, stage_max_at_q;  // row and slot of the maximum
  logic [30:0]         stage_max_q;
  logic                stage_again_q;     // the pair before was of the same group: its maximum is not in the memory yet
  logic [30:0]         amax_read, amax_last_q;
  logic [7:0]          stage_len_q, stage_head_q;
  logic [15:0]         stage_g_q;
  logic [30:0]         mag0, mag1, amax_old, amax_new;

  assign mag0     = v0_i[30:0];
  assign mag1     = (is_glu || ctx_i.odd_pad) ? 31'd0 : v1_i[30:0];
  assign amax_old = stage_again_q ? amax_last_q : amax_read;
  assign max_at   = is_v ? {row, first_slot} : slot_idx;
  weft_ram #(.Width(31), .Depth(SLOTS * weft_pkg::MAX_ROWS)) u_amax (
    .clk_i, .we_i(stage_valid_q), .waddr_i(stage_max_at_q), .wdata_i(amax_new),
    .re_i(accept), .raddr_i(max_at), .rdata_o(amax_read));
  assign amax_new = (stage_first_q || (stage_max_q > amax_old)) ? stage_max_q : amax_old;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      stage_valid_q <= 1'b0;
      push_q        <= 1'b0;
    end else begin
      stage_valid_q <= accept;
      push_q        <= accept && group_end;
    end
    if (accept) begin
      stage_first_q <= group_first || (is_whole && !is_v && index[4:0] == 5'd0);
      stage_split_q <= is_whole && !is_v;
      stage_max_at_q <= max_at;
      stage_again_q  <= stage_valid_q && max_at == stage_max_at_q;
      stage_cfg_q   <= cfg_next;
      stage_row_q   <= row;
      stage_slot_q  <= first_slot;
      stage_max_q   <= (mag1 > mag0) ? mag1 : mag0;
      stage_len_q   <= is_whole ? next[7:0] : {3'd0, index[4:0]} + (next[7:0] - index[7:0]);
      stage_head_q  <= ctx_i.head;
      stage_g_q     <= index[20:5];
    end
    if (stage_valid_q) amax_last_q <= amax_new;
  end
  assign grp_done_o = !push_q ? 3'd0 : stage_split_q ? 3'((stage_len_q + 8'd31) >> 5) : 3'd1;

  localparam int unsigned GROUP_BITS = 31 + 2 + ROW_BITS + 2 + 8 + 8 + 16;
  logic                  head_cfg;
  logic [ROW_BITS-1:0]   head_row;
  logic                  queue_room, head_split, take_head;
  logic [1:0]            head_slot, part_q;  // part_q: group of a head that leaves in parts
  logic [7:0]            head_len, left;
  logic [15:0]           head_g;
  logic [30:0]           head_amax;
  logic [GROUP_BITS-1:0] head;
  weft_ram_fifo #(.Width(GROUP_BITS), .Depth(QUEUE)) u_queue (
    .clk_i, .rst_ni,
    .in_valid_i(push_q), .in_ready_o(queue_room),
    .in_data_i({amax_new, stage_split_q, stage_cfg_q, stage_row_q, stage_slot_q, stage_len_q, stage_head_q, stage_g_q}),
    .out_valid_o(grp_valid_o), .out_ready_i(take_head), .out_data_o(head), .count_o(queued));
  assign {head_amax, head_split, head_cfg, head_row, head_slot, head_len, grp_head_o, head_g} = head;
  assign left       = head_len - {1'b0, part_q, 5'd0};
  assign grp_last_o = !head_split || left <= 8'd32;
  assign take_head  = grp_ready_i && grp_last_o;
  assign grp_slot_o = head_slot + part_q;
  assign grp_len_o  = !head_split ? head_len : grp_last_o ? left : 8'd32;
  assign grp_g_o    = head_split ? {14'd0, part_q} : head_g;
  if (weft_pkg::VECTORS != 0) begin : gen_parts
    // The groups of a head that leave together have a maximum each.
    logic [30:0] amax_mem [SLOTS*weft_pkg::MAX_ROWS];
    always_ff @(posedge clk_i) begin
      if (stage_valid_q) amax_mem[stage_max_at_q] <= amax_new;
    end
    assign grp_amax_o = head_split ? amax_mem[{head_row, grp_slot_o}] : head_amax;
  end else begin : gen_whole
    assign grp_amax_o = head_amax;
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni)                         part_q <= '0;
    else if (grp_valid_o && grp_ready_i) part_q <= grp_last_o ? 2'd0 : part_q + 2'd1;
  end
  assign grp_row_o = 8'(head_row);
  assign grp_cfg_o = cfg_mem[head_cfg];

  logic unused_bits;
  assign unused_bits = &{1'b0, ctx_i, index, rd_row_i};

  for (genvar c = 0; c < 2; c++) begin : gen_waiting
    logic more, less;
    assign more = push_q && (stage_cfg_q == 1'(c));
    assign less = grp_valid_o && take_head && (head_cfg == 1'(c));
    always_ff @(posedge clk_i) begin
      if (!rst_ni)            waiting_q[c] <= '0;
      else if (more && !less) waiting_q[c] <= waiting_q[c] + 1'b1;
      else if (less && !more) waiting_q[c] <= waiting_q[c] - 1'b1;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && accept) GroupStartsAtItsFirstElement_A: assert (open_q[row] != group_first);
    if (rst_ni && push_q) QueueHasRoom_A: assert (queue_room);
  end
`endif

endmodule

`default_nettype wire
