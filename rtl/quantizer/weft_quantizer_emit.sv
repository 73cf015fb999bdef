// Quantizes one group after another, a pair a cycle, and packs the bytes into writes.
//
// A group's first pair is read in the cycle it is offered; its byte leaves EMIT_LATENCY = 5 cycles later for the output
// queue, a word as soon as it is whole. Words of a chunk that hold no byte of the group (small query heads) cost one
// cycle each. Nothing stalls inside: a step is made only while the output queue has a place for its word.
// Golden model: sw/golden/quantizer.h.  Block notes: docs/reference/quantizer.md
`default_nettype none

module weft_quantizer_emit (
  input  logic                               clk_i,
  input  logic                               rst_ni,

  // From the host: live rows, stable during a step
  input  logic [7:0]                         rows_i,

  // From weft_quantizer_prepare
  input  logic                               grp_valid_i,
  output logic                               grp_ready_o,
  input  logic                               grp_kv_i,
  input  logic                               grp_v_i,
  input  logic                               grp_act_i,
  input  logic                               grp_whole_i,
  input  logic [7:0]                         grp_row_i,
  input  logic [1:0]                         grp_slot_i,
  input  logic [7:0]                         grp_len_i,
  input  logic [7:0]                         grp_head_i,
  input  logic [7:0]                         grp_g_i,
  input  logic [4:0]                         grp_place_i,
  input  logic                               grp_zero_i,
  input  logic [31:0]                        grp_inv_i,
  input  logic [31:0]                        grp_scale_i,
  input  logic [7:0]                         grp_col_i,
  input  logic [1:0]                         grp_copies_log2_i,
  input  logic [15:0]                        grp_addr_i,
  input  logic [47:0]                        grp_kv_addr_i,

  // Element memory of weft_quantizer_collect
  output logic                               rd_valid_o,
  output logic [7:0]                         rd_row_o,
  output logic [1:0]                         rd_slot_o,
  output logic [3:0]                         rd_pair_o,
  output logic                               rd_free_o,
  input  logic [31:0]                        rd_v0_i,
  input  logic [31:0]                        rd_v1_i,

  // To weft_matrix
  output logic                               wr_valid_o,
  input  logic                               wr_ready_i,
  output logic [7:0]                         wr_col_o,
  output logic [1:0]                         wr_copies_log2_o,
  output logic [15:0]                        wr_addr_o,
  output logic [8*weft_pkg::WORD_BYTES-1:0]  wr_data_o,
  output logic                               wr_scale_valid_o,
  output logic [31:0]                        wr_scale_o,

  // To weft_kv_cache
  output logic                               kv_valid_o,
  input  logic                               kv_ready_i,
  output logic                               kv_is_v_o,
  output logic [7:0]                         kv_row_o,
  output logic [7:0]                         kv_head_o,
  output logic [7:0]                         kv_g_o,
  output logic [7:0]                         kv_len_o,
  output logic [255:0]                       kv_data_o,
  output logic [15:0]                        kv_scale_o,
  output logic                               kv_last_o,
  output logic [47:0]                        kv_addr_o,

  output logic [1:0]                         done_o,    // groups that left completely this cycle
  output logic                               act_done_o // one of them is for a matmul and of the last live row
);

  localparam int unsigned PAIRS     = weft_pkg::WORD_BYTES / 2;  // of an act word
  localparam int unsigned WORD_BITS = 8 * weft_pkg::WORD_BYTES;
  localparam int unsigned LATENCY   = 1 + weft_pkg::FP_MUL_LATENCY + 1;
  localparam int unsigned ACT_QUEUE = 8;
  localparam int unsigned KV_QUEUE  = 2;

  // ---- step: one pair, or one word without a byte of the group --------------------------------------------------------
  // Positions count pairs: in the chunk for one of 32 bytes, in the head for V. The group covers start .. stop - 1.
  logic [6:0] pos_q;
  logic       fresh_q;                   // no step of this group was made yet
  logic [6:0] start, stop, pos, word_pos, word_end_pos, here;
  logic       step, act_room, kv_room;
  logic       has_bytes, word_first, word_last, chunk_last, group_last;

  assign start        = {3'd0, grp_place_i[4:1]};
  assign stop         = start + 7'((9'(grp_len_i) + 9'd1) >> 1);
  assign pos          = !fresh_q ? pos_q : grp_whole_i ? 7'd0 : start;
  assign word_pos     = pos & ~7'(PAIRS - 1);
  assign word_end_pos = word_pos + 7'(PAIRS);
  assign has_bytes    = !grp_whole_i || ((word_pos < stop) && (word_end_pos > start));
  assign here         = (pos < start) ? start : pos;
  assign word_first   = (pos == word_pos) || fresh_q;
  assign word_last    = !has_bytes || (here + 7'd1 == word_end_pos) || (here + 7'd1 == stop);
  assign chunk_last   = (here[3:0] == 4'd15) || (here + 7'd1 == stop);
  assign group_last   = grp_whole_i ? (word_last && (word_end_pos == 7'd16)) : (here + 7'd1 == stop);

  assign step        = grp_valid_i && (grp_kv_i ? kv_room : act_room);
  assign grp_ready_o = step && group_last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fresh_q <= 1'b1;
    end else if (step) begin
      fresh_q <= group_last;
    end
    if (step) pos_q <= (word_last && !grp_kv_i) ? word_end_pos : here + 7'd1;
  end

  logic [6:0] pair;                      // within the group
  assign pair       = here - start;
  assign rd_valid_o = step && has_bytes;
  assign rd_row_o   = grp_row_i;
  assign rd_slot_o  = grp_slot_i + pair[5:4];
  assign rd_pair_o  = pair[3:0];
  assign rd_free_o  = (pair[3:0] == 4'd15) || (here + 7'd1 == stop);

  // ---- multiply and round -----------------------------------------------------------------------------------------------
  logic        read_q;
  logic [31:0] inv_q, y0, y1;
  logic [7:0]  round0, round1;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) read_q <= 1'b0;
    else         read_q <= rd_valid_o;
    if (rd_valid_o) inv_q <= grp_inv_i;
  end
  weft_fp_mul u_mul0 (.clk_i, .rst_ni, .valid_i(read_q), .a_i(rd_v0_i), .b_i(inv_q), .y_o(y0));
  weft_fp_mul u_mul1 (.clk_i, .rst_ni, .valid_i(read_q), .a_i(rd_v1_i), .b_i(inv_q), .y_o(y1));
  weft_quant_round u_round0 (.x_i(y0), .y_o(round0));
  weft_quant_round u_round1 (.x_i(y1), .y_o(round1));

  // Control of the step, at the multiplier's output and one cycle later at the packer.
  localparam int unsigned CTL_BITS = 2 + 2 + 4 + 1;
  logic                ctl_valid, pack_valid_q;
  logic [CTL_BITS-1:0] ctl, pack_ctl_q;
  logic                keep0, keep1;     // bytes that are not zero by rule
  assign keep0 = has_bytes && !grp_zero_i;
  assign keep1 = keep0 && ({pair, 1'b1} < grp_len_i);
  weft_delay #(.Width(CTL_BITS), .Latency(LATENCY - 1)) u_ctl (
    .clk_i, .rst_ni, .valid_i(step),
    .data_i({keep0, keep1, grp_kv_i ? (fresh_q || (here[3:0] == 4'd0)) : word_first,
             grp_kv_i ? chunk_last : word_last, has_bytes ? here[3:0] : word_pos[3:0], grp_kv_i}),
    .valid_o(ctl_valid), .data_o(ctl));

  logic [7:0] byte0_q, byte1_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) pack_valid_q <= 1'b0;
    else         pack_valid_q <= ctl_valid;
    if (ctl_valid) begin
      pack_ctl_q <= ctl;
      byte0_q    <= ctl[CTL_BITS-1] ? round0 : 8'd0;
      byte1_q    <= ctl[CTL_BITS-2] ? round1 : 8'd0;
    end
  end

  // ---- pack -------------------------------------------------------------------------------------------------------------
  logic         pack_first, pack_push, pack_kv;
  logic [3:0]   pack_pos;
  logic [1:0]   unused_keep;
  logic [255:0] chunk_q, chunk;
  assign {unused_keep, pack_first, pack_push, pack_pos, pack_kv} = pack_ctl_q;
  always_comb begin
    chunk = pack_first ? '0 : chunk_q;
    chunk[{pack_pos, 4'd0} +: 16] = {byte1_q, byte0_q};
  end
  always_ff @(posedge clk_i) begin
    if (pack_valid_q) chunk_q <= chunk;
  end

  logic [WORD_BITS-1:0] word;
  if (weft_pkg::WPC == 1) begin : gen_whole_word
    assign word = chunk;
  end else begin : gen_word
    assign word = chunk[{pack_pos[3:$clog2(PAIRS)], ($clog2(WORD_BITS))'(0)} +: WORD_BITS];
  end

  // ---- output queues: what a write carries beside its bytes is known when its last step is made --------------------------
  logic [$clog2(ACT_QUEUE+1)-1:0] unused_act_meta_count, unused_act_count;
  logic unused_act_meta_valid, act_ready;
  logic act_group_last, act_last_row;
  logic [15:0] word_index;
  assign word_index = 16'(word_pos) >> $clog2(PAIRS);
  weft_fifo #(.Width(1 + 1 + 8 + 2 + 16 + 1 + 32), .Depth(ACT_QUEUE)) u_act_meta (
    .clk_i, .rst_ni,
    .in_valid_i(step && word_last && !grp_kv_i), .in_ready_o(act_room),
    .in_data_i({group_last, grp_act_i && (grp_row_i + 8'd1 == rows_i), grp_col_i, grp_copies_log2_i,
                grp_addr_i + word_index, word_pos == 7'd0, grp_scale_i}),
    .out_valid_o(unused_act_meta_valid), .out_ready_i(wr_valid_o && wr_ready_i),
    .out_data_o({act_group_last, act_last_row, wr_col_o, wr_copies_log2_o, wr_addr_o, wr_scale_valid_o, wr_scale_o}),
    .count_o(unused_act_meta_count));
  weft_fifo #(.Width(WORD_BITS), .Depth(ACT_QUEUE)) u_act (
    .clk_i, .rst_ni,
    .in_valid_i(pack_valid_q && pack_push && !pack_kv), .in_ready_o(act_ready), .in_data_i(word),
    .out_valid_o(wr_valid_o), .out_ready_i(wr_ready_i), .out_data_o(wr_data_o), .count_o(unused_act_count));

  // A V head leaves 32 bytes at a time; the last piece closes the group.
  logic [15:0] scale_half;
  logic [7:0]  piece_len;
  weft_f2h u_scale (.x_i(grp_scale_i), .y_o(scale_half));
  assign piece_len = grp_v_i ? (group_last ? grp_len_i - {1'b0, pair[6:4], 4'd0} * 8'd2 : 8'd32) : grp_len_i;

  logic [$clog2(KV_QUEUE+1)-1:0] unused_kv_meta_count, unused_kv_count;
  logic unused_kv_meta_valid, kv_ready;
  weft_fifo #(.Width(1 + 8 + 8 + 8 + 8 + 16 + 1 + 48), .Depth(KV_QUEUE)) u_kv_meta (
    .clk_i, .rst_ni,
    .in_valid_i(step && chunk_last && grp_kv_i), .in_ready_o(kv_room),
    .in_data_i({grp_v_i, grp_row_i, grp_head_i, grp_v_i ? {5'd0, pair[6:4]} : grp_g_i, piece_len, scale_half,
                group_last, grp_kv_addr_i}),
    .out_valid_o(unused_kv_meta_valid), .out_ready_i(kv_valid_o && kv_ready_i),
    .out_data_o({kv_is_v_o, kv_row_o, kv_head_o, kv_g_o, kv_len_o, kv_scale_o, kv_last_o, kv_addr_o}),
    .count_o(unused_kv_meta_count));
  weft_fifo #(.Width(256), .Depth(KV_QUEUE)) u_kv (
    .clk_i, .rst_ni,
    .in_valid_i(pack_valid_q && pack_push && pack_kv), .in_ready_o(kv_ready), .in_data_i(chunk),
    .out_valid_o(kv_valid_o), .out_ready_i(kv_ready_i), .out_data_o(kv_data_o), .count_o(unused_kv_count));

  logic unused_bits;
  assign unused_bits = &{1'b0, grp_place_i[0]};  // heads have an even number of elements

  assign act_done_o = wr_valid_o && wr_ready_i && act_group_last && act_last_row;
  assign done_o = 2'(wr_valid_o && wr_ready_i && act_group_last) + 2'(kv_valid_o && kv_ready_i && kv_last_o);

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && pack_valid_q && pack_push) PackedBytesHaveAPlace_A: assert (pack_kv ? kv_ready : act_ready);
  end
`endif

endmodule

`default_nettype wire
