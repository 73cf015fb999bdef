// Proves weft_uart_rx: a byte comes out for every frame on the line, and for nothing else.
//
// A frame is a falling edge, a line that is still low half a bit later, eight bits, and a line that is high in the middle of
// the tenth. The receiver here counts cycles from the edge; the one that is proved shifts.
`default_nettype none

module weft_uart_rx_properties #(
  parameter int unsigned ClocksPerBit = 4
) (
  input logic clk_i,
  input logic rst_ni,
  input logic rx_i,
  input logic ready_i
);

  localparam int unsigned MIDDLE = ClocksPerBit / 2;

  logic       valid;
  logic [7:0] data;
  logic       seen_clk_q = 1'b0;
  logic [2:0] line_q;   // the line, two cycles late, and what it was before
  logic [5:0] cycle_q;  // since the falling edge; 0: no frame
  logic [7:0] bits_q;
  logic       full_q;   // a byte waits in the queue of one
  logic [7:0] byte_q;

  weft_uart_rx #(.ClocksPerBit(ClocksPerBit), .QueueBytes(1)) u_dut (
    .clk_i, .rst_ni, .rx_i, .valid_o(valid), .ready_i, .data_o(data));

  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!rst_ni) begin
      line_q  <= '1;
      cycle_q <= '0;
      full_q  <= 1'b0;
    end else begin
      line_q <= {line_q[1:0], rx_i};
      if (cycle_q == '0) begin
        cycle_q <= (line_q[2] && !line_q[1]) ? 6'd1 : '0;
      end else if ((cycle_q == 6'(MIDDLE) && line_q[1]) || cycle_q == 6'(MIDDLE + 9 * ClocksPerBit)) begin
        cycle_q <= '0;
      end else begin
        cycle_q <= cycle_q + 6'd1;
      end
      for (int unsigned i = 0; i < 8; i++) begin
        if (cycle_q == 6'(MIDDLE + (i + 1) * ClocksPerBit)) bits_q[i] <= line_q[1];
      end
      if (full_q) begin
        if (ready_i) full_q <= 1'b0;
      end else if (cycle_q == 6'(MIDDLE + 9 * ClocksPerBit) && line_q[1]) begin
        full_q <= 1'b1;
        byte_q <= bits_q;
      end
    end
  end

  always_comb if (!seen_clk_q) assume (!rst_ni);

  always_ff @(posedge clk_i) begin
    if (seen_clk_q && rst_ni) begin
      // Contract 1: a byte is offered if and only if a whole frame came and nobody has taken it.
      assert (valid == full_q);
      // Contract 2: each of its bits is the line in the middle of that bit.
      if (valid) assert (data == byte_q);
    end
  end

endmodule

`default_nettype wire
