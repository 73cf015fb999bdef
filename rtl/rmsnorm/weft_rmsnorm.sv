// The residual epilogue: x' = x + v, y = x' * gain to the quantizer, and the sum of squares of x' towards rinv.
//
// Pairs n, n + 1 (n even) of any row, one a cycle; pairs of a row come with ascending n, and two pairs of a row whose
// n are equal mod 8 at least FP_ADD_LATENCY cycles apart. Results LATENCY = 1 + FP_ADD_LATENCY + FP_MUL_LATENCY = 8
// cycles after valid_i. Nobody stalls. A residual element is read once an instruction, so its write is never in its
// way. 42 + 4 rows cycles after the pair with last_all_i, rinv of all rows is ready and stays so until start_i.
// Golden model: sw/golden/rmsnorm.cpp (bit-exact).  Block notes: docs/reference/rmsnorm.md
`default_nettype none

module weft_rmsnorm #(
  localparam int unsigned LATENCY = 1 + weft_pkg::FP_ADD_LATENCY + weft_pkg::FP_MUL_LATENCY
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  // From weft_sequencer: start_i is a pulse before the first pair; the rest is stable until rinv is ready
  input  logic                           start_i,
  input  logic [7:0]                     rows_i,
  input  logic [31:0]                    inv_dim_i,
  input  logic [31:0]                    eps_i,

  // From the norm multiply
  input  logic                           valid_i,
  input  logic [7:0]                     row_i,
  input  logic [15:0]                    n_i,
  input  logic                           zero_x_i,    // embedding: the residual reads as +0
  input  logic                           odd_pad_i,   // there is no element n + 1
  input  logic                           last_all_i,  // last pair of the instruction
  input  logic [31:0]                    v0_i,
  input  logic [31:0]                    v1_i,

  // From weft_tape_fetch: gain_addr_i is the element index of the first value
  input  logic                           gain_we_i,
  input  logic                           gain_bank_i,
  input  logic [15:0]                    gain_addr_i,
  input  logic [weft_pkg::GAIN_BITS-1:0] gain_wdata_i,
  input  logic                           gain_sel_i,  // bank of this instruction, stable while it runs

  // From weft_epilogue: the vectors of Q, K and V matmuls, which never run beside a residual instruction
  input  logic                           vec_re_i,
  input  logic [15:0]                    vec_n_i,     // even
  output logic [31:0]                    vec0_o,      // elements vec_n_i and vec_n_i + 1, next cycle
  output logic [31:0]                    vec1_o,

  // A cycle after vec_re_i: a pair for the units of the residual path, which are idle meanwhile. vec_mul_i multiplies it
  // by the vector (y0_o, y1_o, FP_MUL_LATENCY later), vec_add_i adds vec_b*_i (vec_sum*_o, FP_ADD_LATENCY later).
  input  logic                           vec_mul_i,
  input  logic                           vec_add_i,
  input  logic [31:0]                    vec_a0_i,
  input  logic [31:0]                    vec_a1_i,
  input  logic [31:0]                    vec_b0_i,    // of a sum
  input  logic [31:0]                    vec_b1_i,
  output logic [31:0]                    vec_sum0_o,
  output logic [31:0]                    vec_sum1_o,

  // From weft_epilogue, of a chip without vectors: a pair to rotate on the same units. Results FP_MUL_LATENCY +
  // FP_ADD_LATENCY cycles later: v0 c - v1 s, v0 s + v1 c
  input  logic                           rope_valid_i,
  input  logic [31:0]                    rope_v0_i,
  input  logic [31:0]                    rope_v1_i,
  input  logic [31:0]                    rope_c_i,    // cos
  input  logic [31:0]                    rope_s_i,    // sin
  output logic [31:0]                    rope_y0_o,
  output logic [31:0]                    rope_y1_o,

  // To the quantizer and the trace port
  output logic                           out_valid_o,
  output logic [7:0]                     out_row_o,
  output logic [15:0]                    out_n_o,
  output logic                           out_odd_pad_o,
  output logic                           out_last_all_o,
  output logic [31:0]                    x0_o,        // new residual
  output logic [31:0]                    x1_o,
  output logic [31:0]                    y0_o,        // gain * x
  output logic [31:0]                    y1_o,

  // To weft_drain
  output logic                           rinv_ready_o,
  input  logic [7:0]                     rinv_row_i,
  output logic [31:0]                    rinv_o       // next cycle
);

  localparam int unsigned RowBits  = $clog2(weft_pkg::MAX_ROWS);
  localparam int unsigned PairBits = $clog2(weft_pkg::MAX_DIM) - 1;

  // Cycles after valid_i at which each step happens.
  localparam int unsigned AT_ADD    = 1;                                  // residual read, add starts
  localparam int unsigned AT_GAIN   = weft_pkg::FP_ADD_LATENCY;           // gain memory is read
  localparam int unsigned AT_MUL    = 1 + weft_pkg::FP_ADD_LATENCY;       // x' is there; multiplies start
  localparam int unsigned AT_SUM    = LATENCY;                            // squares are there
  localparam int unsigned AT_STORED = AT_SUM + weft_pkg::FP_ADD_LATENCY;  // their sums are written in this cycle

  // ---- what travels beside the numbers -----------------------------------------------------------------------

  logic [AT_STORED:1] valid_q;            // bit i: a pair arrived i cycles ago
  logic [7:0]         row_q  [LATENCY+1];
  logic [15:0]        n_q    [LATENCY+1];
  logic [LATENCY:1]   odd_q;
  logic [AT_STORED+1:1] last_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
      last_q  <= '0;
    end else begin
      valid_q <= {valid_q[AT_STORED-1:1], valid_i};
      last_q  <= {last_q[AT_STORED:1], valid_i && last_all_i};
    end
  end

  always_ff @(posedge clk_i) begin
    odd_q <= {odd_q[LATENCY-1:1], odd_pad_i};
    if (valid_i) begin
      row_q[1] <= row_i;
      n_q[1]   <= n_i;
    end
    for (int unsigned i = 2; i <= LATENCY; i++) begin
      if (valid_q[i-1]) begin
        row_q[i] <= row_q[i-1];
        n_q[i]   <= n_q[i-1];
      end
    end
  end

  // ---- residual ----------------------------------------------------------------------------------------------

  logic [31:0] v0_q, v1_q;
  logic        zero_q;
  logic [31:0] stored0, stored1;
  logic [31:0] x0, x1;  // new residual

  // A row is MAX_DIM / 2 pairs, whether or not that is a power of two.
  localparam int unsigned Pairs    = weft_pkg::MAX_DIM / 2;
  localparam int unsigned AddrBits = $clog2(weft_pkg::MAX_ROWS * Pairs);
  weft_ram #(.Width(64), .Depth(weft_pkg::MAX_ROWS * Pairs)) u_residual (
    .clk_i,
    .we_i   (valid_q[AT_MUL]),
    .waddr_i(AddrBits'(row_q[AT_MUL][RowBits-1:0]) * AddrBits'(Pairs) + AddrBits'(n_q[AT_MUL][PairBits:1])),
    .wdata_i({x1, x0}),
    .re_i   (valid_i && !zero_x_i),
    .raddr_i(AddrBits'(row_i[RowBits-1:0]) * AddrBits'(Pairs) + AddrBits'(n_i[PairBits:1])),
    .rdata_o({stored1, stored0})
  );

  logic [weft_pkg::FP_MUL_LATENCY-1:0] rope_q;    // bit i: a pair to rotate came i + 1 cycles ago
  logic                                rope_sum;  // its products are there
  logic [31:0]                         square0, square1;
  assign rope_sum = rope_q[weft_pkg::FP_MUL_LATENCY-1];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) rope_q <= '0;
    else         rope_q <= {rope_q[weft_pkg::FP_MUL_LATENCY-2:0], rope_valid_i};
  end

  // A padded second element takes part as +0 everywhere.
  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      v0_q   <= v0_i;
      v1_q   <= odd_pad_i ? 32'd0 : v1_i;
      zero_q <= zero_x_i;
    end
  end

  weft_fp_add u_x0 (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_ADD] || vec_add_i || rope_sum),
    .a_i(vec_add_i ? vec_a0_i : rope_sum ? y0_o : zero_q ? 32'd0 : stored0),
    .b_i(vec_add_i ? vec_b0_i : rope_sum ? {~y1_o[31], y1_o[30:0]} : v0_q), .y_o(x0));

  weft_fp_add u_x1 (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_ADD] || vec_add_i || rope_sum),
    .a_i(vec_add_i ? vec_a1_i : rope_sum ? square0 : (zero_q || odd_q[AT_ADD]) ? 32'd0 : stored1),
    .b_i(vec_add_i ? vec_b1_i : rope_sum ? square1 : v1_q), .y_o(x1));
  assign vec_sum0_o = x0;
  assign vec_sum1_o = x1;
  assign rope_y0_o  = x0;
  assign rope_y1_o  = x1;

  // ---- gain --------------------------------------------------------------------------------------------------

  logic [31:0] gain0, gain1;

  weft_gain_mem u_gain (
    .clk_i, .we_i(gain_we_i), .bank_i(gain_bank_i), .addr_i(gain_addr_i), .wdata_i(gain_wdata_i),
    .re_i(valid_q[AT_GAIN] || vec_re_i), .sel_i(gain_sel_i), .n_i(vec_re_i ? vec_n_i : n_q[AT_GAIN]),
    .gain0_o(gain0), .gain1_o(gain1));
  assign vec0_o = gain0;
  assign vec1_o = gain1;

  weft_fp_mul u_y0 (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_MUL] || vec_mul_i || rope_valid_i),
    .a_i(vec_mul_i ? vec_a0_i : rope_valid_i ? rope_v0_i : x0), .b_i(rope_valid_i ? rope_c_i : gain0), .y_o(y0_o));
  weft_fp_mul u_y1 (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_MUL] || vec_mul_i || rope_valid_i),
    .a_i(vec_mul_i ? vec_a1_i : rope_valid_i ? rope_v1_i : x1),
    .b_i(rope_valid_i ? rope_s_i : (!vec_mul_i && odd_q[AT_MUL]) ? 32'd0 : gain1), .y_o(y1_o));

  logic unused_x_valid;
  weft_delay #(.Width(64), .Latency(weft_pkg::FP_MUL_LATENCY)) u_x_delay (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_MUL]), .data_i({x1, x0}), .valid_o(unused_x_valid), .data_o({x1_o, x0_o}));

  assign out_valid_o    = valid_q[LATENCY];
  assign out_row_o      = row_q[LATENCY];
  assign out_n_o        = n_q[LATENCY];
  assign out_odd_pad_o  = odd_q[LATENCY];
  assign out_last_all_o = last_q[LATENCY];

  // ---- squares -----------------------------------------------------------------------------------------------

  logic        norm_valid;                // the finishing phase borrows the first multiplier
  logic [31:0] norm_a, norm_b;

  weft_fp_mul u_square0 (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_MUL] || norm_valid || rope_valid_i),
    .a_i(norm_valid ? norm_a : rope_valid_i ? rope_v0_i : x0),
    .b_i(norm_valid ? norm_b : rope_valid_i ? rope_s_i : x0), .y_o(square0));
  weft_fp_mul u_square1 (
    .clk_i, .rst_ni, .valid_i(valid_q[AT_MUL] || rope_valid_i),
    .a_i(rope_valid_i ? rope_v1_i : x1), .b_i(rope_valid_i ? rope_c_i : x1), .y_o(square1));

  weft_sum_squares u_sums (
    .clk_i, .rst_ni, .start_i, .rows_i, .inv_dim_i, .eps_i,
    .pre_valid_i(valid_q[AT_SUM-1]), .pre_row_i(row_q[AT_SUM-1][RowBits-1:0]), .pre_group_i(n_q[AT_SUM-1][2:1]),
    .finish_i(last_q[AT_STORED]), .square0_i(square0), .square1_i(square1),
    .mul_valid_o(norm_valid), .mul_a_o(norm_a), .mul_b_o(norm_b),
    .rinv_ready_o, .rinv_row_i, .rinv_o);

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) OneReaderOfGains_A: assert (!(valid_q[AT_GAIN] && vec_re_i));
    if (rst_ni) OneUserOfAdders_A: assert (32'(valid_q[AT_ADD]) + 32'(vec_add_i) + 32'(rope_sum) <= 1);
    if (rst_ni) OneUserOfGainMultipliers_A: assert (32'(valid_q[AT_MUL]) + 32'(vec_mul_i) + 32'(rope_valid_i) <= 1);
    if (rst_ni) OneUserOfSquareMultiplier_A: assert (32'(valid_q[AT_MUL]) + 32'(norm_valid) + 32'(rope_valid_i) <= 1);
  end
`endif

  logic unused;
  assign unused = &{1'b0, row_i, n_i, valid_q, row_q[LATENCY], row_q[AT_MUL], n_q[AT_MUL], n_q[AT_SUM-1]};

endmodule

`default_nettype wire
