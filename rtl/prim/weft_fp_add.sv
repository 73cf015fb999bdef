// Adds two fp32 numbers: round to nearest even, subnormals are zero on the way in and on the way out.
//
// y_o is the sum FP_ADD_LATENCY = 4 cycles after valid_i, one a cycle; it keeps its value until the next result.
// Nobody stalls. A stage clocks only behind a valid operand. Every NaN leaves as 0x7FC00000; an exact zero sum of
// opposite signs is +0.
// Golden model: sw/golden/fp_env.h (host SSE, flush to zero).  Block notes: docs/reference/prim.md
`default_nettype none

module weft_fp_add (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Operands
  input  logic        valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,

  // Sum
  output logic [31:0] y_o
);

  localparam logic [1:0] KIND_FINITE = 2'd0;
  localparam logic [1:0] KIND_INF    = 2'd1;
  localparam logic [1:0] KIND_NAN    = 2'd2;

  logic [2:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[1:0], valid_i};
  end

  // Stage 1: the larger magnitude leads, so the difference never turns negative.
  logic [23:0] lead_q, trail_q;          // with hidden bits; all clear for zero and for subnormals
  logic [7:0]  exponent_q;
  logic [7:0]  distance_q;               // places the smaller significand moves right
  logic        subtract_q;
  logic        sign_q;
  logic [1:0]  kind_q;

  always_ff @(posedge clk_i) begin
    if (valid_i) begin : stage1
      logic        swap, a_top, b_top, nan;
      logic [30:0] lead, trail;
      swap  = b_i[30:0] > a_i[30:0];
      lead  = swap ? b_i[30:0] : a_i[30:0];
      trail = swap ? a_i[30:0] : b_i[30:0];
      a_top = &a_i[30:23];
      b_top = &b_i[30:23];
      nan   = (a_top && (|a_i[22:0])) || (b_top && (|b_i[22:0])) || (a_top && b_top && (a_i[31] ^ b_i[31]));
      kind_q      <= nan ? KIND_NAN : (a_top || b_top) ? KIND_INF : KIND_FINITE;
      sign_q      <= swap ? b_i[31] : a_i[31];
      subtract_q  <= a_i[31] ^ b_i[31];
      exponent_q  <= lead[30:23];
      distance_q  <= lead[30:23] - trail[30:23];
      lead_q      <= (lead[30:23] == '0) ? '0 : {1'b1, lead[22:0]};
      trail_q     <= (trail[30:23] == '0) ? '0 : {1'b1, trail[22:0]};
    end
  end

  // Stage 2: align with guard, round and sticky bits below the significand, then add or subtract.
  logic [27:0] sum_q2;
  logic [7:0]  exponent_q2;
  logic        sign_q2;
  logic        subtract_q2;
  logic [1:0]  kind_q2;

  always_ff @(posedge clk_i) begin
    if (valid_q[0]) begin : stage2
      logic [26:0] shifted;
      logic        sticky;
      // The places in steps; what falls off is kept in the sticky bit. From 27 on nothing else is left.
      shifted = {trail_q, 3'd0};
      sticky  = 1'b0;
      if (distance_q[4]) begin sticky = |shifted[15:0];         shifted = shifted >> 16; end
      if (distance_q[3]) begin sticky = sticky | |shifted[7:0]; shifted = shifted >> 8;  end
      if (distance_q[2]) begin sticky = sticky | |shifted[3:0]; shifted = shifted >> 4;  end
      if (distance_q[1]) begin sticky = sticky | |shifted[1:0]; shifted = shifted >> 2;  end
      if (distance_q[0]) begin sticky = sticky | shifted[0];    shifted = shifted >> 1;  end
      if (distance_q[7:5] != '0) begin sticky = trail_q[23];    shifted = '0;            end
      // One carry chain for sum and difference.
      sum_q2      <= {1'b0, lead_q, 3'd0} + ({1'b0, shifted[26:1], shifted[0] | sticky} ^ {28{subtract_q}}) + {27'd0, subtract_q};
      exponent_q2 <= exponent_q;
      sign_q2     <= sign_q;
      subtract_q2 <= subtract_q;
      kind_q2     <= kind_q;
    end
  end

  // Stage 3: move the leading one to bit 27, in steps of 16, 8, 4, 2, 1.
  logic [26:0] norm_q3;  // below the leading one
  logic [4:0]  shift_q3;
  logic [7:0]  exponent_q3;
  logic        sign_q3;
  logic        zero_q3;
  logic [1:0]  kind_q3;

  always_ff @(posedge clk_i) begin
    if (valid_q[1]) begin : stage3
      logic [27:0] n16, n8, n4, n2;
      logic [4:0]  s;
      s[4] = ~|sum_q2[27:12];
      n16  = s[4] ? {sum_q2[11:0], 16'd0} : sum_q2;
      s[3] = ~|n16[27:20];
      n8   = s[3] ? {n16[19:0], 8'd0} : n16;
      s[2] = ~|n8[27:24];
      n4   = s[2] ? {n8[23:0], 4'd0} : n8;
      s[1] = ~|n4[27:26];
      n2   = s[1] ? {n4[25:0], 2'd0} : n4;
      s[0] = ~n2[27];
      norm_q3     <= s[0] ? {n2[25:0], 1'b0} : n2[26:0];
      shift_q3    <= s;
      zero_q3     <= ~n2[27] && ~n2[26];
      exponent_q3 <= exponent_q2;
      kind_q3     <= kind_q2;
      // Only a difference can cancel to zero, and then the sign is plus; -0 + -0 keeps its sign.
      sign_q3     <= sign_q2 && !(subtract_q2 && sum_q2 == 28'd0);
    end
  end

  // Stage 4: round and pack. A subnormal sum is exact, so before or after rounding makes no difference to "tiny".
  always_ff @(posedge clk_i) begin
    if (valid_q[2]) begin : stage4
      logic        up;
      logic [23:0] rounded;
      logic [9:0]  exponent;  // biased, two's complement
      logic        inf;
      up       = norm_q3[3] && ((|norm_q3[2:0]) || norm_q3[4]);
      rounded  = {1'b0, norm_q3[26:4]} + {23'd0, up};
      exponent = ({2'd0, exponent_q3} - {5'd0, shift_q3}) + {8'd0, rounded[23], !rounded[23]};  // + 1, and the carry
      inf      = kind_q3 == KIND_INF || (!exponent[9] && exponent[8:0] >= 9'd255);
      if (kind_q3 == KIND_NAN)                               y_o <= 32'h7FC0_0000;
      else if (inf)                                          y_o <= {sign_q3, 8'hFF, 23'd0};
      else if (zero_q3 || exponent[9] || exponent == 10'd0)  y_o <= {sign_q3, 31'd0};
      else                                                   y_o <= {sign_q3, exponent[7:0], rounded[22:0]};
    end
  end

endmodule

`default_nettype wire
