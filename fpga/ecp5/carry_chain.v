// One carry chain of the ECP5: s = LUT(a, b, c, d) ^ carry of every bit, and the carry out of the last.
//
// nextpnr-ecp5 puts a cell before every chain whose CIN is connected, also to a constant, and one behind every chain whose
// last COUT is. So a chain here has no CIN, and fpga/ecp5/build takes away a COUT that nothing reads. Its first half of a cell makes a carry of its own: LUT4 = 0 there, and then
// the carry is LUT2, whatever CIN is. Either it belongs to bit 0, and LUT2 is that bit's carry, a function of a and b, while
// the sum of bit 0 is an ordinary LUT; or it stands before bit 0, and LUT2 is the carry that enters. The carry out is the
// sum of a bit behind the last, where LUT4 = 0; without use it is removed.
module weft_carry_chain #(
  parameter        WIDTH = 1,
  parameter [15:0] INIT  = 16'h600A,  // of every bit: LUT4, and LUT2 in the lowest four bits
  parameter        START = 0,         // 1: a half cell before bit 0, 0: bit 0 makes the first carry
  parameter [3:0]  FIRST = 4'hA,      // LUT2 of the first half cell, of ci in START or of a[0] and b[0]
  parameter        CARRY = 0          // the constant carry that enters, without START
) (
  input              ci,
  input  [WIDTH-1:0] a,
  input  [WIDTH-1:0] b,
  input  [WIDTH-1:0] c,
  input  [WIDTH-1:0] d,
  output [WIDTH-1:0] s,
  output             co
);

  localparam PAIRS = (WIDTH + START + 2) / 2;  // cells, with that of the carry out
  wire [2*PAIRS-1:0] aa, bb, cc, dd, sum;
  wire [PAIRS-1:0]   carry;

  // Inputs that no LUT reads are 1, which costs no wire.
  generate
    if (START) begin : gen_start
      assign aa = {{(2*PAIRS-WIDTH-1){1'b1}}, a, ci};
      assign bb = {{(2*PAIRS-WIDTH-1){1'b1}}, b, 1'b1};
      assign cc = {{(2*PAIRS-WIDTH-1){1'b1}}, c, 1'b1};
      assign dd = {{(2*PAIRS-WIDTH-1){1'b1}}, d, 1'b1};
      assign s  = sum[WIDTH:1];
      assign co = sum[WIDTH+1];
    end else begin : gen_fused
      wire first = INIT >> {d[0], c[0], b[0], a[0]};
      assign aa = {{(2*PAIRS-WIDTH){1'b1}}, a};
      assign bb = {{(2*PAIRS-WIDTH){1'b1}}, b};
      assign cc = {{(2*PAIRS-WIDTH){1'b1}}, c} | 1'b1;
      assign dd = {{(2*PAIRS-WIDTH){1'b1}}, d} | 1'b1;
      assign s  = {sum[WIDTH-1:1], first ^ (CARRY != 0)};
      assign co = sum[WIDTH];
    end
  endgenerate

  genvar i;
  generate
    for (i = 0; i < PAIRS; i = i + 1) begin : gen_pair
      localparam [15:0] LOW  = (i == 0) ? {12'h000, FIRST} : (2 * i < WIDTH + START) ? INIT : 16'h0000;
      localparam [15:0] HIGH = (2 * i + 1 < WIDTH + START) ? INIT : 16'h0000;
      if (i == 0) begin : gen_first
        CCU2C #(.INIT0(LOW), .INIT1(HIGH), .INJECT1_0("NO"), .INJECT1_1("NO")) u_carry (
          .A0(aa[0]), .B0(bb[0]), .C0(cc[0]), .D0(dd[0]), .A1(aa[1]), .B1(bb[1]), .C1(cc[1]), .D1(dd[1]),
          .S0(sum[0]), .S1(sum[1]), .COUT(carry[0]));
      end else begin : gen_next
        CCU2C #(.INIT0(LOW), .INIT1(HIGH), .INJECT1_0("NO"), .INJECT1_1("NO")) u_carry (
          .CIN(carry[i-1]),
          .A0(aa[2*i]), .B0(bb[2*i]), .C0(cc[2*i]), .D0(dd[2*i]),
          .A1(aa[2*i+1]), .B1(bb[2*i+1]), .C1(cc[2*i+1]), .D1(dd[2*i+1]),
          .S0(sum[2*i]), .S1(sum[2*i+1]), .COUT(carry[i]));
      end
    end
  endgenerate

endmodule

// y = a + b, all of one width. An odd number of bits leaves a half cell for the start.
module weft_carry_add #(
  parameter WIDTH = 8
) (
  input  [WIDTH-1:0] a,
  input  [WIDTH-1:0] b,
  output [WIDTH-1:0] y
);

  weft_carry_chain #(.WIDTH(WIDTH), .INIT(16'h600A), .START(WIDTH % 2), .FIRST((WIDTH % 2 == 1) ? 4'h0 : 4'h8)) u_chain (
    .ci(1'b1), .a(a), .b(b), .c({WIDTH{1'b1}}), .d({WIDTH{1'b1}}), .s(y));

endmodule
