// Sends bytes over a serial line: one start bit, eight data bits (lowest first), one stop bit, ClocksPerBit cycles each.
//
// ready_o is high when the line is idle or in the last cycle of a stop bit: bytes follow each other without a gap. The
// start bit appears the cycle after a byte is taken. tx_o comes straight from a register.
// Block notes: docs/reference/uart.md
`default_nettype none

module weft_uart_tx #(
  parameter int unsigned ClocksPerBit = 24  // at least 4
) (
  input  logic       clk_i,
  input  logic       rst_ni,

  // From the producer
  input  logic       valid_i,
  output logic       ready_o,
  input  logic [7:0] data_i,

  // The line: high when idle
  output logic       tx_o
);

  localparam int unsigned TimerWidth = $clog2(ClocksPerBit);

  if (ClocksPerBit < 4) begin : gen_too_fast
    $fatal(1, "weft_uart_tx: ClocksPerBit is %0d, want at least 4", ClocksPerBit);
  end

  logic [TimerWidth-1:0] timer_q;  // cycles left of the bit on the line, less one
  logic [9:0]            bits_q;   // leaves to the right; only the stop bit is left when no other one is
  logic                  over, last;

  assign over    = timer_q == '0;
  assign last    = bits_q[9:1] == '0;
  assign ready_o = over && last;
  assign tx_o    = bits_q[0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      timer_q <= '0;
      bits_q  <= 10'd1;
    end else if (!over) begin
      timer_q <= timer_q - TimerWidth'(1);
    end else if (!last || valid_i) begin
      timer_q <= TimerWidth'(ClocksPerBit - 1);
      bits_q  <= last ? {1'b1, data_i, 1'b0} : {1'b0, bits_q[9:1]};
    end
  end

endmodule

`default_nettype wire
