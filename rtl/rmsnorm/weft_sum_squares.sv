// Sums of squares of every row, and rinv = rsqrt(ss / dim + eps) once they are complete.
//
// Squares arrive in pairs, for elements n and n + 1 of a row, n even: element n goes into partial sum n mod 8. A pair
// with the same row and the same n mod 8 may come back LOOP = FP_ADD_LATENCY cycles later at the earliest. Rows 0 ..
// rows_i - 1 are finished after finish_i, in 4 cycles each and 33 for the last; then rinv_ready_o stays high until
// start_i. Nobody stalls.
// Golden model: sw/golden/rmsnorm.cpp (SumSquares, Rinv).  Block notes: docs/reference/rmsnorm.md
`default_nettype none

module weft_sum_squares #(
  localparam int unsigned RowBits = $clog2(weft_pkg::MAX_ROWS)
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  // From the sequencer: stable while an instruction runs
  input  logic               start_i,   // pulse: forget all sums
  input  logic [7:0]         rows_i,
  input  logic [31:0]        inv_dim_i,
  input  logic [31:0]        eps_i,

  // From weft_rmsnorm. The address comes one cycle before its operands.
  input  logic               pre_valid_i,
  input  logic [RowBits-1:0] pre_row_i,
  input  logic [1:0]         pre_group_i,  // (n mod 8) / 2
  input  logic               finish_i,     // pulse: no more squares, all sums stored
  input  logic [31:0]        square0_i,
  input  logic [31:0]        square1_i,

  // The multiplier that makes square0 is free after finish_i: its result comes back as square0_i.
  output logic               mul_valid_o,
  output logic [31:0]        mul_a_o,
  output logic [31:0]        mul_b_o,

  // To the readers of rinv
  output logic               rinv_ready_o,
  input  logic [7:0]         rinv_row_i,
  output logic [31:0]        rinv_o
);

  localparam int unsigned LOOP     = weft_pkg::FP_ADD_LATENCY;
  localparam int unsigned AddrBits = RowBits + 2;
  localparam int unsigned Sums     = 1 << AddrBits;

  // Finishing one row, in cycles after its first partial sums are read. Rows follow every 4 cycles, so an operation's
  // phase (cycle mod 4) says which adder is free: adder 0 does level 1, adder 1 has one operation in each phase.
  localparam int unsigned AT_L1    = 1;                    // .. 4: a_g = s_2g + s_2g+1, g = 0..3, on adder 0
  localparam int unsigned AT_L2A   = AT_L1 + LOOP + 1;     // 6:  b_0 = a_0 + a_1
  localparam int unsigned AT_L2B   = AT_L2A + 2;           // 8:  b_1 = a_2 + a_3
  localparam int unsigned AT_B0    = AT_L2A + LOOP;        // 10: b_0 is there
  localparam int unsigned AT_L3    = AT_L2B + LOOP + 1;    // 13: ss = b_0 + b_1
  localparam int unsigned AT_MUL   = AT_L3 + LOOP;         // 17: ss * inv_dim
  localparam int unsigned AT_EPS   = 23;                   // + eps; the product waits for the free phase
  localparam int unsigned AT_RSQRT = AT_EPS + LOOP;        // 27
  localparam int unsigned AT_STORE = AT_RSQRT + weft_pkg::SPECIAL_LATENCY;  // 32

  // ---- accumulating ------------------------------------------------------------------------------------------

  // Address of the operands in flight: index 0 is the pair now at the adders, i the one i cycles ago.
  logic [LOOP+1:0]     live_q;
  logic [AddrBits-1:0] addr_q [LOOP+2];
  logic [AddrBits-1:0] pre_addr;
  logic [Sums-1:0]     touched_q;        // a sum not touched since start_i reads as +0
  logic                clean_q;

  logic [31:0] sum0, sum1;               // adder outputs
  logic [31:0] last0_q, last1_q;         // what they were a cycle ago
  logic [31:0] stored0, stored1;

  assign pre_addr = {pre_row_i, pre_group_i};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) live_q <= '0;
    else         live_q <= {live_q[LOOP:0], pre_valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (pre_valid_i) addr_q[0] <= pre_addr;
    for (int unsigned i = 1; i < LOOP + 2; i++) begin
      if (live_q[i-1]) addr_q[i] <= addr_q[i-1];
    end
    last0_q <= sum0;
    last1_q <= sum1;
  end

  // ---- finishing ---------------------------------------------------------------------------------------------

  logic                reading_q;        // partial sums of some row are being read
  logic [RowBits-1:0]  row_q;
  logic [1:0]          group_q;
  logic [RowBits-1:0]  store_row_q;
  logic [AT_STORE:1]   at_q;             // bit i: a row's first read was i cycles ago
  logic                last_row, last_store;
  logic                ready_q;
  logic [31:0]         b0_q;
  logic [31:0]         rinv;

  assign last_row     = 8'(row_q) + 8'd1 >= rows_i;
  assign last_store   = 8'(store_row_q) + 8'd1 >= rows_i;
  assign rinv_ready_o = ready_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reading_q   <= 1'b0;
      row_q       <= '0;
      group_q     <= 2'd0;
      store_row_q <= '0;
      at_q        <= '0;
      ready_q     <= 1'b0;
    end else begin
      at_q <= {at_q[AT_STORE-1:1], reading_q && group_q == 2'd0};
      if (finish_i) begin
        reading_q <= 1'b1;
        row_q     <= '0;
        group_q   <= 2'd0;
      end else if (reading_q) begin
        group_q <= group_q + 2'd1;
        if (group_q == 2'd3) begin
          row_q     <= row_q + RowBits'(1);
          reading_q <= !last_row;
        end
      end
      if (start_i) begin
        store_row_q <= '0;
        ready_q     <= 1'b0;
      end else if (at_q[AT_STORE]) begin
        store_row_q <= store_row_q + RowBits'(1);
        ready_q     <= last_store;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (at_q[AT_B0]) b0_q <= sum1;
  end

  // ---- partial sums ------------------------------------------------------------------------------------------

  logic                read, write;
  logic [AddrBits-1:0] read_addr;

  assign read      = pre_valid_i || reading_q;
  assign read_addr = reading_q ? {row_q, group_q} : pre_addr;
  assign write     = live_q[LOOP];

  weft_ram #(.Width(64), .Depth(Sums)) u_sums (
    .clk_i, .we_i(write), .waddr_i(addr_q[LOOP]), .wdata_i({sum1, sum0}),
    .re_i(read), .raddr_i(read_addr), .rdata_o({stored1, stored0}));

  always_ff @(posedge clk_i) begin
    if (!rst_ni || start_i) touched_q <= '0;
    else if (pre_valid_i)   touched_q[pre_addr] <= 1'b1;
    if (read) clean_q <= !touched_q[read_addr];
  end

  // A sum written this cycle is still at the adder's output; one written in the cycle before was missed by the read.
  logic        now, missed;
  logic [31:0] partial0, partial1;

  assign now      = live_q[0] && live_q[LOOP] && addr_q[LOOP] == addr_q[0];
  assign missed   = live_q[0] && live_q[LOOP+1] && addr_q[LOOP+1] == addr_q[0];
  assign partial0 = now ? sum0 : missed ? last0_q : clean_q ? 32'd0 : stored0;
  assign partial1 = now ? sum1 : missed ? last1_q : clean_q ? 32'd0 : stored1;

  // ---- arithmetic --------------------------------------------------------------------------------------------

  logic        level1;
  logic        add1_valid;
  logic [31:0] add1_a, add1_b;

  assign level1     = |at_q[AT_L1+3:AT_L1];
  assign add1_valid = live_q[0] || at_q[AT_L2A] || at_q[AT_L2B] || at_q[AT_L3] || at_q[AT_EPS];

  always_comb begin
    add1_a = partial1;
    add1_b = square1_i;
    if (at_q[AT_L2A] || at_q[AT_L2B]) begin
      add1_a = last0_q;
      add1_b = sum0;
    end else if (at_q[AT_L3]) begin
      add1_a = b0_q;
      add1_b = last1_q;
    end else if (at_q[AT_EPS]) begin
      add1_a = square0_i;
      add1_b = eps_i;
    end
  end

  weft_fp_add u_add0 (
    .clk_i, .rst_ni, .valid_i(live_q[0] || level1), .a_i(partial0), .b_i(level1 ? partial1 : square0_i), .y_o(sum0));

  weft_fp_add u_add1 (.clk_i, .rst_ni, .valid_i(add1_valid), .a_i(add1_a), .b_i(add1_b), .y_o(sum1));

  assign mul_valid_o = at_q[AT_MUL];
  assign mul_a_o     = sum1;
  assign mul_b_o     = inv_dim_i;

  weft_special u_rsqrt (
    .clk_i, .rst_ni, .valid_i(at_q[AT_RSQRT]), .func_i(weft_pkg::SPECIAL_RSQRT), .x_i(sum1), .y_o(rinv));

  weft_ram #(.Width(32), .Depth(weft_pkg::MAX_ROWS)) u_rinv (
    .clk_i, .we_i(at_q[AT_STORE]), .waddr_i(store_row_q), .wdata_i(rinv),
    .re_i(1'b1), .raddr_i(rinv_row_i[RowBits-1:0]), .rdata_o(rinv_o));

  logic unused;
  assign unused = &{1'b0, rinv_row_i};

`ifndef SYNTHESIS
  // A partial sum still in the adder must not be read: it has no bypass.
  always_ff @(posedge clk_i) begin
    if (rst_ni && live_q[0]) begin
      for (int unsigned i = 1; i < LOOP; i++) begin
        SumIsNotInFlight_A: assert (!(live_q[i] && addr_q[i] == addr_q[0]));
      end
    end
    if (rst_ni) SquaresDoNotMeetFinishing_A: assert (!(live_q[0] && (reading_q || (|at_q))));
  end
`endif

endmodule

`default_nettype wire
