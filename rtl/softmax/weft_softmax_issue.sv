// Picks the virtual rows: reads what is known of the next one, finds its new maximum, and starts its 16 pairs.
//
// Rows start in order, at least 16 cycles apart; everything behind this module runs by fixed schedule from start_o
// (docs/reference/softmax.md), so a row starts only when the write queue has room for it. The next row is looked up
// while the current one is being read. A block's first row waits for the block's V scales.
// Golden model: sw/golden/softmax.h.  Block notes: docs/reference/softmax.md
`default_nettype none

module weft_softmax_issue #(
  localparam int unsigned VrowBits = $clog2(weft_pkg::MAX_VROWS)
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  // From weft_tape_fetch: the V scales of one more block have arrived
  input  logic                vs_done_i,

  // From weft_softmax_scores
  input  logic                blk_valid_i,
  output logic                blk_take_o,
  input  logic [1:0]          blk_buf_i,
  input  logic                blk_first_i,
  input  logic [VrowBits-1:0] blk_begin_i,
  input  logic                blk_any_i,
  input  logic [VrowBits-1:0] blk_done_i,
  input  logic                blk_closed_i,
  output logic                free_o,
  output logic [1:0]          free_buf_o,
  output logic                row_re_o,
  output logic [VrowBits-1:0] row_vrow_o,
  input  logic [31:0]         row_max_i,
  input  logic [4:0]          row_limit_i,
  input  logic                row_ends_i,
  input  logic [1:0]          row_sub_i,
  output logic                pair_re_o,
  output logic [1:0]          pair_buf_o,
  output logic [VrowBits-1:0] pair_vrow_o,
  output logic [3:0]          pair_idx_o,

  // From weft_softmax_write
  input  logic                room_i,        // one more row may start

  // The schedule: pair 0 of a row is read in this cycle; the fields follow it for 16 cycles
  output logic                start_o,
  output logic [VrowBits-1:0] vrow_o,
  output logic [1:0]          buf_o,
  output logic [1:0]          set_o,         // number of the set, modulo 4
  output logic                first_o,       // block 0 of the set
  output logic                block_last_o,  // last row of the block
  output logic                ends_o,        // last block of the row
  output logic [1:0]          sub_o,
  output logic [4:0]          limit_o,
  output logic [31:0]         m_old_o,       // running maximum before the block
  output logic [31:0]         m_new_o        // and with it
);

  // ---- look-up: cycle 1 -----------------------------------------------------------------------------------------------
  logic                opened_q;             // rows of blk_buf_i have been looked up already
  logic [VrowBits-1:0] follow_q, vrow;
  logic                look, look_last, set_starts;
  logic                look_q, next_valid_q, start;
  logic [2:0]          scales_q;             // blocks whose V scales are here
  logic [1:0]          set_q;
  assign vrow       = opened_q ? follow_q : blk_begin_i;
  assign look       = blk_valid_i && blk_any_i && (vrow <= blk_done_i) && (opened_q || (scales_q != 3'd0)) &&
                      !look_q && (!next_valid_q || start);
  assign look_last  = blk_closed_i && (vrow == blk_done_i);
  assign set_starts = look && !opened_q && blk_first_i;
  assign row_re_o   = look;
  assign row_vrow_o = vrow;
  assign blk_take_o = look && look_last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      opened_q <= 1'b0;
      look_q   <= 1'b0;
      scales_q <= '0;
      set_q    <= '1;                        // the first set is number 0
    end else begin
      if (look) opened_q <= !look_last;
      look_q   <= look;
      scales_q <= scales_q + 3'(vs_done_i) - 3'(look && !opened_q);
      set_q    <= set_q + 2'(set_starts);
    end
    if (look) follow_q <= vrow + 1'b1;
  end

  // ---- new maximum: cycle 2 ---------------------------------------------------------------------------------------------
  logic [VrowBits-1:0] look_vrow_q;
  logic [1:0]          look_buf_q;
  logic                look_first_q, look_last_q;
  always_ff @(posedge clk_i) begin
    if (look) begin
      look_vrow_q  <= vrow;
      look_buf_q   <= blk_buf_i;
      look_first_q <= blk_first_i;
      look_last_q  <= look_last;
    end
  end

  logic [31:0] m_old, m_new;
  logic        wins;
  weft_ram #(.Width(32), .Depth(weft_pkg::MAX_VROWS)) u_m (
    .clk_i, .we_i(look_q), .waddr_i(look_vrow_q), .wdata_i(m_new),
    .re_i(look), .raddr_i(vrow), .rdata_o(m_old));
  weft_fp_gt u_gt (.a_i(row_max_i), .b_i(m_old), .gt_o(wins));
  assign m_new = (look_first_q || wins) ? row_max_i : m_old;

  localparam int unsigned ROW_BITS = VrowBits + 2 + 2 + 1 + 1 + 1 + 2 + 5 + 32 + 32;
  logic [ROW_BITS-1:0] next_q, row_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      next_valid_q <= 1'b0;
    end else begin
      next_valid_q <= look_q || (next_valid_q && !start);
    end
    if (look_q) begin
      next_q <= {look_vrow_q, look_buf_q, set_q, look_first_q, look_last_q, row_ends_i, row_sub_i, row_limit_i, m_old,
                 m_new};
    end
  end

  // ---- 16 pairs -----------------------------------------------------------------------------------------------------------
  logic       running_q;                     // pairs 1 .. 15
  logic [3:0] pair_q;
  assign start   = next_valid_q && !running_q && room_i;
  assign start_o = start;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      running_q <= 1'b0;
      pair_q    <= 4'd0;
    end else begin
      if (start) running_q <= 1'b1;
      else if (pair_q == 4'd15) running_q <= 1'b0;
      if (pair_re_o) pair_q <= pair_q + 4'd1;
    end
    if (start) row_q <= next_q;
  end
  assign {vrow_o, buf_o, set_o, first_o, block_last_o, ends_o, sub_o, limit_o, m_old_o, m_new_o} = row_q;

  logic [VrowBits-1:0] next_vrow;
  logic [1:0]          next_buf;
  assign {next_vrow, next_buf} = next_q[ROW_BITS-1 -: VrowBits + 2];
  assign pair_re_o   = start || running_q;
  assign pair_idx_o  = pair_q;
  assign pair_vrow_o = start ? next_vrow : vrow_o;
  assign pair_buf_o  = start ? next_buf : buf_o;
  assign free_o      = running_q && (pair_q == 4'd15) && block_last_o;
  assign free_buf_o  = buf_o;

endmodule

`default_nettype wire
