// A deep queue: weft_fifo in every cycle of its ports, its words in a block RAM.
//
// The oldest words wait in a short queue of registers, which a word enters straight while nothing is behind it; the RAM
// holds the rest and refills that queue two cycles ahead of need.
// Block notes: docs/reference/prim.md
`default_nettype none

module weft_ram_fifo #(
  parameter int unsigned Width = 32,
  parameter int unsigned Depth = 64,  // words, at least FRONT + 2
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

  // A read takes one cycle, a word read is offered one cycle later: three words bridge it, four keep one in hand.
  localparam int unsigned FRONT      = 4;
  localparam int unsigned BACK       = Depth - FRONT + 1;  // one word is always free: none is read while it is written
  localparam int unsigned BackWidth  = $clog2(BACK);
  localparam int unsigned FrontWidth = $clog2(FRONT + 1);
  localparam logic [BackWidth-1:0] LAST = BackWidth'(BACK - 1);

  if (Depth < FRONT + 2) begin : gen_bad_parameters
    $fatal(1, "weft_ram_fifo: Depth is too small");
  end

  logic                  push, pop, straight, late, back, refill, unused_ready;
  logic                  moving_q, late_q;   // a word enters the front in this cycle; it comes from late_data_q
  logic [CountWidth-1:0] count_q, back_q;    // words in all, words in the RAM
  logic [FrontWidth-1:0] front, claimed;     // words in front, and with the one on its way there
  logic [BackWidth-1:0]  head_q, tail_q;
  logic [Width-1:0]      back_data, late_data_q;

  assign in_ready_o = count_q != CountWidth'(Depth);
  assign count_o    = count_q;
  assign push       = in_valid_i && in_ready_o;
  assign pop        = out_valid_o && out_ready_i;
  assign claimed    = front + FrontWidth'(moving_q);
  // A new word goes straight to the front, follows the word that moves there, or into the RAM.
  assign straight   = push && back_q == '0 && !moving_q && front != FrontWidth'(FRONT);
  assign late       = push && back_q == '0 && moving_q && claimed != FrontWidth'(FRONT);
  assign back       = push && !straight && !late;
  assign refill     = back_q != '0 && claimed != FrontWidth'(FRONT);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q   <= '0;
      tail_q   <= '0;
      count_q  <= '0;
      back_q   <= '0;
      moving_q <= 1'b0;
    end else begin
      moving_q <= refill || late;
      count_q  <= count_q + CountWidth'(push) - CountWidth'(pop);
      back_q   <= back_q + CountWidth'(back) - CountWidth'(refill);
      if (back)   tail_q <= (tail_q == LAST) ? '0 : tail_q + BackWidth'(1);
      if (refill) head_q <= (head_q == LAST) ? '0 : head_q + BackWidth'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (late) late_data_q <= in_data_i;
    if (late || refill) late_q <= late;
  end

  weft_ram #(.Width(Width), .Depth(BACK)) u_back (
    .clk_i,
    .we_i(back), .waddr_i(tail_q), .wdata_i(in_data_i),
    .re_i(refill), .raddr_i(head_q), .rdata_o(back_data));

  weft_fifo #(.Width(Width), .Depth(FRONT)) u_front (
    .clk_i, .rst_ni,
    .in_valid_i(straight || moving_q), .in_ready_o(unused_ready),
    .in_data_i(!moving_q ? in_data_i : late_q ? late_data_q : back_data),
    .out_valid_o, .out_ready_i, .out_data_o, .count_o(front));

  logic unused;
  assign unused = unused_ready;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) FrontHasRoom_A: assert (!(straight || moving_q) || unused_ready);
    if (rst_ni) NothingHidden_A: assert (count_q == '0 || front != '0);
  end
`endif

endmodule

`default_nettype wire
