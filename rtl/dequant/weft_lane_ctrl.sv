// The control half of a lane: picks the column that has a group sum, looks up what it needs, and times its arithmetic.
//
// One control serves the SubRows arithmetic lanes (weft_lane) of ColsPerLane columns. Cycles, from sum_valid_i in 0,
// with M and A the latencies of multiply and add:
//   1        scale picked; attention: old output and alpha read        1+2M     panel accumulator read
//   2        first multiply (scale * sa, or output * alpha)            2+2M     add
//   2+M      second multiply (* sum)                                   2+2M+A   written; done in the cycle after
// Nobody stalls; at most one of the columns has a sum in a cycle.
// Golden model: sw/golden/dequant.h.  Block notes: docs/reference/dequant.md
`default_nettype none

module weft_lane_ctrl #(
  parameter int unsigned SubRows     = weft_pkg::SUBROWS,
  parameter int unsigned ColsPerLane = weft_pkg::COLS_PER_LANE,
  parameter int unsigned PanelRows   = weft_pkg::PANEL_ROWS,
  parameter int unsigned Passes      = weft_pkg::PASSES,
  parameter int unsigned MaxHeadDim  = weft_pkg::MAX_HEAD_DIM,
  parameter int unsigned SumWidth    = 21,
  localparam int unsigned CtxBits    = weft_pkg::GROUP_CTX_BITS,
  localparam int unsigned Stride     = (SubRows > 1) ? SubRows : 2,   // outputs that share an accumulator address
  localparam int unsigned Slots      = ColsPerLane * Passes,          // virtual rows of the lane
  localparam int unsigned SlotWidth  = (Slots > 1) ? $clog2(Slots) : 1,
  localparam int unsigned PanelAddr  = $clog2(Slots * (PanelRows / Stride)),
  localparam int unsigned OutAddr    = $clog2(Slots * (MaxHeadDim / Stride))
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,
  input  logic [3:0]                     tick_i,  // counts cycles

  // From weft_matrix: the columns of this lane
  input  logic [ColsPerLane-1:0]         sum_valid_i,
  input  logic [SumWidth*SubRows*ColsPerLane-1:0] sum_i,
  input  logic [64*SubRows*ColsPerLane-1:0] sum_scale_i,
  input  logic [32*ColsPerLane-1:0]      sum_sa_i,
  input  logic [CtxBits*ColsPerLane-1:0] sum_ctx_i,

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
  output logic                           s1_valid_o,
  output logic [SumWidth*SubRows-1:0]    s1_sum_o,
  output logic [16*SubRows-1:0]          s1_scale_o,
  output logic                           s1_out_re_o,
  output logic                           s1_out_half_o,
  output logic                           s1_out_odd_o,
  output logic [OutAddr-1:0]             s1_out_addr_o,
  output logic                           m1_valid_o,
  output logic                           m1_out_o,       // attention: old output * alpha, else scale * sa
  output logic [31:0]                    m1_factor_o,    // sa or alpha
  output logic                           m2_valid_o,
  output logic                           m2_out_o,       // attention: sa * sum, else the product so far * sum
  output logic [31:0]                    m2_sa_o,
  output logic                           acc_re_o,
  output logic                           acc_half_o,
  output logic                           acc_odd_o,
  output logic [PanelAddr-1:0]           acc_addr_o,
  output logic                           add_valid_o,
  output logic                           add_out_o,
  output logic                           add_first_o,    // nothing to add to
  output logic                           wr_panel_o,
  output logic                           wr_out_o,
  output logic                           wr_half_o,
  output logic                           wr_odd_o,
  output logic [OutAddr-1:0]             wr_addr_o,      // low bits for a panel

  // To weft_dequant: the last sum of a panel or of a set came in (cycle 1)
  output logic                           panel_last_o,
  output logic                           out_last_o
);

  localparam int unsigned M  = weft_pkg::FP_MUL_LATENCY;
  localparam int unsigned A  = weft_pkg::FP_ADD_LATENCY;
  localparam int unsigned TM2  = 2 + M;          // second multiply
  localparam int unsigned TADD = 2 + 2 * M;
  localparam int unsigned TWR  = 2 + 2 * M + A;
  localparam int unsigned ColWidth = (ColsPerLane > 1) ? $clog2(ColsPerLane) : 1;

  if (TWR > 15 || M > 3 || OutAddr < PanelAddr) begin : gen_bad_parameters
    $fatal(1, "weft_lane_ctrl: a history (here, in weft_lane) or the address is too short");
  end

  // ---- Cycle 0 to 1: the column that has a sum ------------------------------------------------------------------
  logic                        s1_valid_q;
  logic [SumWidth*SubRows-1:0] s1_sum_q;
  logic [64*SubRows-1:0]       s1_scale_q;
  logic [31:0]                 s1_sa_q;
  logic [ColWidth-1:0]         s1_col_q;
  weft_pkg::group_ctx_t        s1_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) s1_valid_q <= 1'b0;
    else         s1_valid_q <= sum_valid_i != '0;
  end

  always_ff @(posedge clk_i) begin
    if (sum_valid_i != '0) begin
      for (int unsigned c = 0; c < ColsPerLane; c++) begin
        if (sum_valid_i[c]) begin
          s1_sum_q   <= sum_i[SumWidth*SubRows*c +: SumWidth*SubRows];
          s1_scale_q <= sum_scale_i[64*SubRows*c +: 64*SubRows];
          s1_sa_q    <= sum_sa_i[32*c +: 32];
          s1_q       <= sum_ctx_i[CtxBits*c +: CtxBits];
          s1_col_q   <= ColWidth'(c);
        end
      end
    end
  end

  // ---- Cycle 1: tables and addresses ----------------------------------------------------------------------------
  logic [1:0]           subs [Slots];
  logic [33:0]          alphas [weft_pkg::KV_BUFS*Slots];  // valid, first, alpha
  logic [33:0]          alpha_q;
  logic                 s1_is_v, s1_is_k, s1_go, s1_odd;
  logic [SlotWidth-1:0] s1_slot;
  logic [1:0]           s1_sub;
  logic [PanelAddr-1:0] s1_panel_addr;
  logic [OutAddr-1:0]   s1_out_addr;

  assign s1_is_v = s1_q.mode == weft_pkg::MODE_V;
  assign s1_is_k = s1_q.mode == weft_pkg::MODE_K;
  assign s1_slot = (ColsPerLane > 1) ? SlotWidth'(32'(s1_q.pass) * ColsPerLane + 32'(s1_col_q)) : SlotWidth'(s1_q.pass);
  assign s1_sub  = subs[s1_slot];
  assign s1_go   = s1_valid_q && (!s1_is_v || s1_sub == s1_q.sub);
  assign s1_odd  = s1_q.idx[0] && SubRows == 1;
  assign s1_panel_addr = PanelAddr'(32'(s1_slot) * (PanelRows / Stride) + 32'(s1_q.idx) / Stride);
  assign s1_out_addr   = OutAddr'(32'(s1_slot) * (MaxHeadDim / Stride) + 32'(s1_q.idx) / Stride);

  always_ff @(posedge clk_i) begin
    if (sub_we_i) subs[sub_slot_i] <= sub_i;
  end

  always_ff @(posedge clk_i) begin
    if (alpha_we_i) alphas[32'(alpha_buf_i) * Slots + 32'(alpha_slot_i)] <= {alpha_valid_i, alpha_first_i, alpha_i};
    if (s1_go && s1_is_v) alpha_q <= alphas[32'(s1_q.kv_buf) * Slots + 32'(s1_slot)];
  end

  for (genvar s = 0; s < SubRows; s++) begin : gen_scale
    assign s1_scale_o[16*s +: 16] = s1_scale_q[64*s + 16*(s1_is_k ? 32'(s1_sub) : 32'd0) +: 16];
  end
  assign s1_valid_o    = s1_go;
  assign s1_sum_o      = s1_sum_q;
  assign s1_out_re_o   = s1_go && s1_is_v;
  assign s1_out_half_o = s1_q.o_buf;
  assign s1_out_odd_o  = s1_odd;
  assign s1_out_addr_o = s1_out_addr;
  assign panel_last_o  = s1_valid_q && s1_q.panel_last && !s1_is_v;
  assign out_last_o    = s1_valid_q && s1_q.panel_last && s1_is_v && s1_q.o_last;

  // ---- Later cycles: bit t of a history belongs to the sum that is in cycle t -----------------------------------
  logic [TWR:2] valid_q, is_v_q, first_q;
  logic         s2_valid;  // the row takes part in the block

  // The rest of what is known about a sum stays where it was written and is looked up by age.
  localparam int unsigned PlaceWidth = 2 + OutAddr;
  logic [31:0]           sas    [16];
  logic [PlaceWidth-1:0] places [16];  // half, odd, address
  logic [PlaceWidth-1:0] acc_place_q, wr_place_q;

  assign s2_valid = valid_q[2] && (!is_v_q[2] || alpha_q[33]);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[TWR-1:3], s2_valid, s1_go};
  end

  always_ff @(posedge clk_i) begin
    is_v_q  <= {is_v_q[TWR-1:2], s1_is_v};
    first_q <= {first_q[TWR-1:3], is_v_q[2] ? alpha_q[32] : first_q[2], s1_q.first};
    if (s1_go) begin
      sas[tick_i]    <= s1_sa_q;
      places[tick_i] <= s1_is_v ? {s1_q.o_buf, s1_odd, s1_out_addr} :
                                  {s1_q.acc_buf, s1_odd, OutAddr'(s1_panel_addr)};
    end
    if (valid_q[TADD-2]) acc_place_q <= places[tick_i - 4'(TADD - 3)];
    if (valid_q[TWR-1])  wr_place_q  <= places[tick_i - 4'(TWR - 2)];
  end

  assign m1_valid_o  = s2_valid && !(is_v_q[2] && alpha_q[32]);
  assign m1_out_o    = is_v_q[2];
  assign m1_factor_o = is_v_q[2] ? alpha_q[31:0] : sas[tick_i - 4'd1];
  assign m2_valid_o  = valid_q[TM2];
  assign m2_out_o    = is_v_q[TM2];
  assign m2_sa_o     = sas[tick_i - 4'(TM2 - 1)];
  assign acc_re_o    = valid_q[TADD-1] && !is_v_q[TADD-1];
  assign {acc_half_o, acc_odd_o} = acc_place_q[PlaceWidth-1 -: 2];
  assign acc_addr_o  = acc_place_q[PanelAddr-1:0];
  assign add_valid_o = valid_q[TADD];
  assign add_out_o   = is_v_q[TADD];
  assign add_first_o = first_q[TADD];
  assign wr_panel_o  = valid_q[TWR] && !is_v_q[TWR];
  assign wr_out_o    = valid_q[TWR] && is_v_q[TWR];
  assign {wr_half_o, wr_odd_o, wr_addr_o} = wr_place_q;

  logic unused_place;  // a panel's address is the shorter one
  assign unused_place = ^acc_place_q;

endmodule

`default_nettype wire
