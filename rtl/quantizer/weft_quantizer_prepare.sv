// Everything a group needs before its first element is quantized: 127 / amax, its scale, its address.
//
// A group taken from weft_quantizer_collect is offered PREPARE_LATENCY + 1 = 9 cycles later; up to four are on their
// way or waiting, so the latency hides behind the emission of the groups before. A group is taken at most every cycle
// except when the shared multiplier serves an earlier one.
// Golden model: sw/golden/quantizer.h.  Block notes: docs/reference/quantizer.md
`default_nettype none

module weft_quantizer_prepare (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // From weft_sequencer
  input  weft_pkg::model_t      model_i,

  // From weft_quantizer_collect
  input  logic                  grp_valid_i,
  output logic                  grp_ready_o,
  input  weft_pkg::quant_cfg_t  grp_cfg_i,
  input  logic [7:0]            grp_row_i,
  input  logic [1:0]            grp_slot_i,
  input  logic [7:0]            grp_len_i,
  input  logic [30:0]           grp_amax_i,
  input  logic [7:0]            grp_head_i,
  input  logic [15:0]           grp_g_i,
  input  logic                  grp_last_i,    // last group of a head that takes a hinv

  // From weft_epilogue: norms of Q and K heads
  input  logic                  hinv_valid_i,
  output logic                  hinv_ready_o,
  input  logic [31:0]           hinv_i,

  // To weft_quantizer_emit
  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic                  out_kv_o,      // K or V: to weft_kv_cache
  output logic                  out_v_o,       // V
  output logic                  out_act_o,     // neither of them nor a query: a matmul reads it
  output logic                  out_whole_o,   // write every word of the chunk
  output logic [7:0]            out_row_o,
  output logic [1:0]            out_slot_o,
  output logic [7:0]            out_len_o,
  output logic [7:0]            out_head_o,
  output logic [7:0]            out_g_o,
  output logic [4:0]            out_place_o,   // first byte in the chunk
  output logic                  out_zero_o,    // every element becomes 0
  output logic [31:0]           out_inv_o,
  output logic [31:0]           out_scale_o,
  output logic [7:0]            out_col_o,
  output logic [1:0]            out_copies_log2_o,  // columns out_col_o and behind it that take the chunk
  output logic [15:0]           out_addr_o,    // act word of the chunk
  output logic [47:0]           out_kv_addr_o,

  output logic                  table_ready_o  // the head table is that of model_i
);

  localparam int unsigned SPECIAL    = weft_pkg::SPECIAL_LATENCY;
  localparam int unsigned LATENCY    = SPECIAL + weft_pkg::FP_MUL_LATENCY;
  localparam int unsigned QUEUE      = 4;
  localparam int unsigned COL_BITS   = $clog2(weft_pkg::COLUMNS);
  localparam logic [30:0] INF        = 31'h7F80_0000;
  localparam logic [30:0] TINY       = 31'h0D80_0000;  // 2^-100
  localparam logic [31:0] NAN        = 32'h7FC0_0000;
  localparam logic [31:0] FP_127     = 32'h42FE_0000;
  localparam logic [31:0] FP_1       = 32'h3F80_0000;

  logic is_q, is_k, is_v, normed;
  assign is_q = (grp_cfg_i.epi == weft_pkg::EPI_Q);
  assign is_k = (grp_cfg_i.epi == weft_pkg::EPI_K);
  assign is_v = (grp_cfg_i.epi == weft_pkg::EPI_V);
  assign normed = weft_pkg::VECTORS != 0 && model_i.qk_norm && (is_q || is_k);

  // ---- arithmetic: the multiplier makes amax * qs when a group is taken, recip(amax) * 127 when recip is there ------
  logic               take, half_done;
  logic [2:0]         on_way_q;       // groups taken and not yet passed on
  logic [SPECIAL-1:0] taken_q;        // bit i: a group was taken i + 1 cycles ago
  assign half_done   = taken_q[SPECIAL-1];
  assign grp_ready_o = !half_done && (on_way_q < 3'(QUEUE)) && (!is_q || table_ready_o) &&
                       (!normed || hinv_valid_i);
  assign take        = grp_valid_i && grp_ready_o;
  assign hinv_ready_o = grp_valid_i && grp_ready_o && normed && grp_last_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      taken_q  <= '0;
      on_way_q <= '0;
    end else begin
      taken_q  <= {taken_q[SPECIAL-2:0], take};
      on_way_q <= on_way_q + 3'(take) - 3'(out_valid_o && out_ready_i);
    end
  end

  logic [31:0] recip, product;
  weft_special u_recip (
    .clk_i, .rst_ni, .valid_i(take), .func_i(weft_pkg::SPECIAL_RECIP), .x_i({1'b0, grp_amax_i}), .y_o(recip));
  weft_fp_mul u_mul (
    .clk_i, .rst_ni, .valid_i(take || half_done),
    .a_i(half_done ? recip : {1'b0, grp_amax_i}), .b_i(half_done ? FP_127 : grp_cfg_i.qs), .y_o(product));

  // The scale is ready SPECIAL cycles before the inverse: time to multiply it by the head's norm, or by 1, which changes
  // no number.
  localparam int unsigned NORM_BITS = 1 + 1 + 32;
  logic        scale_valid, wait_valid, unused_norm_valid, poison, tiny;
  logic [31:0] waiting, hinv, scale;
  assign scale_valid = taken_q[weft_pkg::FP_MUL_LATENCY-1];
  weft_delay #(.Width(32), .Latency(SPECIAL - weft_pkg::FP_MUL_LATENCY)) u_wait (
    .clk_i, .rst_ni, .valid_i(scale_valid), .data_i(product), .valid_o(wait_valid), .data_o(waiting));
  weft_delay #(.Width(NORM_BITS), .Latency(SPECIAL)) u_norm (
    .clk_i, .rst_ni, .valid_i(take), .data_i({grp_amax_i >= INF, grp_amax_i < TINY, normed ? hinv_i : FP_1}),
    .valid_o(unused_norm_valid), .data_o({poison, tiny, hinv}));
  logic [31:0] scale_in;
  assign scale_in = poison ? NAN : tiny ? 32'd0 : waiting;
  if (weft_pkg::VECTORS != 0) begin : gen_normed
    weft_fp_mul u_scale (.clk_i, .rst_ni, .valid_i(wait_valid), .a_i(scale_in), .b_i(hinv), .y_o(scale));
  end else begin : gen_plain
    logic unused_scale_valid, unused_hinv;
    assign unused_hinv = &{1'b0, hinv};
    weft_delay #(.Width(32), .Latency(weft_pkg::FP_MUL_LATENCY)) u_scale (
      .clk_i, .rst_ni, .valid_i(wait_valid), .data_i(scale_in), .valid_o(unused_scale_valid), .data_o(scale));
  end

  // ---- the rest travels beside it -----------------------------------------------------------------------------------
  localparam int unsigned META_BITS = 3 + 8 + 2 + 8 + 8 + 8 + 2 + 48;
  localparam int unsigned ADDR_BITS = 1 + 8 + 8 + 16 + 16 + 16 + 2;
  logic                 m4_valid, m8_valid, unused_a4_valid;
  logic [META_BITS-1:0] m4, m8;
  logic [ADDR_BITS-1:0] a4;
  weft_delay #(.Width(META_BITS), .Latency(LATENCY - 4)) u_meta4 (
    .clk_i, .rst_ni, .valid_i(take),
    .data_i({is_q, is_k, is_v, grp_row_i, grp_slot_i, grp_len_i, grp_head_i, grp_g_i[7:0], grp_amax_i >= INF,
             grp_amax_i < TINY, grp_cfg_i.addr}),
    .valid_o(m4_valid), .data_o(m4));
  weft_delay #(.Width(META_BITS), .Latency(4)) u_meta8 (
    .clk_i, .rst_ni, .valid_i(m4_valid), .data_i(m4), .valid_o(m8_valid), .data_o(m8));
  weft_delay #(.Width(ADDR_BITS), .Latency(LATENCY - 4)) u_addr4 (
    .clk_i, .rst_ni, .valid_i(take),
    .data_i({is_q, grp_row_i, grp_head_i, grp_g_i, grp_cfg_i.dst_base, grp_cfg_i.dst_groups,
             is_q ? 2'd0 : grp_cfg_i.dst_copies_log2}),
    .valid_o(unused_a4_valid), .data_o(a4));

  // ---- address, the last four cycles ----------------------------------------------------------------------------------
  // Virtual row v (Q) or the first copy of row r: column v mod C, pass v / C, word base + (pass * groups + g) * WPC.
  logic        a4_q;
  logic [7:0]  a4_row, a4_head;
  logic [15:0] a4_g, a4_base, a4_groups;
  logic [1:0]  a4_copies;
  assign {a4_q, a4_row, a4_head, a4_g, a4_base, a4_groups, a4_copies} = a4;

  logic [15:0] set_base;
  logic [7:0]  head_in_set;
  logic [4:0]  place;
  weft_quantizer_heads u_heads (
    .clk_i, .rst_ni, .model_i, .ready_o(table_ready_o),
    .re_i(m4_valid), .head_i(a4_head), .set_base_o(set_base), .q_o(head_in_set), .place_o(place));

  logic [2:0]  step_q;                      // valid of the three stages below
  logic        a5_q_q;
  logic [15:0] a5_first_q;                  // v of the row's first head or copy
  logic [1:0]  a5_copies_q, a6_copies_q, a7_copies_q, a8_copies_q;
  logic [15:0] a5_g_q, a5_base_q, a5_groups_q;
  logic [15:0] a6_v_q, a6_g_q, a6_base_q, a6_groups_q;
  logic [4:0]  a6_place_q, a7_place_q, a8_place_q;
  logic [15:0] a7_chunk_q, a7_base_q, a8_addr_q;
  logic [7:0]  a7_col_q, a8_col_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) step_q <= '0;
    else         step_q <= {step_q[1:0], m4_valid};
    if (m4_valid) begin
      a5_q_q      <= a4_q;
      a5_first_q  <= a4_q ? {8'd0, a4_row} * {8'd0, model_i.q_per_kv} * {8'd0, model_i.hs} : {8'd0, a4_row} << a4_copies;
      a5_copies_q <= a4_copies;
      a5_g_q      <= a4_g;
      a5_base_q   <= a4_q ? model_i.q_base : a4_base;
      a5_groups_q <= a4_q ? model_i.k_groups : a4_groups;
    end
    if (step_q[0]) begin
      a6_v_q      <= a5_first_q + (a5_q_q ? {8'd0, head_in_set} : 16'd0);
      a6_g_q      <= a5_g_q;
      a6_base_q   <= a5_base_q + (a5_q_q ? set_base : 16'd0);
      a6_groups_q <= a5_groups_q;
      a6_place_q  <= place;
      a6_copies_q <= a5_copies_q;
    end
    if (step_q[1]) begin
      a7_chunk_q <= 16'((a6_v_q >> COL_BITS) * a6_groups_q) + a6_g_q;
      a7_col_q   <= 8'(a6_v_q & 16'(weft_pkg::COLUMNS - 1));
      a7_base_q  <= a6_base_q;
      a7_place_q <= a6_place_q;
      a7_copies_q <= a6_copies_q;
    end
    if (step_q[2]) begin
      a8_addr_q  <= a7_base_q + 16'(a7_chunk_q * 16'(weft_pkg::WPC));
      a8_col_q   <= a7_col_q;
      a8_place_q <= a7_place_q;
      a8_copies_q <= a7_copies_q;
    end
  end

  // ---- join -----------------------------------------------------------------------------------------------------------
  logic        m_is_q, m_is_k, m_is_v, m_poison, m_tiny;
  logic [7:0]  m_row, m_len, m_head, m_g;
  logic [1:0]  m_slot;
  logic [47:0] m_addr;
  assign {m_is_q, m_is_k, m_is_v, m_row, m_slot, m_len, m_head, m_g, m_poison, m_tiny, m_addr} = m8;

  // K heads of a set stand side by side in the chunk: head mod hs picks the place.
  logic        small_heads;
  logic [4:0]  k_place, m_place;
  logic [31:0] m_scale;
  assign small_heads = (model_i.hs != 8'd1);
  assign k_place = ((model_i.hs[1] || model_i.hs[2]) && m_head[0] ? model_i.head_dim[4:0] : 5'd0) +
                   (model_i.hs[2] && m_head[1] ? {model_i.head_dim[3:0], 1'b0} : 5'd0);
  assign m_place = m_is_q ? a8_place_q : m_is_k ? k_place : 5'd0;
  assign m_scale = scale;

  localparam int unsigned OUT_BITS = 4 + 8 + 2 + 8 + 8 + 8 + 5 + 1 + 32 + 32 + 8 + 2 + 16 + 48;
  logic [OUT_BITS-1:0] out;
  logic                unused_room;
  logic [2:0]          unused_count;
  weft_fifo #(.Width(OUT_BITS), .Depth(QUEUE)) u_queue (
    .clk_i, .rst_ni,
    .in_valid_i(m8_valid), .in_ready_o(unused_room),
    .in_data_i({m_is_k || m_is_v, m_is_v, !(m_is_k || m_is_v || m_is_q), m_is_q && small_heads, m_row, m_slot, m_len, m_head, m_g, m_place,
                m_poison || m_tiny, product, m_scale, a8_col_q, a8_copies_q, a8_addr_q, m_addr}),
    .out_valid_o, .out_ready_i, .out_data_o(out), .count_o(unused_count));
  assign {out_kv_o, out_v_o, out_act_o, out_whole_o, out_row_o, out_slot_o, out_len_o, out_head_o, out_g_o, out_place_o,
          out_zero_o, out_inv_o, out_scale_o, out_col_o, out_copies_log2_o, out_addr_o, out_kv_addr_o} = out;

endmodule

`default_nettype wire
