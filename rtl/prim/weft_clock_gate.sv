// The clock of a unit that sleeps while it has nothing to do.
//
// clk_o ticks in every cycle with wake_i and in the Linger cycles after it. wake_i must be high in each cycle in which
// something enters the unit, and while the unit works by itself for longer than Linger cycles; a unit asleep must be one in
// which no register would change. A latch holds the decision while the clock is high, so clk_o has no glitches.
// In simulation a sleeping unit costs nothing; on an FPGA (SYNTHESIS) clk_o is clk_i. An ASIC puts its clock gating cell here.
// Block notes: docs/reference/prim.md
`default_nettype none

module weft_clock_gate #(
  parameter int unsigned Linger = 7  // cycles, at least 1
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic wake_i,
  output logic clk_o
);

`ifdef SYNTHESIS
  logic unused;
  assign unused = &{1'b0, rst_ni, wake_i};
  assign clk_o  = clk_i;
`else
  localparam int unsigned CountWidth = $clog2(Linger + 1);
  logic [CountWidth-1:0] left_q;
  logic                  awake, enable;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || wake_i)  left_q <= CountWidth'(Linger);
    else if (left_q != '0)  left_q <= left_q - CountWidth'(1);
  end

  assign awake = !rst_ni || wake_i || left_q != '0;
  always_latch begin
    if (!clk_i) enable = awake;
  end
  assign clk_o = clk_i && enable;
`endif

endmodule

`default_nettype wire
