// Emits one ATTN instruction: K and V blocks in the order K(0) K(1) K(2) V(0) K(3) V(1) ..., one block a cycle.
//
// Every K block makes a request, a transfer for the array and scores for the softmax; every V block a request and a
// transfer, and the last V block of a set also the attention output. A block that this step writes (its own positions)
// waits for kv_flushed_i; older ones go at once, but never overtake.
// Block notes: docs/reference/sequencer.md
`default_nettype none

module weft_seq_attn #(
  parameter  int unsigned PortBytes = weft_pkg::PORT_BYTES,
  parameter  int unsigned PanelRows = weft_pkg::PANEL_ROWS,
  parameter  int unsigned Passes    = weft_pkg::PASSES,
  localparam int unsigned SEG_BITS  = 8 + 8 + 16 + 16 + 8 + 8 + 8
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // From weft_sequencer; fields of the instruction are stable until done_o
  input  logic                  clear_i,        // a step begins
  input  logic                  start_i,
  output logic                  done_o,
  input  logic [47:0]           k_region_i,     // absolute
  input  logic [47:0]           v_region_i,
  input  logic                  norm_i,
  input  logic                  wait_i,
  input  logic [15:0]           dst_base_i,
  input  logic [15:0]           dst_groups_i,
  input  logic [31:0]           qs_i,
  input  logic [1:0]            dst_copies_log2_i,
  input  logic [15:0]           instr_i,
  input  weft_pkg::model_t      model_i,
  input  logic                  kv_flushed_i,   // this step's K and V of the layer are in memory

  // From weft_seq_segments
  input  logic [7:0]            segments_i,
  input  logic [15:0]           k_block_beats_i,
  input  logic [15:0]           v_block_beats_i,
  input  logic [47:0]           k_set_bytes_i,
  input  logic [47:0]           v_set_bytes_i,
  input  logic [15:0]           q_set_words_i,
  input  logic [23:0]           heads_n_i,
  input  logic [1:0]            hs_log2_i,
  output logic [7:0]            k_idx_o,
  input  logic [SEG_BITS-1:0]   k_seg_i,
  input  logic [47:0]           k_offset_i,
  output logic [7:0]            v_idx_o,
  input  logic [SEG_BITS-1:0]   v_seg_i,
  input  logic [47:0]           v_offset_i,

  // To the output queues of weft_sequencer: all parts of an emission move together when ready_i
  input  logic                  ready_i,
  output logic                  valid_o,        // request and transfer
  output logic                  is_v_o,
  output logic [47:0]           req_addr_o,
  output logic [31:0]           req_beats_o,
  output logic [1:0]            req_buf_o,
  output weft_pkg::array_desc_t desc_o,
  output logic                  drain_valid_o,
  output weft_pkg::drain_desc_t drain_o
);

  localparam int unsigned PORT_LOG2 = $clog2(PortBytes);
  localparam int unsigned WPC_LOG2  = (PortBytes < 32) ? 5 - PORT_LOG2 : 0;

  // The two walks.
  logic        k_valid, k_next, k_done, k_load, k_o_buf, k_last_block, k_last_set, k_first;
  logic        v_valid, v_next, v_done, v_o_buf, v_last_block, v_last_set, unused_v_load, unused_v_first;
  logic [47:0] k_addr, v_addr;
  logic [15:0] k_block, v_block;
  logic [7:0]  k_set, v_set;
  logic [1:0]  k_buf, v_buf;

  // Segment facts, as weft_seq_segments packs them.
  logic [7:0]  k_row_first, k_rows, k_pass_first, k_pass_last, k_last_col;
  logic [7:0]  v_row_first, v_rows, v_pass_first, v_pass_last, v_last_col;
  logic [15:0] k_own_block, k_block_last, v_own_block, v_block_last;
  assign {k_row_first, k_rows, k_own_block, k_block_last, k_pass_first, k_pass_last, k_last_col} = k_seg_i;
  assign {v_row_first, v_rows, v_own_block, v_block_last, v_pass_first, v_pass_last, v_last_col} = v_seg_i;

  weft_seq_blocks u_k (
    .clk_i, .rst_ni, .clear_i, .start_i,
    .done_o       (k_done),
    .region_i     (k_region_i),
    .sets_i       (model_i.sets),
    .segments_i,
    .set_bytes_i  (k_set_bytes_i),
    .block_bytes_i(48'(k_block_beats_i) << PORT_LOG2),
    .segment_o    (k_idx_o),
    .offset_i     (k_offset_i),
    .block_last_i (k_block_last),
    .valid_o      (k_valid),
    .next_i       (k_next),
    .load_o       (k_load),
    .addr_o       (k_addr),
    .block_o      (k_block),
    .set_o        (k_set),
    .buf_o        (k_buf),
    .o_buf_o      (k_o_buf),
    .last_block_o (k_last_block),
    .last_set_o   (k_last_set),
    .first_o      (k_first)
  );

  weft_seq_blocks u_v (
    .clk_i, .rst_ni, .clear_i, .start_i,
    .done_o       (v_done),
    .region_i     (v_region_i),
    .sets_i       (model_i.sets),
    .segments_i,
    .set_bytes_i  (v_set_bytes_i),
    .block_bytes_i(48'(v_block_beats_i) << PORT_LOG2),
    .segment_o    (v_idx_o),
    .offset_i     (v_offset_i),
    .block_last_i (v_block_last),
    .valid_o      (v_valid),
    .next_i       (v_next),
    .load_o       (unused_v_load),
    .addr_o       (v_addr),
    .block_o      (v_block),
    .set_o        (v_set),
    .buf_o        (v_buf),
    .o_buf_o      (v_o_buf),
    .last_block_o (v_last_block),
    .last_set_o   (v_last_set),
    .first_o      (unused_v_first)
  );

  // K leads V by KV_AHEAD + 1 blocks where there are any left.
  logic [1:0] lead_q;
  logic       k_turn, k_ok, v_ok;
  assign k_turn  = !k_done && lead_q != 2'(weft_pkg::KV_AHEAD + 1);
  assign k_ok    = k_valid && (k_block < k_own_block || kv_flushed_i);
  assign v_ok    = v_valid && (v_block < v_own_block || kv_flushed_i);
  assign is_v_o  = !k_turn;
  assign valid_o = k_turn ? k_ok : v_ok;
  assign k_next  = k_turn && k_ok && ready_i;
  assign v_next  = !k_turn && v_ok && ready_i;
  assign done_o  = k_done && v_done;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) lead_q <= '0;
    else                    lead_q <= lead_q + {1'b0, k_next} - {1'b0, v_next};
  end

  // Queries of the K walk's set.
  logic [15:0] q_src_q;
  always_ff @(posedge clk_i) begin
    if (k_load)                      q_src_q <= model_i.q_base;
    else if (k_next && k_last_block) q_src_q <= q_src_q + q_set_words_i;
  end

  assign req_addr_o  = k_turn ? k_addr : v_addr;
  assign req_beats_o = {16'd0, k_turn ? k_block_beats_i : v_block_beats_i};
  assign req_buf_o   = v_buf;

  function automatic logic [63:0] f_passes(input logic [7:0] first, input logic [7:0] last);
    for (int unsigned i = 0; i < 64; i++) f_passes[i] = 8'(i) >= first && 8'(i) <= last;
  endfunction

  always_comb begin
    desc_o = '0;
    if (k_turn) begin
      desc_o.mode        = weft_pkg::MODE_K;
      desc_o.wait_idle   = wait_i && k_first;
      desc_o.panels      = 16'(32 / PanelRows);
      desc_o.groups      = model_i.k_groups;
      desc_o.tail        = model_i.k_tail;
      desc_o.ns_log2     = hs_log2_i;
      desc_o.src_base    = q_src_q;
      desc_o.pass_stride = model_i.k_groups << WPC_LOG2;
      desc_o.pass_mask   = f_passes(k_pass_first, k_pass_last);
      desc_o.last_col    = k_last_col;
      desc_o.kv_buf      = k_buf;
    end else begin
      desc_o.mode        = weft_pkg::MODE_V;
      desc_o.groups      = 16'd1;
      desc_o.tail        = 8'd32;
      desc_o.src_base    = model_i.p_base + 16'(({14'd0, v_buf} * 16'(Passes)) << WPC_LOG2);
      desc_o.pass_stride = 16'(1 << WPC_LOG2);
      desc_o.pass_mask   = f_passes(v_pass_first, v_pass_last);
      desc_o.last_col    = v_last_col;
      desc_o.head_dim    = model_i.head_dim;
      desc_o.hs          = model_i.hs;
      desc_o.kv_buf      = v_buf;
      desc_o.o_buf       = v_o_buf;
      desc_o.o_last      = v_last_block;
    end
  end

  assign drain_valid_o = k_turn ? k_ok : (v_ok && v_last_block);

  always_comb begin
    drain_o            = '0;
    drain_o.epi        = weft_pkg::EPI_O;
    drain_o.is_k       = k_turn;
    drain_o.dst_base   = dst_base_i;
    drain_o.dst_groups = dst_groups_i;
    drain_o.qs         = qs_i;
    drain_o.dst_copies_log2 = dst_copies_log2_i;
    drain_o.instr      = instr_i;
    if (k_turn) begin
      drain_o.n         = 24'd32;
      drain_o.panels    = 16'(32 / PanelRows);
      drain_o.row_first = k_row_first;
      drain_o.rows      = k_rows;
      drain_o.set       = k_set;
      drain_o.block     = k_block;
      drain_o.kv_buf    = k_buf;
      drain_o.o_buf     = k_o_buf;
      drain_o.last      = k_last_block;
    end else begin
      drain_o.norm      = norm_i;
      drain_o.n         = heads_n_i;
      drain_o.row_first = v_row_first;
      drain_o.rows      = v_rows;
      drain_o.set       = v_set;
      drain_o.o_buf     = v_o_buf;
      drain_o.last      = v_last_set;
    end
  end

  logic unused;
  assign unused = &{1'b0, k_last_set, unused_v_load, unused_v_first, model_i};

endmodule

`default_nettype wire
