// Multiplies two fp32 numbers, and with the same four multipliers looks up the fraction of exp2, recip or rsqrt.
//
// Product: round to nearest even, subnormals are zero on the way in and on the way out. y_o is the product
// PICO_FMUL_STAGES = 4 cycles after valid_i, one a cycle; every NaN leaves as 0x7FC00000.
// Special: spec_mant_o is mant(spec_table_i, spec_f_i) of docs/numerics.md, PICO_SPEC_STAGES = 4 cycles after
// spec_valid_i; where the fraction is 0 and the table exp2 or recip, it is 0.
// Only cycles with en_i count: without it nothing moves. Results stay until the next of their kind. Nobody arbitrates:
// valid_i and spec_valid_i never come together, and neither comes in the PICO_SPEC_BUSY = 2 cycles after spec_valid_i.
// There is no reset: what comes out before the first result means nothing.
// Golden model: sw/golden/fp_env.h (host SSE, flush to zero), sw/golden/special.h.  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_fmul (
  input  logic        clk_i,
  input  logic        en_i,

  // Operands
  input  logic        valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,

  // Product
  output logic [31:0] y_o,

  // Special: table and fraction
  input  logic        spec_valid_i,
  input  logic [1:0]  spec_table_i,  // 0 exp2, 1 recip, 2 rsqrt of an even exponent, 3 of an odd one
  input  logic [22:0] spec_f_i,
  output logic [22:0] spec_mant_o
);

  logic [2:0] valid_q = '0;
  logic [2:0] spec_q  = '0;

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      valid_q <= {valid_q[1:0], valid_i};
      spec_q  <= {spec_q[1:0], spec_valid_i};
    end
  end

  // ------------------------------------------------------------------------------------------------- multipliers
  // a = ah al, b = bh bl, with 8 and 16 bits.   Cycle 0: ll = al bl;  lh = al bh.
  //                                             Cycle 1: hl = ah bl + (ll >> 16);  hh = ah bh + (lh >> 16).
  // Special: D = F[16:1] = dx + 32768, and for the falling functions its complement.
  //   Cycle 0: lh = 0.   Cycle 1: hh = dx * dx;  ll = low bits of the slope.
  //   Cycle 2: hl = slope * D + (ll >> 16);  lh = 8 c2 * (hh >> 15).
  // So hl >> 11 is the linear term up to a constant that the table has in its base, and lh >> 16 the quadratic one.
  logic [25:0] base;
  logic [15:0] slope;
  logic [10:0] c2;
  logic [31:0] p_ll, p_lh, p_hl, p_hh;
  logic [7:0]  ah, bh;
  logic [15:0] d, dx;
  logic        falls, falls_q;
  logic        multiply;

  assign ah       = {1'b1, a_i[22:16]};
  assign bh       = {1'b1, b_i[22:16]};
  assign falls    = spec_table_i != 2'd0;
  assign d        = spec_f_i[16:1] ^ {16{falls}};
  assign dx       = {~spec_f_i[16], spec_f_i[15:1]};
  assign multiply = en_i && (valid_i || valid_q[0] || spec_valid_i || (|spec_q[1:0]));

  weft_pico_special_rom u_rom (
    .clk_i,
    .re_i   (en_i && spec_valid_i),
    .addr_i ({spec_table_i, spec_f_i[22:17]}),
    .base_o (base),
    .slope_o(slope),
    .c2_o   (c2)
  );

  weft_pico_mul16 u_ll (
    .clk_i, .ce_i(multiply), .hold_a_i(1'b0),
    .a_i(a_i[15:0]), .b_i(b_i[15:0]),
    // -slope * dx is slope * (~D + 1) less a constant.
    .cd_i({5'd0, slope[10:0] & {11{spec_q[0] && falls_q}}, 16'd0}), .load_i(spec_q[0]), .p_o(p_ll)
  );
  weft_pico_mul16 u_lh (
    .clk_i, .ce_i(multiply), .hold_a_i(1'b0),
    .a_i(spec_q[1] ? p_hh[30:15] : a_i[15:0]), .b_i(spec_q[1] ? {2'd0, c2, 3'd0} : {8'd0, bh}),
    .cd_i(32'd0), .load_i(spec_valid_i), .p_o(p_lh)
  );
  weft_pico_mul16 #(.InputReg(1)) u_hl (
    .clk_i, .ce_i(multiply), .hold_a_i(spec_q[0]),
    .a_i(spec_valid_i ? d : {8'd0, ah}), .b_i(spec_q[0] ? slope : b_i[15:0]),
    .cd_i({16'd0, p_ll[31:16]}), .load_i(1'b0), .p_o(p_hl)
  );
  weft_pico_mul16 #(.InputReg(1), .Signed(1)) u_hh (
    .clk_i, .ce_i(multiply), .hold_a_i(1'b0),
    .a_i(spec_valid_i ? dx : {8'd0, ah}), .b_i(spec_valid_i ? dx : {8'd0, bh}),
    .cd_i({16'd0, p_lh[31:16]}), .load_i(1'b0), .p_o(p_hh)
  );

  // ----------------------------------------------------------------------------------------------------- product
  // Stage 1: what kind of result it will be.
  logic [8:0] exponent_q;  // sum of the two biased exponents
  logic       sign_q, nan_q, top_q, zero_q;

  always_ff @(posedge clk_i) begin
    if (en_i && valid_i) begin : stage1
      logic a_zero, b_zero, a_top, b_top, nan;
      a_zero = a_i[30:23] == 8'd0;
      b_zero = b_i[30:23] == 8'd0;
      a_top  = &a_i[30:23];
      b_top  = &b_i[30:23];
      nan    = (a_top && ((|a_i[22:0]) || b_zero)) || (b_top && ((|b_i[22:0]) || a_zero));
      exponent_q <= {1'b0, a_i[30:23]} + {1'b0, b_i[30:23]};
      sign_q     <= (a_i[31] ^ b_i[31]) && !nan;
      nan_q      <= nan;
      top_q      <= a_top || b_top;
      zero_q     <= (a_zero || b_zero) && !nan;
    end
  end

  // Stage 2: the bias is in the sum twice. Infinities and NaN take the exponent 255.
  logic [9:0]  exponent_q2;  // two's complement
  logic [15:0] lh_q2;
  logic        sticky_q2, sign_q2, nan_q2, zero_q2;

  always_ff @(posedge clk_i) begin
    if (en_i && valid_q[0]) begin
      exponent_q2 <= top_q ? 10'd255 : {1'b0, exponent_q} - 10'd127;
      lh_q2       <= p_lh[15:0];
      sticky_q2   <= |p_ll[15:0];
      sign_q2     <= sign_q;
      nan_q2      <= nan_q;
      zero_q2     <= zero_q;
    end
  end

  // Stage 3: the product, normalised by at most one place. Exponents from 255 on are one.
  logic [22:0] fraction_q3;
  logic        guard_q3, sticky_q3;
  logic [8:0]  exponent_q3;  // two's complement
  logic        sign_q3, nan_q3, zero_q3;

  always_ff @(posedge clk_i) begin
    if (en_i && valid_q[1]) begin : stage3
      logic [31:0] product;  // its upper 32 bits
      product = {7'd0, p_hl[24:0]} + {p_hh[15:0], lh_q2};
      {fraction_q3, guard_q3} <= product[31] ? product[30:7] : product[29:6];
      sticky_q3   <= (|product[5:0]) || sticky_q2 || (product[31] && product[6]);
      exponent_q3 <= (!exponent_q2[9] && exponent_q2[8:0] >= 9'd255) ? 9'd255 : exponent_q2[8:0] + {8'd0, product[31]};
      sign_q3     <= sign_q2;
      nan_q3      <= nan_q2;
      zero_q3     <= zero_q2;
    end
  end

  // Stage 4: round and pack; the carry of the fraction runs into the exponent and makes 254 infinity. Tiny is judged after
  // rounding, as x86 does: from exponent 0 a carry still makes the smallest normal number, whose fraction is 0 as well.
  always_ff @(posedge clk_i) begin
    if (en_i && valid_q[2]) begin : stage4
      logic        top, tiny, up;
      logic [30:0] rounded;
      top     = !exponent_q3[8] && (&exponent_q3[7:0]);
      up      = guard_q3 && (sticky_q3 || fraction_q3[0]);
      rounded = {exponent_q3[7:0], fraction_q3} + {30'd0, up};
      tiny    = zero_q3 || exponent_q3[8];
      y_o[31]    <= sign_q3;
      y_o[30:23] <= tiny ? 8'd0 : top ? 8'd255 : rounded[30:23];
      y_o[22:0]  <= (tiny || top || exponent_q3[7:0] == 8'd0) ? {nan_q3, 22'd0} : rounded[22:0];
    end
  end

  // ----------------------------------------------------------------------------------------------------- special
  // F = 0 shows as dx = -32768, whose square nothing else reaches, with the other bits of F zero.
  logic        rest_zero_q, f_zero_q2;

  always_ff @(posedge clk_i) begin
    if (en_i && spec_valid_i) begin
      falls_q     <= falls;
      rest_zero_q <= !spec_table_i[1] && spec_f_i[22:17] == 6'd0 && !spec_f_i[0];
    end
    if (en_i && spec_q[1]) f_zero_q2 <= rest_zero_q && p_hh[30];
    // T + 4 never leaves [0, 2^26), so nothing is clamped.
    if (en_i && spec_q[2]) begin
      spec_mant_o <= f_zero_q2 ? 23'd0 : 23'((base + {5'd0, p_hl[31:11]} + {10'd0, p_lh[31:16]}) >> 3);
    end
  end

  logic unused;
  assign unused = &{1'b0, p_hh[31]};  // the squares stay below

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (en_i && (valid_i || spec_valid_i)) begin
      // Nothing starts while the multipliers evaluate a special function.
      NothingStartsWhileBusy_A: assert (!(valid_i && spec_valid_i) && spec_q[1:0] == 2'd0);
    end
  end
`endif

endmodule

`default_nettype wire
