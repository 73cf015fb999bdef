// Says when the K and V of a matmul are in memory, so that attention may read the newest block.
//
// Counts elements from the moment weft_drain reads them until weft_kv_cache has taken them, and then waits until every
// write is acknowledged. One pulse per finished K or V instruction; instructions finish in order.
// Block notes: docs/reference/top.md
`default_nettype none

module weft_kv_fence (
  input  logic       clk_i,
  input  logic       rst_ni,

  // From weft_drain: a pair (two elements) was read; the last pair of a K or V instruction was read
  input  logic       pair_i,
  input  logic       desc_done_i,

  // From weft_quantizer to weft_kv_cache: elements that changed hands this cycle
  input  logic       group_i,
  input  logic [7:0] group_len_i,

  // From weft_kv_cache: nothing held, nothing unacknowledged
  input  logic       kv_idle_i,

  // To weft_sequencer
  output logic       done_o
);

  logic [23:0] elements_q;
  logic [7:0]  pending_q;   // instructions read but not yet reported
  logic        group_q;     // the group taken in the last cycle shows in kv_idle_i only now

  assign done_o = (pending_q != 8'd0) && (elements_q == 24'd0) && kv_idle_i && !group_q && !pair_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      elements_q <= 24'd0;
      pending_q  <= 8'd0;
      group_q    <= 1'b0;
    end else begin
      elements_q <= elements_q + (pair_i ? 24'd2 : 24'd0) - (group_i ? {16'd0, group_len_i} : 24'd0);
      pending_q  <= pending_q + 8'(desc_done_i) - 8'(done_o);
      group_q    <= group_i;
    end
  end

endmodule

`default_nettype wire
