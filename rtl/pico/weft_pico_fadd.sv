// Adds two fp32 numbers: round to nearest even or toward zero, subnormals are zero on the way in and on the way out.
//
// y_o is the sum PICO_FADD_STAGES = 5 cycles after valid_i, one a cycle. Only cycles with en_i count: without it nothing
// moves. A stage clocks only behind a valid operand, so y_o keeps its value until the next sum. Every NaN leaves as
// 0x7FC00000; an exact zero sum of opposite signs is +0. With trunc_i the exact sum is truncated instead of rounded;
// overflow is infinity all the same. There is no reset: what comes out before the first sum means nothing.
// Golden model: sw/golden/fp_env.h (host SSE, flush to zero).  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_fadd (
  input  logic        clk_i,
  input  logic        en_i,

  // Operands
  input  logic        valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  input  logic        trunc_i,

  // Sum
  output logic [31:0] y_o
);

  logic [3:0] valid_q = '0;

  always_ff @(posedge clk_i) if (en_i) valid_q <= {valid_q[2:0], valid_i};

  // Stage 1: the larger magnitude leads, so the difference never turns negative. Its hidden bit is taken as set: where it
  // is not, the sum is a zero, which stage 5 sees by the exponent, and only the sign needs care.
  logic [22:0] lead_q, trail_q;
  logic        dead_q;      // the smaller one adds nothing: it is zero, or the larger one is infinite or NaN
  logic [7:0]  exponent_q;
  logic [7:0]  distance_q;  // places the smaller significand moves right
  logic        subtract_q, sign_q, trunc_q;

  always_ff @(posedge clk_i) begin
    if (en_i && valid_i) begin : stage1
      logic        swap, a_zero, b_zero;
      logic [30:0] lead, trail;
      logic [15:0] greater, not_less;  // by pairs of bits: the carry of their sum is the comparison
      for (int unsigned i = 0; i < 16; i++) begin
        greater[i]  = 2'({1'b0, b_i[30:0]} >> (2 * i)) >  2'({1'b0, a_i[30:0]} >> (2 * i));
        not_less[i] = 2'({1'b0, b_i[30:0]} >> (2 * i)) >= 2'({1'b0, a_i[30:0]} >> (2 * i));
      end
      swap   = 1'(({1'b0, greater} + {1'b0, not_less}) >> 16);
      a_zero = a_i[30:23] == 8'd0;
      b_zero = b_i[30:23] == 8'd0;
      lead   = swap ? b_i[30:0] : a_i[30:0];
      trail  = swap ? a_i[30:0] : b_i[30:0];
      lead_q     <= lead[22:0];
      trail_q    <= trail[22:0];
      dead_q     <= (swap ? a_zero : b_zero) || (&a_i[30:23]) || (&b_i[30:23]);
      exponent_q <= lead[30:23];
      distance_q <= lead[30:23] - trail[30:23];
      subtract_q <= a_i[31] ^ b_i[31];
      sign_q     <= (a_zero && b_zero) ? a_i[31] && b_i[31] : swap ? b_i[31] : a_i[31];
      trunc_q    <= trunc_i;
    end
  end

  // Stage 2: align with guard, round and sticky bits below the significand, then add or subtract.
  logic [27:0] sum_q2;
  logic [8:0]  exponent_q2;  // less 30, two's complement
  logic        nan_q2, sign_q2, trunc_q2;

  always_ff @(posedge clk_i) begin
    if (en_i && valid_q[0]) begin : stage2
      logic        gone;  // nothing is left of the smaller one, but the sticky bit perhaps
      logic        fell, sticky;
      logic [6:0]  falls;
      logic [25:0] w0, w16, w8, w4, w2, w1;
      gone = dead_q || (|distance_q[7:5]);
      w0   = {1'b1, trail_q, 2'd0};
      w16  = distance_q[4] ? {16'd0, w0[25:16]} : w0;
      w8   = gone ? 26'd0 : distance_q[3] ? {8'd0, w16[25:8]} : w16;
      w4   = distance_q[2] ? {4'd0, w8[25:4]} : w8;
      w2   = distance_q[1] ? {2'd0, w4[25:2]} : w4;
      w1   = distance_q[0] ? {1'd0, w2[25:1]} : w2;
      // What falls off: from the first two steps, and then, in time with the others, whatever lies below their sum.
      fell   = gone ? !dead_q : (distance_q[4] && (|w0[15:0])) || (distance_q[3] && (|w16[7:0]));
      for (int unsigned i = 0; i < 7; i++) falls[i] = {29'd0, distance_q[2:0]} > i;
      sticky = fell || (|(w8[6:0] & falls));
      // The lowest column makes the carry in. A difference without the bits that fell off is one too large, unless there
      // were none: then the two's complement wants the carry.
      sum_q2[27:1] <= 27'(({2'b01, lead_q, 3'b001} + {subtract_q, w1 ^ {26{subtract_q}}, subtract_q && !sticky}) >> 1);
      sum_q2[0]    <= sticky;
      exponent_q2 <= {1'b0, exponent_q} - 9'd30;
      nan_q2      <= (&exponent_q) && ((|lead_q) || (subtract_q && distance_q == 8'd0));
      sign_q2     <= sign_q;
      trunc_q2    <= trunc_q;
    end
  end

  // Stage 3: move the leading one towards bit 27, in steps of 16 and 8. Where it has to move by four places or more,
  // the summands were at most one place apart, and the lowest two bits are zero.
  logic [27:0] norm_q3;
  logic [1:0]  stay_q3;  // steps not taken
  logic [8:0]  exponent_q3;
  logic        nan_q3, sign_q3, trunc_q3;

  always_ff @(posedge clk_i) begin
    if (en_i && valid_q[1]) begin : stage3
      logic [27:0] n16;
      logic [1:0]  stay;
      stay[1] = |sum_q2[27:12];
      n16     = {stay[1] ? sum_q2[27:2] : {sum_q2[11:2], 16'd0}, sum_q2[1:0]};
      stay[0] = |n16[27:20];
      norm_q3     <= {stay[0] ? n16[27:2] : {n16[19:2], 8'd0}, n16[1:0]};
      stay_q3     <= stay;
      exponent_q3 <= exponent_q2;
      nan_q3      <= nan_q2;
      sign_q3     <= sign_q2;
      trunc_q3    <= trunc_q2;
    end
  end

  // Stage 4: steps of 4, 2, 1. A carry out of the sum is bit 27 already, so the exponent is e + 1 less the steps taken,
  // or e - 30 and the steps not taken.
  logic [22:0] fraction_q4;
  logic        guard_q4, sticky_q4;
  logic [8:0]  exponent_q4;  // two's complement, at most 255
  logic        zero_q4, nan_q4, sign_q4, trunc_q4;

  always_ff @(posedge clk_i) begin
    if (en_i && valid_q[2]) begin : stage4
      logic [27:0] n4, n2;
      logic [2:0]  stay;
      stay[2] = |norm_q3[27:24];
      n4      = {stay[2] ? norm_q3[27:2] : {norm_q3[23:2], 4'd0}, norm_q3[1:0]};
      stay[1] = |n4[27:26];
      n2      = stay[1] ? n4 : {n4[25:0], 2'd0};
      stay[0] = n2[27];
      {fraction_q4, guard_q4} <= stay[0] ? n2[26:3] : n2[25:2];
      sticky_q4   <= (|n2[1:0]) || (stay[0] && n2[2]);
      exponent_q4 <= exponent_q3 + {4'd0, stay_q3, stay};
      zero_q4     <= ~|n2[27:26];
      nan_q4      <= nan_q3;
      sign_q4     <= sign_q3;
      trunc_q4    <= trunc_q3;
    end
  end

  // Stage 5: round and pack; the carry of the fraction runs into the exponent and makes 254 infinity. An operand that is
  // infinite or NaN arrives here with 255. A subnormal sum is exact, so before or after rounding makes no difference to
  // "tiny".
  always_ff @(posedge clk_i) begin
    if (en_i && valid_q[3]) begin : stage5
      logic        top, tiny, up;
      logic [30:0] rounded;
      top     = !exponent_q4[8] && (&exponent_q4[7:0]);
      tiny    = zero_q4 || exponent_q4[8] || exponent_q4[7:0] == 8'd0;
      up      = guard_q4 && (sticky_q4 || fraction_q4[0]) && !trunc_q4;
      rounded = {exponent_q4[7:0], fraction_q4} + {30'd0, up};
      y_o[31]    <= sign_q4 && !zero_q4 && !nan_q4;  // only a difference cancels to zero
      y_o[30:23] <= tiny ? 8'd0 : top ? 8'd255 : rounded[30:23];
      y_o[22:0]  <= (tiny || top) ? {nan_q4, 22'd0} : rounded[22:0];
    end
  end

endmodule

`default_nettype wire
