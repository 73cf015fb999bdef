// Queue between two clocks of any ratio and phase, with first-word fall-through.
//
// Each side counts its words in Gray code, of which one bit changes at a time, and the other side takes that count
// through two registers: what it sees is old, never wrong. A word is on out_data_o two to three cycles of out_clk_i after
// it was written, its place is free again two to three cycles of in_clk_i after it was taken. Eight words keep a clock
// of at most twice the other's busy in every cycle.
// The resets end in any order, but both must have been held at the same time. Paths between the clocks are for place and
// route to keep shorter than a cycle of the faster one: docs/reference/prim.md.
`default_nettype none

module weft_async_fifo #(
  parameter int unsigned Width     = 32,
  parameter int unsigned DepthLog2 = 3  // at least 2
) (
  // Producer
  input  logic             in_clk_i,
  input  logic             in_rst_ni,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,

  // Consumer
  input  logic             out_clk_i,
  input  logic             out_rst_ni,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  localparam int unsigned COUNT = DepthLog2 + 1;  // one bit more tells a full queue from an empty one

  logic [Width-1:0] words [1 << DepthLog2];
  logic [COUNT-1:0] in_q, in_next, in_gray_q, in_seen_q, in_late_q;       // words written; that as the consumer sees it
  logic [COUNT-1:0] out_q, out_next, out_gray_q, out_seen_q, out_late_q;  // words taken; that as the producer sees it
  logic             push, pop;

  assign in_next     = in_q + COUNT'(1);
  assign in_ready_o  = in_gray_q != (out_seen_q ^ (COUNT'(3) << (COUNT - 2)));  // not Depth words ahead
  assign push        = in_valid_i && in_ready_o;
  assign out_next    = out_q + COUNT'(1);
  assign out_valid_o = out_gray_q != in_seen_q;
  assign out_data_o  = words[out_q[DepthLog2-1:0]];
  assign pop         = out_valid_o && out_ready_i;

  always_ff @(posedge in_clk_i) begin
    if (push) words[in_q[DepthLog2-1:0]] <= in_data_i;
  end
  always_ff @(posedge in_clk_i) begin
    if (!in_rst_ni) begin
      in_q       <= '0;
      in_gray_q  <= '0;
      out_late_q <= '0;
      out_seen_q <= '0;
    end else begin
      out_late_q <= out_gray_q;
      out_seen_q <= out_late_q;
      if (push) begin
        in_q      <= in_next;
        in_gray_q <= in_next ^ (in_next >> 1);
      end
    end
  end

  always_ff @(posedge out_clk_i) begin
    if (!out_rst_ni) begin
      out_q      <= '0;
      out_gray_q <= '0;
      in_late_q  <= '0;
      in_seen_q  <= '0;
    end else begin
      in_late_q <= in_gray_q;
      in_seen_q <= in_late_q;
      if (pop) begin
        out_q      <= out_next;
        out_gray_q <= out_next ^ (out_next >> 1);
      end
    end
  end

`ifndef SYNTHESIS
  // What crosses changes one bit at a time.
  logic [COUNT-1:0] in_before_q, out_before_q;
  always_ff @(posedge in_clk_i) begin
    in_before_q <= in_gray_q;
    if (in_rst_ni && in_before_q != '0)
      InOneBit_A: assert ($countones(in_gray_q ^ in_before_q) <= 1);
  end
  always_ff @(posedge out_clk_i) begin
    out_before_q <= out_gray_q;
    if (out_rst_ni && out_before_q != '0)
      OutOneBit_A: assert ($countones(out_gray_q ^ out_before_q) <= 1);
  end
`endif

endmodule

`default_nettype wire
