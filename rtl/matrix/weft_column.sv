// One column of the array: int8 dot products of the passing stream with a stationary activation row.
//
// The bus comes skewed: address, one cycle later the weights, one more cycle later (last word of a group only) the mark of
// the finished sum. Everything moves on to the next column one cycle later, up to the transfer's last one; a column
// that is not reached does not clock. Nobody stalls.
// Golden model: sw/golden/matrix.h.  Block notes: docs/reference/matrix.md
`default_nettype none

module weft_column #(
  parameter int unsigned PortBytes  = weft_pkg::PORT_BYTES,
  parameter int unsigned ActWords   = weft_pkg::ACT_WORDS,
  parameter int unsigned SumWidth   = 21,  // 32 products of int8: |sum| <= 2^19
  parameter int unsigned Index      = 0,   // of the column: it takes part Index mod 2 or mod 4 of packed slots
  localparam int unsigned WordBytes = (PortBytes < 32) ? PortBytes : 32,
  localparam int unsigned SubRows   = (PortBytes > 32) ? PortBytes / 32 : 1,
  localparam int unsigned AddrWidth = $clog2(ActWords)
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic [7:0]                          column_i,   // which one this is, constant

  // From the column before, or weft_array_ctrl
  input  logic                                a_valid_i,
  input  logic [AddrWidth-1:0]                a_addr_i,
  input  logic [7:0]                          a_last_i,   // the last column that the word visits
  input  logic                                w_valid_i,  // a_valid_i, one cycle later
  input  logic                                w_first_i,  // first word of a group
  input  logic                                w_last_i,
  input  logic [1:0]                          w_parts_i,  // 0: int8; 1: two int4; 2: four ternary outputs in a slot
  input  logic [8*WordBytes*SubRows-1:0]      w_data_i,
  input  logic                                x_valid_i,  // w_valid_i && w_last_i, one cycle later
  input  logic                                x_panel_last_i,

  // To the next column
  output logic                                a_valid_o,
  output logic [AddrWidth-1:0]                a_addr_o,
  output logic [7:0]                          a_last_o,
  output logic                                w_valid_o,
  output logic                                w_first_o,
  output logic                                w_last_o,
  output logic [1:0]                          w_parts_o,
  output logic [8*WordBytes*SubRows-1:0]      w_data_o,
  output logic                                x_valid_o,
  output logic                                x_panel_last_o,

  // Activation writes for this column
  input  logic                                wr_valid_i,
  input  logic [AddrWidth-1:0]                wr_addr_i,
  input  logic [8*WordBytes-1:0]              wr_data_i,

  // To weft_dequant
  output logic                                sum_valid_o,
  output logic [SumWidth*SubRows-1:0]         sum_o,
  output logic                                sum_end_o   // the last sum of its panel
);

  // Four products at a time: a tree on small words, a short chain of trees on wide ones.
  function automatic logic signed [31:0] f_dot(input logic [8*WordBytes-1:0] w, input logic [8*WordBytes-1:0] a);
    logic signed [31:0] pair_sum, quad_sum;
    f_dot    = '0;
    pair_sum = '0;
    quad_sum = '0;
    for (int unsigned i = 0; i < WordBytes; i++) begin
      pair_sum = pair_sum + 32'(signed'(w[8*i +: 8])) * 32'(signed'(a[8*i +: 8]));
      if (i % 2 == 1 || i == WordBytes - 1) begin
        quad_sum = quad_sum + pair_sum;
        pair_sum = '0;
      end
      if (i % 4 == 3 || i == WordBytes - 1) begin
        f_dot    = f_dot + quad_sum;
        quad_sum = '0;
      end
    end
  endfunction

  // This column's part of a packed word. int4: nibble q stands for q - 8; ternary: two bits q stand for q - 1.
  localparam int unsigned NIBBLE = 4 * (Index % 2);
  localparam int unsigned CRUMB  = 2 * (Index % 4);
  function automatic logic [8*WordBytes-1:0] f_unpack(input logic [8*WordBytes-1:0] w, input logic [1:0] parts);
    f_unpack = w;
    for (int unsigned i = 0; i < WordBytes; i++) begin
      if (parts == 2'd1)      f_unpack[8*i +: 8] = {{5{!w[8*i + NIBBLE + 3]}}, w[8*i + NIBBLE +: 3]};
      else if (parts != 2'd0) f_unpack[8*i +: 8] = {{6{w[8*i + CRUMB +: 2] == 2'd0}}, w[8*i + CRUMB +: 2] - 2'd1};
    end
  endfunction

  // ---- State ----------------------------------------------------------------------------------------------------
  (* no_rw_check *) logic [8*WordBytes-1:0] words [ActWords];  // the stationary operand
  logic [8*WordBytes-1:0]      act_q;
  logic [SumWidth*SubRows-1:0] sum_q;
  logic [2:0]                  awake_q;                // a word came 1, 2, 3 cycles ago
  logic                        forward;

  assign forward = a_valid_i && a_last_i != column_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      awake_q   <= '0;
      a_valid_o <= 1'b0;
      w_valid_o <= 1'b0;
      x_valid_o <= 1'b0;
    end else if (a_valid_i || awake_q != '0) begin
      awake_q   <= {awake_q[1:0], a_valid_i};
      a_valid_o <= forward;
      w_valid_o <= a_valid_o;
      x_valid_o <= w_valid_o && w_last_o;
    end
  end

  // One look in an idle cycle. Memory writes come after the reads and nobody else sees the words: blocking or not means
  // the same, and the simulator needs no copy.
  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    if (a_valid_i || awake_q != '0) begin
      // The word meets the activations one cycle behind the address.
      if (a_valid_i) act_q <= words[a_addr_i];
      if (w_valid_i) begin
        for (int unsigned s = 0; s < SubRows; s++) begin
          sum_q[SumWidth*s +: SumWidth] <= (w_first_i ? SumWidth'(0) : sum_q[SumWidth*s +: SumWidth]) +
                                           SumWidth'(f_dot(f_unpack(w_data_i[8*WordBytes*s +: 8*WordBytes], w_parts_i), act_q));
        end
      end

      // To the next column.
      if (forward) begin
        a_addr_o <= a_addr_i;
        a_last_o <= a_last_i;
      end
      if (a_valid_o) begin
        w_first_o <= w_first_i;
        w_last_o  <= w_last_i;
        w_parts_o <= w_parts_i;
        w_data_o  <= w_data_i;
      end
      if (w_valid_o && w_last_o) x_panel_last_o <= x_panel_last_i;
    end
    if (wr_valid_i) words[wr_addr_i] = wr_data_i;
  end
  // verilator lint_on BLKSEQ

  // ---- To weft_dequant --------------------------------------------------------------------------------------------
  assign sum_valid_o = x_valid_i;
  assign sum_o       = sum_q;

  // Only the last column ends a panel: it is the last one in time.
  assign sum_end_o = x_panel_last_i && !w_valid_o;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && a_valid_i && wr_valid_i) NotReadWhileWritten_A: assert (a_addr_i != wr_addr_i);
  end
`endif

endmodule

`default_nettype wire
