// exp2, recip and rsqrt of one fp32 number, by one shared quadratic table in integer arithmetic.
//
// y_o is the result SPECIAL_LATENCY = 5 cycles after valid_i, one a cycle; it keeps its value until the next result.
// Nobody stalls. A stage clocks only behind a valid operand. Relative error below 2^-21; a NaN leaves as 0x7FC00000.
// Golden model: sw/golden/special.h (bit-exact).  Block notes: docs/reference/prim.md
`default_nettype none

module weft_special (
  input  logic               clk_i,
  input  logic               rst_ni,

  // Operand
  input  logic               valid_i,
  input  weft_pkg::special_e func_i,
  input  logic [31:0]        x_i,

  // Result
  output logic [31:0]        y_o
);

  localparam logic [1:0] KIND_TABLE = 2'd0;  // {sign, exponent, mant}
  localparam logic [1:0] KIND_POWER = 2'd1;  // {sign, exponent, 0}
  localparam logic [1:0] KIND_NAN   = 2'd2;

  // Tables of weft_special_rom: the upper address bits.
  localparam logic [1:0] TABLE_EXP2       = 2'd0;
  localparam logic [1:0] TABLE_RECIP      = 2'd1;
  localparam logic [1:0] TABLE_RSQRT_EVEN = 2'd2;
  localparam logic [1:0] TABLE_RSQRT_ODD  = 2'd3;

  logic [3:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= {valid_q[2:0], valid_i};
  end

  // Stage 1: what the operand is, its fraction F, and the exponent of the result. exp2 first makes the operand a fixed
  // point number: X = floor(x * 2^23), which is n and F side by side.
  logic [1:0]  kind_q;
  logic        sign_q;
  logic [7:0]  exponent_q;
  logic [1:0]  table_q;
  logic [21:0] fraction_q;  // F without bit 0

  always_ff @(posedge clk_i) begin
    if (valid_i) begin : stage1
      logic               nan, inf, zero, f_zero, out_of_range;
      logic [7:0]         e;
      logic signed [30:0] magnitude, fixed, floored;
      logic [7:0]         right;
      logic [8:0]         recip_exponent;
      logic signed [8:0]  u;
      e      = x_i[30:23];
      nan    = (&e) && (|x_i[22:0]);
      inf    = (&e) && !(|x_i[22:0]);
      zero   = e == 8'd0;
      f_zero = x_i[22:0] == 23'd0;

      // exp2. |x| >= 128 is out of range, and so is everything below -126.
      out_of_range = e >= 8'd134 || (x_i[31] && e == 8'd133 && x_i[22:0] > 23'h7C_0000);
      right        = 8'd133 - e;
      magnitude    = signed'({2'b01, x_i[22:0], 6'd0});
      fixed        = x_i[31] ? -magnitude : magnitude;
      floored      = zero ? 31'sd0 : fixed >>> ((right > 8'd30) ? 5'd30 : right[4:0]);

      recip_exponent = (f_zero ? 9'd254 : 9'd253) - {1'b0, e};
      u              = signed'({1'b0, e}) - 9'sd127;

      unique case (func_i)
        weft_pkg::SPECIAL_EXP2: begin
          sign_q     <= 1'b0;
          table_q    <= TABLE_EXP2;
          fraction_q <= floored[22:1];
          exponent_q <= out_of_range ? {8{!x_i[31]}} : floored[30:23] + 8'd127;
          kind_q     <= nan ? KIND_NAN : (out_of_range || floored[22:0] == 23'd0) ? KIND_POWER : KIND_TABLE;
        end
        weft_pkg::SPECIAL_RECIP: begin
          sign_q     <= x_i[31];
          table_q    <= TABLE_RECIP;
          fraction_q <= x_i[22:1];
          // Exponents 253 and up leave nothing that is normal, except 2^126.
          exponent_q <= zero ? 8'd255 : (inf || recip_exponent[8]) ? 8'd0 : recip_exponent[7:0];
          kind_q     <= nan ? KIND_NAN
                      : (zero || inf || f_zero || recip_exponent[8] || recip_exponent == 9'd0) ? KIND_POWER
                      : KIND_TABLE;
        end
        default: begin
          sign_q     <= 1'b0;
          table_q    <= u[0] ? TABLE_RSQRT_ODD : TABLE_RSQRT_EVEN;
          fraction_q <= x_i[22:1];
          exponent_q <= zero ? 8'd255 : inf ? 8'd0 : 8'd126 - u[8:1];
          kind_q     <= (nan || (x_i[31] && !zero)) ? KIND_NAN : (zero || inf) ? KIND_POWER : KIND_TABLE;
        end
      endcase
    end
  end

  // Stage 2: table and dx; the square of dx is needed to 16 bits only.
  logic [25:0]        c0_q2;
  logic signed [17:0] c1_q2;
  logic [11:0]        c2_q2;
  logic signed [15:0] dx_q2;
  logic [15:0]        square_q2;  // (dx * dx) >> 15, 0 .. 32768
  logic [1:0]         kind_q2;
  logic               sign_q2;
  logic [7:0]         exponent_q2;

  weft_special_rom u_rom (
    .clk_i,
    .re_i  (valid_q[0]),
    .addr_i({table_q, fraction_q[21:16]}),
    .c0_o  (c0_q2),
    .c1_o  (c1_q2),
    .c2_o  (c2_q2)
  );

  always_ff @(posedge clk_i) begin
    if (valid_q[0]) begin : stage2
      logic signed [15:0] dx;
      dx = signed'({~fraction_q[15], fraction_q[14:0]});  // minus 32768
      dx_q2       <= dx;
      square_q2   <= 16'((32'(dx) * 32'(dx)) >> 15);
      kind_q2     <= kind_q;
      sign_q2     <= sign_q;
      exponent_q2 <= exponent_q;
    end
  end

  // Stage 3: the two products.
  logic [25:0]        c0_q3;
  logic signed [22:0] linear_q3;     // (c1 * dx) >> 11
  logic [14:0]        quadratic_q3;  // (c2 * square) >> 13
  logic [1:0]         kind_q3;
  logic               sign_q3;
  logic [7:0]         exponent_q3;

  always_ff @(posedge clk_i) begin
    if (valid_q[1]) begin
      c0_q3        <= c0_q2;
      linear_q3    <= 23'((34'(c1_q2) * 34'(dx_q2)) >>> 11);
      quadratic_q3 <= 15'((28'(c2_q2) * 28'(square_q2)) >> 13);
      kind_q3      <= kind_q2;
      sign_q3      <= sign_q2;
      exponent_q3  <= exponent_q2;
    end
  end

  // Stage 4: (T + 4) >> 3.
  logic signed [24:0] t_q4;
  logic [1:0]         kind_q4;
  logic               sign_q4;
  logic [7:0]         exponent_q4;

  always_ff @(posedge clk_i) begin
    if (valid_q[2]) begin
      t_q4        <= 25'((signed'({2'b00, c0_q3}) + 28'(linear_q3) + signed'({13'd0, quadratic_q3}) + 28'sd4) >>> 3);
      kind_q4     <= kind_q3;
      sign_q4     <= sign_q3;
      exponent_q4 <= exponent_q3;
    end
  end

  // Stage 5: clamp to a 23-bit fraction and pack.
  always_ff @(posedge clk_i) begin
    if (valid_q[3]) begin : stage5
      logic [22:0] mant;
      mant = t_q4[24] ? 23'd0 : t_q4[23] ? 23'h7F_FFFF : t_q4[22:0];
      if (kind_q4 == KIND_NAN)        y_o <= 32'h7FC0_0000;
      else if (kind_q4 == KIND_POWER) y_o <= {sign_q4, exponent_q4, 23'd0};
      else                            y_o <= {sign_q4, exponent_q4, mant};
    end
  end

endmodule

`default_nettype wire
