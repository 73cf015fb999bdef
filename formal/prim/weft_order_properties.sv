// The contracts of every stream that holds words: what went in comes out, once, unchanged and in order.
//
// mark_i is free: it picks any word as it enters, which is then followed to the exit by counting the words ahead of it.
// What holds for every word that could be picked holds for all of them.
`default_nettype none

module weft_order_properties #(
  parameter int unsigned Width = 4,
  parameter int unsigned Depth = 4  // words held at most
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic                       mark_i,

  // Entry: a word enters
  input  logic                       push_i,
  input  logic [Width-1:0]           push_data_i,

  // Exit
  input  logic                       valid_i,
  input  logic                       ready_i,
  input  logic [Width-1:0]           data_i,

  output logic [$clog2(Depth+1)-1:0] held_o  // words inside
);

  localparam int unsigned CountWidth = $clog2(Depth + 1);
  logic [CountWidth-1:0] held_q, ahead_q;
  logic                  followed_q;  // a picked word is inside, ahead_q others leave before it
  logic [Width-1:0]      picked_q;
  logic                  seen_clk_q = 1'b0;
  logic                  pop;
  assign pop    = valid_i && ready_i;
  assign held_o = held_q;

  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!rst_ni) begin
      held_q     <= '0;
      ahead_q    <= '0;
      followed_q <= 1'b0;
    end else begin
      held_q <= held_q + CountWidth'(push_i) - CountWidth'(pop);
      if (!followed_q) begin
        followed_q <= push_i && mark_i;
        ahead_q    <= held_q - CountWidth'(pop);
        picked_q   <= push_data_i;
      end else if (pop) begin
        followed_q <= ahead_q != '0;
        ahead_q    <= ahead_q - CountWidth'(1);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni && seen_clk_q) begin
      // Contract A: a word leaves only if one is inside, and none enters that has no place.
      assert (!(pop && held_q == '0));
      assert (!(push_i && held_q == CountWidth'(Depth)));
      // Contract B: the n-th word out is the n-th word in.
      assert (!(followed_q && ahead_q == '0 && valid_i && data_i != picked_q));
      // Contract C: a stalled word neither disappears nor changes.
      if ($past(rst_ni) && $past(valid_i && !ready_i)) assert (valid_i && data_i == $past(data_i));
    end
  end

endmodule

`default_nettype wire
