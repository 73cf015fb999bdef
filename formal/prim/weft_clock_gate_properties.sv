// Proves weft_clock_gate: whoever is woken for each word that enters and needs at most Linger cycles for it cannot tell
// the gated clock from the free one; and the gated clock has no glitches and does stop.
//
// Time advances in steps of half a cycle, so that both edges of the clock and the latch are seen.
`default_nettype none

module weft_clock_gate_properties #(
  parameter int unsigned Linger = 3,
  parameter int unsigned Width  = 2
) (
  input logic             rst_ni,  // the value after the next rising edge, as wake_i and data_i
  input logic             wake_i,
  input logic [Width-1:0] data_i
);

  (* gclk *) logic step;
  logic clk_q = 1'b0;
  always_ff @(posedge step) clk_q <= !clk_q;

  // The inputs of a synchronous design: they change with the rising edge.
  logic             rst_nq = 1'b0;
  logic             wake_q;
  logic [Width-1:0] data_q;
  always_ff @(posedge clk_q) begin
    rst_nq <= rst_ni;
    wake_q <= wake_i;
    data_q <= data_i;
  end

  logic gated;
  weft_clock_gate #(.Linger(Linger)) u_dut (.clk_i(clk_q), .rst_ni(rst_nq), .wake_i(wake_q), .clk_o(gated));

  // A unit that needs Linger cycles for what enters, once on each clock.
  logic             free_valid, gated_valid;
  logic [Width-1:0] free_data, gated_data;
  weft_delay #(.Width(Width), .Latency(Linger)) u_free (
    .clk_i(clk_q), .rst_ni(rst_nq), .valid_i(wake_q), .data_i(data_q), .valid_o(free_valid), .data_o(free_data));
  weft_delay #(.Width(Width), .Latency(Linger)) u_gated (
    .clk_i(gated), .rst_ni(rst_nq), .valid_i(wake_q), .data_i(data_q), .valid_o(gated_valid), .data_o(gated_data));

  // Cycles since the last wake or reset, up to Linger + 1.
  localparam int unsigned QuietWidth = $clog2(Linger + 2);
  logic [QuietWidth-1:0] quiet_q;
  logic                  was_reset_q = 1'b0;
  always_ff @(posedge clk_q) begin
    was_reset_q <= was_reset_q || !rst_nq;
    if (!rst_nq || wake_q)                          quiet_q <= '0;
    else if (quiet_q != QuietWidth'(Linger + 1)) quiet_q <= quiet_q + QuietWidth'(1);
  end

  logic clk_past_q = 1'b0, gated_past_q = 1'b0, asleep_past_q = 1'b0;
  always_ff @(posedge step) begin
    clk_past_q    <= clk_q;
    gated_past_q  <= gated;
    asleep_past_q <= was_reset_q && rst_nq && !wake_q && quiet_q >= QuietWidth'(Linger);
  end

  always_comb begin
    // Contract 1: the gated clock is high only while the clock is, and changes only with it.
    assert (!gated || clk_q);
    assert (!(clk_q && clk_past_q) || gated == gated_past_q);
    if (was_reset_q && rst_nq) begin
      // Contract 2: no cycle in which something was to happen is cut: both units show the same.
      assert (gated_valid == free_valid);
      assert (!free_valid || gated_data == free_data);
    end
    // Contract 3: after Linger cycles without a wake the clock stops.
    if (clk_q && !clk_past_q && asleep_past_q) assert (!gated);
  end

endmodule

`default_nettype wire
