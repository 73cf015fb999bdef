// The chip: wiring only. Token ids go in through AXI-Lite, weights and the KV cache through AXI4, token ids come out.
//
// A step starts with a write to CONTROL and ends, with irq_o, when every instruction of the tape has been carried out,
// every write is acknowledged and every wanted token is in its register. Ports, registers and the trace port:
// docs/microarchitecture.md. Golden model: sw/golden/machine.cpp.  Block notes: docs/reference/top.md
`default_nettype none

module weft_top (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  // Host: AXI-Lite, 32 bit
  input  logic                              s_awvalid_i,
  output logic                              s_awready_o,
  input  logic [15:0]                       s_awaddr_i,
  input  logic                              s_wvalid_i,
  output logic                              s_wready_o,
  input  logic [31:0]                       s_wdata_i,
  input  logic [3:0]                        s_wstrb_i,
  output logic                              s_bvalid_o,
  input  logic                              s_bready_i,
  output logic [1:0]                        s_bresp_o,
  input  logic                              s_arvalid_i,
  output logic                              s_arready_o,
  input  logic [15:0]                       s_araddr_i,
  output logic                              s_rvalid_o,
  input  logic                              s_rready_i,
  output logic [31:0]                       s_rdata_o,
  output logic [1:0]                        s_rresp_o,
  output logic                              irq_o,

  // Memory: AXI4, D bytes, INCR bursts
  output logic                              m_arvalid_o,
  input  logic                              m_arready_i,
  output logic [47:0]                       m_araddr_o,
  output logic [7:0]                        m_arlen_o,
  output logic [2:0]                        m_arsize_o,
  output logic [1:0]                        m_arburst_o,
  input  logic                              m_rvalid_i,
  output logic                              m_rready_o,
  input  logic [8*weft_pkg::PORT_BYTES-1:0] m_rdata_i,
  input  logic                              m_rlast_i,
  input  logic [1:0]                        m_rresp_i,
  output logic                              m_awvalid_o,
  input  logic                              m_awready_i,
  output logic [47:0]                       m_awaddr_o,
  output logic [7:0]                        m_awlen_o,
  output logic [2:0]                        m_awsize_o,
  output logic [1:0]                        m_awburst_o,
  output logic                              m_wvalid_o,
  input  logic                              m_wready_i,
  output logic [8*weft_pkg::PORT_BYTES-1:0] m_wdata_o,
  output logic [weft_pkg::PORT_BYTES-1:0]   m_wstrb_o,
  output logic                              m_wlast_o,
  input  logic                              m_bvalid_i,
  output logic                              m_bready_o,
  input  logic [1:0]                        m_bresp_i,

  // Trace: every result before quantizing
  output logic                              trace_valid_o,
  output logic [15:0]                       trace_instr_o,
  output logic [7:0]                        trace_row_o,
  output logic [23:0]                       trace_n_o,
  output logic [31:0]                       trace_v0_o,
  output logic [31:0]                       trace_v1_o,

  // What every unit does in this cycle: docs/microarchitecture.md
  output logic [20:0]                       activity_o
);

  localparam int unsigned D       = weft_pkg::PORT_BYTES;
  localparam int unsigned C       = weft_pkg::COLUMNS;
  localparam int unsigned S       = weft_pkg::SUBROWS;
  localparam int unsigned LANES   = C / weft_pkg::COLS_PER_LANE;
  localparam int unsigned SUM_W   = 21;
  localparam int unsigned ENTRY_W = 8 * weft_pkg::ENTRY_BYTES;
  localparam int unsigned SCALE_W = 8 * weft_pkg::SCALE_BYTES;
  localparam int unsigned WORD_W  = 8 * weft_pkg::WORD_BYTES;
  localparam int unsigned ROWS_W  = weft_pkg::MAX_ROWS;

  // ---- clocks of units that sleep, see below -------------------------------------------------------------------
  logic seq_clk, drain_clk, epilogue_clk, quantizer_clk, softmax_clk, sampler_clk, write_clk;
  logic seq_active, epilogue_active, quant_active, sampler_active;

  // ---- host registers ----------------------------------------------------------------------------------------
  logic                start, done, chip_busy, reserved_op, bus_error;
  logic [15:0]         boot;
  logic [47:0]         tape_base, kv_base, logit_base;
  logic [31:0]         logit_stride;
  logic [7:0]          rows;
  logic [ROWS_W-1:0]   want, dump, wantdump;
  logic [7:0]          seq_row_idx, drain_row_idx, kv_row_idx, par_row_idx;
  weft_pkg::row_t      seq_row, drain_row, kv_row;
  logic [15:0]         par_position;
  logic [31:0]         par_z, par_seed;
  logic [7:0]          par_top_k;
  logic                tok_valid;
  logic [7:0]          tok_row;
  logic [31:0]         tok;

  // ---- sequencer and fetch -----------------------------------------------------------------------------------
  weft_pkg::model_t      model;
  logic                  walk_done;
  logic                  vrow_we;
  logic [15:0]           vrow_idx;
  logic [1:0]            vrow_sub;
  logic                  req_valid, req_ready;
  logic [2:0]            req_kind;
  logic [47:0]           req_addr;
  logic [31:0]           req_beats;
  logic [15:0]           req_count;
  logic [7:0]            req_tail, req_row;
  logic [1:0]            req_ns_log2, req_buf;
  logic                  iq_valid, iq_ready;
  logic [3:0]            iq_count;
  logic [ENTRY_W-1:0]    iq_data;
  logic                  adesc_valid, adesc_ready, ddesc_valid, ddesc_ready;
  weft_pkg::array_desc_t adesc;
  weft_pkg::drain_desc_t ddesc;
  logic                  kv_fenced;

  logic                  chunk_valid, chunk_ready, scale_valid, scale_ready;
  logic [ENTRY_W-1:0]    chunk;
  logic [SCALE_W-1:0]    scale;
  logic                  gain_we, gain_bank, gain_free;
  logic [15:0]           gain_addr;
  logic [8*D-1:0]        gain_wdata;
  logic                  rope_we;
  logic [7:0]            rope_row;
  logic [15:0]           rope_addr;
  logic [8*D-1:0]        rope_wdata;
  logic                  vs_we, vs_done;
  logic [1:0]            vs_buf;
  logic [7:0]            vs_addr;
  logic [8*D-1:0]        vs_data;
  logic                  p_ready;
  logic                  fetch_idle, fetch_error, fetch_asked;
  weft_pkg::refuse_e     fetch_refuse;

  weft_tape_fetch u_fetch (
    .clk_i, .rst_ni,
    .req_valid_i(req_valid), .req_ready_o(req_ready), .req_kind_i(req_kind), .req_addr_i(req_addr),
    .req_beats_i(req_beats), .req_count_i(req_count), .req_tail_i(req_tail), .req_ns_log2_i(req_ns_log2),
    .req_buf_i(req_buf), .req_row_i(req_row),
    .iq_valid_o(iq_valid), .iq_ready_i(iq_ready), .iq_count_o(iq_count), .iq_data_o(iq_data),
    .chunk_valid_o(chunk_valid), .chunk_ready_i(chunk_ready), .chunk_o(chunk),
    .scale_valid_o(scale_valid), .scale_ready_i(scale_ready), .scale_o(scale),
    .gain_we_o(gain_we), .gain_bank_o(gain_bank), .gain_addr_o(gain_addr), .gain_wdata_o(gain_wdata),
    .gain_free_i(gain_free),
    .rope_we_o(rope_we), .rope_row_o(rope_row), .rope_addr_o(rope_addr), .rope_wdata_o(rope_wdata),
    .vs_we_o(vs_we), .vs_buf_o(vs_buf), .vs_addr_o(vs_addr), .vs_data_o(vs_data), .vs_done_o(vs_done),
    .vs_free_i(p_ready),
    .m_arvalid_o, .m_arready_i, .m_araddr_o, .m_arlen_o, .m_arsize_o, .m_arburst_o,
    .m_rvalid_i, .m_rready_o, .m_rdata_i, .m_rlast_i, .m_rresp_i,
    .idle_o(fetch_idle), .asked_o(fetch_asked), .refuse_o(fetch_refuse), .error_o(fetch_error));

  logic kv_idle, walk_fence;
  weft_sequencer u_sequencer (
    .clk_i(seq_clk), .rst_ni,
    .start_i(start), .boot_i(boot), .tape_base_i(tape_base), .kv_base_i(kv_base), .rows_i(rows),
    .wantdump_i(wantdump), .row_idx_o(seq_row_idx), .row_i(seq_row), .walk_done_o(walk_done), .error_o(reserved_op),
    .active_o(seq_active),
    .req_valid_o(req_valid), .req_ready_i(req_ready), .req_kind_o(req_kind), .req_addr_o(req_addr),
    .req_beats_o(req_beats), .req_count_o(req_count), .req_tail_o(req_tail), .req_ns_log2_o(req_ns_log2),
    .req_buf_o(req_buf), .req_row_o(req_row),
    .iq_valid_i(iq_valid), .iq_ready_o(iq_ready), .iq_count_i(iq_count), .iq_data_i(iq_data),
    .desc_valid_o(adesc_valid), .desc_ready_i(adesc_ready), .desc_o(adesc),
    .drain_valid_o(ddesc_valid), .drain_ready_i(ddesc_ready), .drain_o(ddesc),
    .drain_kv_done_i(kv_fenced), .kv_idle_i(kv_idle),
    .vrow_we_o(vrow_we), .vrow_idx_o(vrow_idx), .vrow_sub_o(vrow_sub), .model_o(model), .fence_o(walk_fence));

  // ---- matrix and dequant ------------------------------------------------------------------------------------
  logic                                 a_wr_valid, a_wr_ready, a_wr_scale_valid, a_wr_done;
  logic [7:0]                           a_wr_col;
  logic [1:0]                           a_wr_copies;
  logic [15:0]                          a_wr_addr;
  logic [WORD_W-1:0]                    a_wr_data;
  logic [31:0]                          a_wr_scale;
  logic                                 b_wr_valid, b_wr_ready, b_wr_scale_valid;
  logic [7:0]                           b_wr_col;
  logic [15:0]                          b_wr_addr;
  logic [WORD_W-1:0]                    b_wr_data;
  logic [31:0]                          b_wr_scale;
  logic                                 results_idle, panel_free, o_free;
  logic [C-1:0]                         sum_valid;
  logic [SUM_W*S*C-1:0]                 sum;
  logic [64*S*LANES-1:0]                sum_scale;
  logic [32*LANES-1:0]                  sum_sa;
  logic [C-1:0]                         sum_end;
  logic [weft_pkg::GROUP_CTX_BITS*LANES-1:0] sum_ctx;
  logic                                 emb_valid, emb_ready, emb_last;
  logic [255:0]                         emb_data;
  logic [15:0]                          emb_scale, emb_g;
  logic [7:0]                           emb_row;
  weft_pkg::array_state_e               array_state;
  weft_pkg::mode_e                      array_mode;
  logic                                 array_start;

  weft_matrix u_matrix (
    .clk_i, .rst_ni,
    .desc_valid_i(adesc_valid), .desc_ready_o(adesc_ready), .desc_i(adesc),
    .chunk_valid_i(chunk_valid), .chunk_ready_o(chunk_ready), .chunk_i(chunk),
    .scale_valid_i(scale_valid), .scale_ready_o(scale_ready), .scale_i(scale),
    .a_wr_valid_i(a_wr_valid), .a_wr_ready_o(a_wr_ready), .a_wr_col_i(a_wr_col), .a_wr_copies_log2_i(a_wr_copies),
    .a_wr_addr_i(a_wr_addr),
    .a_wr_data_i(a_wr_data), .a_wr_scale_valid_i(a_wr_scale_valid), .a_wr_scale_i(a_wr_scale),
    .start_i(start), .group_done_i(a_wr_done),
    .b_wr_valid_i(b_wr_valid), .b_wr_ready_o(b_wr_ready), .b_wr_col_i(b_wr_col), .b_wr_addr_i(b_wr_addr),
    .b_wr_data_i(b_wr_data), .b_wr_scale_valid_i(b_wr_scale_valid), .b_wr_scale_i(b_wr_scale),
    .idle_i(results_idle), .panel_free_i(panel_free), .p_ready_i(p_ready), .o_free_i(o_free),
    .sum_valid_o(sum_valid), .sum_o(sum), .sum_sa_o(sum_sa), .sum_end_o(sum_end), .sum_scale_o(sum_scale),
    .sum_ctx_o(sum_ctx),
    .emb_valid_o(emb_valid), .emb_ready_i(emb_ready), .emb_data_o(emb_data), .emb_scale_o(emb_scale),
    .emb_row_o(emb_row), .emb_g_o(emb_g), .emb_last_o(emb_last),
    .state_o(array_state), .start_o(array_start), .mode_o(array_mode));

  logic        alpha_we, alpha_valid, alpha_first;
  logic [15:0] alpha_vrow;
  logic [1:0]  alpha_buf;
  logic [31:0] alpha;
  logic        panel_done, o_done, rd_valid, rd_o, rd_buf;
  logic [7:0]  rd_col, rd_pass, rd_idx;
  logic [31:0] rd_a0, rd_a1;

  weft_dequant u_dequant (
    .clk_i, .rst_ni,
    .sum_valid_i(sum_valid), .sum_i(sum), .sum_sa_i(sum_sa), .sum_end_i(sum_end), .sum_scale_i(sum_scale),
    .sum_ctx_i(sum_ctx),
    .alpha_we_i(alpha_we), .alpha_vrow_i(alpha_vrow), .alpha_buf_i(alpha_buf), .alpha_valid_i(alpha_valid),
    .alpha_first_i(alpha_first), .alpha_i(alpha),
    .vrow_we_i(vrow_we), .vrow_idx_i(vrow_idx), .vrow_sub_i(vrow_sub),
    .panel_done_o(panel_done), .o_done_o(o_done),
    .rd_valid_i(rd_valid), .rd_o_i(rd_o), .rd_buf_i(rd_buf), .rd_col_i(rd_col), .rd_pass_i(rd_pass),
    .rd_idx_i(rd_idx), .rd_a0_o(rd_a0), .rd_a1_o(rd_a1));

  // ---- drain and epilogue ------------------------------------------------------------------------------------
  logic                rinv_ready, rl_buf;
  logic [7:0]          rinv_row;
  logic [15:0]         rl_vrow;
  logic [31:0]         rinv, rl;
  logic                pair_valid, pair_ready;
  weft_pkg::pair_ctx_t pair_ctx;
  logic [31:0]         pair_a0, pair_a1, pair_mul;
  logic                cfg_we;
  logic [2:0]          cfg_tag;
  weft_pkg::quant_cfg_t cfg;
  logic                res_start, logits_start;
  logic [7:0]          res_rows;
  logic                score_valid, score_ready, score_last_set_block, score_o_buf, score_last, score_skip;
  logic [15:0]         score_vrow, score_position, score_block;
  logic [1:0]          score_kv_buf, score_sub;
  logic [7:0]          score_pair;
  logic [31:0]         score_s0, score_s1;
  logic                kv_desc_done, kv_pair, drain_idle, drain_empty, drain_busy;
  logic                drain_scores, drain_norm_wait;

  weft_drain u_drain (
    .clk_i(drain_clk), .rst_ni,
    .desc_valid_i(ddesc_valid), .desc_ready_o(ddesc_ready), .desc_i(ddesc), .model_i(model),
    .row_idx_o(drain_row_idx), .row_position_i(drain_row.position), .wantdump_i(wantdump),
    .panel_done_i(panel_done), .o_done_i(o_done),
    .rd_valid_o(rd_valid), .rd_o_o(rd_o), .rd_buf_o(rd_buf), .rd_col_o(rd_col), .rd_pass_o(rd_pass),
    .rd_idx_o(rd_idx), .rd_a0_i(rd_a0), .rd_a1_i(rd_a1),
    .panel_free_o(panel_free), .o_free_o(o_free),
    .emb_valid_i(emb_valid), .emb_ready_o(emb_ready), .emb_data_i(emb_data), .emb_scale_i(emb_scale),
    .emb_row_i(emb_row), .emb_g_i(emb_g), .emb_last_i(emb_last),
    .rinv_ready_i(rinv_ready), .rinv_row_o(rinv_row), .rinv_i(rinv),
    .rl_buf_o(rl_buf), .rl_vrow_o(rl_vrow), .rl_i(rl),
    .pair_valid_o(pair_valid), .pair_ready_i(pair_ready), .pair_ctx_o(pair_ctx), .pair_a0_o(pair_a0),
    .pair_a1_o(pair_a1), .pair_mul_o(pair_mul),
    .cfg_we_o(cfg_we), .cfg_tag_o(cfg_tag), .cfg_o(cfg),
    .res_start_o(res_start), .res_rows_o(res_rows), .logits_start_o(logits_start),
    .score_valid_o(score_valid), .score_ready_i(score_ready), .score_vrow_o(score_vrow),
    .score_position_o(score_position), .score_block_o(score_block), .score_kv_buf_o(score_kv_buf),
    .score_sub_o(score_sub), .score_last_set_block_o(score_last_set_block), .score_o_buf_o(score_o_buf),
    .score_pair_o(score_pair), .score_s0_o(score_s0), .score_s1_o(score_s1), .score_last_o(score_last),
    .score_skip_o(score_skip),
    .kv_desc_done_o(kv_desc_done), .kv_pair_o(kv_pair), .idle_o(drain_idle), .empty_o(drain_empty),
    .busy_o(drain_busy), .scores_o(drain_scores), .norm_wait_o(drain_norm_wait));

  logic                q_valid, q_ready;
  weft_pkg::pair_ctx_t q_ctx;
  logic [31:0]         q_v0, q_v1;
  weft_pkg::quant_cfg_t q_cfg;
  logic                l_valid, l_ready, l_odd_pad, l_last_all;
  logic [7:0]          l_row;
  logic [23:0]         l_n;
  logic [31:0]         l_l0, l_l1;
  logic                lw_valid, lw_ready;
  logic [47:0]         lw_addr;
  logic [8*D-1:0]      lw_data;
  logic [D-1:0]        lw_strb;
  logic                epilogue_idle, hinv_valid, hinv_ready;
  logic [31:0]         hinv;

  weft_epilogue u_epilogue (
    .clk_i(epilogue_clk), .rst_ni,
    .model_i(model), .dump_i(dump), .logit_base_i(logit_base), .logit_stride_i(logit_stride),
    .pair_valid_i(pair_valid), .pair_ready_o(pair_ready), .pair_ctx_i(pair_ctx), .pair_a0_i(pair_a0),
    .pair_a1_i(pair_a1), .pair_mul_i(pair_mul), .cfg_we_i(cfg_we), .cfg_tag_i(cfg_tag), .cfg_i(cfg),
    .res_start_i(res_start), .res_rows_i(res_rows), .rinv_row_i(rinv_row), .rinv_o(rinv),
    .rinv_ready_o(rinv_ready),
    .gain_we_i(gain_we), .gain_bank_i(gain_bank), .gain_addr_i(gain_addr),
    .gain_wdata_i(weft_pkg::GAIN_BITS'(gain_wdata)),
    .rope_we_i(rope_we), .rope_row_i(rope_row), .rope_addr_i(rope_addr), .rope_wdata_i(rope_wdata),
    .gain_free_o(gain_free),
    .q_valid_o(q_valid), .q_ready_i(q_ready), .q_ctx_o(q_ctx), .q_v0_o(q_v0), .q_v1_o(q_v1), .q_cfg_o(q_cfg),
    .hinv_valid_o(hinv_valid), .hinv_ready_i(hinv_ready), .hinv_o(hinv),
    .l_valid_o(l_valid), .l_ready_i(l_ready), .l_row_o(l_row), .l_n_o(l_n), .l_odd_pad_o(l_odd_pad),
    .l_last_all_o(l_last_all), .l_l0_o(l_l0), .l_l1_o(l_l1),
    .wr_valid_o(lw_valid), .wr_ready_i(lw_ready), .wr_addr_o(lw_addr), .wr_data_o(lw_data), .wr_strb_o(lw_strb),
    .trace_valid_o, .trace_instr_o, .trace_row_o, .trace_n_o, .trace_v0_o, .trace_v1_o,
    .idle_o(epilogue_idle), .active_o(epilogue_active));

  // ---- quantizer ---------------------------------------------------------------------------------------------
  logic         kv_valid, kv_ready, kv_is_v, kv_last;
  logic [7:0]   kv_row_n, kv_head, kv_g, kv_len;
  logic [255:0] kv_data;
  logic [15:0]  kv_scale;
  logic [47:0]  kv_addr;
  logic         quant_idle;

  weft_quantizer u_quantizer (
    .clk_i(quantizer_clk), .rst_ni, .model_i(model), .rows_i(rows),
    .valid_i(q_valid), .ready_o(q_ready), .ctx_i(q_ctx), .v0_i(q_v0), .v1_i(q_v1), .cfg_i(q_cfg),
    .hinv_valid_i(hinv_valid), .hinv_ready_o(hinv_ready), .hinv_i(hinv),
    .wr_valid_o(a_wr_valid), .wr_ready_i(a_wr_ready), .wr_col_o(a_wr_col), .wr_copies_log2_o(a_wr_copies),
    .wr_addr_o(a_wr_addr),
    .wr_data_o(a_wr_data), .wr_scale_valid_o(a_wr_scale_valid), .wr_scale_o(a_wr_scale), .wr_group_done_o(a_wr_done),
    .kv_valid_o(kv_valid), .kv_ready_i(kv_ready), .kv_is_v_o(kv_is_v), .kv_row_o(kv_row_n), .kv_head_o(kv_head),
    .kv_g_o(kv_g), .kv_len_o(kv_len), .kv_data_o(kv_data), .kv_scale_o(kv_scale), .kv_last_o(kv_last),
    .kv_addr_o(kv_addr), .idle_o(quant_idle), .active_o(quant_active));

  // ---- sampler -----------------------------------------------------------------------------------------------
  logic sampler_done;
  weft_sampler u_sampler (
    .clk_i(sampler_clk), .rst_ni, .start_i(logits_start), .rows_i(rows), .want_i(want),
    .param_row_o(par_row_idx), .param_position_i(par_position), .param_z_i(par_z), .param_top_k_i(par_top_k),
    .param_seed_i(par_seed),
    .valid_i(l_valid), .ready_o(l_ready), .row_i(l_row), .n_i(l_n), .odd_pad_i(l_odd_pad), .last_all_i(l_last_all),
    .l0_i(l_l0), .l1_i(l_l1),
    .tok_valid_o(tok_valid), .tok_row_o(tok_row), .tok_o(tok), .done_o(sampler_done), .active_o(sampler_active));

  // ---- softmax -----------------------------------------------------------------------------------------------
  logic softmax_busy;
  weft_softmax u_softmax (
    .clk_i(softmax_clk), .rst_ni, .p_base_i(model.p_base),
    .valid_i(score_valid), .ready_o(score_ready), .skip_i(score_skip), .vrow_i(score_vrow),
    .position_i(score_position), .block_i(score_block), .kv_buf_i(score_kv_buf), .sub_i(score_sub),
    .pair_i(score_pair), .s0_i(score_s0), .s1_i(score_s1), .last_i(score_last),
    .vs_we_i(vs_we), .vs_buf_i(vs_buf), .vs_addr_i(vs_addr), .vs_data_i(vs_data), .vs_done_i(vs_done),
    .wr_valid_o(b_wr_valid), .wr_ready_i(b_wr_ready), .wr_col_o(b_wr_col), .wr_addr_o(b_wr_addr),
    .wr_data_o(b_wr_data), .wr_scale_valid_o(b_wr_scale_valid), .wr_scale_o(b_wr_scale), .p_ready_o(p_ready),
    .alpha_we_o(alpha_we), .alpha_vrow_o(alpha_vrow), .alpha_buf_o(alpha_buf), .alpha_valid_o(alpha_valid),
    .alpha_first_o(alpha_first), .alpha_o(alpha),
    .o_free_i(o_free), .rl_vrow_i(rl_vrow), .rl_o(rl), .busy_o(softmax_busy));

  // ---- memory writes -----------------------------------------------------------------------------------------
  logic           kw_valid, kw_ready, kw_done, lw_done, mem_idle, write_error;
  logic [47:0]    kw_addr;
  logic [8*D-1:0] kw_data;
  logic [D-1:0]   kw_strb;
  weft_kv_cache u_kv_cache (
    .clk_i(write_clk), .rst_ni, .model_i(model),
    .kv_valid_i(kv_valid), .kv_ready_o(kv_ready), .kv_is_v_i(kv_is_v), .kv_row_i(kv_row_n), .kv_head_i(kv_head),
    .kv_g_i(kv_g), .kv_len_i(kv_len), .kv_data_i(kv_data), .kv_scale_i(kv_scale), .kv_last_i(kv_last),
    .kv_addr_i(kv_addr),
    .row_idx_o(kv_row_idx), .row_slot_i(kv_row.slot), .row_position_i(kv_row.position),
    .wr_valid_o(kw_valid), .wr_ready_i(kw_ready), .wr_addr_o(kw_addr), .wr_data_o(kw_data), .wr_strb_o(kw_strb),
    .wr_done_i(kw_done), .idle_o(kv_idle));

  weft_kv_fence u_kv_fence (
    .clk_i(write_clk), .rst_ni, .pair_i(kv_pair), .desc_done_i(kv_desc_done),
    .group_i(kv_valid && kv_ready), .group_len_i(kv_len), .kv_idle_i(kv_idle), .done_o(kv_fenced));

  weft_mem_port u_mem (
    .clk_i(write_clk), .rst_ni,
    .wr_valid_a_i(kw_valid), .wr_ready_a_o(kw_ready), .wr_addr_a_i(kv_base + kw_addr), .wr_data_a_i(kw_data),
    .wr_strb_a_i(kw_strb), .wr_done_a_o(kw_done),
    .wr_valid_b_i(lw_valid), .wr_ready_b_o(lw_ready), .wr_addr_b_i(lw_addr), .wr_data_b_i(lw_data),
    .wr_strb_b_i(lw_strb), .wr_done_b_o(lw_done),
    .m_awvalid_o, .m_awready_i, .m_awaddr_o, .m_awlen_o, .m_awsize_o, .m_awburst_o,
    .m_wvalid_o, .m_wready_i, .m_wdata_o, .m_wstrb_o, .m_wlast_o, .m_bvalid_i, .m_bready_o, .m_bresp_i,
    .idle_o(mem_idle), .error_o(write_error));

  // ---- sleep -------------------------------------------------------------------------------------------------
  // Each unit is clocked while something enters it, while it says that it is at work, and a few cycles longer, which
  // covers its pipelines. Who waits for another unit sleeps: the other's answer wakes it.
  weft_clock_gate #(.Linger(15)) u_seq_gate (
    .clk_i, .rst_ni, .clk_o(seq_clk),
    .wake_i(start || seq_active || iq_valid || kv_fenced || (req_valid && req_ready) ||
            (adesc_valid && adesc_ready) || (ddesc_valid && ddesc_ready)));
  weft_clock_gate u_drain_gate (
    .clk_i, .rst_ni, .clk_o(drain_clk),
    .wake_i(!drain_idle || (ddesc_valid && ddesc_ready) || panel_done || o_done || emb_valid || pair_valid ||
            score_valid));
  weft_clock_gate u_epilogue_gate (
    .clk_i, .rst_ni, .clk_o(epilogue_clk),
    .wake_i(!epilogue_idle || epilogue_active || drain_busy || pair_valid || cfg_we || res_start || gain_we || rope_we));
  weft_clock_gate u_quantizer_gate (
    .clk_i, .rst_ni, .clk_o(quantizer_clk),
    .wake_i(quant_active || q_valid || a_wr_valid || kv_valid));
  weft_clock_gate u_softmax_gate (
    .clk_i, .rst_ni, .clk_o(softmax_clk),
    .wake_i(softmax_busy || score_valid || vs_we || vs_done || o_free || (rd_valid && rd_o)));
  weft_clock_gate u_sampler_gate (
    .clk_i, .rst_ni, .clk_o(sampler_clk), .wake_i(sampler_active || logits_start || l_valid));
  weft_clock_gate #(.Linger(15)) u_write_gate (
    .clk_i, .rst_ni, .clk_o(write_clk),
    .wake_i(kv_valid || kw_valid || lw_valid || kv_pair || kv_desc_done || kv_fenced || m_awvalid_o || m_wvalid_o ||
            m_bvalid_i));

  // ---- the step ----------------------------------------------------------------------------------------------
  // Behind the lanes everything has arrived: results of earlier instructions may be read.
  assign results_idle = drain_idle && epilogue_idle && quant_idle;

  // The sampler holds the step from the start of the LM head to its last token.
  logic sampling_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni)            sampling_q <= 1'b0;
    else if (logits_start)  sampling_q <= 1'b1;
    else if (sampler_done)  sampling_q <= 1'b0;
  end
  assign bus_error = fetch_error || write_error;
  assign done = walk_done && fetch_idle && drain_empty && results_idle && kv_idle && mem_idle &&
                !sampling_q;

  // ---- what the cycle is spent on ----------------------------------------------------------------------------
  weft_pkg::port_cause_e  port_cause;
  weft_pkg::array_cause_e array_cause;
  weft_port_cause u_cause (
    .read_valid_i(m_rvalid_i), .read_ready_i(m_rready_o), .write_i(m_wvalid_o && m_wready_i),
    .asked_i(fetch_asked), .refuse_i(fetch_refuse), .fence_i(walk_fence), .walk_done_i(walk_done),
    .array_i(array_state), .drain_idle_i(drain_idle), .epilogue_idle_i(epilogue_idle), .norm_wait_i(drain_norm_wait),
    .port_o(port_cause), .array_o(array_cause));

  assign activity_o = {array_cause, port_cause, chip_busy, array_mode, array_start, drain_scores, sampling_q,
                       !quant_idle, softmax_busy, drain_busy, |sum_valid, array_state == weft_pkg::ARRAY_BUSY,
                       m_wvalid_o && m_wready_i, m_rvalid_i && m_rready_o};

  weft_host u_host (
    .clk_i, .rst_ni,
    .s_awvalid_i, .s_awready_o, .s_awaddr_i, .s_wvalid_i, .s_wready_o, .s_wdata_i, .s_wstrb_i, .s_bvalid_o,
    .s_bready_i, .s_bresp_o, .s_arvalid_i, .s_arready_o, .s_araddr_i, .s_rvalid_o, .s_rready_i, .s_rdata_o,
    .s_rresp_o, .irq_o,
    .start_o(start), .busy_o(chip_busy), .done_i(done), .op_error_i(reserved_op), .bus_error_i(bus_error),
    .boot_o(boot), .tape_base_o(tape_base), .kv_base_o(kv_base), .logit_base_o(logit_base),
    .logit_stride_o(logit_stride), .rows_o(rows),
    .row_a_idx_i(seq_row_idx), .row_a_o(seq_row), .row_b_idx_i(kv_row_idx), .row_b_o(kv_row),
    .row_c_idx_i(drain_row_idx), .row_c_o(drain_row), .want_o(want), .dump_o(dump), .wantdump_o(wantdump),
    .sample_idx_i(par_row_idx), .sample_position_o(par_position), .sample_z_o(par_z), .sample_top_k_o(par_top_k),
    .sample_seed_o(par_seed), .tok_valid_i(tok_valid), .tok_row_i(tok_row), .tok_i(tok),
    .ev_write_i(m_wvalid_o && m_wready_i), .ev_drain_i(drain_busy), .ev_softmax_i(softmax_busy),
    .port_cause_i(port_cause), .array_cause_i(array_cause));

  logic unused;
  assign unused = &{1'b0, lw_done, rl_buf, score_last_set_block, score_o_buf, kv_row, drain_row};

endmodule

`default_nettype wire
