// Proves who may write activations in weft_matrix: one of two writers a cycle, in turns.
`default_nettype none

module weft_matrix_properties (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        a_valid_i,
  input logic        b_valid_i
);

  logic a_ready, b_ready, a_lost_q, b_lost_q;
  logic seen_clk_q = 1'b0;

  // Every other port is free: it has no driver, so it may be anything in any cycle.
  weft_matrix u_dut (
    .clk_i, .rst_ni, .a_wr_valid_i(a_valid_i), .a_wr_ready_o(a_ready), .b_wr_valid_i(b_valid_i), .b_wr_ready_o(b_ready));

  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!rst_ni) begin
      a_lost_q <= 1'b0;
      b_lost_q <= 1'b0;
    end else begin
      a_lost_q <= a_valid_i && !a_ready;
      b_lost_q <= b_valid_i && !b_ready;
    end
  end

  always_comb if (!seen_clk_q) assume (!rst_ni);

  always_ff @(posedge clk_i) begin
    if (seen_clk_q && rst_ni) begin
      // Contract 1: one write a cycle.
      assert (!(a_valid_i && a_ready && b_valid_i && b_ready));
      // Contract 2: one whenever someone asks.
      assert (!(a_valid_i || b_valid_i) || (a_valid_i && a_ready) || (b_valid_i && b_ready));
      // Contract 3: neither writer waits more than one turn of the other.
      if (a_lost_q && a_valid_i) assert (a_ready);
      if (b_lost_q && b_valid_i) assert (b_ready);
    end
  end

endmodule

`default_nettype wire
