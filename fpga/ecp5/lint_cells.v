// The ports of the ECP5's cells that the board tops use, for Verilator's lint (scripts/lint): it reads no three-state
// models. Yosys checks the tops against its own library.
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNDRIVEN */
`default_nettype none

module EHXPLLL (
  input wire CLKI, CLKFB, RST, STDBY, PLLWAKESYNC, ENCLKOP, ENCLKOS, ENCLKOS2, ENCLKOS3,
  input wire PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG,
  output wire CLKOP, CLKOS, CLKOS2, LOCK
);
  parameter CLKI_DIV = 1, CLKFB_DIV = 1, FEEDBK_PATH = "CLKOP";
  parameter CLKOP_ENABLE = "ENABLED", CLKOP_DIV = 8, CLKOP_CPHASE = 0, CLKOP_FPHASE = 0;
  parameter CLKOS_ENABLE = "DISABLED", CLKOS_DIV = 8, CLKOS_CPHASE = 0, CLKOS_FPHASE = 0;
  parameter CLKOS2_ENABLE = "DISABLED", CLKOS2_DIV = 8, CLKOS2_CPHASE = 0, CLKOS2_FPHASE = 0;
endmodule

module ODDRX1F (input wire SCLK, RST, D0, D1, output wire Q);
endmodule

module OFS1P3DX (input wire SCLK, SP, CD, D, output wire Q);
endmodule

module IFS1P3DX (input wire SCLK, SP, CD, D, output wire Q);
endmodule

module BB (input wire I, T, output wire O, inout wire B);
endmodule

`default_nettype wire
