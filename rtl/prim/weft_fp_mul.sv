// Multiplies two fp32 numbers: round to nearest even, subnormals are zero on the way in and on the way out.
//
// y_o is the product FP_MUL_LATENCY = 3 cycles after valid_i, one a cycle; it keeps its value until the next result.
// Nobody stalls. A stage clocks only behind a valid operand. Every NaN leaves as 0x7FC00000.
// Golden model: sw/golden/fp_env.h (host SSE, flush to zero).  Block notes: docs/reference/prim.md
`default_nettype none

module weft_fp_mul (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Operands
  input  logic        valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,

  // Product
  output logic [31:0] y_o
);

  localparam logic [1:0] KIND_FINITE = 2'd0;
  localparam logic [1:0] KIND_ZERO   = 2'd1;
  localparam logic [1:0] KIND_INF    = 2'd2;
  localparam logic [1:0] KIND_NAN    = 2'd3;

  logic [1:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[0], valid_i};
  end

  // Stage 1: the product of the significands, and what kind of result it will be.
  logic [47:0] product_q;
  logic [8:0]  exponent_q;  // sum of the two biased exponents
  logic        sign_q;
  logic [1:0]  kind_q;

  always_ff @(posedge clk_i) begin
    if (valid_i) begin : stage1
      logic a_zero, b_zero, a_top, b_top, nan;
      a_zero = a_i[30:23] == 8'd0;
      b_zero = b_i[30:23] == 8'd0;
      a_top  = &a_i[30:23];
      b_top  = &b_i[30:23];
      nan    = (a_top && ((|a_i[22:0]) || b_zero)) || (b_top && ((|b_i[22:0]) || a_zero));
      kind_q     <= nan ? KIND_NAN : (a_top || b_top) ? KIND_INF : (a_zero || b_zero) ? KIND_ZERO : KIND_FINITE;
      sign_q     <= a_i[31] ^ b_i[31];
      exponent_q <= {1'b0, a_i[30:23]} + {1'b0, b_i[30:23]};
      product_q  <= {24'd0, 1'b1, a_i[22:0]} * {24'd0, 1'b1, b_i[22:0]};
    end
  end

  // Stage 2: normalise by at most one place, then round. A carry out leaves a zero fraction, which is right.
  logic [22:0] fraction_q2;
  logic [9:0]  exponent_q2;
  logic        sign_q2;
  logic [1:0]  kind_q2;

  always_ff @(posedge clk_i) begin
    if (valid_q[0]) begin : stage2
      logic [45:0] aligned;  // 23 bits kept (the hidden one is known), 23 rounded away
      logic        sticky;
      logic        up;
      logic [23:0] rounded;
      aligned = product_q[47] ? product_q[46:1] : product_q[45:0];
      sticky  = (|aligned[21:0]) || (product_q[47] && product_q[0]);
      up      = aligned[22] && (sticky || aligned[23]);
      rounded = {1'b0, aligned[45:23]} + {23'd0, up};
      fraction_q2 <= rounded[22:0];
      exponent_q2 <= {1'b0, exponent_q} + {8'd0, product_q[47] && rounded[23], product_q[47] ^ rounded[23]};
      sign_q2     <= sign_q;
      kind_q2     <= kind_q;
    end
  end

  // Stage 3: exponent_q2 carries the bias twice. Tiny is judged after rounding, as x86 does.
  always_ff @(posedge clk_i) begin
    if (valid_q[1]) begin : stage3
      logic [7:0] exponent;
      logic       tiny, huge;
      exponent = exponent_q2[7:0] - 8'd127;
      tiny     = exponent_q2 < 10'd128;
      huge     = exponent_q2 >= 10'd382;
      if (kind_q2 == KIND_NAN)                      y_o <= 32'h7FC0_0000;
      else if (kind_q2 == KIND_INF)                 y_o <= {sign_q2, 8'hFF, 23'd0};
      else if (kind_q2 == KIND_ZERO || tiny)        y_o <= {sign_q2, 31'd0};
      else if (huge)                                y_o <= {sign_q2, 8'hFF, 23'd0};
      else                                          y_o <= {sign_q2, exponent, fraction_q2};
    end
  end

endmodule

`default_nettype wire
