// Performance counters: each counts the busy cycles in which its event is high.
//
// Reading the low word keeps the high word of that moment for the next read, so a pair of reads is one number even
// while the chip runs. Counters start at 0 after reset and never stop; 48 bits last for years.
// Block notes: docs/reference/host.md
`default_nettype none

module weft_host_counters #(
  parameter int unsigned Count = 11,
  parameter int unsigned Width = 48   // 33 .. 64
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  // Events of this cycle, already masked
  input  logic [Count-1:0] event_i,

  // From weft_host: read of word sel_i[0] of counter sel_i[7:1]; take_i when the read is performed
  input  logic             take_i,
  input  logic [7:0]       sel_i,
  output logic [31:0]      word_o,
  output logic             exists_o
);

  logic [Count*Width-1:0] count_q;  // one beside the other
  logic [Width-1:0]       chosen;
  logic [Width-33:0]      high_q;

  assign exists_o = sel_i[7:1] < 7'(Count);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
    end else begin
      for (int unsigned i = 0; i < Count; i++) begin
        if (event_i[i]) count_q[i*Width +: Width] <= count_q[i*Width +: Width] + Width'(1);
      end
    end
  end

  always_comb begin
    chosen = '0;
    for (int unsigned i = 0; i < Count; i++) begin
      if (sel_i[7:1] == 7'(i)) chosen = count_q[i*Width +: Width];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                  high_q <= '0;
    else if (take_i && !sel_i[0]) high_q <= chosen[Width-1:32];
  end

  assign word_o = sel_i[0] ? 32'(high_q) : chosen[31:0];

endmodule

`default_nettype wire
