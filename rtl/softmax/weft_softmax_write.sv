// Quantizes the weights of a virtual row and writes its chunk of probabilities: 32 bytes and a scale.
//
// By schedule (pair_at_i, start_at_i): weights arrive at 13, wait in a ring until the inverse is there, are multiplied
// at 39, rounded at 42 and packed at 43; a word is offered the cycle after its last byte. Words wait in a queue for
// QUEUE_ROWS rows; room_o tells whether another row may start.
// Golden model: sw/golden/softmax.h.  Block notes: docs/reference/softmax.md
`default_nettype none

module weft_softmax_write #(
  localparam int unsigned VrowBits = $clog2(weft_pkg::MAX_VROWS)
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  // From weft_sequencer
  input  logic [15:0]                       p_base_i,

  // Schedule
  input  logic [43:0]                       pair_at_i,
  input  logic [42:0]                       start_at_i,
  output logic                              room_o,
  output logic                              busy_o,

  // From weft_softmax_probs, at 13
  input  logic [31:0]                       w0_i,
  input  logic [31:0]                       w1_i,

  // From weft_softmax_state
  input  logic [31:0]                       inv_i,
  input  logic                              zero_i,
  input  logic [31:0]                       scale_i,
  input  logic [VrowBits-1:0]               vrow_i,
  input  logic [1:0]                        buf_i,
  input  logic                              block_last_i,

  // To weft_matrix
  output logic                              wr_valid_o,
  input  logic                              wr_ready_i,
  output logic [7:0]                        wr_col_o,
  output logic [15:0]                       wr_addr_o,
  output logic [8*weft_pkg::WORD_BYTES-1:0] wr_data_o,
  output logic                              wr_scale_valid_o,
  output logic [31:0]                       wr_scale_o,
  output logic                              p_ready_o
);

  localparam int unsigned QUEUE_ROWS = 8;
  localparam int unsigned WPC        = weft_pkg::WPC;
  localparam int unsigned WORD_BITS  = 8 * weft_pkg::WORD_BYTES;
  localparam int unsigned PAIRS      = weft_pkg::WORD_BYTES / 2;  // of a word
  localparam int unsigned COL_BITS   = $clog2(weft_pkg::COLUMNS);

  // ---- rows started and not yet written ------------------------------------------------------------------------------
  logic       row_written;
  logic [3:0] rows_q;
  assign room_o = (rows_q != 4'(QUEUE_ROWS));
  assign busy_o = (rows_q != 4'd0);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) rows_q <= '0;
    else         rows_q <= rows_q + 4'(start_at_i[0]) - 4'(row_written);
  end

  // ---- ring of weights: 25 cycles from write to read ----------------------------------------------------------------------
  logic [4:0]  in_q, out_q;
  logic [31:0] w0, w1;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in_q  <= '0;
      out_q <= '0;
    end else begin
      if (pair_at_i[13]) in_q  <= in_q + 5'd1;
      if (pair_at_i[38]) out_q <= out_q + 5'd1;
    end
  end
  weft_ram #(.Width(64), .Depth(32)) u_ring (
    .clk_i, .we_i(pair_at_i[13]), .waddr_i(in_q), .wdata_i({w1_i, w0_i}),
    .re_i(pair_at_i[38]), .raddr_i(out_q), .rdata_o({w1, w0}));

  // ---- quantize -----------------------------------------------------------------------------------------------------------
  logic [31:0] y0, y1;
  logic [7:0]  round0, round1, byte0_q, byte1_q;
  logic        zero_q;                  // 42 .. 57
  weft_fp_mul u_mul0 (.clk_i, .rst_ni, .valid_i(pair_at_i[39]), .a_i(w0), .b_i(inv_i), .y_o(y0));
  weft_fp_mul u_mul1 (.clk_i, .rst_ni, .valid_i(pair_at_i[39]), .a_i(w1), .b_i(inv_i), .y_o(y1));
  weft_quant_round u_round0 (.x_i(y0), .y_o(round0));
  weft_quant_round u_round1 (.x_i(y1), .y_o(round1));
  always_ff @(posedge clk_i) begin
    if (start_at_i[41]) zero_q <= zero_i;
    if (pair_at_i[42]) begin
      byte0_q <= zero_q ? 8'd0 : round0;
      byte1_q <= zero_q ? 8'd0 : round1;
    end
  end

  // ---- pack: bytes enter at the top and move down, a word is whole when its first byte is at the bottom --------------------
  logic [3:0]           pack_pair_q;
  logic [WORD_BITS-1:0] word, word_q;
  logic                 word_done;
  assign word      = {byte1_q, byte0_q, word_q[WORD_BITS-1:16]};
  assign word_done = pair_at_i[43] && ((pack_pair_q & 4'(PAIRS - 1)) == 4'(PAIRS - 1));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) pack_pair_q <= 4'd0;
    else if (pair_at_i[43]) pack_pair_q <= pack_pair_q + 4'd1;
    if (pair_at_i[43]) word_q <= word;
  end

  // ---- queues: words, and per chunk where it goes ----------------------------------------------------------------------------
  logic                                      word_room, chunk_room, unused_chunk_valid;
  logic [$clog2(QUEUE_ROWS * WPC + 1)-1:0]   unused_word_count;
  logic [$clog2(QUEUE_ROWS + 1)-1:0]         unused_chunk_count;
  weft_fifo #(.Width(WORD_BITS), .Depth(QUEUE_ROWS * WPC)) u_words (
    .clk_i, .rst_ni,
    .in_valid_i(word_done), .in_ready_o(word_room), .in_data_i(word),
    .out_valid_o(wr_valid_o), .out_ready_i(wr_ready_i), .out_data_o(wr_data_o), .count_o(unused_word_count));

  logic [VrowBits-1:0] vrow;
  logic [1:0]          chunk_buf;
  logic                block_last;
  weft_fifo #(.Width(VrowBits + 2 + 1 + 32), .Depth(QUEUE_ROWS)) u_chunks (
    .clk_i, .rst_ni,
    .in_valid_i(start_at_i[42]), .in_ready_o(chunk_room), .in_data_i({vrow_i, buf_i, block_last_i, scale_i}),
    .out_valid_o(unused_chunk_valid), .out_ready_i(row_written), .out_data_o({vrow, chunk_buf, block_last, wr_scale_o}),
    .count_o(unused_chunk_count));

  logic [3:0] index_q;                  // word of the chunk
  logic       taken, p_ready_q;
  assign taken            = wr_valid_o && wr_ready_i;
  assign row_written      = taken && (index_q == 4'(WPC - 1));
  assign wr_scale_valid_o = (index_q == 4'd0);
  assign wr_col_o         = 8'(16'(vrow) & 16'(weft_pkg::COLUMNS - 1));
  assign wr_addr_o        = p_base_i + 16'(index_q) +
                            16'((16'(chunk_buf) * 16'(weft_pkg::PASSES) + (16'(vrow) >> COL_BITS)) * 16'(WPC));
  assign p_ready_o        = p_ready_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      index_q   <= 4'd0;
      p_ready_q <= 1'b0;
    end else begin
      if (taken) index_q <= row_written ? 4'd0 : index_q + 4'd1;
      p_ready_q <= row_written && block_last;
    end
  end

  logic unused_bits;
  assign unused_bits = &{1'b0, pair_at_i, start_at_i, word_q[15:0]};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && word_done) WordHasAPlace_A: assert (word_room);
    if (rst_ni && start_at_i[42]) ChunkHasAPlace_A: assert (chunk_room);
  end
`endif

endmodule

`default_nettype wire
