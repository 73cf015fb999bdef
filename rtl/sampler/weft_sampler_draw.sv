// Draws one index from a row's ordered candidates: weights exp2((v_j - v_0) z), cumulated, against a hashed target.
//
// start_i opens a draw when the row holds count_i >= 1 candidates; the parameters and count_i stay until done_o, which
// pulses with index_o. Candidate j is read by read_o, read_pos_o = j and answered in the next cycle. A draw takes
// 4 count + 24 cycles, and one more for every candidate looked at on the way to the choice.
// One adder, one multiplier, one exp2: candidates follow every 4 cycles, the time of an addition, so each operation has
// its own phase (cycle mod 4) and c_(j-1) is on the adder's output when e_j is due.
// Golden model: sw/golden/sampler.cpp (Sampler::Finish).  Block notes: docs/reference/sampler.md
`default_nettype none

module weft_sampler_draw #(
  localparam int unsigned CountBits = $clog2(weft_pkg::MAX_TOPK + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  // From weft_sampler
  input  logic                 start_i,
  input  logic [15:0]          position_i,
  input  logic [31:0]          z_i,
  input  logic [31:0]          seed_i,

  // Candidates, from weft_sampler_list
  output logic                 read_o,
  output logic [CountBits-1:0] read_pos_o,
  input  logic [31:0]          read_key_i,
  input  logic [23:0]          read_index_i,
  input  logic [CountBits-1:0] count_i,

  // To weft_sampler
  output logic                 done_o,
  output logic [23:0]          index_o
);

  // Cycles after candidate j was read (step 4 j) at which its operations start.
  localparam int unsigned AT_SUB   = 1;                                     // v_j - v_0
  localparam int unsigned AT_MUL   = AT_SUB + weft_pkg::FP_ADD_LATENCY;     // 5:  * z
  localparam int unsigned AT_EXP2  = AT_MUL + weft_pkg::FP_MUL_LATENCY;     // 8
  localparam int unsigned AT_ACC   = AT_EXP2 + weft_pkg::SPECIAL_LATENCY + 1;  // 14: c_(j-1) + e_j
  localparam int unsigned AT_STORE = AT_ACC + weft_pkg::FP_ADD_LATENCY;     // 18: c_j is there

  localparam int unsigned StepBits = CountBits + 3;

  typedef enum logic [2:0] {
    STATE_IDLE,
    STATE_FIRST,   // v_0 is on the read port
    STATE_SUM,
    STATE_TARGET,  // u * c_last is in the multiplier
    STATE_SCAN,
    STATE_PICK     // the chosen candidate is on the read port
  } state_e;

  state_e              state_q;
  logic [StepBits-1:0] step_q;
  logic [CountBits-1:0] pos_q;       // scan: the candidate whose c is on the read port, once scanning_q
  logic                scanning_q;
  logic [31:0]         v0_q, hash_q, product_q;
  logic [31:0]         add_y, mul_y, exp2_y;

  // Whether some candidate's operation `at` starts in this step.
  function automatic logic f_due(input logic [StepBits-1:0] step, input logic [StepBits-1:0] at,
                                 input logic [CountBits-1:0] count);
    logic [StepBits-1:0] since;
    since = step - at;
    f_due = step >= at && since[1:0] == 2'd0 && since[StepBits-1:2] < (StepBits-2)'(count);
  endfunction

  logic sum, sub, mul, exp2, acc, store, last_store;

  assign sum   = state_q == STATE_SUM;
  assign sub   = sum && f_due(step_q, StepBits'(AT_SUB), count_i);
  assign mul   = sum && f_due(step_q, StepBits'(AT_MUL), count_i);
  assign exp2  = sum && f_due(step_q, StepBits'(AT_EXP2), count_i);
  assign acc   = sum && f_due(step_q, StepBits'(AT_ACC), count_i);
  assign store = sum && f_due(step_q, StepBits'(AT_STORE), count_i);

  logic [CountBits-1:0] store_pos;
  assign store_pos  = CountBits'((step_q - StepBits'(AT_STORE)) >> 2);
  assign last_store = store && store_pos == count_i - CountBits'(1);

  // ---- weights ---------------------------------------------------------------------------------------------------

  function automatic logic [31:0] f_value(input logic [31:0] key);
    f_value = key[31] ? {1'b1, -key[30:0]} : key;
  endfunction

  logic [31:0] target_u;             // u = (hash >> 8) * 2^-24
  logic [31:0] hash_float;
  weft_i2f #(.Width(25)) u_hash_float (.x_i(signed'({1'b0, hash_q[31:8]})), .y_o(hash_float));
  assign target_u = (hash_float == 32'd0) ? 32'd0 : {1'b0, hash_float[30:23] - 8'd24, hash_float[22:0]};

  weft_fp_add u_add (
    .clk_i, .rst_ni, .valid_i(sub || acc),
    .a_i(sub ? f_value(read_key_i) : (step_q == StepBits'(AT_ACC)) ? 32'd0 : add_y),
    .b_i(sub ? v0_q ^ 32'h8000_0000 : exp2_y), .y_o(add_y));

  weft_fp_mul u_mul (
    .clk_i, .rst_ni, .valid_i(mul || last_store),
    .a_i(add_y), .b_i(last_store ? target_u : z_i), .y_o(mul_y));

  weft_special u_exp2 (
    .clk_i, .rst_ni, .valid_i(exp2), .func_i(weft_pkg::SPECIAL_EXP2), .x_i(mul_y), .y_o(exp2_y));

  // ---- hash: three multiplications, one every 4 steps --------------------------------------------------------------

  logic [31:0] factor, mixed;

  always_comb begin
    factor = 32'h9E37_79B9;
    if (step_q[3:2] == 2'd1) factor = 32'h7FEB_352D;
    if (step_q[3:2] == 2'd2) factor = 32'h846C_A68B;
    mixed = (step_q[3:2] == 2'd0) ? seed_i ^ product_q : product_q;
  end

  always_ff @(posedge clk_i) begin
    if (state_q == STATE_FIRST) begin
      hash_q <= {16'd0, position_i};
    end else if (sum && step_q < StepBits'(12)) begin
      if (step_q[1:0] == 2'd0) product_q <= hash_q * factor;
      if (step_q[1:0] == 2'd1) hash_q    <= mixed ^ ((step_q[3:2] == 2'd1) ? mixed >> 15 : mixed >> 16);
    end
  end

  // ---- choice ------------------------------------------------------------------------------------------------------

  logic [31:0] cumulated;
  logic        above, choose;
  logic [CountBits-1:0] scan_pos;

  assign scan_pos = scanning_q ? pos_q + CountBits'(1) : '0;

  weft_ram #(.Width(32), .Depth(1 << $clog2(weft_pkg::MAX_TOPK))) u_cumulated (
    .clk_i, .we_i(store), .waddr_i(store_pos[$clog2(weft_pkg::MAX_TOPK)-1:0]), .wdata_i(add_y),
    .re_i(state_q == STATE_SCAN), .raddr_i(scan_pos[$clog2(weft_pkg::MAX_TOPK)-1:0]), .rdata_o(cumulated));

  weft_fp_gt u_above (.a_i(cumulated), .b_i(mul_y), .gt_o(above));

  assign choose     = state_q == STATE_SCAN && scanning_q && (above || pos_q == count_i - CountBits'(1));
  assign read_o     = (state_q == STATE_IDLE && start_i) || choose
                      || (sum && f_due(step_q, StepBits'(0), count_i));
  assign read_pos_o = choose ? pos_q : sum ? CountBits'(step_q[StepBits-1:2]) : '0;
  assign done_o     = state_q == STATE_PICK;
  assign index_o    = read_index_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= STATE_IDLE;
      step_q     <= '0;
      pos_q      <= '0;
      scanning_q <= 1'b0;
    end else begin
      step_q <= (sum || state_q == STATE_TARGET) ? step_q + StepBits'(1) : '0;
      unique case (state_q)
        STATE_FIRST: state_q <= STATE_SUM;
        STATE_SUM: begin
          scanning_q <= 1'b0;
          if (last_store) begin
            state_q <= STATE_TARGET;
            step_q  <= StepBits'(1);
          end
        end
        STATE_TARGET: if (step_q == StepBits'(weft_pkg::FP_MUL_LATENCY - 1)) state_q <= STATE_SCAN;
        STATE_SCAN: begin
          scanning_q <= 1'b1;
          pos_q      <= scan_pos;
          if (choose) state_q <= STATE_PICK;
        end
        STATE_PICK: state_q <= STATE_IDLE;
        default: if (start_i) state_q <= STATE_FIRST;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == STATE_FIRST) v0_q <= f_value(read_key_i);
  end

endmodule

`default_nettype wire
