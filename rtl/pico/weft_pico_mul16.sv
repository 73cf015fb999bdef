// One multiplier of the UP5K with its adder: p_o <= a * b + cd, or cd alone with load_i, in cycles with ce_i.
//
// InputReg puts registers in front of a and b: the product then takes one cycle more (cd_i and load_i do not), and
// hold_a_i keeps the old a. Signed multiplies two's complement numbers. On the iCE40 (WEFT_ICE40) it is one SB_MAC16 and
// nothing else.
// Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_mul16 #(
  parameter int unsigned InputReg = 0,  // 0 or 1
  parameter int unsigned Signed   = 0   // 0 or 1
) (
  input  logic        clk_i,
  input  logic        ce_i,

  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  input  logic        hold_a_i,  // InputReg only
  input  logic [31:0] cd_i,
  input  logic        load_i,
  output logic [31:0] p_o
);

`ifdef WEFT_ICE40
  SB_MAC16 #(
    .NEG_TRIGGER(1'b0), .C_REG(1'b0), .D_REG(1'b0), .A_REG(InputReg != 0), .B_REG(InputReg != 0),
    .TOP_8x8_MULT_REG(1'b0), .BOT_8x8_MULT_REG(1'b0),
    .PIPELINE_16x16_MULT_REG1(1'b0), .PIPELINE_16x16_MULT_REG2(1'b0),
    // Both halves: register of (product + C or D); the carry of the lower half runs into the upper.
    .TOPOUTPUT_SELECT(2'd1), .TOPADDSUB_LOWERINPUT(2'd2), .TOPADDSUB_UPPERINPUT(1'b1), .TOPADDSUB_CARRYSELECT(2'd2),
    .BOTOUTPUT_SELECT(2'd1), .BOTADDSUB_LOWERINPUT(2'd2), .BOTADDSUB_UPPERINPUT(1'b1), .BOTADDSUB_CARRYSELECT(2'd0),
    .MODE_8x8(1'b0), .A_SIGNED(Signed != 0), .B_SIGNED(Signed != 0)
  ) u_mac (
    .CLK(clk_i), .CE(ce_i),
    .A(a_i), .B(b_i), .C(cd_i[31:16]), .D(cd_i[15:0]),
    .AHOLD(hold_a_i), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0),
    .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
    .OLOADTOP(load_i), .OLOADBOT(load_i), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0),
    .OHOLDTOP(1'b0), .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0),
    .O(p_o), .CO(), .ACCUMCO(), .SIGNEXTOUT()
  );
`else
  logic [15:0] a_q, b_q;
  logic [31:0] a, b;

  always_comb begin
    a = {16'd0, (InputReg != 0) ? a_q : a_i};
    b = {16'd0, (InputReg != 0) ? b_q : b_i};
    if (Signed != 0) begin
      a[31:16] = {16{a[15]}};
      b[31:16] = {16{b[15]}};
    end
  end

  always_ff @(posedge clk_i) begin
    if (ce_i) begin
      if (!hold_a_i) a_q <= a_i;
      b_q <= b_i;
      p_o <= load_i ? cd_i : a * b + cd_i;
    end
  end
`endif

endmodule

`default_nettype wire
