// The arithmetic half of a lane: two multiplies and an add per group sum, and the accumulators of one sub-row.
//
//   W, K:  acc = acc + (h2f(scale) * sa) * sum          V:  out = out * alpha + sa * sum
//
// weft_lane_ctrl times everything. A first group is stored by adding it to -0, which changes no value.
// Golden model: sw/golden/dequant.h.  Block notes: docs/reference/dequant.md
`default_nettype none

module weft_lane #(
  parameter int unsigned Banks      = 2,   // 2: even and odd outputs; 1: the lane owns one parity
  parameter int unsigned PanelDepth = 64,  // accumulators of a bank and half
  parameter int unsigned OutDepth   = 512,
  parameter int unsigned SumWidth   = 21,
  localparam int unsigned PanelAddr = $clog2(PanelDepth),
  localparam int unsigned OutAddr   = $clog2(OutDepth)
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic [2:0]                 tick_i,  // counts cycles

  // From weft_lane_ctrl, by cycle
  input  logic                       s2_valid_i,
  input  logic signed [SumWidth-1:0] s2_sum_i,
  input  logic [15:0]                s2_scale_i,
  input  logic                       s2_out_re_i,
  input  logic                       s2_out_half_i,
  input  logic                       s2_out_odd_i,
  input  logic [OutAddr-1:0]         s2_out_addr_i,
  input  logic                       m1_valid_i,
  input  logic                       m1_out_i,
  input  logic [31:0]                m1_factor_i,
  input  logic                       m2_next_i,
  input  logic                       m2_valid_i,
  input  logic                       m2_out_i,
  input  logic [31:0]                m2_sa_i,
  input  logic                       acc_re_i,
  input  logic                       acc_half_i,
  input  logic                       acc_odd_i,
  input  logic [PanelAddr-1:0]       acc_addr_i,
  input  logic                       add_next_i,
  input  logic                       add_valid_i,
  input  logic                       add_out_i,
  input  logic                       add_first_i,
  input  logic                       wr_valid_i,
  input  logic                       wr_out_i,
  input  logic                       wr_half_i,
  input  logic                       wr_odd_i,
  input  logic [OutAddr-1:0]         wr_addr_i,

  // Drain: data one cycle after the read
  input  logic                       drain_re_i,
  input  logic                       drain_out_i,    // the attention outputs
  input  logic                       drain_half_i,
  input  logic [OutAddr-1:0]         drain_addr_i,
  output logic [32*Banks-1:0]        drain_data_o
);

  localparam int unsigned M = weft_pkg::FP_MUL_LATENCY;
  localparam logic [31:0] MINUS_ZERO = 32'h8000_0000;

  // ---- Conversions ------------------------------------------------------------------------------------------------
  // weft_i2f and weft_h2f in a form that costs nothing while the lane has no work (they would work all the time).
  // Magnitude shifted until its leading one is in bit 23.
  function automatic logic [31:0] f_integer(input logic signed [23:0] x);
    logic [23:0] n;
    logic [4:0]  s;
    n    = x[23] ? -x : x;
    s[4] = n[23:8] == '0;
    if (s[4]) n = n << 16;
    s[3] = n[23:16] == '0;
    if (s[3]) n = n << 8;
    s[2] = n[23:20] == '0;
    if (s[2]) n = n << 4;
    s[1] = n[23:22] == '0;
    if (s[1]) n = n << 2;
    s[0] = !n[23];
    if (s[0]) n = n << 1;
    f_integer = n[23] ? {x[23], 8'd150 - {3'd0, s}, n[22:0]} : 32'd0;
  endfunction

  // A subnormal half is its fraction times 2^-24.
  function automatic logic [31:0] f_half(input logic [15:0] x);
    logic [30:0] fraction;
    fraction = 31'(f_integer({14'd0, x[9:0]}));
    if (x[14:10] == '1)       f_half = (x[9:0] != '0) ? 32'h7FC0_0000 : {x[15], 8'hFF, 23'd0};
    else if (x[14:10] != '0)  f_half = {x[15], {3'd0, x[14:10]} + 8'd112, x[9:0], 13'd0};
    else if (x[9:0] != '0)    f_half = {x[15], fraction - {8'd24, 23'd0}};
    else                      f_half = {x[15], 31'd0};
  endfunction

  // ---- What waits for its turn ------------------------------------------------------------------------------------
  logic [31:0]                m1_y;
  logic [31:0]                scale_q, m2_sum_q, add_out_q;
  logic signed [SumWidth-1:0] sums [8];         // by age: written in cycle 2, read in 2+M
  logic [31:0]                scaled_outs [4];  // written in cycle 3+M, read in 2+2M

  // Writes come after the reads and nobody else sees the words: blocking or not means the same.
  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    if (s2_valid_i || m2_next_i || m2_valid_i || add_next_i) begin
      if (m2_next_i)              m2_sum_q  <= f_integer(24'(sums[tick_i - 3'(M)]));
      if (add_next_i)             add_out_q <= scaled_outs[tick_i[1:0] - 2'(M - 1)];
      if (m2_valid_i && m2_out_i) scaled_outs[tick_i[1:0]] = m1_y;
      if (s2_valid_i) begin
        sums[tick_i] = s2_sum_i;
        scale_q     <= f_half(s2_scale_i);
      end
    end
  end
  // verilator lint_on BLKSEQ

  // ---- Cycle 3 and 3+M: multiplies ------------------------------------------------------------------------------
  logic [31:0] out_old, m2_y;

  weft_fp_mul u_mul1 (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .valid_i (m1_valid_i),
    .a_i     (m1_out_i ? out_old : scale_q),
    .b_i     (m1_factor_i),
    .y_o     (m1_y)
  );

  weft_fp_mul u_mul2 (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .valid_i (m2_valid_i),
    .a_i     (m2_out_i ? m2_sa_i : m1_y),
    .b_i     (m2_sum_q),
    .y_o     (m2_y)
  );

  // ---- Cycle 3+2M: add --------------------------------------------------------------------------------------------
  logic [31:0] acc_old, add_a, add_y;
  assign add_a = add_first_i ? MINUS_ZERO : add_out_i ? add_out_q : acc_old;

  weft_fp_add u_add (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .valid_i (add_valid_i),
    .a_i     (add_a),
    .b_i     (m2_y),
    .y_o     (add_y)
  );

  // ---- Accumulators -----------------------------------------------------------------------------------------------
  logic        acc_odd_q, out_odd_q;  // parity of the last read
  logic [31:0] acc_data [Banks];
  logic [31:0] out_data [Banks];

  always_ff @(posedge clk_i) begin
    if (acc_re_i)    acc_odd_q <= acc_odd_i;
    if (s2_out_re_i) out_odd_q <= s2_out_odd_i;
  end

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    weft_acc_mem #(
      .PanelDepth (PanelDepth),
      .OutDepth   (OutDepth)
    ) u_acc (
      .clk_i        (clk_i),
      .panel_re_i   (acc_re_i && (Banks == 1 || acc_odd_i == 1'(b))),
      .panel_half_i (acc_half_i),
      .panel_addr_i (acc_addr_i),
      .panel_data_o (acc_data[b]),
      .out_re_i     (s2_out_re_i && (Banks == 1 || s2_out_odd_i == 1'(b))),
      .out_half_i   (s2_out_half_i),
      .out_addr_i   (s2_out_addr_i),
      .out_data_o   (out_data[b]),
      .we_i         (wr_valid_i && (Banks == 1 || wr_odd_i == 1'(b))),
      .we_out_i     (wr_out_i),
      .whalf_i      (wr_half_i),
      .waddr_i      (wr_addr_i),
      .wdata_i      (add_y),
      .drain_re_i   (drain_re_i),
      .drain_out_i  (drain_out_i),
      .drain_half_i (drain_half_i),
      .drain_addr_i (drain_addr_i),
      .drain_data_o (drain_data_o[32*b +: 32])
    );
  end

  if (Banks == 2) begin : gen_parities
    assign acc_old = acc_odd_q ? acc_data[1] : acc_data[0];
    assign out_old = out_odd_q ? out_data[1] : out_data[0];
  end else begin : gen_parity
    logic unused_odd;
    assign unused_odd = acc_odd_q ^ out_odd_q ^ wr_odd_i;
    assign acc_old = acc_data[0];
    assign out_old = out_data[0];
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && drain_re_i && (drain_out_i ? s2_out_re_i : acc_re_i)) begin
      HalfIsNotDrainedAndAccumulated_A : assert ((drain_out_i ? s2_out_half_i : acc_half_i) != drain_half_i)
      else $error("an accumulator half is drained while it accumulates");
    end
  end
`endif

endmodule

`default_nettype wire
