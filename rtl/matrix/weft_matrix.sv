// The matrix unit: a systolic row of columns, each with its own activation memory, and the controller that walks it.
//
// Weights (or the KV cache) stream in at one word a cycle and pass column after column; every group of 32 leaves as an
// exact integer sum with its scales and context. A word issued in cycle t gives column c's sum in cycle t + 2 + c. The
// sums have no ready: weft_dequant takes one a cycle and lane, and the controller spaces them accordingly.
// An activation write accepted in cycle t is read by words issued in cycle t + 2 or later;
// until then the matrix does not count as idle, so a transfer with wait_idle sees it.
// Golden model: sw/golden/matrix.h.  Block notes: docs/reference/matrix.md
`default_nettype none

module weft_matrix #(
  parameter int unsigned PortBytes   = weft_pkg::PORT_BYTES,     // 1, 2, 4 .. 128
  parameter int unsigned Columns     = weft_pkg::COLUMNS,        // 1 .. 256
  parameter int unsigned ColsPerLane = weft_pkg::COLS_PER_LANE,  // 1, 2 or 4; divides Columns
  parameter int unsigned PanelRows   = weft_pkg::PANEL_ROWS,
  parameter int unsigned Passes      = weft_pkg::PASSES,
  parameter int unsigned ActWords    = weft_pkg::ACT_WORDS,
  parameter int unsigned SumWidth    = 21,
  localparam int unsigned WordBytes  = (PortBytes < 32) ? PortBytes : 32,
  localparam int unsigned SubRows    = (PortBytes > 32) ? PortBytes / 32 : 1,
  localparam int unsigned ScaleBytes = (PortBytes < 8) ? 8 : PortBytes,
  localparam int unsigned Lanes      = Columns / ColsPerLane
) (
  input  logic                                        clk_i,
  input  logic                                        rst_ni,

  // From weft_sequencer: transfers in stream order
  input  logic                                        desc_valid_i,
  output logic                                        desc_ready_o,
  input  weft_pkg::array_desc_t                       desc_i,

  // From weft_tape_fetch: chunks and the scales of their units
  input  logic                                        chunk_valid_i,
  output logic                                        chunk_ready_o,
  input  logic [256*SubRows-1:0]                      chunk_i,
  input  logic                                        scale_valid_i,
  output logic                                        scale_ready_o,
  input  logic [8*ScaleBytes-1:0]                     scale_i,

  // Activation writes, from the quantizer (a) and weft_softmax (b). Each ready follows the other port's valid.
  input  logic                                        a_wr_valid_i,
  output logic                                        a_wr_ready_o,
  input  logic [7:0]                                  a_wr_col_i,
  input  logic [1:0]                                  a_wr_copies_log2_i,  // columns a_wr_col_i .. + copies - 1 all take it
  input  logic [15:0]                                 a_wr_addr_i,
  input  logic [8*WordBytes-1:0]                      a_wr_data_i,
  input  logic                                        a_wr_scale_valid_i,
  input  logic [31:0]                                 a_wr_scale_i,
  input  logic                                        b_wr_valid_i,
  output logic                                        b_wr_ready_o,
  input  logic [7:0]                                  b_wr_col_i,
  input  logic [15:0]                                 b_wr_addr_i,
  input  logic [8*WordBytes-1:0]                      b_wr_data_i,
  input  logic                                        b_wr_scale_valid_i,
  input  logic [31:0]                                 b_wr_scale_i,

  // Dependencies. idle_i must be low in the cycle after a panel_free_i or an emb_* beat whose results are on their way.
  input  logic                                        idle_i,
  input  logic                                        panel_free_i,
  input  logic                                        p_ready_i,
  input  logic                                        o_free_i,
  // A step starts; with the last word of a group that every row has then, for matmuls that wait group by group
  input  logic                                        start_i,
  input  logic                                        group_done_i,

  // To weft_dequant, per column and sub-row
  output logic [Columns-1:0]                          sum_valid_o,
  output logic [SumWidth*SubRows*Columns-1:0]         sum_o,
  output logic [Columns-1:0]                          sum_end_o,    // the last sum of its panel
  output logic [32*Lanes-1:0]                         sum_sa_o,     // per lane, of the column that has a sum
  // Per lane, with the sum of its first column; those behind it, each a cycle later, have the same
  output logic [64*SubRows*Lanes-1:0]                 sum_scale_o,
  output logic [weft_pkg::GROUP_CTX_BITS*Lanes-1:0]   sum_ctx_o,

  // To weft_drain: chunks of embedding rows
  output logic                                        emb_valid_o,
  input  logic                                        emb_ready_i,
  output logic [255:0]                                emb_data_o,
  output logic [15:0]                                 emb_scale_o,
  output logic [7:0]                                  emb_row_o,
  output logic [15:0]                                 emb_g_o,
  output logic                                        emb_last_o,

  // Counters and timeline: what this cycle is spent on; a transfer starts to run, its mode
  output weft_pkg::array_state_e                      state_o,
  output logic                                        start_o,
  output weft_pkg::mode_e                             mode_o
);

  localparam int unsigned Wpc            = 32 / WordBytes;
  localparam int unsigned AddrWidth      = $clog2(ActWords);
  localparam int unsigned ChunkAddrWidth = $clog2(ActWords / Wpc);
  localparam int unsigned CtxBits        = weft_pkg::GROUP_CTX_BITS;

  if (Columns % ColsPerLane != 0 || Columns > 256) begin : gen_bad_columns
    $fatal(1, "weft_matrix: Columns must be a multiple of ColsPerLane, at most 256");
  end

  // ---- Activation writes: one a cycle, the ports take turns -----------------------------------------------------
  logic                   b_turn_q;      // when both ask, b goes
  logic                   take_b;
  logic [Columns-1:0]     wr_column_q;   // the columns that take the word; the memory changes at the end of this cycle
  logic [3:0]             copies;
  logic                   p_ready_q, group_done_q;  // wait for the write beside them
  logic [AddrWidth-1:0]   wr_addr_q;
  logic [8*WordBytes-1:0] wr_data_q;
  logic                   wr_scale_valid_q;
  logic [31:0]            wr_scale_q;

  assign copies       = (a_wr_copies_log2_i == 2'd0) ? 4'b0001 : (a_wr_copies_log2_i == 2'd1) ? 4'b0011 : 4'b1111;
  assign take_b       = b_wr_valid_i && (b_turn_q || !a_wr_valid_i);
  assign a_wr_ready_o = !b_wr_valid_i || !b_turn_q;
  assign b_wr_ready_o = !a_wr_valid_i || b_turn_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      b_turn_q    <= 1'b0;
      wr_column_q <= '0;
    end else if (a_wr_valid_i || b_wr_valid_i) begin
      b_turn_q    <= !take_b;
      wr_column_q <= take_b ? Columns'(1) << b_wr_col_i : Columns'(copies) << a_wr_col_i;
    end else if (wr_column_q != '0) begin
      wr_column_q <= '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (a_wr_valid_i || b_wr_valid_i) begin
      wr_addr_q        <= AddrWidth'(take_b ? b_wr_addr_i : a_wr_addr_i);
      wr_data_q        <= take_b ? b_wr_data_i : a_wr_data_i;
      wr_scale_valid_q <= take_b ? b_wr_scale_valid_i : a_wr_scale_valid_i;
      wr_scale_q       <= take_b ? b_wr_scale_i : a_wr_scale_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) {p_ready_q, group_done_q} <= 2'b00;
    else         {p_ready_q, group_done_q} <= {p_ready_i, group_done_i};
  end

  // ---- The bus: index c enters column c --------------------------------------------------------------------------
  logic                           a_valid [Columns+1];
  logic [AddrWidth-1:0]           a_addr  [Columns+1];
  logic [7:0]                     a_last  [Columns+1];
  logic                           w_valid [Columns+1];
  logic                           w_first [Columns+1];
  logic                           w_last  [Columns+1];
  logic [1:0]                     w_parts [Columns+1];
  logic [8*WordBytes*SubRows-1:0] w_data  [Columns+1];
  logic                           x_valid [Columns+1];
  logic                           x_panel_last [Columns+1];
  logic [ChunkAddrWidth-1:0]      w_chunk;
  logic [CtxBits-1:0]             x_ctx;
  logic [64*SubRows-1:0]          x_scale;

  weft_array_ctrl #(
    .PortBytes   (PortBytes),
    .ColsPerLane (ColsPerLane),
    .PanelRows   (PanelRows),
    .Passes      (Passes),
    .ActWords    (ActWords)
  ) u_ctrl (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .desc_valid_i  (desc_valid_i),
    .desc_ready_o  (desc_ready_o),
    .desc_i        (desc_i),
    .chunk_valid_i (chunk_valid_i),
    .chunk_ready_o (chunk_ready_o),
    .chunk_i       (chunk_i),
    .scale_valid_i (scale_valid_i),
    .scale_ready_o (scale_ready_o),
    .scale_i       (scale_i),
    .idle_i        (idle_i && wr_column_q == '0),
    .panel_free_i  (panel_free_i),
    .p_ready_i     (p_ready_q),
    .start_i       (start_i),
    .group_done_i  (group_done_q),
    .o_free_i      (o_free_i),
    .a_valid_o     (a_valid[0]),
    .a_addr_o      (a_addr[0]),
    .a_last_o      (a_last[0]),
    .w_valid_o     (w_valid[0]),
    .w_first_o     (w_first[0]),
    .w_last_o      (w_last[0]),
    .w_parts_o     (w_parts[0]),
    .w_chunk_o     (w_chunk),
    .w_data_o      (w_data[0]),
    .x_valid_o     (x_valid[0]),
    .x_ctx_o       (x_ctx),
    .x_scale_o     (x_scale),
    .emb_valid_o   (emb_valid_o),
    .emb_ready_i   (emb_ready_i),
    .emb_data_o    (emb_data_o),
    .emb_scale_o   (emb_scale_o),
    .emb_row_o     (emb_row_o),
    .emb_g_o       (emb_g_o),
    .emb_last_o    (emb_last_o),
    .state_o       (state_o),
    .start_o       (start_o),
    .mode_o        (mode_o)
  );

  weft_pkg::group_ctx_t first_ctx;
  assign first_ctx       = x_ctx;
  assign x_panel_last[0] = first_ctx.panel_last;

  // Columns sleep while nothing comes their way: in decode, all but the first. What enters the second reaches the last
  // one, at most, within Columns cycles.
  logic first_clk, other_clk;
  weft_clock_gate u_first_gate (
    .clk_i, .rst_ni, .clk_o(first_clk), .wake_i(a_valid[0] || w_valid[0] || x_valid[0] || wr_column_q[0]));
  weft_clock_gate #(.Linger(Columns + 7)) u_other_gate (
    .clk_i, .rst_ni, .clk_o(other_clk), .wake_i(a_valid[1] || w_valid[1] || x_valid[1] || (wr_column_q >> 1) != '0));

  for (genvar c = 0; c < Columns; c++) begin : gen_column
    logic column_clk;
    assign column_clk = (c == 0) ? first_clk : other_clk;

    weft_column #(
      .PortBytes (PortBytes),
      .ActWords  (ActWords),
      .SumWidth  (SumWidth),
      .Index     (c % 4)
    ) u_column (
      .clk_i            (column_clk),
      .rst_ni           (rst_ni),
      .column_i         (8'(c)),
      .a_valid_i        (a_valid[c]),
      .a_addr_i         (a_addr[c]),
      .a_last_i         (a_last[c]),
      .w_valid_i        (w_valid[c]),
      .w_first_i        (w_first[c]),
      .w_last_i         (w_last[c]),
      .w_parts_i        (w_parts[c]),
      .w_data_i         (w_data[c]),
      .x_valid_i        (x_valid[c]),
      .x_panel_last_i   (x_panel_last[c]),
      .a_valid_o        (a_valid[c+1]),
      .a_addr_o         (a_addr[c+1]),
      .a_last_o         (a_last[c+1]),
      .w_valid_o        (w_valid[c+1]),
      .w_first_o        (w_first[c+1]),
      .w_last_o         (w_last[c+1]),
      .w_parts_o        (w_parts[c+1]),
      .w_data_o         (w_data[c+1]),
      .x_valid_o        (x_valid[c+1]),
      .x_panel_last_o   (x_panel_last[c+1]),
      .wr_valid_i       (wr_column_q[c]),
      .wr_addr_i        (wr_addr_q),
      .wr_data_i        (wr_data_q),
      .sum_valid_o      (sum_valid_o[c]),
      .sum_o            (sum_o[SumWidth*SubRows*c +: SumWidth*SubRows]),
      .sum_end_o        (sum_end_o[c])
    );
  end

  // What the columns of a lane share. Their groups are at least ColsPerLane cycles apart, or do not leave the first column: what
  // came with the last one is still there when it reaches the next lane.
  logic [ChunkAddrWidth-1:0] lane_chunk [Lanes+1];  // index l enters lane l
  logic [CtxBits-1:0]        lane_ctx   [Lanes+1];
  logic [64*SubRows-1:0]     lane_scale [Lanes+1];
  assign lane_chunk[0] = w_chunk;
  assign lane_ctx[0]   = x_ctx;
  assign lane_scale[0] = x_scale;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [ColsPerLane-1:0] last;
    for (genvar c = 0; c < ColsPerLane; c++) begin : gen_last
      assign last[c] = w_valid[ColsPerLane*l+c] && w_last[ColsPerLane*l+c];
    end

    weft_scale_mem #(
      .Columns (ColsPerLane),
      .Chunks  (ActWords / Wpc)
    ) u_scales (
      .clk_i       (clk_i),
      .last_i      (last),
      .chunk_i     (lane_chunk[l]),
      .chunk_o     (lane_chunk[l+1]),
      .wr_column_i (wr_scale_valid_q ? wr_column_q[ColsPerLane*l +: ColsPerLane] : ColsPerLane'(0)),
      .wr_chunk_i  (wr_addr_q[AddrWidth-1 -: ChunkAddrWidth]),
      .wr_scale_i  (wr_scale_q),
      .sa_o        (sum_sa_o[32*l +: 32])
    );

    always_ff @(posedge clk_i) begin
      if (x_valid[ColsPerLane*l]) begin
        lane_ctx[l+1]   <= lane_ctx[l];
        lane_scale[l+1] <= lane_scale[l];
      end
    end
    assign sum_ctx_o[CtxBits*l +: CtxBits]         = lane_ctx[l];
    assign sum_scale_o[64*SubRows*l +: 64*SubRows] = lane_scale[l];
  end

  // The bus ends behind the last column.
  logic unused_bus;
  assign unused_bus = &{1'b0, copies, first_ctx, a_valid[Columns], a_addr[Columns], a_last[Columns], w_valid[Columns],
                        w_first[Columns], w_last[Columns], w_parts[Columns], w_data[Columns], x_valid[Columns],
                        x_panel_last[Columns], lane_chunk[Lanes], lane_ctx[Lanes], lane_scale[Lanes]};

endmodule

`default_nettype wire
