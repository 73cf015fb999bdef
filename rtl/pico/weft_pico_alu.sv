// What the microengine computes in one cycle: integers, comparisons of fp32 numbers, moves of bits.
//
// Two stages: operands of op_i in a cycle with go_i, its result in result_o from the next cycle on, until the next go_i.
// Operations of other units bring their result along in ext_i. sum_o = a + operand serves addresses in the same cycle; so
// do the tests of a. operand_i is register b or the immediate. gt(a, b) is docs/numerics.md section 1: false with a NaN,
// -0 equals +0; subnormals do not occur, and are not flushed.
// Golden model: sw/pico/simulator.h.  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_alu (
  input  logic        clk_i,

  input  logic        go_i,
  input  logic [5:0]  op_i,       // weft_pkg::PICO_*
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,        // register b
  input  logic [31:0] operand_i,  // register b or the immediate
  input  logic [31:0] ext_i,
  output logic [31:0] sum_o,
  output logic        a_zero_o,   // all bits
  output logic        a_one_o,    // a is the integer 1
  output logic        a_nan_o,    // a is an fp32 NaN
  output logic [31:0] result_o
);

  // The adder. Comparisons subtract magnitudes; then bit 31 is the borrow.
  logic        subtract, compare;
  logic [31:0] left, right;

  always_comb begin
    compare  = op_i == weft_pkg::PICO_FMAX || op_i == weft_pkg::PICO_FMIN || op_i == weft_pkg::PICO_FGT ||
               op_i == weft_pkg::PICO_AMAX;
    subtract = compare || op_i == weft_pkg::PICO_SUB;
    left     = {a_i[31] && !compare, a_i[30:0]};
    right    = {operand_i[31] && !compare, operand_i[30:0]} ^ {32{subtract}};
    sum_o    = left + right + {31'd0, subtract};
  end

  logic b_nan;

  always_comb begin
    a_zero_o = a_i == 32'd0;
    a_one_o  = a_i[31:1] == 31'd0 && a_i[0];
    a_nan_o  = (&a_i[30:23]) && (|a_i[22:0]);
    b_nan    = (&b_i[30:23]) && (|b_i[22:0]);
  end

  // A half in a[15:0] as the two summands whose fp32 sum it is: a subnormal half is (2^-14 + mantissa) - 2^-14.
  logic       h_subnormal;
  logic [7:0] h_exponent;

  always_comb begin
    h_subnormal = a_i[14:10] == 5'd0 && a_i[9:0] != 10'd0;
    if (a_i[14:10] == 5'd31)     h_exponent = 8'd255;
    else if (h_subnormal)        h_exponent = 8'd113;
    else if (a_i[14:10] == 5'd0) h_exponent = 8'd0;
    else                         h_exponent = {3'd0, a_i[14:10]} + 8'd112;
  end

  logic [31:0] y;  // of what neither adds nor compares; else the first candidate

  always_comb begin
    unique case (op_i)
      weft_pkg::PICO_AND, weft_pkg::PICO_ANDI: y = a_i & operand_i;
      weft_pkg::PICO_OR:                       y = a_i | operand_i;
      weft_pkg::PICO_XOR:                      y = a_i ^ operand_i;
      weft_pkg::PICO_LI, weft_pkg::PICO_LUI:   y = operand_i;
      weft_pkg::PICO_FMAX, weft_pkg::PICO_FMIN: y = a_i;
      weft_pkg::PICO_FGT:                      y = 32'd0;
      weft_pkg::PICO_AMAX:                     y = {1'b0, a_i[30:0]};
      weft_pkg::PICO_SRL1:                     y = {1'b0, a_i[31:1]};
      weft_pkg::PICO_ROR8:                     y = {a_i[7:0], a_i[31:8]};
      weft_pkg::PICO_PACK:                     y = {1'b0, a_i[7:0], b_i[22:0]};
      weft_pkg::PICO_EXPO:                     y = {24'd0, a_i[30:23]};
      weft_pkg::PICO_HA:                       y = {a_i[15], h_exponent, a_i[9:0], 13'd0};
      weft_pkg::PICO_HB: y = {a_i[15] ^ h_subnormal, h_subnormal ? 8'd113 : 8'd0, 23'd0};
      default:                                 y = ext_i;
    endcase
  end

  // Second stage.
  localparam logic [2:0] KIND_PLAIN = 3'd0;
  localparam logic [2:0] KIND_SUM   = 3'd1;
  localparam logic [2:0] KIND_MAX   = 3'd2;
  localparam logic [2:0] KIND_MIN   = 3'd3;  // and FGT: the other candidate if a is greater
  localparam logic [2:0] KIND_AMAX  = 3'd4;

  logic [31:0] y_q, sum_q, other_q;
  logic [2:0]  kind_q;
  logic        equal_q, zero_q, nan_q, a_sign_q, b_sign_q;

  always_ff @(posedge clk_i) begin
    if (go_i) begin
      y_q      <= y;
      sum_q    <= sum_o;
      other_q  <= (op_i == weft_pkg::PICO_FGT) ? 32'd1 : b_i;
      equal_q  <= a_i[30:0] == b_i[30:0];
      zero_q   <= a_i[30:0] == 31'd0;
      nan_q    <= a_nan_o || b_nan;
      a_sign_q <= a_i[31];
      b_sign_q <= b_i[31];
      unique case (op_i)
        weft_pkg::PICO_ADD, weft_pkg::PICO_SUB, weft_pkg::PICO_ADDI, weft_pkg::PICO_DJNZ: kind_q <= KIND_SUM;
        weft_pkg::PICO_FMAX:                     kind_q <= KIND_MAX;
        weft_pkg::PICO_FMIN, weft_pkg::PICO_FGT: kind_q <= KIND_MIN;
        weft_pkg::PICO_AMAX:                     kind_q <= KIND_AMAX;
        default:                                 kind_q <= KIND_PLAIN;
      endcase
    end
  end

  logic below, gt, other;

  always_comb begin
    below = sum_q[31];  // |a| < |b|
    unique case ({a_sign_q, b_sign_q})
      2'b00:   gt = !below && !equal_q;
      2'b01:   gt = !(equal_q && zero_q);
      2'b10:   gt = 1'b0;
      default: gt = below;
    endcase
    if (nan_q) gt = 1'b0;
    unique case (kind_q)
      KIND_MAX:  other = !gt;
      KIND_MIN:  other = gt;
      KIND_AMAX: other = below;
      default:   other = 1'b0;
    endcase
    result_o = (kind_q == KIND_SUM) ? sum_q : other ? other_q : y_q;
  end

endmodule

`default_nettype wire
