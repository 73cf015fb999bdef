// Turns group sums into fp32 accumulators: one lane per ColsPerLane columns and sub-row.
//
// One sum a cycle and lane, no ready. Per column two panel buffers [pass][output] and two attention halves
// [pass][head_dim]; a drain read of one column gives an even output and its successor 2 cycles later, one a cycle,
// while the other buffer accumulates. A done pulse comes 14 cycles after the sum that completes a buffer, when every value of
// it can be read. Table entries must be written before the sums that use them come in.
// Golden model: sw/golden/dequant.h.  Block notes: docs/reference/dequant.md
`default_nettype none

module weft_dequant #(
  parameter int unsigned PortBytes   = weft_pkg::PORT_BYTES,
  parameter int unsigned Columns     = weft_pkg::COLUMNS,        // a power of two
  parameter int unsigned ColsPerLane = weft_pkg::COLS_PER_LANE,  // divides Columns
  parameter int unsigned PanelRows   = weft_pkg::PANEL_ROWS,     // even
  parameter int unsigned Passes      = weft_pkg::PASSES,
  parameter int unsigned MaxHeadDim  = weft_pkg::MAX_HEAD_DIM,
  parameter int unsigned SumWidth    = 21,
  localparam int unsigned SubRows    = (PortBytes > 32) ? PortBytes / 32 : 1,
  localparam int unsigned CtxBits    = weft_pkg::GROUP_CTX_BITS,
  localparam int unsigned Lanes      = Columns / ColsPerLane
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,

  // From weft_matrix
  input  logic [Columns-1:0]                  sum_valid_i,
  input  logic [SumWidth*SubRows*Columns-1:0] sum_i,
  input  logic [Columns-1:0]                  sum_end_i,    // the last sum of its panel
  input  logic [32*Lanes-1:0]                 sum_sa_i,     // per lane, of the column that has a sum
  // Per lane, with the sum of its first column; those behind it, each a cycle later, have the same
  input  logic [64*SubRows*Lanes-1:0]         sum_scale_i,
  input  logic [CtxBits*Lanes-1:0]            sum_ctx_i,

  // From weft_softmax: how a virtual row takes part in a block
  input  logic                                alpha_we_i,
  input  logic [15:0]                         alpha_vrow_i,
  input  logic [1:0]                          alpha_buf_i,
  input  logic                                alpha_valid_i,
  input  logic                                alpha_first_i,
  input  logic [31:0]                         alpha_i,

  // The head of the set that a virtual row belongs to
  input  logic                                vrow_we_i,
  input  logic [15:0]                         vrow_idx_i,
  input  logic [1:0]                          vrow_sub_i,

  // Drain
  output logic                                panel_done_o,
  output logic                                o_done_o,
  input  logic                                rd_valid_i,
  input  logic                                rd_o_i,
  input  logic                                rd_buf_i,
  input  logic [7:0]                          rd_col_i,
  input  logic [7:0]                          rd_pass_i,
  input  logic [7:0]                          rd_idx_i,   // even
  output logic [31:0]                         rd_a0_o,
  output logic [31:0]                         rd_a1_o
);

  localparam int unsigned Stride     = (SubRows > 1) ? SubRows : 2;
  localparam int unsigned Banks      = (SubRows > 1) ? 1 : 2;
  localparam int unsigned Slots      = ColsPerLane * Passes;
  localparam int unsigned SlotWidth  = (Slots > 1) ? $clog2(Slots) : 1;
  localparam int unsigned PanelDepth = Slots * (PanelRows / Stride);
  localparam int unsigned OutDepth   = Slots * (MaxHeadDim / Stride);
  localparam int unsigned PanelAddr  = $clog2(PanelDepth);
  localparam int unsigned OutAddr    = $clog2(OutDepth);
  localparam int unsigned ColWidth   = (ColsPerLane > 1) ? $clog2(ColsPerLane) : 1;
  localparam int unsigned LaneWidth  = (Lanes > 1) ? $clog2(Lanes) : 1;
  localparam int unsigned Pairs      = Stride / 2;                     // pairs side by side in the sub-rows
  localparam int unsigned PairWidth  = (Pairs > 1) ? $clog2(Pairs) : 1;
  // From the cycle in which a lane reports its last sum to the first in which its result can be read.
  localparam int unsigned DoneDelay  = 2 * weft_pkg::FP_MUL_LATENCY + weft_pkg::FP_ADD_LATENCY + 2;

  if (Columns % ColsPerLane != 0 || (Columns & (Columns - 1)) != 0 || PanelRows % Stride != 0 ||
      MaxHeadDim % Stride != 0 || PanelDepth < 2) begin : gen_bad_parameters
    $fatal(1, "weft_dequant: unsupported configuration");
  end

  logic [3:0] tick_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) tick_q <= '0;
    else         tick_q <= tick_q + 4'd1;
  end

  // ---- Where a virtual row and a drained column live ------------------------------------------------------------
  logic [LaneWidth-1:0] alpha_lane, vrow_lane, rd_lane, rd_lane_q;
  logic [SlotWidth-1:0] alpha_slot, vrow_slot, rd_slot;
  logic [PairWidth-1:0] rd_pair, rd_pair_q;
  logic [OutAddr-1:0]   rd_addr;
  logic                 rd_valid_q;

  assign alpha_lane = LaneWidth'(32'(alpha_vrow_i) % Columns / ColsPerLane);
  assign alpha_slot = SlotWidth'(32'(alpha_vrow_i) / Columns * ColsPerLane + 32'(alpha_vrow_i) % ColsPerLane);
  assign vrow_lane  = LaneWidth'(32'(vrow_idx_i) % Columns / ColsPerLane);
  assign vrow_slot  = SlotWidth'(32'(vrow_idx_i) / Columns * ColsPerLane + 32'(vrow_idx_i) % ColsPerLane);
  assign rd_lane    = LaneWidth'(32'(rd_col_i) / ColsPerLane);
  assign rd_slot    = SlotWidth'(32'(rd_pass_i) * ColsPerLane + 32'(rd_col_i) % ColsPerLane);
  assign rd_pair    = PairWidth'(32'(rd_idx_i) % Stride / 2);
  assign rd_addr    = OutAddr'(32'(rd_slot) * (rd_o_i ? MaxHeadDim / Stride : PanelRows / Stride) +
                               32'(rd_idx_i) / Stride);

  // ---- Lanes ----------------------------------------------------------------------------------------------------
  logic [Lanes-1:0]            panel_last, out_last;
  logic [32*Lanes*Stride-1:0]  drain_data;  // by lane, output within the stride

  // Lanes sleep while no column of theirs has work: in decode, all but the first.
  localparam int unsigned Linger = 31;  // longer than a lane
  logic [Lanes-1:0] lane_wake;
  logic             first_clk, other_clk;
  always_comb begin
    for (int unsigned l = 0; l < Lanes; l++) begin
      lane_wake[l] = sum_valid_i[ColsPerLane*l +: ColsPerLane] != '0 || (rd_valid_i && rd_lane == LaneWidth'(l)) ||
                     (alpha_we_i && alpha_lane == LaneWidth'(l)) || (vrow_we_i && vrow_lane == LaneWidth'(l));
    end
  end
  weft_clock_gate #(.Linger(Linger)) u_first_gate (.clk_i, .rst_ni, .clk_o(first_clk), .wake_i(lane_wake[0]));
  weft_clock_gate #(.Linger(Linger)) u_other_gate (
    .clk_i, .rst_ni, .clk_o(other_clk), .wake_i((lane_wake >> 1) != '0));

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic                        s2_valid, s2_out_re, s2_out_half, s2_out_odd;
    logic [SumWidth*SubRows-1:0] s2_sum;
    logic [16*SubRows-1:0]       s2_scale;
    logic [OutAddr-1:0]          s2_out_addr, wr_addr;
    logic                        m1_valid, m1_out, m2_next, m2_valid, m2_out;
    logic [31:0]                 m1_factor, m2_sa;
    logic                        acc_re, acc_half, acc_odd;
    logic [PanelAddr-1:0]        acc_addr;
    logic                        add_next, add_valid, add_out, add_first;
    logic                        wr_valid, wr_out, wr_half, wr_odd;
    logic                        rd_here, lane_clk;

    assign lane_clk = (l == 0) ? first_clk : other_clk;

    // The column that has a sum, at most one a cycle. A group goes through the lane alone and from the first column on,
    // so that its scales and context are taken there and kept.
    logic [ColsPerLane-1:0]      valid;
    logic                        s1_valid_q, s1_end_q;
    logic [SumWidth*SubRows-1:0] s1_sum_q;
    logic [64*SubRows-1:0]       s1_scale_q;
    logic [31:0]                 s1_sa_q;
    logic [ColWidth-1:0]         s1_col_q;
    weft_pkg::group_ctx_t        s1_ctx_q;

    assign valid = sum_valid_i[ColsPerLane*l +: ColsPerLane];

    always_ff @(posedge lane_clk) begin
      if (!rst_ni) s1_valid_q <= 1'b0;
      else         s1_valid_q <= valid != '0;
    end

    always_ff @(posedge lane_clk) begin
      if (valid != '0) begin : take
        logic [SumWidth*SubRows-1:0] sum;
        sum = '0;
        for (int unsigned c = 0; c < ColsPerLane; c++) begin
          sum = sum | ({(SumWidth*SubRows){valid[c]}} & sum_i[SumWidth*SubRows*(ColsPerLane*l+c) +: SumWidth*SubRows]);
        end
        s1_sum_q <= sum;
        s1_sa_q  <= sum_sa_i[32*l +: 32];
        s1_end_q <= (valid & sum_end_i[ColsPerLane*l +: ColsPerLane]) != '0;
        if (valid[0]) begin
          s1_scale_q <= sum_scale_i[64*SubRows*l +: 64*SubRows];
          s1_ctx_q   <= sum_ctx_i[CtxBits*l +: CtxBits];
          s1_col_q   <= '0;
        end else begin
          s1_col_q   <= s1_col_q + ColWidth'(1);
        end
      end
    end

    assign rd_here = rd_valid_i && rd_lane == LaneWidth'(l);

    weft_lane_ctrl #(
      .SubRows     (SubRows),
      .FirstColumn (ColsPerLane * l),
      .ColsPerLane (ColsPerLane),
      .PanelRows   (PanelRows),
      .Passes      (Passes),
      .MaxHeadDim  (MaxHeadDim),
      .SumWidth    (SumWidth)
    ) u_ctrl (
      .clk_i         (lane_clk),
      .rst_ni        (rst_ni),
      .tick_i        (tick_q),
      .s1_valid_i    (s1_valid_q),
      .s1_sum_i      (s1_sum_q),
      .s1_scale_i    (s1_scale_q),
      .s1_sa_i       (s1_sa_q),
      .s1_col_i      (s1_col_q),
      .s1_end_i      (s1_end_q),
      .s1_ctx_i      (s1_ctx_q),
      .alpha_we_i    (alpha_we_i && alpha_lane == LaneWidth'(l)),
      .alpha_buf_i   (alpha_buf_i),
      .alpha_slot_i  (alpha_slot),
      .alpha_valid_i (alpha_valid_i),
      .alpha_first_i (alpha_first_i),
      .alpha_i       (alpha_i),
      .sub_we_i      (vrow_we_i && vrow_lane == LaneWidth'(l)),
      .sub_slot_i    (vrow_slot),
      .sub_i         (vrow_sub_i),
      .s2_valid_o    (s2_valid),
      .s2_sum_o      (s2_sum),
      .s2_scale_o    (s2_scale),
      .s2_out_re_o   (s2_out_re),
      .s2_out_half_o (s2_out_half),
      .s2_out_odd_o  (s2_out_odd),
      .s2_out_addr_o (s2_out_addr),
      .m1_valid_o    (m1_valid),
      .m1_out_o      (m1_out),
      .m1_factor_o   (m1_factor),
      .m2_next_o     (m2_next),
      .m2_valid_o    (m2_valid),
      .m2_out_o      (m2_out),
      .m2_sa_o       (m2_sa),
      .acc_re_o      (acc_re),
      .acc_half_o    (acc_half),
      .acc_odd_o     (acc_odd),
      .acc_addr_o    (acc_addr),
      .add_next_o    (add_next),
      .add_valid_o   (add_valid),
      .add_out_o     (add_out),
      .add_first_o   (add_first),
      .wr_valid_o    (wr_valid),
      .wr_out_o      (wr_out),
      .wr_half_o     (wr_half),
      .wr_odd_o      (wr_odd),
      .wr_addr_o     (wr_addr),
      .panel_last_o  (panel_last[l]),
      .out_last_o    (out_last[l])
    );

    for (genvar s = 0; s < SubRows; s++) begin : gen_sub
      logic rd_sub;

      assign rd_sub = rd_here && rd_pair == PairWidth'(s / 2);

      weft_lane #(
        .Banks      (Banks),
        .PanelDepth (PanelDepth),
        .OutDepth   (OutDepth),
        .SumWidth   (SumWidth)
      ) u_lane (
        .clk_i              (lane_clk),
        .rst_ni             (rst_ni),
        .tick_i             (tick_q[2:0]),
        .s2_valid_i         (s2_valid),
        .s2_sum_i           (s2_sum[SumWidth*s +: SumWidth]),
        .s2_scale_i         (s2_scale[16*s +: 16]),
        .s2_out_re_i        (s2_out_re),
        .s2_out_half_i      (s2_out_half),
        .s2_out_odd_i       (s2_out_odd),
        .s2_out_addr_i      (s2_out_addr),
        .m1_valid_i         (m1_valid),
        .m1_out_i           (m1_out),
        .m1_factor_i        (m1_factor),
        .m2_next_i          (m2_next),
        .m2_valid_i         (m2_valid),
        .m2_out_i           (m2_out),
        .m2_sa_i            (m2_sa),
        .acc_re_i           (acc_re),
        .acc_half_i         (acc_half),
        .acc_odd_i          (acc_odd),
        .acc_addr_i         (acc_addr),
        .add_next_i         (add_next),
        .add_valid_i        (add_valid),
        .add_out_i          (add_out),
        .add_first_i        (add_first),
        .wr_valid_i         (wr_valid),
        .wr_out_i           (wr_out),
        .wr_half_i          (wr_half),
        .wr_odd_i           (wr_odd),
        .wr_addr_i          (wr_addr),
        .drain_re_i         (rd_sub),
        .drain_out_i        (rd_o_i),
        .drain_half_i       (rd_buf_i),
        .drain_addr_i       (rd_addr),
        .drain_data_o       (drain_data[32*(Stride*l + Banks*s) +: 32*Banks])
      );
    end
  end

  // ---- Drain ----------------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i) begin
    if (!rst_ni) rd_valid_q <= 1'b0;
    else         rd_valid_q <= rd_valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (rd_valid_i) begin
      rd_lane_q <= rd_lane;
      rd_pair_q <= rd_pair;
    end
    if (rd_valid_q) {rd_a1_o, rd_a0_o} <= drain_data[64*(32'(rd_lane_q) * Pairs + 32'(rd_pair_q)) +: 64];
  end

  // ---- Completion -----------------------------------------------------------------------------------------------
  logic [DoneDelay-1:0] panel_done_q, out_done_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      panel_done_q <= '0;
      out_done_q   <= '0;
    end else begin
      panel_done_q <= {panel_done_q[DoneDelay-2:0], panel_last != '0};
      out_done_q   <= {out_done_q[DoneDelay-2:0], out_last != '0};
    end
  end

  assign panel_done_o = panel_done_q[DoneDelay-1];
  assign o_done_o     = out_done_q[DoneDelay-1];

endmodule

`default_nettype wire
