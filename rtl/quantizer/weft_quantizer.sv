// Turns fp32 results into int8 groups with a scale: activations and queries for weft_matrix, K and V for weft_kv_cache.
//
// One pair a cycle in, one pair a cycle quantized; groups leave in the order in which they become complete. The last
// word of a group of 32 is offered 32 cycles after the group's last pair when nothing is before it.
// ready_o depends on the pair offered, never on valid_i; cfg_i is part of the pair. Either output may stall: groups
// are emitted in order, so a stalled K or V write also holds back the act writes behind it. Four slots of 32 elements
// per row take what arrives meanwhile.
// The kv port carries K bytes at their place in the 32-byte chunk (head mod hs heads of head_dim bytes come before).
// In models with a norm of heads (model_i.qk_norm), the groups of a Q or K head leave when the head is complete, and
// their scales are multiplied by its hinv, taken from the hinv port in the order of completion.
// model_i is stable while pairs are inside; after a change, the first query group waits for the head table (up to
// one cycle a head).
// Golden model: sw/golden/quantizer.h.  Block notes: docs/reference/quantizer.md
`default_nettype none

module weft_quantizer (
  input  logic                               clk_i,
  input  logic                               rst_ni,

  // From weft_sequencer; from the host: live rows, stable during a step
  input  weft_pkg::model_t                   model_i,
  input  logic [7:0]                         rows_i,

  // From weft_epilogue
  input  logic                               valid_i,
  output logic                               ready_o,
  input  weft_pkg::pair_ctx_t                ctx_i,
  input  logic [31:0]                        v0_i,
  input  logic [31:0]                        v1_i,
  input  weft_pkg::quant_cfg_t               cfg_i,
  input  logic                               hinv_valid_i,  // models with a norm of heads: of each head of Q and K
  output logic                               hinv_ready_o,
  input  logic [31:0]                        hinv_i,

  // To weft_matrix: words of the activation memory; the scale of a chunk comes with its first word
  output logic                               wr_valid_o,
  input  logic                               wr_ready_i,
  output logic [7:0]                         wr_col_o,
  output logic [1:0]                         wr_copies_log2_o,  // columns wr_col_o .. + copies - 1 take the word
  output logic [15:0]                        wr_addr_o,
  output logic [8*weft_pkg::WORD_BYTES-1:0]  wr_data_o,
  output logic                               wr_scale_valid_o,
  output logic [31:0]                        wr_scale_o,
  // With the last word of a group that a matmul reads, of the last live row: all rows have the group now, since groups
  // leave in order and the last row's comes last
  output logic                               wr_group_done_o,

  // To weft_kv_cache
  output logic                               kv_valid_o,
  input  logic                               kv_ready_i,
  output logic                               kv_is_v_o,
  output logic [7:0]                         kv_row_o,
  output logic [7:0]                         kv_head_o,
  output logic [7:0]                         kv_g_o,      // K: group within the head; V: which 32 elements
  output logic [7:0]                         kv_len_o,    // elements in this beat
  output logic [255:0]                       kv_data_o,
  output logic [15:0]                        kv_scale_o,  // fp16
  output logic                               kv_last_o,   // the beat completes its group
  output logic [47:0]                        kv_addr_o,   // region, relative to the KV base

  output logic                               idle_o,      // nothing gathered, nothing in flight
  output logic                               active_o     // it moves by itself: not only waiting for pairs
);

  // ---- gather ------------------------------------------------------------------------------------------------------
  logic                  c_valid, c_ready, c_open, c_last;
  logic [2:0]            c_done;
  weft_pkg::quant_cfg_t  c_cfg;
  logic [7:0]            c_row, c_len, c_head;
  logic [1:0]            c_slot;
  logic [30:0]           c_amax;
  logic [15:0]           c_g;
  logic                  rd_valid, rd_free;
  logic [7:0]            rd_row;
  logic [1:0]            rd_slot;
  logic [3:0]            rd_pair;
  logic [31:0]           rd_v0, rd_v1;
  weft_quantizer_collect u_collect (
    .clk_i, .rst_ni,
    .valid_i, .ready_o, .ctx_i, .v0_i, .v1_i, .cfg_i, .head_dim_i(model_i.head_dim), .qk_norm_i(weft_pkg::VECTORS != 0 && model_i.qk_norm),
    .grp_valid_o(c_valid), .grp_ready_i(c_ready), .grp_cfg_o(c_cfg), .grp_row_o(c_row), .grp_slot_o(c_slot),
    .grp_len_o(c_len), .grp_amax_o(c_amax), .grp_head_o(c_head), .grp_g_o(c_g), .grp_last_o(c_last),
    .rd_valid_i(rd_valid), .rd_row_i(rd_row), .rd_slot_i(rd_slot), .rd_pair_i(rd_pair), .rd_free_i(rd_free),
    .rd_v0_o(rd_v0), .rd_v1_o(rd_v1),
    .grp_done_o(c_done), .open_o(c_open));

  // ---- prepare -------------------------------------------------------------------------------------------------------
  logic        p_valid, p_ready, p_kv, p_v, p_act, p_whole, p_zero;
  logic [7:0]  p_row, p_len, p_head, p_g, p_col;
  logic [1:0]  p_slot, p_copies;
  logic [4:0]  p_place;
  logic [31:0] p_inv, p_scale;
  logic [15:0] p_addr;
  logic [47:0] p_kv_addr;
  logic        table_ready;
  weft_quantizer_prepare u_prepare (
    .clk_i, .rst_ni, .model_i,
    .grp_valid_i(c_valid), .grp_ready_o(c_ready), .grp_cfg_i(c_cfg), .grp_row_i(c_row), .grp_slot_i(c_slot),
    .grp_len_i(c_len), .grp_amax_i(c_amax), .grp_head_i(c_head), .grp_g_i(c_g), .grp_last_i(c_last),
    .hinv_valid_i, .hinv_ready_o, .hinv_i,
    .out_valid_o(p_valid), .out_ready_i(p_ready), .out_kv_o(p_kv), .out_v_o(p_v), .out_act_o(p_act), .out_whole_o(p_whole),
    .out_row_o(p_row), .out_slot_o(p_slot), .out_len_o(p_len), .out_head_o(p_head), .out_g_o(p_g),
    .out_place_o(p_place), .out_zero_o(p_zero), .out_inv_o(p_inv), .out_scale_o(p_scale), .out_col_o(p_col),
    .out_copies_log2_o(p_copies),
    .out_addr_o(p_addr), .out_kv_addr_o(p_kv_addr), .table_ready_o(table_ready));

  // ---- emit ----------------------------------------------------------------------------------------------------------
  logic [1:0] e_done;
  weft_quantizer_emit u_emit (
    .clk_i, .rst_ni, .rows_i,
    .grp_valid_i(p_valid), .grp_ready_o(p_ready), .grp_kv_i(p_kv), .grp_v_i(p_v), .grp_act_i(p_act),
    .grp_whole_i(p_whole),
    .grp_row_i(p_row), .grp_slot_i(p_slot), .grp_len_i(p_len), .grp_head_i(p_head), .grp_g_i(p_g),
    .grp_place_i(p_place), .grp_zero_i(p_zero), .grp_inv_i(p_inv), .grp_scale_i(p_scale), .grp_col_i(p_col),
    .grp_copies_log2_i(p_copies),
    .grp_addr_i(p_addr), .grp_kv_addr_i(p_kv_addr),
    .rd_valid_o(rd_valid), .rd_row_o(rd_row), .rd_slot_o(rd_slot), .rd_pair_o(rd_pair), .rd_free_o(rd_free),
    .rd_v0_i(rd_v0), .rd_v1_i(rd_v1),
    .wr_valid_o, .wr_ready_i, .wr_col_o, .wr_copies_log2_o, .wr_addr_o, .wr_data_o, .wr_scale_valid_o, .wr_scale_o,
    .kv_valid_o, .kv_ready_i, .kv_is_v_o, .kv_row_o, .kv_head_o, .kv_g_o, .kv_len_o, .kv_data_o, .kv_scale_o,
    .kv_last_o, .kv_addr_o,
    .done_o(e_done), .act_done_o(wr_group_done_o));

  // Complete groups that have not left yet.
  localparam int unsigned COUNT_BITS = $clog2(4 * weft_pkg::MAX_ROWS + 16);
  logic [COUNT_BITS-1:0] groups_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) groups_q <= '0;
    else         groups_q <= groups_q + COUNT_BITS'(c_done) - COUNT_BITS'(e_done);
  end
  assign idle_o   = !c_open && (groups_q == '0);
  assign active_o = groups_q != '0 || !table_ready;

endmodule

`default_nettype wire
