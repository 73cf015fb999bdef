// First-in first-out queue of registers (or LUT RAM) with first-word fall-through.
//
// A word written in one cycle is on out_data_o in the next; one word in and one out a cycle. in_ready_o depends on the
// fill level alone, never on out_ready_i; out_valid_o and out_data_o never on in_valid_i.
// Block notes: docs/reference/prim.md
`default_nettype none

module weft_fifo #(
  parameter int unsigned Width = 32,
  parameter int unsigned Depth = 4,  // words, at least 1; any number
  localparam int unsigned CountWidth = $clog2(Depth + 1)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // From the producer
  input  logic                  in_valid_i,
  output logic                  in_ready_o,
  input  logic [Width-1:0]      in_data_i,

  // To the consumer
  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [Width-1:0]      out_data_o,

  output logic [CountWidth-1:0] count_o  // words held
);

  localparam int unsigned PtrWidth = (Depth > 1) ? $clog2(Depth) : 1;
  localparam logic [PtrWidth-1:0] LAST = PtrWidth'(Depth - 1);

  logic [Width-1:0]      words [Depth];
  logic [PtrWidth-1:0]   head_q, tail_q;
  logic [CountWidth-1:0] count_q;
  logic                  push, pop;

  assign in_ready_o  = count_q != CountWidth'(Depth);
  assign out_valid_o = count_q != '0;
  assign out_data_o  = words[head_q];
  assign count_o     = count_q;
  assign push        = in_valid_i && in_ready_o;
  assign pop         = out_valid_o && out_ready_i;

  always_ff @(posedge clk_i) begin
    if (push) words[tail_q] <= in_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
    end else begin
      if (push) tail_q <= (tail_q == LAST) ? '0 : tail_q + PtrWidth'(1);
      if (pop)  head_q <= (head_q == LAST) ? '0 : head_q + PtrWidth'(1);
      if (push && !pop)      count_q <= count_q + CountWidth'(1);
      else if (pop && !push) count_q <= count_q - CountWidth'(1);
    end
  end

endmodule

`default_nettype wire
