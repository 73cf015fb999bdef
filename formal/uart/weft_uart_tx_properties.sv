// Proves weft_uart_tx: the line carries every byte taken as ten bits of ClocksPerBit cycles, and nothing else.
`default_nettype none

module weft_uart_tx_properties #(
  parameter int unsigned ClocksPerBit = 4
) (
  input logic       clk_i,
  input logic       rst_ni,
  input logic       valid_i,
  input logic [7:0] data_i
);

  localparam int unsigned FRAME = 10 * ClocksPerBit;

  logic       ready, tx;
  logic       seen_clk_q = 1'b0;
  logic [5:0] cycle_q;  // of the frame on the line, from 1; 0: idle
  logic [7:0] byte_q;   // in it
  logic       wanted;   // on the line

  weft_uart_tx #(.ClocksPerBit(ClocksPerBit)) u_dut (
    .clk_i, .rst_ni, .valid_i, .ready_o(ready), .data_i, .tx_o(tx));

  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!rst_ni) begin
      cycle_q <= '0;
    end else if (valid_i && ready) begin
      cycle_q <= 6'd1;
      byte_q  <= data_i;
    end else if (cycle_q != '0) begin
      cycle_q <= (cycle_q == 6'(FRAME)) ? '0 : cycle_q + 6'd1;
    end
  end

  // The bits one after the other: start, data from the lowest, stop.
  always_comb begin
    wanted = 1'b1;
    if (cycle_q >= 6'd1 && cycle_q <= 6'(ClocksPerBit)) wanted = 1'b0;
    for (int unsigned i = 0; i < 8; i++) begin
      if (cycle_q > 6'((i + 1) * ClocksPerBit) && cycle_q <= 6'((i + 2) * ClocksPerBit)) wanted = byte_q[i];
    end
  end

  always_comb if (!seen_clk_q) assume (!rst_ni);

  always_ff @(posedge clk_i) begin
    if (seen_clk_q && rst_ni) begin
      // Contract 1: the line shows the frame of the last byte taken, and is high between frames.
      assert (tx == wanted);
      // Contract 2: a byte is taken when the line is idle or its stop bit ends, and at no other time.
      assert (ready == (cycle_q == '0 || cycle_q == 6'(FRAME)));
    end
  end

endmodule

`default_nettype wire
