// Carries a payload beside a fixed-latency unit: data_o and valid_o are data_i and valid_i, Latency cycles later.
//
// Nobody stalls. A payload stage clocks only behind a valid, so data_o keeps its value between results.
// Block notes: docs/reference/prim.md
`default_nettype none

module weft_delay #(
  parameter int unsigned Width   = 1,
  parameter int unsigned Latency = 1  // cycles, at least 1
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  // From the source
  input  logic             valid_i,
  input  logic [Width-1:0] data_i,

  // To the sink
  output logic             valid_o,
  output logic [Width-1:0] data_o
);

  logic [Latency-1:0] valid_q;
  logic [Width-1:0]   data_q [Latency];

  assign valid_o = valid_q[Latency-1];
  assign data_o  = data_q[Latency-1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else         valid_q <= Latency'({valid_q, valid_i});
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) data_q[0] <= data_i;
    for (int unsigned i = 1; i < Latency; i++) begin
      if (valid_q[i-1]) data_q[i] <= data_q[i-1];
    end
  end

endmodule

`default_nettype wire
