// One lane of the dot unit: a signed 16 x 16 multiply-accumulate that starts from 0x4B400000.
//
// clear_i loads {16'h4B40, 16'h0000}; otherwise en_i adds a_i * b_i, modulo 2^32. acc_o follows in the next cycle and
// stays while both are low. 0x4B400000 is 1.5 * 2^23 in fp32, so a sum s with |s| < 2^22 reads as 1.5 * 2^23 + s. On the
// iCE40 (WEFT_ICE40) it is one SB_MAC16.
// Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_mac (
  input  logic               clk_i,

  input  logic               clear_i,
  input  logic               en_i,
  input  logic signed [15:0] a_i,
  input  logic signed [15:0] b_i,
  output logic [31:0]        acc_o
);

`ifdef WEFT_ICE40
  SB_MAC16 #(
    .NEG_TRIGGER(1'b0), .C_REG(1'b0), .D_REG(1'b0), .A_REG(1'b0), .B_REG(1'b0),
    .TOP_8x8_MULT_REG(1'b0), .BOT_8x8_MULT_REG(1'b0),
    .PIPELINE_16x16_MULT_REG1(1'b0), .PIPELINE_16x16_MULT_REG2(1'b0),
    // Both halves: register of (product + itself); the carry of the lower half runs into the upper.
    .TOPOUTPUT_SELECT(2'd1), .TOPADDSUB_LOWERINPUT(2'd2), .TOPADDSUB_UPPERINPUT(1'b0), .TOPADDSUB_CARRYSELECT(2'd2),
    .BOTOUTPUT_SELECT(2'd1), .BOTADDSUB_LOWERINPUT(2'd2), .BOTADDSUB_UPPERINPUT(1'b0), .BOTADDSUB_CARRYSELECT(2'd0),
    .MODE_8x8(1'b0), .A_SIGNED(1'b1), .B_SIGNED(1'b1)
  ) u_mac (
    .CLK(clk_i), .CE(clear_i || en_i),
    .A(a_i), .B(b_i), .C(16'h4B40), .D(16'h0000),
    .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0),
    .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
    .OLOADTOP(clear_i), .OLOADBOT(clear_i), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0),
    .OHOLDTOP(1'b0), .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0),
    .O(acc_o), .CO(), .ACCUMCO(), .SIGNEXTOUT()
  );
`else
  always_ff @(posedge clk_i) begin
    if (clear_i)   acc_o <= 32'h4B40_0000;
    else if (en_i) acc_o <= acc_o + 32'(a_i * b_i);
  end
`endif

endmodule

`default_nettype wire
