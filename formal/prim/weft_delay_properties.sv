// Proves weft_delay: the payload and its valid come out Latency cycles later, and the output keeps its value between.
`default_nettype none

module weft_delay_properties #(
  parameter int unsigned Width   = 4,
  parameter int unsigned Latency = 3
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             valid_i,
  input logic [Width-1:0] data_i
);

  logic             valid;
  logic [Width-1:0] data;
  logic             seen_clk_q = 1'b0;

  weft_delay #(.Width(Width), .Latency(Latency)) u_dut (
    .clk_i, .rst_ni, .valid_i, .data_i, .valid_o(valid), .data_o(data));

  // What went in during the last Latency cycles, the newest at the low end.
  logic [Latency-1:0]       valid_history_q;
  logic [Latency*Width-1:0] data_history_q;
  always_ff @(posedge clk_i) begin
    valid_history_q <= rst_ni ? Latency'({valid_history_q, valid_i}) : '0;
    data_history_q  <= (Latency*Width)'({data_history_q, data_i});
  end

  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!seen_clk_q) assume (!rst_ni);
    if (seen_clk_q && rst_ni) begin
      // Contract 1: a result in exactly the cycle that is Latency after its operand.
      assert (valid == valid_history_q[Latency-1]);
      // Contract 2: with the payload of that operand.
      if (valid) assert (data == data_history_q[(Latency-1)*Width +: Width]);
      // Contract 3: no result, no change.
      if (!valid && $past(rst_ni)) assert (data == $past(data));
    end
  end

endmodule

`default_nettype wire
