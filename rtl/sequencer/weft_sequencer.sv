// Walks the tape: turns instructions into requests for weft_tape_fetch, transfers for weft_matrix and work for
// weft_drain, each through a queue, in one order. It runs as far ahead as those queues and the instructions allow.
//
// An instruction takes 4 cycles (NEXT, CALC, SIZE, EMIT) when the queues have room; ROPE 2 more a row, EMBED 2 a group
// and 1 a row, ATTN one a KV block. Data never passes through here.
// Formats: docs/isa.md.  Golden model: sw/compiler/tape.h (the walk).  Block notes: docs/reference/sequencer.md
`default_nettype none

module weft_sequencer #(
  parameter  int unsigned PortBytes  = weft_pkg::PORT_BYTES,
  parameter  int unsigned PanelRows  = weft_pkg::PANEL_ROWS,
  parameter  int unsigned Columns    = weft_pkg::COLUMNS,
  parameter  int unsigned MaxRows    = weft_pkg::MAX_ROWS,
  parameter  int unsigned Passes     = weft_pkg::PASSES,
  parameter  int unsigned DescDepth  = 32,   // transfers that wait for the array
  parameter  int unsigned DrainDepth = 16,   // results that are announced
  localparam int unsigned WIDE       = (PortBytes > 32) ? PortBytes / 32 : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // From weft_host: stable from start_i to the end of the step
  input  logic                  start_i,        // pulse, only while walk_done_o and everything is idle
  input  logic [15:0]           boot_i,         // instructions of the first segment; 0: nothing is read
  input  logic [47:0]           tape_base_i,
  input  logic [47:0]           kv_base_i,
  input  logic [7:0]            rows_i,         // live rows are 0 .. rows_i - 1; 0: nothing is read
  input  logic [MaxRows-1:0]    wantdump_i,
  output logic [7:0]            row_idx_o,
  input  weft_pkg::row_t        row_i,          // combinational
  output logic                  walk_done_o,    // END reached (or never started) and all queues empty
  output logic                  error_o,        // an opcode or encoding that this chip does not have; stays until reset
  output logic                  active_o,       // it moves by itself: not only waiting for instructions or room

  // To weft_tape_fetch: fields as there
  output logic                  req_valid_o,
  input  logic                  req_ready_i,
  output logic [2:0]            req_kind_o,
  output logic [47:0]           req_addr_o,
  output logic [31:0]           req_beats_o,
  output logic [15:0]           req_count_o,
  output logic [7:0]            req_tail_o,
  output logic [1:0]            req_ns_log2_o,
  output logic [1:0]            req_buf_o,
  output logic [7:0]            req_row_o,

  // From weft_tape_fetch: instructions
  input  logic                  iq_valid_i,
  output logic                  iq_ready_o,
  input  logic [3:0]            iq_count_i,
  input  logic [256*WIDE-1:0]   iq_data_i,

  // To weft_matrix
  output logic                  desc_valid_o,
  input  logic                  desc_ready_i,
  output weft_pkg::array_desc_t desc_o,

  // To weft_drain
  output logic                  drain_valid_o,
  input  logic                  drain_ready_i,
  output weft_pkg::drain_desc_t drain_o,

  // From weft_drain and weft_kv_cache: a K or V matmul of this step has been written to memory and acknowledged
  // (pulse for each); the KV write path is empty (level)
  input  logic                  drain_kv_done_i,
  input  logic                  kv_idle_i,

  // To weft_dequant: the head of its set that each virtual row belongs to
  output logic                  vrow_we_o,
  output logic [15:0]           vrow_idx_o,
  output logic [1:0]            vrow_sub_o,

  output weft_pkg::model_t      model_o,        // changes only where a MODEL differs from the one before
  output logic                  fence_o         // for the counters: ATTN waits for this step's K and V to be in memory
);

  localparam logic [2:0] KIND_INSTR = 3'd0;
  localparam logic [2:0] KIND_PANEL = 3'd1;
  localparam logic [2:0] KIND_V     = 3'd2;
  localparam logic [2:0] KIND_SCALE = 3'd3;
  localparam logic [2:0] KIND_CHUNK = 3'd4;
  localparam logic [2:0] KIND_VEC   = 3'd5;
  localparam logic [2:0] KIND_ROPE  = 3'd6;
  localparam logic [2:0] KIND_SHARED = 3'd7;

  localparam int unsigned PORT_LOG2  = $clog2(PortBytes);
  localparam int unsigned REQ_BITS   = 3 + 48 + 32 + 16 + 8 + 2 + 2 + 8;
  localparam int unsigned SEG_BITS   = 8 + 8 + 16 + 16 + 8 + 8 + 8;

  function automatic logic [47:0] f_align(input logic [47:0] bytes);
    f_align = ((bytes + 48'(PortBytes) - 48'd1) >> PORT_LOG2) << PORT_LOG2;
  endfunction

  typedef enum logic [3:0] {
    S_IDLE, S_BOOT, S_NEXT, S_CALC, S_SIZE, S_EMIT, S_GATHER, S_ATTN, S_ERROR
  } state_e;

  state_e      state_q, state_d;
  logic [47:0] tape_q;      // where the next payload starts
  logic [15:0] number_q;    // of the instruction at hand
  logic        begin_step;  // start_i with something to do
  logic        room;        // each output queue takes an entry
  logic        fire;        // the emission of S_BOOT or S_EMIT goes out, or has no parts, in this cycle
  logic        send;        // what is on offer goes into the output queues

  assign begin_step = state_q == S_IDLE && start_i && rows_i != 8'd0 && boot_i != 16'd0;

  // ---- Instructions ----
  logic         iq_valid, iq_pop;
  logic [255:0] iq_data;
  logic [255:0] instr_q;
  logic [31:0]  w1, w2, w3, w4, w5, w6, w7;

  weft_seq_queue #(.PortBytes(PortBytes)) u_queue (
    .clk_i, .rst_ni,
    .clear_i    (begin_step),
    .in_valid_i (iq_valid_i),
    .in_ready_o (iq_ready_o),
    .in_count_i (iq_count_i),
    .in_data_i  (iq_data_i),
    .out_valid_o(iq_valid),
    .out_ready_i(iq_pop),
    .out_data_o (iq_data)
  );

  assign iq_pop = state_q == S_NEXT;

  always_ff @(posedge clk_i) begin
    if (iq_pop && iq_valid) instr_q <= iq_data;
  end

  assign {w7, w6, w5, w4, w3, w2, w1} = instr_q[255:32];

  logic             is_loadi, is_model, is_rope, is_embed, is_vec, is_matmul, is_attn, is_end, is_bad;
  logic             is_shared, is_kv_matmul;
  logic             flag_norm, flag_wait;
  weft_pkg::model_t model;

  weft_seq_decode u_decode (
    .instr_i(instr_q),
    .is_end_o(is_end), .is_loadi_o(is_loadi), .is_model_o(is_model), .is_rope_o(is_rope), .is_embed_o(is_embed),
    .is_vec_o(is_vec), .is_matmul_o(is_matmul), .is_attn_o(is_attn), .is_bad_o(is_bad),
    .is_shared_o(is_shared), .is_kv_matmul_o(is_kv_matmul), .norm_o(flag_norm), .wait_o(flag_wait), .model_o(model)
  );

  // ---- Model constants and segments ----
  logic                model_start;
  logic                seg_ready, seg_busy;
  logic [7:0]          seg_row_idx, gather_row_idx, segments, k_idx, v_idx, v_scale_beats;
  logic [15:0]         k_block_beats, v_block_beats, q_set_words;
  logic [47:0]         k_set_bytes, v_set_bytes, k_offset, v_offset;
  logic [23:0]         heads_n;
  logic [1:0]          hs_log2;
  logic [SEG_BITS-1:0] k_seg, v_seg;

  assign model_start = state_q == S_EMIT && is_model;
  assign row_idx_o   = seg_busy ? seg_row_idx : gather_row_idx;

  always_ff @(posedge clk_i) begin
    if (model_start) model_o <= model;
  end

  weft_seq_segments #(.PortBytes(PortBytes), .Columns(Columns), .MaxRows(MaxRows)) u_segments (
    .clk_i, .rst_ni,
    .start_i        (begin_step),
    .model_start_i  (model_start),
    .rows_i,
    .model_i        (model_o),
    .scan_busy_o    (seg_busy),
    .ready_o        (seg_ready),
    .row_idx_o      (seg_row_idx),
    .row_slot_i     (row_i.slot),
    .row_position_i (row_i.position),
    .vrow_we_o, .vrow_idx_o, .vrow_sub_o,
    .k_block_beats_o(k_block_beats),
    .v_block_beats_o(v_block_beats),
    .v_scale_beats_o(v_scale_beats),
    .k_set_bytes_o  (k_set_bytes),
    .v_set_bytes_o  (v_set_bytes),
    .q_set_words_o  (q_set_words),
    .heads_n_o      (heads_n),
    .hs_log2_o      (hs_log2),
    .segments_o     (segments),
    .k_idx_i        (k_idx),
    .k_seg_o        (k_seg),
    .k_offset_o     (k_offset),
    .v_idx_i        (v_idx),
    .v_seg_o        (v_seg),
    .v_offset_o     (v_offset)
  );

  // ---- CALC and SIZE: payload bytes, and all about an instruction that emits once ----
  logic [47:0]           single_bytes, bytes_q;
  logic                  any_work;
  weft_pkg::array_desc_t single_desc;
  weft_pkg::drain_desc_t single_drain;

  weft_seq_single #(.PortBytes(PortBytes), .PanelRows(PanelRows), .Columns(Columns), .MaxRows(MaxRows)) u_single (
    .clk_i,
    .calc_i    (state_q == S_CALC),
    .instr_i   (instr_q),
    .number_i  (number_q),
    .rows_i, .wantdump_i,
    .bytes_o   (single_bytes),
    .any_work_o(any_work),
    .desc_o    (single_desc),
    .drain_o   (single_drain)
  );

  always_ff @(posedge clk_i) begin
    if (begin_step)             bytes_q <= f_align({27'd0, boot_i, 5'd0});
    else if (state_q == S_SIZE) bytes_q <= single_bytes;
  end

  // ---- Instructions that emit more than once ----
  logic                  gather_start, gather_done, gather_valid, gather_chunk;
  logic [47:0]           gather_addr;
  logic [31:0]           gather_beats;
  logic [7:0]            gather_tail, gather_row;
  weft_pkg::array_desc_t gather_desc;
  logic                  attn_start, attn_done, attn_valid, attn_is_v, attn_drain_valid;
  logic [47:0]           attn_addr, address, k_region_q, v_region_q;
  logic [31:0]           attn_beats;
  logic [1:0]            attn_buf;
  weft_pkg::array_desc_t attn_desc;
  weft_pkg::drain_desc_t attn_drain;
  logic                  kv_flushed;

  assign address      = {w7[15:0], w6};
  assign gather_start = state_q == S_EMIT && fire && (is_embed || is_rope);
  assign attn_start   = state_q == S_EMIT && fire && is_attn;

  always_ff @(posedge clk_i) begin
    if (state_q == S_SIZE) begin
      k_region_q <= kv_base_i + address;
      v_region_q <= kv_base_i + address + {16'd0, w1};
    end
  end

  weft_seq_gather #(.PortBytes(PortBytes), .PanelRows(PanelRows)) u_gather (
    .clk_i, .rst_ni,
    .start_i       (gather_start),
    .done_o        (gather_done),
    .embed_i       (is_embed),
    .wait_i        (flag_wait),
    .table_i       (tape_base_i + address),
    .stride_i      (w1[15:0]),
    .groups_i      (w2[15:0]),
    .tail_i        (w1[31:24]),
    .rows_i,
    .row_idx_o     (gather_row_idx),
    .row_token_i   (row_i.token),
    .row_position_i(row_i.position),
    .ready_i       (room),
    .valid_o       (gather_valid),
    .is_chunk_o    (gather_chunk),
    .req_addr_o    (gather_addr),
    .req_beats_o   (gather_beats),
    .req_tail_o    (gather_tail),
    .req_row_o     (gather_row),
    .desc_o        (gather_desc)
  );

  weft_seq_attn #(.PortBytes(PortBytes), .PanelRows(PanelRows), .Passes(Passes)) u_attn (
    .clk_i, .rst_ni,
    .clear_i        (begin_step),
    .start_i        (attn_start),
    .done_o         (attn_done),
    .k_region_i     (k_region_q),
    .v_region_i     (v_region_q),
    .norm_i         (flag_norm),
    .wait_i         (flag_wait),
    .dst_base_i     (w3[31:16]),
    .dst_groups_i   (w4[15:0]),
    .qs_i           (w5),
    .dst_copies_log2_i(w4[19:18]),
    .instr_i        (number_q),
    .model_i        (model_o),
    .kv_flushed_i   (kv_flushed),
    .segments_i     (segments),
    .k_block_beats_i(k_block_beats),
    .v_block_beats_i(v_block_beats),
    .k_set_bytes_i  (k_set_bytes),
    .v_set_bytes_i  (v_set_bytes),
    .q_set_words_i  (q_set_words),
    .heads_n_i      (heads_n),
    .hs_log2_i      (hs_log2),
    .k_idx_o        (k_idx),
    .k_seg_i        (k_seg),
    .k_offset_i     (k_offset),
    .v_idx_o        (v_idx),
    .v_seg_i        (v_seg),
    .v_offset_i     (v_offset),
    .ready_i        (room),
    .valid_o        (attn_valid),
    .is_v_o         (attn_is_v),
    .req_addr_o     (attn_addr),
    .req_beats_o    (attn_beats),
    .req_buf_o      (attn_buf),
    .desc_o         (attn_desc),
    .drain_valid_o  (attn_drain_valid),
    .drain_o        (attn_drain)
  );

  // ---- What goes out in this cycle: any of a request, a transfer and work for the drain ----
  logic                  req_valid, desc_valid, drain_valid;
  logic [2:0]            req_kind;
  logic [47:0]           req_addr;
  logic [31:0]           req_beats;
  logic [15:0]           req_count;
  logic [7:0]            req_tail, req_row;
  logic [1:0]            req_ns_log2;
  weft_pkg::array_desc_t desc;
  weft_pkg::drain_desc_t drain;

  always_comb begin
    req_valid   = 1'b0;
    req_kind    = KIND_INSTR;
    req_addr    = tape_q;
    req_beats   = 32'(bytes_q >> PORT_LOG2);
    req_count   = boot_i;
    req_tail    = w1[31:24];
    req_ns_log2 = 2'd0;
    req_row     = gather_row;
    desc_valid  = 1'b0;
    desc        = single_desc;
    drain_valid = 1'b0;
    drain       = single_drain;
    unique case (state_q)
      S_BOOT: req_valid = 1'b1;
      S_EMIT: begin
        if (is_loadi || is_vec) begin
          req_valid = bytes_q != 48'd0;
          req_kind  = is_vec ? KIND_VEC : KIND_INSTR;
          req_count = w1[15:0];
        end
        if (is_matmul && !is_bad && any_work) begin
          req_valid   = 1'b1;
          req_kind    = is_shared ? KIND_SHARED : KIND_PANEL;
          req_count   = w2[15:0];
          req_ns_log2 = single_desc.ns_log2;
          desc_valid  = 1'b1;
          drain_valid = 1'b1;
        end
        if (is_embed) drain_valid = 1'b1;
      end
      S_GATHER: begin
        req_valid  = gather_valid;
        req_kind   = !is_embed ? KIND_ROPE : gather_chunk ? KIND_CHUNK : KIND_SCALE;
        req_addr   = gather_addr;
        req_beats  = gather_beats;
        req_count  = 16'd1;
        req_tail   = gather_tail;
        desc_valid = gather_valid && gather_chunk;
        desc       = gather_desc;
      end
      S_ATTN: begin
        req_valid   = attn_valid;
        req_kind    = attn_is_v ? KIND_V : KIND_PANEL;
        req_addr    = attn_addr;
        req_beats   = attn_beats;
        req_count   = attn_is_v ? {8'd0, v_scale_beats} : model_o.k_groups;
        req_tail    = model_o.k_tail;
        req_ns_log2 = attn_is_v ? 2'd0 : hs_log2;
        desc_valid  = attn_valid;
        desc        = attn_desc;
        drain_valid = attn_drain_valid;
        drain       = attn_drain;
      end

      default: ;
    endcase
  end

  // ---- The walk ----
  // ATTN waits for the segments, the gathers for the row port.
  assign fire = room && (state_q == S_BOOT ||
                         (state_q == S_EMIT && (!is_attn || seg_ready) && (!(is_rope || is_embed) || !seg_busy)));
  assign fence_o = state_q == S_ATTN && !attn_valid && !attn_done;
  assign send = fire || (room && (state_q == S_GATHER || state_q == S_ATTN));

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      S_IDLE:   if (begin_step) state_d = S_BOOT;
      S_BOOT:   if (fire) state_d = S_NEXT;
      S_NEXT:   if (iq_valid) state_d = S_CALC;
      S_CALC:   state_d = S_SIZE;
      S_SIZE:   state_d = S_EMIT;
      S_EMIT: begin
        if (is_bad)                          state_d = S_ERROR;
        else if (is_end)                     state_d = S_IDLE;
        else if (is_model)                   state_d = S_NEXT;
        else if (fire && is_attn)            state_d = S_ATTN;
        else if (fire && (is_embed || is_rope)) state_d = S_GATHER;
        else if (fire)                       state_d = S_NEXT;
      end
      S_GATHER: if (gather_done) state_d = S_NEXT;
      S_ATTN:   if (attn_done) state_d = S_NEXT;
      S_ERROR:  state_d = S_ERROR;
      default:  state_d = S_IDLE;
    endcase
  end

  // K and V matmuls of this step that are not yet in memory.
  logic [7:0] kv_open_q;
  assign kv_flushed = kv_open_q == 8'd0 && kv_idle_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= S_IDLE;
      kv_open_q <= '0;
      error_o   <= 1'b0;
    end else begin
      state_q   <= state_d;
      kv_open_q <= kv_open_q + {7'd0, fire && drain_valid && is_kv_matmul} - {7'd0, drain_kv_done_i};
      if (state_d == S_ERROR) error_o <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (begin_step) begin
      tape_q   <= tape_base_i;
      number_q <= '1;
    end else begin
      if (iq_pop && iq_valid) number_q <= number_q + 16'd1;
      if (fire)               tape_q <= tape_q + bytes_q;
    end
  end

  // ---- Output queues ----
  logic                                rq_room, dq_room, nq_room;
  logic [1:0]                          unused_rq_fill;
  logic [$clog2(DescDepth+1)-1:0]      unused_dq_fill;
  logic [$clog2(DrainDepth+1)-1:0]     unused_nq_fill;
  logic [weft_pkg::ARRAY_DESC_BITS-1:0] desc_flat;
  logic [weft_pkg::DRAIN_DESC_BITS-1:0] drain_flat;

  assign room        = rq_room && dq_room && nq_room;
  assign desc_o      = desc_flat;
  assign drain_o     = drain_flat;
  assign active_o    = !seg_ready || (room && state_q != S_IDLE && state_q != S_ERROR && (state_q != S_NEXT || iq_valid));
  assign walk_done_o = state_q == S_IDLE && !req_valid_o && !desc_valid_o && !drain_valid_o;

  weft_fifo #(.Width(REQ_BITS), .Depth(2)) u_requests (
    .clk_i, .rst_ni,
    .in_valid_i (req_valid && send),
    .in_ready_o (rq_room),
    .in_data_i  ({req_kind, req_addr, req_beats, req_count, req_tail, req_ns_log2, attn_buf, req_row}),
    .out_valid_o(req_valid_o),
    .out_ready_i(req_ready_i),
    .out_data_o ({req_kind_o, req_addr_o, req_beats_o, req_count_o, req_tail_o, req_ns_log2_o, req_buf_o, req_row_o}),
    .count_o    (unused_rq_fill)
  );

  weft_fifo #(.Width(weft_pkg::ARRAY_DESC_BITS), .Depth(DescDepth)) u_descs (
    .clk_i, .rst_ni,
    .in_valid_i (desc_valid && send),
    .in_ready_o (dq_room),
    .in_data_i  (desc),
    .out_valid_o(desc_valid_o),
    .out_ready_i(desc_ready_i),
    .out_data_o (desc_flat),
    .count_o    (unused_dq_fill)
  );

  weft_fifo #(.Width(weft_pkg::DRAIN_DESC_BITS), .Depth(DrainDepth)) u_drains (
    .clk_i, .rst_ni,
    .in_valid_i (drain_valid && send),
    .in_ready_o (nq_room),
    .in_data_i  (drain),
    .out_valid_o(drain_valid_o),
    .out_ready_i(drain_ready_i),
    .out_data_o (drain_flat),
    .count_o    (unused_nq_fill)
  );

  logic unused;
  assign unused = &{1'b0, w2[31:16], w3[15:0], w4[31:20], w4[17:16], w7[31:16], unused_rq_fill, unused_dq_fill,
                    unused_nq_fill, row_i.live, row_i.want, row_i.dump};

endmodule

`default_nettype wire
