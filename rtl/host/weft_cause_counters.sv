// Counters of which exactly one moves at a time: a memory, and a bit each that says whether it has moved since reset.
//
// One read-modify-write a cycle, and a second, combinational read. A counter that has not moved reads as 0.
// Block notes: docs/reference/counters.md
`default_nettype none

module weft_cause_counters #(
  parameter int unsigned Count = 16,  // at most 16
  parameter int unsigned Width = 48
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  // From weft_host_counters
  input  logic             add_i,
  input  logic [3:0]       cause_i,   // below Count
  input  logic [3:0]       sel_i,
  output logic [Width-1:0] value_o
);

  logic [Width-1:0] count_mem [Count];
  logic [Count-1:0] moved_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni)    moved_q <= '0;
    else if (add_i) moved_q[cause_i] <= 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (add_i) count_mem[cause_i] <= (moved_q[cause_i] ? count_mem[cause_i] : '0) + Width'(1);
  end

  assign value_o = moved_q[sel_i] ? count_mem[sel_i] : '0;

endmodule

`default_nettype wire
