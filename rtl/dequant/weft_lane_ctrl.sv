// The control half of a lane: looks up what a group sum needs and times its arithmetic.
//
// One control serves the SubRows arithmetic lanes (weft_lane) of ColsPerLane columns. Cycles, from sum_valid_i in 0,
// with M and A the latencies of multiply and add:
//   1        column picked                                             2+2M     panel accumulator read
//   2        scale picked; attention: old output and alpha read        3+2M     add
//   3        first multiply (scale * sa, or output * alpha)            3+2M+A   written; can be read in the next cycle
//   3+M      second multiply (* sum)
// Nobody stalls; at most one of the columns has a sum in a cycle. A lane without work does not clock.
// Golden model: sw/golden/dequant.h.  Block notes: docs/reference/dequant.md
`default_nettype none

module weft_lane_ctrl #(
  parameter int unsigned SubRows     = weft_pkg::SUBROWS,
  parameter int unsigned FirstColumn = 0,                        // of the lane
  parameter int unsigned ColsPerLane = weft_pkg::COLS_PER_LANE,
  parameter int unsigned PanelRows   = weft_pkg::PANEL_ROWS,
  parameter int unsigned Passes      = weft_pkg::PASSES,
  parameter int unsigned MaxHeadDim  = weft_pkg::MAX_HEAD_DIM,
  parameter int unsigned SumWidth    = 21,
  localparam int unsigned ColWidth   = (ColsPerLane > 1) ? $clog2(ColsPerLane) : 1,
  localparam int unsigned Stride     = (SubRows > 1) ? SubRows : 2,   // outputs that share an accumulator address
  localparam int unsigned Slots      = ColsPerLane * Passes,          // virtual rows of the lane
  localparam int unsigned SlotWidth  = (Slots > 1) ? $clog2(Slots) : 1,
  localparam int unsigned PanelAddr  = $clog2(Slots * (PanelRows / Stride)),
  localparam int unsigned OutAddr    = $clog2(Slots * (MaxHeadDim / Stride))
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,
  input  logic [3:0]                     tick_i,  // counts cycles

  // The sum of one of the lane's columns
  input  logic                           s1_valid_i,
  input  logic [SumWidth*SubRows-1:0]    s1_sum_i,
  input  logic [64*SubRows-1:0]          s1_scale_i,
  input  logic [31:0]                    s1_sa_i,
  input  logic [ColWidth-1:0]            s1_col_i,
  input  logic                           s1_end_i,   // the last sum of its panel
  input  weft_pkg::group_ctx_t           s1_ctx_i,

  // From weft_softmax: the alpha table, and the head of each virtual row
  input  logic                           alpha_we_i,
  input  logic [1:0]                     alpha_buf_i,
  input  logic [SlotWidth-1:0]           alpha_slot_i,  // pass * ColsPerLane + column of the lane
  input  logic                           alpha_valid_i,
  input  logic                           alpha_first_i,
  input  logic [31:0]                    alpha_i,
  input  logic                           sub_we_i,
  input  logic [SlotWidth-1:0]           sub_slot_i,
  input  logic [1:0]                     sub_i,

  // To the weft_lanes, by cycle
  output logic                           s2_valid_o,
  output logic [SumWidth*SubRows-1:0]    s2_sum_o,
  output logic [16*SubRows-1:0]          s2_scale_o,
  output logic                           s2_out_re_o,
  output logic                           s2_out_half_o,
  output logic                           s2_out_odd_o,
  output logic [OutAddr-1:0]             s2_out_addr_o,
  output logic                           m1_valid_o,
  output logic                           m1_out_o,       // attention: old output * alpha, else scale * sa
  output logic [31:0]                    m1_factor_o,    // sa or alpha
  output logic                           m2_next_o,      // second multiply in the next cycle
  output logic                           m2_valid_o,
  output logic                           m2_out_o,       // attention: sa * sum, else the product so far * sum
  output logic [31:0]                    m2_sa_o,
  output logic                           acc_re_o,
  output logic                           acc_half_o,
  output logic                           acc_odd_o,
  output logic [PanelAddr-1:0]           acc_addr_o,
  output logic                           add_next_o,     // add in the next cycle
  output logic                           add_valid_o,
  output logic                           add_out_o,
  output logic                           add_first_o,    // nothing to add to
  output logic                           wr_valid_o,
  output logic                           wr_out_o,
  output logic                           wr_half_o,
  output logic                           wr_odd_o,
  output logic [OutAddr-1:0]             wr_addr_o,      // low bits for a panel

  // To weft_dequant: the last sum of a panel or of a set came in (cycle 2)
  output logic                           panel_last_o,
  output logic                           out_last_o
);

  localparam int unsigned M    = weft_pkg::FP_MUL_LATENCY;
  localparam int unsigned A    = weft_pkg::FP_ADD_LATENCY;
  localparam int unsigned TM2  = 3 + M;          // second multiply
  localparam int unsigned TADD = 3 + 2 * M;
  localparam int unsigned TWR  = 3 + 2 * M + A;
  localparam int unsigned PlaceWidth = 2 + OutAddr;

  if (TWR > 16 || OutAddr < PanelAddr) begin : gen_bad_parameters
    $fatal(1, "weft_lane_ctrl: the history of 16 cycles or the address is too short");
  end

  // ---- Cycle 1 to 2: scale and address; outputs of another head than the row's go no further ------------------------
  logic [1:0]                  subs [Slots];
  logic                        s2_valid_q, s2_panel_last_q, s2_out_last_q;
  logic                        s2_is_v_q, s2_first_q;
  logic [1:0]                  s2_kv_buf_q;
  logic [SlotWidth-1:0]        s2_slot_q;
  logic [SumWidth*SubRows-1:0] s2_sum_q;
  logic [16*SubRows-1:0]       s2_scale_q;
  logic [31:0]                 s2_sa_q;
  logic [PlaceWidth-1:0]       s2_place_q;  // half, odd, address

  always_ff @(posedge clk_i) begin
    if (sub_we_i) subs[sub_slot_i] <= sub_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !s1_valid_i) begin
      s2_valid_q      <= 1'b0;
      s2_panel_last_q <= 1'b0;
      s2_out_last_q   <= 1'b0;
    end else begin : pick
      logic                 is_v;
      logic [SlotWidth-1:0] slot;
      logic [1:0]           sub, column, scale;
      is_v = s1_ctx_i.mode == weft_pkg::MODE_V;
      slot = SlotWidth'(32'(s1_ctx_i.pass) * ColsPerLane + 32'(s1_col_i));
      sub  = subs[slot];
      s2_valid_q      <= !is_v || sub == s1_ctx_i.sub;
      s2_panel_last_q <= s1_end_i && !is_v;
      s2_out_last_q   <= s1_end_i && is_v && s1_ctx_i.o_last;
      s2_is_v_q       <= is_v;
      s2_first_q      <= s1_ctx_i.first;
      s2_kv_buf_q     <= s1_ctx_i.kv_buf;
      s2_slot_q       <= slot;
      s2_sum_q        <= s1_sum_i;
      s2_sa_q         <= s1_sa_i;
      // K has a scale for each head of the set, a packed slot one for each part; a column does part column mod parts.
      column = 2'(FirstColumn) + 2'(s1_col_i);
      if (s1_ctx_i.mode == weft_pkg::MODE_K) scale = sub;
      else                                   scale = column & {s1_ctx_i.parts_log2[1], s1_ctx_i.parts_log2 != 2'd0};
      for (int unsigned s = 0; s < SubRows; s++) s2_scale_q[16*s +: 16] <= s1_scale_i[64*s + 16*32'(scale) +: 16];
      s2_place_q <= {is_v ? s1_ctx_i.o_buf : s1_ctx_i.acc_buf, s1_ctx_i.idx[0] && SubRows == 1,
                     is_v ? OutAddr'(32'(slot) * (MaxHeadDim / Stride) + 32'(s1_ctx_i.idx) / Stride) :
                            OutAddr'(32'(slot) * (PanelRows / Stride) + 32'(s1_ctx_i.idx) / Stride)};
    end
  end

  assign s2_valid_o    = s2_valid_q;
  assign s2_sum_o      = s2_sum_q;
  assign s2_scale_o    = s2_scale_q;
  assign s2_out_re_o   = s2_valid_q && s2_is_v_q;
  assign {s2_out_half_o, s2_out_odd_o, s2_out_addr_o} = s2_place_q;
  assign panel_last_o  = s2_panel_last_q;
  assign out_last_o    = s2_out_last_q;

  // ---- Cycle 2 to 3: how the row takes part in the block ------------------------------------------------------------
  (* no_rw_check *) logic [33:0] alphas [weft_pkg::KV_BUFS*Slots];  // valid, first, alpha
  logic [33:0] alpha_q;

  always_ff @(posedge clk_i) begin
    if (alpha_we_i) alphas[32'(alpha_buf_i) * Slots + 32'(alpha_slot_i)] <= {alpha_valid_i, alpha_first_i, alpha_i};
    if (s2_valid_q && s2_is_v_q) alpha_q <= alphas[32'(s2_kv_buf_q) * Slots + 32'(s2_slot_q)];
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && alpha_we_i && s2_valid_q && s2_is_v_q)
      NotReadWhileWritten_A: assert (alpha_buf_i != s2_kv_buf_q || alpha_slot_i != s2_slot_q);
  end
`endif

  // ---- Later cycles: bit t of a history belongs to the sum that is in cycle t --------------------------------------
  logic [TWR:3]          valid_q, is_v_q, first_q;
  logic                  s3_valid;                // the row takes part in the block
  logic [31:0]           s3_sa_q, m2_sa_q;
  logic [PlaceWidth-1:0] acc_place_q, wr_place_q;
  // What is needed much later stays where it was written and is looked up by age.
  logic [31:0]           sas    [16];
  logic [PlaceWidth-1:0] places [16];

  assign s3_valid = valid_q[3] && (!is_v_q[3] || alpha_q[33]);

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                             valid_q <= '0;
    else if (s2_valid_q || valid_q != '0)    valid_q <= {valid_q[TWR-1:4], s3_valid, s2_valid_q};
  end

  // The write comes after the reads and nobody else sees the words: blocking or not means the same.
  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    if (s2_valid_q || valid_q != '0) begin
      is_v_q  <= {is_v_q[TWR-1:3], s2_is_v_q};
      first_q <= {first_q[TWR-1:4], is_v_q[3] ? alpha_q[32] : first_q[3], s2_first_q};
      s3_sa_q <= s2_sa_q;
      if (valid_q[TM2-1])  m2_sa_q     <= sas[tick_i - 4'(TM2 - 3)];
      if (valid_q[TADD-2]) acc_place_q <= places[tick_i - 4'(TADD - 4)];
      if (valid_q[TWR-1])  wr_place_q  <= places[tick_i - 4'(TWR - 3)];
      if (s2_valid_q) begin
        sas[tick_i]    = s2_sa_q;
        places[tick_i] = s2_place_q;
      end
    end
  end
  // verilator lint_on BLKSEQ

  assign m1_valid_o  = s3_valid && !(is_v_q[3] && alpha_q[32]);
  assign m1_out_o    = is_v_q[3];
  assign m1_factor_o = is_v_q[3] ? alpha_q[31:0] : s3_sa_q;
  assign m2_next_o   = valid_q[TM2-1];
  assign m2_valid_o  = valid_q[TM2];
  assign m2_out_o    = is_v_q[TM2];
  assign m2_sa_o     = m2_sa_q;
  assign acc_re_o    = valid_q[TADD-1] && !is_v_q[TADD-1];
  assign {acc_half_o, acc_odd_o} = acc_place_q[PlaceWidth-1 -: 2];
  assign acc_addr_o  = acc_place_q[PanelAddr-1:0];
  assign add_next_o  = valid_q[TADD-1];
  assign add_valid_o = valid_q[TADD];
  assign add_out_o   = is_v_q[TADD];
  assign add_first_o = first_q[TADD];
  assign wr_valid_o  = valid_q[TWR];
  assign wr_out_o    = is_v_q[TWR];
  assign {wr_half_o, wr_odd_o, wr_addr_o} = wr_place_q;

  // A panel's address is the shorter one; a lane with one column does not ask which.
  logic unused;
  assign unused = &{1'b0, acc_place_q, s1_ctx_i, s1_col_i};

endmodule

`default_nettype wire
