// Proves weft_fifo and weft_ram_fifo, which keep the same contracts in the same cycles: order, stalls, full, empty and
// fill level.
`default_nettype none

module weft_fifo_properties #(
  parameter bit          InRam = 1'b0,  // weft_ram_fifo
  parameter int unsigned Width = 4,
  parameter int unsigned Depth = 3
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             mark_i,
  input logic             in_valid_i,
  input logic [Width-1:0] in_data_i,
  input logic             out_ready_i
);

  logic                       in_ready, out_valid;
  logic [Width-1:0]           out_data;
  logic [$clog2(Depth+1)-1:0] count, held;
  logic                       seen_clk_q = 1'b0;

  if (InRam) begin : gen_ram
    weft_ram_fifo #(.Width(Width), .Depth(Depth)) u_dut (
      .clk_i, .rst_ni, .in_valid_i, .in_ready_o(in_ready), .in_data_i,
      .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data), .count_o(count));
  end else begin : gen_registers
    weft_fifo #(.Width(Width), .Depth(Depth)) u_dut (
      .clk_i, .rst_ni, .in_valid_i, .in_ready_o(in_ready), .in_data_i,
      .out_valid_o(out_valid), .out_ready_i, .out_data_o(out_data), .count_o(count));
  end

  weft_order_properties #(.Width(Width), .Depth(Depth)) u_order (
    .clk_i, .rst_ni, .mark_i, .push_i(in_valid_i && in_ready), .push_data_i(in_data_i),
    .valid_i(out_valid), .ready_i(out_ready_i), .data_i(out_data), .held_o(held));

  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!seen_clk_q) assume (!rst_ni);
    if (seen_clk_q && rst_ni) begin
      // Contract 1: there is room unless Depth words are held, whatever the consumer does.
      assert (in_ready == (held != Depth));
      // Contract 2: a word held is offered from the cycle after it was written.
      assert (out_valid == (held != 0));
      // Contract 3: the fill level tells the truth.
      assert (count == held);
    end
  end

endmodule

`default_nettype wire
