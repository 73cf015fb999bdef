// The resident instructions: filled by the fetch a beat at a time, read by the walker one at a time.
//
// First-word fall-through: what is written in one cycle can be read in the next. A wide beat brings several
// instructions at once; in_ready_o says that all in_count_i of them fit.
// Block notes: docs/reference/sequencer.md
`default_nettype none

module weft_seq_queue #(
  parameter  int unsigned PortBytes = weft_pkg::PORT_BYTES,
  parameter  int unsigned Depth     = weft_pkg::INSTR_QUEUE,  // a power of two
  localparam int unsigned WIDE      = (PortBytes > 32) ? PortBytes / 32 : 1
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                clear_i,     // forget everything

  // From weft_tape_fetch: in_count_i instructions (1 .. WIDE) from the low end
  input  logic                in_valid_i,
  output logic                in_ready_o,
  input  logic [3:0]          in_count_i,
  input  logic [256*WIDE-1:0] in_data_i,

  // To the walker
  output logic                out_valid_o,
  input  logic                out_ready_i,
  output logic [255:0]        out_data_o
);

  localparam int unsigned PTR_WIDTH   = $clog2(Depth);
  localparam int unsigned COUNT_WIDTH = PTR_WIDTH + 1;

  (* no_rw_check *) logic [255:0] words [Depth];  // of the word to be written nothing is read
  logic [PTR_WIDTH-1:0]   head_q, tail_q;
  logic [COUNT_WIDTH-1:0] count_q;
  logic                   push, pop;

  assign in_ready_o  = count_q + COUNT_WIDTH'(in_count_i) <= COUNT_WIDTH'(Depth);
  assign out_valid_o = count_q != '0;
  assign out_data_o  = words[head_q];
  assign push        = in_valid_i && in_ready_o;
  assign pop         = out_valid_o && out_ready_i;

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < WIDE; i++) begin
      if (push && 4'(i) < in_count_i) words[tail_q + PTR_WIDTH'(i)] <= in_data_i[256*i +: 256];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      head_q  <= '0;
      tail_q  <= '0;
      count_q <= '0;
    end else begin
      if (push) tail_q <= tail_q + PTR_WIDTH'(in_count_i);
      if (pop)  head_q <= head_q + PTR_WIDTH'(1);
      count_q <= count_q + (push ? COUNT_WIDTH'(in_count_i) : '0) - (pop ? COUNT_WIDTH'(1) : '0);
    end
  end

endmodule

`default_nettype wire
