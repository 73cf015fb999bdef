// The norm of query and key heads (QK-norm): hinv = rsqrt(sum of squares + head_eps) of every head, in the order in
// which the heads become complete.
//
// Pairs come in any cycle; a row works on one head at a time, its pairs ascending, while rows interleave. Squares of a
// pair are added, and the pair's sum goes into partial sum (d / 2) mod 4 of the row. Pairs of a head with the same
// partial sum are at least FP_ADD_LATENCY cycles apart: four consecutive pairs of a row go to four sums. A finished
// head is reduced in a pipeline that takes one head every four cycles, each operation in its own phase of one adder.
// The queue in front holds whatever weft_epilogue and weft_quantizer may hold, so nothing here ever stalls a pair.
// Golden model: sw/golden/rmsnorm.cpp (HeadSquares, HeadInv).  Block notes: docs/reference/rmsnorm.md
`default_nettype none

module weft_head_norm #(
  parameter int unsigned Depth = 2 * weft_pkg::MAX_ROWS + 64  // heads whose hinv nobody has taken yet
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From weft_sequencer: stable during a step
  input  logic [7:0]  head_dim_i,
  input  logic [31:0] head_eps_i,   // fp32: head_dim * eps

  // From the norm multiply: elements d and d + 1 of the head that the row is at
  input  logic        valid_i,
  input  logic [7:0]  row_i,
  input  logic [7:0]  d_i,          // even
  input  logic [31:0] v0_i,
  input  logic [31:0] v1_i,

  // To weft_quantizer
  output logic        hinv_valid_o,
  input  logic        hinv_ready_i,
  output logic [31:0] hinv_o,

  output logic        busy_o        // a complete head waits for its norm, or the norm to be taken
);

  localparam int unsigned SUMS     = 4;
  localparam int unsigned MUL      = weft_pkg::FP_MUL_LATENCY;
  localparam int unsigned ADD      = weft_pkg::FP_ADD_LATENCY;
  localparam int unsigned ROW_BITS = $clog2(weft_pkg::MAX_ROWS);
  localparam int unsigned OUT      = 8;                  // heads in the reducing pipeline and behind it

  // ---- squares of a pair -------------------------------------------------------------------------------------
  logic        squares_valid, unused_s_valid;
  logic [31:0] square0, square1, pair_sum;
  weft_fp_mul u_square0 (.clk_i, .rst_ni, .valid_i, .a_i(v0_i), .b_i(v0_i), .y_o(square0));
  weft_fp_mul u_square1 (.clk_i, .rst_ni, .valid_i, .a_i(v1_i), .b_i(v1_i), .y_o(square1));
  weft_delay #(.Width(1), .Latency(MUL)) u_squares_valid (
    .clk_i, .rst_ni, .valid_i, .data_i(1'b0), .valid_o(squares_valid), .data_o(unused_s_valid));
  weft_fp_add u_pair (.clk_i, .rst_ni, .valid_i(squares_valid), .a_i(square0), .b_i(square1), .y_o(pair_sum));

  // ---- partial sums: read when the pair's sum is there, written back ADD cycles later --------------------------
  logic [31:0]             partial_mem [SUMS*weft_pkg::MAX_ROWS];
  logic                    add_valid, store_valid;
  logic [ROW_BITS-1:0]     add_row, store_row;
  logic [7:0]              add_d, store_d;
  logic [ROW_BITS+1:0]     add_at, store_at;
  logic [31:0]             partial, sum;
  weft_delay #(.Width(ROW_BITS + 8), .Latency(MUL + ADD)) u_ctx_add (
    .clk_i, .rst_ni, .valid_i, .data_i({row_i[ROW_BITS-1:0], d_i}), .valid_o(add_valid), .data_o({add_row, add_d}));
  weft_delay #(.Width(ROW_BITS + 8), .Latency(ADD)) u_ctx_store (
    .clk_i, .rst_ni, .valid_i(add_valid), .data_i({add_row, add_d}), .valid_o(store_valid),
    .data_o({store_row, store_d}));
  assign add_at   = {add_row, add_d[2:1]};
  assign store_at = {store_row, store_d[2:1]};
  // The first lap of a head starts from +0; a sum that is just done has not been written yet.
  assign partial  = (add_d < 8'(2 * SUMS)) ? 32'd0 :
                    (store_valid && store_at == add_at) ? sum : partial_mem[add_at];
  weft_fp_add u_sum (.clk_i, .rst_ni, .valid_i(add_valid), .a_i(partial), .b_i(pair_sum), .y_o(sum));
  always_ff @(posedge clk_i) if (store_valid) partial_mem[store_at] <= sum;

  // ---- a complete head: its sums, read before the row's next head can overwrite one ----------------------------
  logic                done_q;
  logic [ROW_BITS-1:0] done_row_q;
  logic [32*SUMS-1:0]  done_sums;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) done_q <= 1'b0;
    else         done_q <= store_valid && store_d + 8'd2 >= head_dim_i;
    if (store_valid) done_row_q <= store_row;
  end
  for (genvar k = 0; k < SUMS; k++) begin : gen_done  // sums that a short head does not reach are +0
    assign done_sums[32*k +: 32] = (8'(2 * k) < head_dim_i) ? partial_mem[{done_row_q, 2'(k)}] : 32'd0;
  end

  // ---- reduce: (s0 + s1) + (s2 + s3), + head_eps, rsqrt --------------------------------------------------------
  // A head enters at phase 0 of its frame of four cycles: s0 + s1 in phase 0, s2 + s3 in phase 1; a frame later their
  // sum in phase 2; the next frame, + head_eps in phase 3; and in phase 3 of the next, rsqrt.
  logic                       queue_valid, queue_room, pop;
  logic [32*SUMS-1:0]         queue_sums, sums_q;
  logic [$clog2(Depth+1)-1:0] unused_queue_count;
  logic [1:0]                 phase_q;
  logic [3:0]                 frame_q;       // bit i: a head that entered i frames ago
  logic [$clog2(OUT+1)-1:0]   on_way_q;      // heads taken from the queue and not yet by the quantizer
  weft_ram_fifo #(.Width(32 * SUMS), .Depth(Depth)) u_queue (
    .clk_i, .rst_ni, .in_valid_i(done_q), .in_ready_o(queue_room), .in_data_i(done_sums),
    .out_valid_o(queue_valid), .out_ready_i(pop), .out_data_o(queue_sums), .count_o(unused_queue_count));
  assign pop = queue_valid && phase_q == 2'd3 && on_way_q != ($clog2(OUT+1))'(OUT);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      phase_q  <= '0;
      frame_q  <= '0;
      on_way_q <= '0;
    end else begin
      phase_q  <= busy_o ? phase_q + 2'd1 : 2'd0;
      if (phase_q == 2'd3) frame_q <= {frame_q[2:0], pop};
      on_way_q <= on_way_q + ($clog2(OUT+1))'(pop) - ($clog2(OUT+1))'(hinv_valid_o && hinv_ready_i);
    end
    if (pop) sums_q <= queue_sums;
  end

  logic        reduce_valid;
  logic [31:0] reduce_a, reduce_b, reduced, left_q, right_q, total_q;
  always_comb begin
    unique case (phase_q)
      2'd0: begin
        reduce_valid = frame_q[0];
        reduce_a     = sums_q[31:0];
        reduce_b     = sums_q[63:32];
      end
      2'd1: begin
        reduce_valid = frame_q[0];
        reduce_a     = sums_q[95:64];
        reduce_b     = sums_q[127:96];
      end
      2'd2: begin
        reduce_valid = frame_q[1];
        reduce_a     = left_q;
        reduce_b     = right_q;
      end
      default: begin
        reduce_valid = frame_q[2];
        reduce_a     = total_q;
        reduce_b     = head_eps_i;
      end
    endcase
  end
  weft_fp_add u_reduce (.clk_i, .rst_ni, .valid_i(reduce_valid), .a_i(reduce_a), .b_i(reduce_b), .y_o(reduced));
  always_ff @(posedge clk_i) begin
    if (phase_q == 2'd0) left_q  <= reduced;
    if (phase_q == 2'd1) right_q <= reduced;
    if (phase_q == 2'd2) total_q <= reduced;
  end

  logic [$clog2(Depth+1)-1:0] heads_q;       // complete, their norm not taken
  assign busy_o = heads_q != '0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) heads_q <= '0;
    else         heads_q <= heads_q + ($clog2(Depth+1))'(store_valid && store_d + 8'd2 >= head_dim_i) -
                            ($clog2(Depth+1))'(hinv_valid_o && hinv_ready_i);
  end

  logic [31:0] hinv;
  logic        hinv_done, unused_h, out_room;
  logic [$clog2(OUT+1)-1:0] unused_out_count;
  wire         root = frame_q[3] && phase_q == 2'd3;
  weft_special u_rsqrt (
    .clk_i, .rst_ni, .valid_i(root), .func_i(weft_pkg::SPECIAL_RSQRT), .x_i(reduced), .y_o(hinv));
  weft_delay #(.Width(1), .Latency(weft_pkg::SPECIAL_LATENCY)) u_hinv_valid (
    .clk_i, .rst_ni, .valid_i(root), .data_i(1'b0), .valid_o(hinv_done), .data_o(unused_h));
  weft_fifo #(.Width(32), .Depth(OUT)) u_out (
    .clk_i, .rst_ni, .in_valid_i(hinv_done), .in_ready_o(out_room), .in_data_i(hinv),
    .out_valid_o(hinv_valid_o), .out_ready_i(hinv_ready_i), .out_data_o(hinv_o), .count_o(unused_out_count));

  logic unused;
  assign unused = &{1'b0, row_i, unused_s_valid, unused_h, unused_queue_count, unused_out_count, queue_room, out_room};

`ifndef SYNTHESIS
  // A partial sum still in the adder must not be read: it has no bypass.
  logic [ADD-1:1]      busy_q;
  logic [ROW_BITS+1:0] busy_at_q [ADD];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_q <= '0;
    else         busy_q <= {busy_q[ADD-2:1], add_valid};
    busy_at_q[1] <= add_at;
    for (int unsigned i = 2; i < ADD; i++) busy_at_q[i] <= busy_at_q[i-1];
    if (rst_ni && add_valid && add_d >= 8'(2 * SUMS)) begin
      for (int unsigned i = 1; i < ADD; i++) SumIsNotInFlight_A: assert (!(busy_q[i] && busy_at_q[i] == add_at));
    end
    if (rst_ni && done_q)    SumsHaveAPlace_A: assert (queue_room);
    if (rst_ni && hinv_done) HinvHasAPlace_A: assert (out_room);
  end
`endif

endmodule

`default_nettype wire
