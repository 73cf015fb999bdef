// Receives bytes from a serial line: one start bit, eight data bits (lowest first), one stop bit.
//
// The line is sampled in the middle of each bit. A start bit that is over by its middle was a glitch, a byte whose stop
// bit is low is dropped; after either the next falling edge starts a new byte. Because the stop bit counts from its
// middle, a sender may be up to about 4 % fast or slow. A byte waits in a small queue until it is taken; one that
// finds the queue full is dropped. data_o is stable while valid_o && !ready_i.
// Block notes: docs/reference/uart.md
`default_nettype none

module weft_uart_rx #(
  parameter int unsigned ClocksPerBit = 24,  // at least 4
  parameter int unsigned QueueBytes   = 4    // bytes that wait, at least 1
) (
  input  logic       clk_i,
  input  logic       rst_ni,

  // The line: asynchronous, high when idle
  input  logic       rx_i,

  // To the consumer
  output logic       valid_o,
  input  logic       ready_i,
  output logic [7:0] data_o
);

  localparam int unsigned TimerWidth = $clog2(ClocksPerBit);
  localparam int unsigned CountWidth = $clog2(QueueBytes + 1);

  if (ClocksPerBit < 4) begin : gen_too_fast
    $fatal(1, "weft_uart_rx: ClocksPerBit is %0d, want at least 4", ClocksPerBit);
  end

  logic [2:0]            line_q;   // two stages against metastability, one more to see an edge
  logic                  busy_q;   // between the start bit's edge and the middle of the stop bit
  logic [TimerWidth-1:0] timer_q;  // clocks until the next sample
  logic [8:0]            bits_q;   // what came in, the newest at the left; ones before the start bit
  logic                  sample, is_start, is_stop, push;

  assign sample   = busy_q && timer_q == '0;
  assign is_start = bits_q == '1;
  assign is_stop  = !bits_q[0];
  assign push     = sample && is_stop && line_q[1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      line_q <= '1;
      busy_q <= 1'b0;
    end else begin
      line_q <= {line_q[1:0], rx_i};
      if (!busy_q) busy_q <= line_q[2] && !line_q[1];
      else if (sample && ((is_start && line_q[1]) || is_stop)) busy_q <= 1'b0;
    end
  end

  // Idle, the timer stands at half a bit and bits_q at ones. The start bit is the first zero in it; when the stop bit
  // is due, that zero has come to the right end.
  always_ff @(posedge clk_i) begin
    if (!busy_q)     timer_q <= TimerWidth'(ClocksPerBit / 2 - 1);
    else if (sample) timer_q <= TimerWidth'(ClocksPerBit - 1);
    else             timer_q <= timer_q - TimerWidth'(1);
    if (!busy_q)     bits_q <= '1;
    else if (sample) bits_q <= {line_q[1], bits_q[8:1]};
  end

  logic                  unused_ready;
  logic [CountWidth-1:0] unused_count;
  weft_fifo #(.Width(8), .Depth(QueueBytes)) u_queue (
    .clk_i, .rst_ni,
    .in_valid_i(push), .in_ready_o(unused_ready), .in_data_i(bits_q[8:1]),
    .out_valid_o(valid_o), .out_ready_i(ready_i), .out_data_o(data_o), .count_o(unused_count));

endmodule

`default_nettype wire
