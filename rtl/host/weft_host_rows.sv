// The row registers: what the host says about each row of a step, and the token it gets back.
//
// Written a register at a time with byte enables; read by the host a cycle after re_i, out of a copy in block RAM, and,
// combinationally, by row index over several ports. After reset want and dump are clear and all else is undefined. Rows 0 .. rows_i - 1 are live.
// Block notes: docs/reference/host.md
`default_nettype none

module weft_host_rows #(
  parameter int unsigned MaxRows = weft_pkg::MAX_ROWS
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  // From weft_host: register = word offset within the row (0 token, 1 position, 2 slot and flags, 3 z, 4 top_k, 5 seed)
  input  logic               we_i,
  input  logic [7:0]         waddr_row_i,    // below MaxRows
  input  logic [2:0]         waddr_reg_i,
  input  logic [31:0]        wdata_i,
  input  logic [3:0]         wstrb_i,
  input  logic               re_i,
  input  logic [7:0]         raddr_row_i,
  input  logic [2:0]         raddr_reg_i,    // 6: result
  output logic [31:0]        rdata_o,        // a cycle later, until the next read
  input  logic [7:0]         rows_i,

  // To weft_sequencer, weft_kv_cache and weft_drain
  input  logic [7:0]         row_a_idx_i,
  output weft_pkg::row_t     row_a_o,
  input  logic [7:0]         row_b_idx_i,
  output weft_pkg::row_t     row_b_o,
  input  logic [7:0]         row_c_idx_i,
  output weft_pkg::row_t     row_c_o,
  output logic [MaxRows-1:0] want_o,
  output logic [MaxRows-1:0] dump_o,

  // To weft_sampler
  input  logic [7:0]         sample_idx_i,
  output logic [15:0]        sample_position_o,
  output logic [31:0]        sample_z_o,
  output logic [7:0]         sample_top_k_o,
  output logic [31:0]        sample_seed_o,

  // From weft_sampler: a row's token
  input  logic               tok_valid_i,
  input  logic [7:0]         tok_row_i,
  input  logic [31:0]        tok_i
);

  localparam int unsigned IDX_WIDTH = (MaxRows > 1) ? $clog2(MaxRows) : 1;

  logic [31:0] token_q    [MaxRows];
  logic [15:0] position_q [MaxRows];
  logic [7:0]  slot_q     [MaxRows];
  logic [31:0] z_q        [MaxRows];
  logic [7:0]  top_k_q    [MaxRows];
  logic [31:0] seed_q     [MaxRows];
  logic [31:0] result_q   [MaxRows];
  (* no_rw_check *) logic [31:0] copy_q [8*MaxRows];  // what the host wrote: row and register

  logic [IDX_WIDTH-1:0] wrow, rrow_q, arow, brow, crow, srow;
  assign wrow = waddr_row_i[IDX_WIDTH-1:0];
  assign arow = row_a_idx_i[IDX_WIDTH-1:0];
  assign brow = row_b_idx_i[IDX_WIDTH-1:0];
  assign crow = row_c_idx_i[IDX_WIDTH-1:0];
  assign srow = sample_idx_i[IDX_WIDTH-1:0];

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < 4; i++) begin
      if (we_i && wstrb_i[i]) begin
        if (waddr_reg_i == 3'd0) token_q[wrow][8*i +: 8] <= wdata_i[8*i +: 8];
        if (waddr_reg_i == 3'd3) z_q[wrow][8*i +: 8]     <= wdata_i[8*i +: 8];
        if (waddr_reg_i == 3'd5) seed_q[wrow][8*i +: 8]  <= wdata_i[8*i +: 8];
      end
    end
    for (int unsigned i = 0; i < 2; i++) begin
      if (we_i && wstrb_i[i] && waddr_reg_i == 3'd1) position_q[wrow][8*i +: 8] <= wdata_i[8*i +: 8];
    end
    if (we_i && wstrb_i[0] && waddr_reg_i == 3'd2) slot_q[wrow]  <= wdata_i[7:0];
    if (we_i && wstrb_i[0] && waddr_reg_i == 3'd4) top_k_q[wrow] <= wdata_i[7:0];
    if (tok_valid_i) result_q[tok_row_i[IDX_WIDTH-1:0]] <= tok_i;
  end

  logic [2:0]  rreg_q;
  logic [31:0] read_q;
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < 4; i++) begin
      if (we_i && wstrb_i[i]) copy_q[{wrow, waddr_reg_i}][8*i +: 8] <= wdata_i[8*i +: 8];
    end
    if (re_i) begin
      rrow_q <= raddr_row_i[IDX_WIDTH-1:0];
      rreg_q <= raddr_reg_i;
      read_q <= copy_q[{raddr_row_i[IDX_WIDTH-1:0], raddr_reg_i}];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      want_o <= '0;
      dump_o <= '0;
    end else if (we_i && wstrb_i[1] && waddr_reg_i == 3'd2) begin
      want_o[wrow] <= wdata_i[8];
      dump_o[wrow] <= wdata_i[9];
    end
  end

  always_comb begin
    unique case (rreg_q)
      3'd0, 3'd3, 3'd5: rdata_o = read_q;
      3'd1:             rdata_o = {16'd0, read_q[15:0]};
      3'd2:             rdata_o = {22'd0, dump_o[rrow_q], want_o[rrow_q], read_q[7:0]};
      3'd4:             rdata_o = {24'd0, read_q[7:0]};
      3'd6:             rdata_o = result_q[rrow_q];
      default:          rdata_o = '0;
    endcase
  end

  assign row_a_o = {row_a_idx_i < rows_i, want_o[arow], dump_o[arow], slot_q[arow], position_q[arow], token_q[arow]};
  assign row_b_o = {row_b_idx_i < rows_i, want_o[brow], dump_o[brow], slot_q[brow], position_q[brow], token_q[brow]};
  assign row_c_o = {row_c_idx_i < rows_i, want_o[crow], dump_o[crow], slot_q[crow], position_q[crow], token_q[crow]};

  assign sample_position_o = position_q[srow];
  assign sample_z_o        = z_q[srow];
  assign sample_top_k_o    = top_k_q[srow];
  assign sample_seed_o     = seed_q[srow];

  logic unused;
  assign unused = &{1'b0, waddr_row_i, raddr_row_i, sample_idx_i, tok_row_i};

endmodule

`default_nettype wire
