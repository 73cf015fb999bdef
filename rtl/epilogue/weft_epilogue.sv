// The epilogue: what happens to a result between the accumulators and its destination.
//
// Every pair is multiplied by its factor (rinv, recip(l), the embedding scale or 1), then takes one of three paths:
//   P  Q, K: RoPE; V, attention output, logits: unchanged, with the same latency; in models with biases, Q, K and V
//      add theirs first; in models with a norm of heads, Q and K are multiplied by its gains first, while their
//      squares go to weft_head_norm
//   R  RES, EMBED: residual add, sums of squares, gain (weft_rmsnorm)
//   G  GLU: SwiGLU (weft_swiglu)
// and leaves through one FIFO to the quantizer, or (logits) to the sampler and the logit buffer. The pipeline inside
// never stalls: a pair is accepted only when the FIFO has a place for it. Instructions on different paths are kept
// apart by the WAIT flag of the tape (docs/isa.md); an assertion watches that.
// One pair a cycle. Golden model: sw/golden/{rope,rmsnorm,swiglu}.cpp.  Block notes: docs/reference/epilogue.md
`default_nettype none

module weft_epilogue (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  // From weft_sequencer, weft_host: stable during a step
  input  weft_pkg::model_t                  model_i,
  input  logic [weft_pkg::MAX_ROWS-1:0]     dump_i,
  input  logic [47:0]                       logit_base_i,
  input  logic [31:0]                       logit_stride_i,

  // From weft_drain
  input  logic                              pair_valid_i,
  output logic                              pair_ready_o,
  input  weft_pkg::pair_ctx_t               pair_ctx_i,
  input  logic [31:0]                       pair_a0_i,
  input  logic [31:0]                       pair_a1_i,
  input  logic [31:0]                       pair_mul_i,
  input  logic                              cfg_we_i,
  input  logic [2:0]                        cfg_tag_i,
  input  weft_pkg::quant_cfg_t              cfg_i,
  input  logic                              res_start_i,
  input  logic [7:0]                        res_rows_i,
  input  logic [7:0]                        rinv_row_i,
  output logic [31:0]                       rinv_o,       // the cycle after rinv_row_i
  output logic                              rinv_ready_o,

  // From weft_tape_fetch
  input  logic                              gain_we_i,
  input  logic                              gain_bank_i,
  input  logic [15:0]                       gain_addr_i,
  input  logic [weft_pkg::GAIN_BITS-1:0]    gain_wdata_i,
  input  logic                              rope_we_i,
  input  logic [7:0]                        rope_row_i,
  input  logic [15:0]                       rope_addr_i,
  input  logic [8*weft_pkg::PORT_BYTES-1:0] rope_wdata_i,
  output logic                              gain_free_o,  // a gain bank is no longer needed

  // To weft_quantizer
  output logic                              q_valid_o,
  input  logic                              q_ready_i,
  output weft_pkg::pair_ctx_t               q_ctx_o,
  output logic [31:0]                       q_v0_o,
  output logic [31:0]                       q_v1_o,
  output weft_pkg::quant_cfg_t              q_cfg_o,
  output logic                              hinv_valid_o,  // norm of the next complete head of Q or K
  input  logic                              hinv_ready_i,
  output logic [31:0]                       hinv_o,

  // To weft_sampler
  output logic                              l_valid_o,
  input  logic                              l_ready_i,
  output logic [7:0]                        l_row_o,
  output logic [23:0]                       l_n_o,
  output logic                              l_odd_pad_o,
  output logic                              l_last_all_o,
  output logic [31:0]                       l_l0_o,
  output logic [31:0]                       l_l1_o,

  // To weft_mem_port: logits of rows with dump
  output logic                              wr_valid_o,
  input  logic                              wr_ready_i,
  output logic [47:0]                       wr_addr_o,
  output logic [8*weft_pkg::PORT_BYTES-1:0] wr_data_o,
  output logic [weft_pkg::PORT_BYTES-1:0]   wr_strb_o,

  // Trace: every result as this block made it, before quantizing
  output logic                              trace_valid_o,
  output logic [15:0]                       trace_instr_o,
  output logic [7:0]                        trace_row_o,
  output logic [23:0]                       trace_n_o,
  output logic [31:0]                       trace_v0_o,
  output logic [31:0]                       trace_v1_o,

  output logic                              idle_o,
  output logic                              active_o      // rinv is being computed, or the norm of a head
);

  localparam int unsigned DEPTH    = 64;
  localparam int unsigned CTX_BITS = weft_pkg::PAIR_CTX_BITS;
  localparam int unsigned MUL      = weft_pkg::FP_MUL_LATENCY;
  localparam int unsigned ADD      = weft_pkg::FP_ADD_LATENCY;
  localparam int unsigned ROPE     = weft_pkg::FP_MUL_LATENCY + weft_pkg::FP_ADD_LATENCY;

  // Places in the output FIFO, pairs in flight taken off.
  logic [$clog2(DEPTH+1)-1:0] credit_q;
  wire accept = pair_valid_i && pair_ready_o;
  logic pop;
  assign pair_ready_o = (credit_q != '0);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) credit_q <= ($clog2(DEPTH+1))'(DEPTH);
    else         credit_q <= credit_q - ($clog2(DEPTH+1))'(accept) + ($clog2(DEPTH+1))'(pop);
  end

  // Quantizer configurations of the last eight instructions: K, V and Q may all be inside, with a VEC before each.
  weft_pkg::quant_cfg_t cfg_mem [8];
  always_ff @(posedge clk_i) if (cfg_we_i) cfg_mem[cfg_tag_i] <= cfg_i;

  // ---- norm multiply -----------------------------------------------------------------------------------------
  logic [31:0]         y0, y1;
  logic                m_valid;
  logic [CTX_BITS-1:0] m_flat;
  weft_pkg::pair_ctx_t m_ctx;
  weft_fp_mul u_mul0 (.clk_i, .rst_ni, .valid_i(accept), .a_i(pair_a0_i), .b_i(pair_mul_i), .y_o(y0));
  weft_fp_mul u_mul1 (.clk_i, .rst_ni, .valid_i(accept), .a_i(pair_a1_i), .b_i(pair_mul_i), .y_o(y1));

  // The RoPE memory is read one cycle before the product is there.
  logic                r_valid;
  logic [CTX_BITS-1:0] r_flat;
  weft_pkg::pair_ctx_t r_ctx;
  weft_delay #(.Width(CTX_BITS), .Latency(MUL - 1)) u_ctx_r (
    .clk_i, .rst_ni, .valid_i(accept), .data_i(pair_ctx_i), .valid_o(r_valid), .data_o(r_flat));
  weft_delay #(.Width(CTX_BITS), .Latency(1)) u_ctx_m (
    .clk_i, .rst_ni, .valid_i(r_valid), .data_i(r_flat), .valid_o(m_valid), .data_o(m_flat));
  assign r_ctx = r_flat;
  assign m_ctx = m_flat;

  wire is_res   = (m_ctx.epi == weft_pkg::EPI_RES) || (m_ctx.epi == weft_pkg::EPI_EMBED);
  wire is_glu   = (m_ctx.epi == weft_pkg::EPI_GLU);

  // ---- vectors: Q, K and V of models with biases add theirs; Q and K of models with a norm of heads take its gains --
  // A chip without VECTORS runs neither: it has no weft_head_norm, and pairs take the short way.
  // The vector is read one cycle before the product is there. Q, K and V of either kind of model take ADD cycles more
  // than the rest of path P, with or without a vector, so that their pairs stay in order.
  localparam logic VECTORS = weft_pkg::VECTORS != 0;
  wire         bias     = VECTORS && model_i.bias;
  wire         qk_norm  = VECTORS && model_i.qk_norm;
  wire         r_heads  = (r_ctx.epi == weft_pkg::EPI_Q) || (r_ctx.epi == weft_pkg::EPI_K);
  wire         m_heads  = (m_ctx.epi == weft_pkg::EPI_Q) || (m_ctx.epi == weft_pkg::EPI_K);
  wire         m_long   = (bias || qk_norm) && (m_heads || (m_ctx.epi == weft_pkg::EPI_V));
  wire         m_normed = qk_norm && m_heads;
  wire         vec_re   = r_valid && ((bias && (r_heads || (r_ctx.epi == weft_pkg::EPI_V))) ||
                                      (qk_norm && r_heads));
  wire         vec_free = vec_re && r_ctx.last_all;
  wire [15:0]  vec_n    = qk_norm ? {8'd0, r_ctx.d} : r_ctx.n[15:0];
  logic [31:0] vec0, vec1, biased0, biased1;
  logic [31:0] res_x0, res_x1, res_y0, res_y1;
  // V of a model with a norm of heads adds -0, which changes no number.
  localparam logic [31:0] MINUS_ZERO = 32'h8000_0000;
  // The units of path R do this arithmetic, and RoPE's in a chip without VECTORS: it is idle while Q, K and V pass.
  wire         vec_add  = m_valid && m_long && !m_normed;
  wire         vec_mul  = m_valid && m_normed;
  logic        norm_busy;
  if (VECTORS) begin : gen_head_norm
    weft_head_norm u_head_norm (
      .clk_i, .rst_ni, .head_dim_i(model_i.head_dim), .head_eps_i(model_i.head_eps),
      .valid_i(m_valid && m_normed), .row_i(m_ctx.row), .d_i(m_ctx.d), .v0_i(y0), .v1_i(y1),
      .hinv_valid_o, .hinv_ready_i, .hinv_o, .busy_o(norm_busy));
  end else begin : gen_no_head_norm
    logic unused_norm;
    assign unused_norm  = &{1'b0, hinv_ready_i, model_i.head_eps};
    assign hinv_valid_o = 1'b0;
    assign hinv_o       = '0;
    assign norm_busy    = 1'b0;
  end

  logic                a_valid, b_valid;   // a cycle before the sum is there, and with it
  logic [CTX_BITS-1:0] a_flat, b_flat;
  weft_pkg::pair_ctx_t a_ctx;
  logic [31:0]         gained0_q, gained1_q;
  weft_delay #(.Width(CTX_BITS), .Latency(ADD - 1)) u_ctx_a (
    .clk_i, .rst_ni, .valid_i(m_valid && m_long), .data_i(m_flat), .valid_o(a_valid), .data_o(a_flat));
  weft_delay #(.Width(CTX_BITS), .Latency(1)) u_ctx_b (
    .clk_i, .rst_ni, .valid_i(a_valid), .data_i(a_flat), .valid_o(b_valid), .data_o(b_flat));
  assign a_ctx = a_flat;
  always_ff @(posedge clk_i) begin
    if (a_valid) begin           // a product takes a cycle less than a sum
      gained0_q <= res_y0;
      gained1_q <= res_y1;
    end
  end

  // ---- path P ------------------------------------------------------------------------------------------------
  // Pairs of the two lengths never meet: the WAIT flag stands between them.
  wire                 straight = m_valid && !m_long && !is_res && !is_glu;
  wire                 p_valid  = straight || b_valid;
  wire [CTX_BITS-1:0]  p_in     = b_valid ? b_flat : m_flat;
  weft_pkg::pair_ctx_t p_in_ctx;
  assign p_in_ctx = p_in;
  wire                 is_rope  = (p_in_ctx.epi == weft_pkg::EPI_Q) || (p_in_ctx.epi == weft_pkg::EPI_K);
  wire                 gained   = qk_norm && is_rope;
  wire [31:0]          p_in0    = !b_valid ? y0 : gained ? gained0_q : biased0;
  wire [31:0]          p_in1    = !b_valid ? y1 : gained ? gained1_q : biased1;
  logic [31:0] cos, sin, rope_y0, rope_y1;
  weft_rope_mem u_rope_mem (
    .clk_i, .we_i(rope_we_i), .row_i(rope_row_i), .addr_i(rope_addr_i), .wdata_i(rope_wdata_i),
    .re_i(r_valid || a_valid), .rrow_i(a_valid ? a_ctx.row : r_ctx.row),
    .rpair_i({1'b0, a_valid ? a_ctx.d[7:1] : r_ctx.d[7:1]}), .cos_o(cos), .sin_o(sin));
  logic [31:0] shared_y0, shared_y1;  // of the units of path R
  if (VECTORS) begin : gen_rope
    logic unused_rope;
    weft_rope u_rope (
      .clk_i, .rst_ni, .valid_i(p_valid && is_rope), .v0_i(p_in0), .v1_i(p_in1), .c_i(cos), .s_i(sin),
      .valid_o(unused_rope), .y0_o(rope_y0), .y1_o(rope_y1));
  end else begin : gen_shared_rope
    assign rope_y0 = shared_y0;
    assign rope_y1 = shared_y1;
  end

  logic                   p_out;
  logic [CTX_BITS+63:0]   p_flat;
  weft_pkg::pair_ctx_t    p_ctx;
  weft_delay #(.Width(CTX_BITS + 64), .Latency(ROPE)) u_path_p (
    .clk_i, .rst_ni, .valid_i(p_valid), .data_i({p_in, p_in1, p_in0}), .valid_o(p_out), .data_o(p_flat));
  assign p_ctx = p_flat[64 +: CTX_BITS];
  wire         p_roped = (p_ctx.epi == weft_pkg::EPI_Q) || (p_ctx.epi == weft_pkg::EPI_K);
  wire [31:0]  p_v0 = p_roped ? rope_y0 : p_flat[31:0];
  wire [31:0]  p_v1 = p_roped ? rope_y1 : p_flat[63:32];

  // ---- path R ------------------------------------------------------------------------------------------------
  logic        res_out, res_odd_pad, res_last_all;
  logic [7:0]  res_row, res_rows_q;
  logic [15:0] res_n, res_instr_q;
  weft_pkg::epi_e res_epi_q;
  logic        gain_bank_q;
  weft_rmsnorm u_rmsnorm (
    .clk_i, .rst_ni,
    .start_i(res_start_i), .rows_i(res_start_i ? res_rows_i : res_rows_q),
    .inv_dim_i(model_i.inv_dim), .eps_i(model_i.eps),
    .valid_i(m_valid && is_res), .row_i(m_ctx.row), .n_i(m_ctx.n[15:0]),
    .zero_x_i(m_ctx.epi == weft_pkg::EPI_EMBED), .odd_pad_i(m_ctx.odd_pad), .last_all_i(m_ctx.last_all),
    .v0_i(y0), .v1_i(y1),
    .gain_we_i, .gain_bank_i, .gain_addr_i, .gain_wdata_i, .gain_sel_i(gain_bank_q),
    .vec_re_i(vec_re), .vec_n_i(vec_n), .vec0_o(vec0), .vec1_o(vec1),
    .vec_mul_i(vec_mul), .vec_add_i(vec_add), .vec_a0_i(y0), .vec_a1_i(y1),
    .vec_b0_i(bias ? vec0 : MINUS_ZERO), .vec_b1_i(bias ? vec1 : MINUS_ZERO),
    .vec_sum0_o(biased0), .vec_sum1_o(biased1),
    .rope_valid_i(!VECTORS && p_valid && is_rope), .rope_v0_i(p_in0), .rope_v1_i(p_in1),
    .rope_c_i(cos), .rope_s_i(sin), .rope_y0_o(shared_y0), .rope_y1_o(shared_y1),
    .out_valid_o(res_out), .out_row_o(res_row), .out_n_o(res_n), .out_odd_pad_o(res_odd_pad),
    .out_last_all_o(res_last_all),
    .x0_o(res_x0), .x1_o(res_x1), .y0_o(res_y0), .y1_o(res_y1),
    .rinv_ready_o, .rinv_row_i, .rinv_o);

  // One residual instruction at a time. Vectors alternate between the two gain banks.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      gain_bank_q <= 1'b0;
    end else if (gain_free_o) begin
      gain_bank_q <= !gain_bank_q;
    end
    if (res_start_i) res_rows_q <= res_rows_i;
    if (m_valid && is_res) begin
      res_instr_q <= m_ctx.instr;
      res_epi_q   <= m_ctx.epi;
    end
  end
  wire   res_done    = res_out && res_last_all;
  assign gain_free_o = res_done || vec_free;

  // From the last pair of a residual instruction to rinv, and of a head to its norm.
  logic finishing_q;
  assign active_o = finishing_q || norm_busy;
  always_ff @(posedge clk_i) begin
    if (!rst_ni)            finishing_q <= 1'b0;
    else if (res_done)      finishing_q <= 1'b1;
    else if (rinv_ready_o)  finishing_q <= 1'b0;
  end
  weft_pkg::pair_ctx_t res_ctx;
  always_comb begin
    res_ctx          = '0;
    res_ctx.epi      = res_epi_q;
    res_ctx.row      = res_row;
    res_ctx.n        = {8'd0, res_n};
    res_ctx.first    = (res_n == 16'd0);
    res_ctx.last     = (res_n + 16'd2 >= model_i.dim);
    res_ctx.last_all = res_last_all;
    res_ctx.odd_pad  = res_odd_pad;
    res_ctx.instr    = res_instr_q;
  end

  // ---- path G ------------------------------------------------------------------------------------------------
  logic                g_out;
  logic [31:0]         g_h;
  logic [CTX_BITS-1:0] g_flat;
  logic                unused_g_ready, unused_g_valid;
  logic [$clog2(DEPTH+1)-1:0] unused_g_count;
  weft_swiglu u_swiglu (
    .clk_i, .rst_ni, .valid_i(m_valid && is_glu), .g_i(y0), .u_i(y1), .valid_o(g_out), .h_o(g_h));
  weft_fifo #(.Width(CTX_BITS), .Depth(DEPTH)) u_ctx_g (
    .clk_i, .rst_ni, .in_valid_i(m_valid && is_glu), .in_ready_o(unused_g_ready), .in_data_i(m_flat),
    .out_valid_o(unused_g_valid), .out_ready_i(g_out), .out_data_o(g_flat), .count_o(unused_g_count));

  // ---- out ---------------------------------------------------------------------------------------------------
  wire                 o_in_valid = p_out || res_out || g_out;
  wire [CTX_BITS-1:0]  o_in_ctx   = p_out ? p_flat[64 +: CTX_BITS] : res_out ? res_ctx : g_flat;
  wire [31:0]          o_in_v0    = p_out ? p_v0 : res_out ? res_y0 : g_h;
  wire [31:0]          o_in_v1    = p_out ? p_v1 : res_out ? res_y1 : 32'd0;
  logic                o_valid, o_ready, unused_o_ready;
  logic [CTX_BITS+63:0] o_flat;
  logic [$clog2(DEPTH+1)-1:0] unused_o_count;
  weft_pkg::pair_ctx_t o_ctx, o_in;
  assign o_in = o_in_ctx;
  weft_fifo #(.Width(CTX_BITS + 64), .Depth(DEPTH)) u_out (
    .clk_i, .rst_ni, .in_valid_i(o_in_valid), .in_ready_o(unused_o_ready), .in_data_i({o_in_ctx, o_in_v1, o_in_v0}),
    .out_valid_o(o_valid), .out_ready_i(o_ready), .out_data_o(o_flat), .count_o(unused_o_count));
  assign o_ctx = o_flat[64 +: CTX_BITS];
  wire [31:0] o_v0 = o_flat[31:0];
  wire [31:0] o_v1 = o_flat[63:32];

  wire is_logits = (o_ctx.epi == weft_pkg::EPI_LOGITS);
  wire dump_row  = dump_i[o_ctx.row[$clog2(weft_pkg::MAX_ROWS)-1:0]];

  assign q_valid_o = o_valid && !is_logits;
  assign q_ctx_o   = o_ctx;
  assign q_v0_o    = o_v0;
  assign q_v1_o    = o_v1;
  assign q_cfg_o   = cfg_mem[o_ctx.instr[2:0]];

  // Logits go to two places; each takes its copy once.
  logic l_done_q, d_done_q, d_ready;
  wire  l_fire = l_valid_o && l_ready_i;
  wire  d_valid = o_valid && is_logits && dump_row && !d_done_q;
  wire  d_fire = d_valid && d_ready;
  wire  l_ok   = l_done_q || l_fire;
  wire  d_ok   = d_done_q || d_fire || !dump_row;
  assign l_valid_o    = o_valid && is_logits && !l_done_q;
  assign l_row_o      = o_ctx.row;
  assign l_n_o        = o_ctx.n;
  assign l_odd_pad_o  = o_ctx.odd_pad;
  assign l_last_all_o = o_ctx.last_all;
  assign l_l0_o       = o_v0;
  assign l_l1_o       = o_v1;
  assign o_ready      = is_logits ? (l_ok && d_ok) : q_ready_i;
  assign pop          = o_valid && o_ready;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      l_done_q <= 1'b0;
      d_done_q <= 1'b0;
    end else if (o_valid && is_logits) begin
      l_done_q <= l_ok && !pop;
      d_done_q <= (d_done_q || d_fire) && !pop;
    end
  end

  logic writer_idle;
  weft_logit_writer u_writer (
    .clk_i, .rst_ni, .base_i(logit_base_i), .stride_i(logit_stride_i),
    .valid_i(d_valid), .ready_o(d_ready), .row_i(o_ctx.row), .n_i(o_ctx.n), .odd_pad_i(o_ctx.odd_pad),
    .l0_i(o_v0), .l1_i(o_v1),
    .wr_valid_o, .wr_ready_i, .wr_addr_o, .wr_data_o, .wr_strb_o, .idle_o(writer_idle));

  assign trace_valid_o = o_in_valid;
  assign trace_instr_o = o_in.instr;
  assign trace_row_o   = o_in.row;
  assign trace_n_o     = o_in.n;
  assign trace_v0_o    = res_out ? res_x0 : o_in_v0;
  assign trace_v1_o    = o_in.odd_pad ? 32'd0 : res_out ? res_x1 : o_in_v1;

  assign idle_o = (credit_q == ($clog2(DEPTH+1))'(DEPTH)) && writer_idle;

`ifndef SYNTHESIS
  // Instructions on different paths never overlap (WAIT), so at most one path delivers.
  always_ff @(posedge clk_i) begin
    if (rst_ni) PathsDoNotCollide_A: assert (!((p_out && res_out) || (p_out && g_out) || (res_out && g_out)));
    if (rst_ni) PairsOfTwoLengthsDoNotMeet_A: assert (!(straight && b_valid));
    if (rst_ni) OneVectorAtATime_A: assert (!(res_done && vec_free));
  end
`endif

  logic unused;
  assign unused = &{1'b0, shared_y0, shared_y1, unused_g_ready, unused_g_valid, unused_g_count, unused_o_ready,
                    unused_o_count, r_ctx, m_ctx, a_ctx, p_in_ctx, p_ctx, o_in, model_i};

endmodule

`default_nettype wire
