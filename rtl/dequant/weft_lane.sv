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
  input  logic                       s1_valid_i,
  input  logic signed [SumWidth-1:0] s1_sum_i,
  input  logic [15:0]                s1_scale_i,
  input  logic                       s1_out_re_i,
  input  logic                       s1_out_half_i,
  input  logic                       s1_out_odd_i,
  input  logic [OutAddr-1:0]         s1_out_addr_i,
  input  logic                       m1_valid_i,
  input  logic                       m1_out_i,
  input  logic [31:0]                m1_factor_i,
  input  logic                       m2_valid_i,
  input  logic                       m2_out_i,
  input  logic [31:0]                m2_sa_i,
  input  logic                       acc_re_i,
  input  logic                       acc_half_i,
  input  logic                       acc_odd_i,
  input  logic [PanelAddr-1:0]       acc_addr_i,
  input  logic                       add_valid_i,
  input  logic                       add_out_i,
  input  logic                       add_first_i,
  input  logic                       wr_panel_i,
  input  logic                       wr_out_i,
  input  logic                       wr_half_i,
  input  logic                       wr_odd_i,
  input  logic [OutAddr-1:0]         wr_addr_i,

  // Drain: data one cycle after the read
  input  logic                       drain_panel_re_i,
  input  logic                       drain_out_re_i,
  input  logic                       drain_half_i,
  input  logic [PanelAddr-1:0]       drain_panel_addr_i,
  input  logic [OutAddr-1:0]         drain_out_addr_i,
  input  logic                       drain_out_i,    // of the read one cycle ago
  output logic [31:0]                drain_data0_o,
  output logic [31:0]                drain_data1_o
);

  localparam int unsigned M = weft_pkg::FP_MUL_LATENCY;
  localparam logic [31:0] MINUS_ZERO = 32'h8000_0000;

  // ---- Cycle 1 to 2: conversions --------------------------------------------------------------------------------
  logic [31:0] s1_sum_fp, s1_scale_fp;
  logic [31:0] scale_q;
  logic [31:0] sums [8];  // by age: written in cycle 1, used M + 1 cycles later

  weft_i2f #(.Width(SumWidth)) u_i2f (.x_i(s1_sum_i), .y_o(s1_sum_fp));
  weft_h2f u_h2f (.x_i(s1_scale_i), .y_o(s1_scale_fp));

  always_ff @(posedge clk_i) begin
    if (s1_valid_i) begin
      scale_q           <= s1_scale_fp;
      sums[tick_i] <= s1_sum_fp;
    end
  end

  // ---- Cycle 2 and 2+M: multiplies ------------------------------------------------------------------------------
  logic [31:0] out_old, m1_y, m2_y;

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
    .b_i     (sums[tick_i - 3'(M + 1)]),
    .y_o     (m2_y)
  );

  // ---- Cycle 2+2M: add ------------------------------------------------------------------------------------------
  // An attention output waits for the product that is M cycles behind it.
  logic [31:0] scaled_outs [4];
  logic [31:0] acc_old, add_a, add_y;

  always_ff @(posedge clk_i) begin
    if (m2_valid_i && m2_out_i) scaled_outs[tick_i[1:0]] <= m1_y;
  end

  assign add_a = add_first_i ? MINUS_ZERO : add_out_i ? scaled_outs[tick_i[1:0] - 2'(M)] : acc_old;

  weft_fp_add u_add (
    .clk_i   (clk_i),
    .rst_ni  (rst_ni),
    .valid_i (add_valid_i),
    .a_i     (add_a),
    .b_i     (m2_y),
    .y_o     (add_y)
  );

  // ---- Accumulators ---------------------------------------------------------------------------------------------
  logic [31:0] panel0, panel1, out0, out1;

  weft_acc_mem #(.Depth(PanelDepth), .Banks(Banks)) u_panel (
    .clk_i         (clk_i),
    .re_i          (acc_re_i),
    .rhalf_i       (acc_half_i),
    .rodd_i        (acc_odd_i),
    .raddr_i       (acc_addr_i),
    .rdata_o       (acc_old),
    .we_i          (wr_panel_i),
    .whalf_i       (wr_half_i),
    .wodd_i        (wr_odd_i),
    .waddr_i       (wr_addr_i[PanelAddr-1:0]),
    .wdata_i       (add_y),
    .drain_re_i    (drain_panel_re_i),
    .drain_half_i  (drain_half_i),
    .drain_addr_i  (drain_panel_addr_i),
    .drain_data0_o (panel0),
    .drain_data1_o (panel1)
  );

  weft_acc_mem #(.Depth(OutDepth), .Banks(Banks)) u_out (
    .clk_i         (clk_i),
    .re_i          (s1_out_re_i),
    .rhalf_i       (s1_out_half_i),
    .rodd_i        (s1_out_odd_i),
    .raddr_i       (s1_out_addr_i),
    .rdata_o       (out_old),
    .we_i          (wr_out_i),
    .whalf_i       (wr_half_i),
    .wodd_i        (wr_odd_i),
    .waddr_i       (wr_addr_i),
    .wdata_i       (add_y),
    .drain_re_i    (drain_out_re_i),
    .drain_half_i  (drain_half_i),
    .drain_addr_i  (drain_out_addr_i),
    .drain_data0_o (out0),
    .drain_data1_o (out1)
  );

  assign drain_data0_o = drain_out_i ? out0 : panel0;
  assign drain_data1_o = drain_out_i ? out1 : panel1;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && (acc_re_i && drain_panel_re_i || s1_out_re_i && drain_out_re_i)) begin
      HalfIsNotDrainedAndAccumulated_A : assert ((acc_re_i && drain_panel_re_i ? acc_half_i : s1_out_half_i) != drain_half_i)
      else $error("an accumulator half is drained while it accumulates");
    end
  end
`endif

endmodule

`default_nettype wire
