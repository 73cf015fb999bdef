// What a virtual row carries from block to block, and the scalars of its block: alpha, l, recip(l), 127 / amax, scale.
//
// One adder, one multiplier and one special unit serve all of it by schedule: start_at_i[x] says that a row started x
// cycles ago. Rows start at least 16 cycles apart, and the uses of one unit lie less than 16 cycles apart, so two rows
// never meet at a unit.
//        adder        multiplier        special
//   27   m - m'
//   30                amax / 127        recip(amax)
//   31   A0 + A1                        alpha = exp2(m - m')
//   33   A2 + A3
//   35                127 / amax
//   37   S                                                     alpha is written
//   38                l * alpha                                inverse ready
//   41   l * alpha + S
//   45                                  recip(l)               l is written
//   50                                                         recip(l) is written
// l is read 8 cycles before it is written: a row of the next block comes 16 cycles later at the earliest.
// Golden model: sw/golden/softmax.h.  Block notes: docs/reference/softmax.md
`default_nettype none

module weft_softmax_state #(
  localparam int unsigned VrowBits = $clog2(weft_pkg::MAX_VROWS)
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  // Schedule
  input  logic [50:0]         start_at_i,

  // From weft_softmax_issue, valid for 16 cycles from the cycle after start
  input  logic [VrowBits-1:0] vrow_i,
  input  logic [1:0]          buf_i,
  input  logic [1:0]          set_i,
  input  logic                first_i,
  input  logic                block_last_i,
  input  logic                ends_i,
  input  logic [31:0]         m_old_i,
  input  logic [31:0]         m_new_i,

  // From weft_softmax_probs
  input  logic [31:0]         quarter_i,
  input  logic [30:0]         amax_i,

  // To weft_softmax_write
  output logic [31:0]         inv_o,         // 39 .. 54
  output logic                zero_o,        // 30 .. 45: every probability becomes 0
  output logic [31:0]         scale_o,       // 34 .. 49
  output logic [VrowBits-1:0] vrow_o,        // 33 .. 48
  output logic [1:0]          buf_o,
  output logic                block_last_o,

  // To weft_dequant
  output logic                alpha_o,       // alpha of vrow_o in buf_o, in this cycle
  output logic                alpha_first_o,
  output logic [31:0]         alpha_value_o,

  // weft_drain: recip(l) of the oldest set that is not drained
  input  logic                o_free_i,
  input  logic [15:0]         rl_vrow_i,
  output logic [31:0]         rl_o
);

  localparam logic [31:0] FP_127     = 32'h42FE_0000;
  localparam logic [31:0] FP_1_127   = 32'h3C01_0204;
  localparam logic [31:0] NAN        = 32'h7FC0_0000;
  localparam logic [30:0] INF        = 31'h7F80_0000;
  localparam logic [30:0] TINY       = 31'h0D80_0000;  // 2^-100

  // ---- the row's identity, stage by stage: 17 .. 32, 33 .. 48, 49 .. 64 ------------------------------------------------
  localparam int unsigned ID_BITS = VrowBits + 2 + 2 + 1 + 1 + 1;
  logic [ID_BITS-1:0]  id1_q, id2_q;
  logic [31:0]         m_old_q, m_new_q;
  logic [VrowBits-1:0] rl_vrow_q;
  logic [1:0]          set2, rl_set_q;
  logic                first2, ends2, rl_ends_q;
  assign {vrow_o, buf_o, set2, first2, block_last_o, ends2} = id2_q;
  always_ff @(posedge clk_i) begin
    if (start_at_i[16]) begin
      id1_q   <= {vrow_i, buf_i, set_i, first_i, block_last_i, ends_i};
      m_old_q <= m_old_i;
      m_new_q <= m_new_i;
    end
    if (start_at_i[32]) id2_q <= id1_q;
    if (start_at_i[48]) begin
      rl_vrow_q <= vrow_o;
      rl_set_q  <= set2;
      rl_ends_q <= ends2;
    end
  end

  // ---- adder ----------------------------------------------------------------------------------------------------------
  logic [31:0] add_a, add_b, add_y, mul_a, mul_b, mul_y, special_x, special_y;
  logic        add_valid, mul_valid, special_valid;
  logic [31:0] a0_q, a2_q, a01_q;
  assign add_valid = start_at_i[27] || start_at_i[31] || start_at_i[33] || start_at_i[37] || start_at_i[41];
  always_comb begin
    add_a = m_old_q;
    add_b = {!m_new_q[31], m_new_q[30:0]};
    if (start_at_i[31]) begin add_a = a0_q; add_b = quarter_i; end
    if (start_at_i[33]) begin add_a = a2_q; add_b = quarter_i; end
    if (start_at_i[37]) begin add_a = a01_q; add_b = add_y; end
    // The first block stores: 0 + S is S.
    if (start_at_i[41]) begin add_a = first2 ? 32'd0 : mul_y; add_b = add_y; end
  end
  weft_fp_add u_add (.clk_i, .rst_ni, .valid_i(add_valid), .a_i(add_a), .b_i(add_b), .y_o(add_y));
  always_ff @(posedge clk_i) begin
    if (start_at_i[30]) a0_q  <= quarter_i;
    if (start_at_i[32]) a2_q  <= quarter_i;
    if (start_at_i[35]) a01_q <= add_y;
  end

  // ---- multiplier and special unit --------------------------------------------------------------------------------------
  logic [30:0] amax_q;
  logic [31:0] l_old, alpha_q, inv_q, scale_q;
  logic        poison, tiny;
  assign mul_valid     = start_at_i[30] || start_at_i[35] || start_at_i[38];
  assign mul_a         = start_at_i[30] ? {1'b0, amax_q} : start_at_i[35] ? special_y : l_old;
  assign mul_b         = start_at_i[30] ? FP_1_127 : start_at_i[35] ? FP_127 : alpha_q;
  assign special_valid = start_at_i[30] || start_at_i[31] || start_at_i[45];
  assign special_x     = start_at_i[30] ? {1'b0, amax_q} : add_y;
  weft_fp_mul u_mul (.clk_i, .rst_ni, .valid_i(mul_valid), .a_i(mul_a), .b_i(mul_b), .y_o(mul_y));
  weft_special u_special (
    .clk_i, .rst_ni, .valid_i(special_valid),
    .func_i(start_at_i[31] ? weft_pkg::SPECIAL_EXP2 : weft_pkg::SPECIAL_RECIP), .x_i(special_x), .y_o(special_y));

  assign poison = (amax_q >= INF);
  assign tiny   = (amax_q < TINY);
  assign zero_o = poison || tiny;
  always_ff @(posedge clk_i) begin
    if (start_at_i[29]) amax_q  <= amax_i;
    if (start_at_i[33]) scale_q <= poison ? NAN : tiny ? 32'd0 : mul_y;
    if (start_at_i[36]) alpha_q <= special_y;
    if (start_at_i[38]) inv_q   <= mul_y;
  end
  assign inv_o   = inv_q;
  assign scale_o = scale_q;

  assign alpha_o       = start_at_i[37];
  assign alpha_first_o = first2;
  assign alpha_value_o = first2 ? 32'd0 : alpha_q;

  // ---- l and recip(l) ----------------------------------------------------------------------------------------------------
  weft_ram #(.Width(32), .Depth(weft_pkg::MAX_VROWS)) u_l (
    .clk_i, .we_i(start_at_i[45]), .waddr_i(vrow_o), .wdata_i(add_y),
    .re_i(start_at_i[37]), .raddr_i(vrow_o), .rdata_o(l_old));

  // Scores run up to two sets ahead of the drain, so recip(l) is kept for four sets.
  logic [1:0] drain_set_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) drain_set_q <= '0;
    else         drain_set_q <= drain_set_q + 2'(o_free_i);
  end
  weft_ram #(.Width(32), .Depth(4 * weft_pkg::MAX_VROWS)) u_rl (
    .clk_i, .we_i(start_at_i[50] && rl_ends_q), .waddr_i({rl_set_q, rl_vrow_q}), .wdata_i(special_y),
    .re_i(1'b1), .raddr_i({drain_set_q, rl_vrow_i[VrowBits-1:0]}), .rdata_o(rl_o));

  logic unused_bits;
  assign unused_bits = &{1'b0, start_at_i, rl_vrow_i};

endmodule

`default_nettype wire
