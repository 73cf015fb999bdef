// Performance counters over busy cycles: events, each with a counter of its own, and two partitions of the cycles, in
// which every cycle counts for exactly one cause of the port and one of the array.
//
// Reading the low word keeps the high word of that moment for the next read, so a pair of reads is one number even
// while the chip runs. Counters start at 0 after reset and never stop; 48 bits last for years.
// Block notes: docs/reference/counters.md
`default_nettype none

module weft_host_counters #(
  parameter int unsigned Events = 5,
  parameter int unsigned Width  = 48   // 33 .. 64
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // This cycle; nothing counts unless busy_i. It counts a cycle later: the causes come from everywhere in the chip.
  input  logic                   busy_i,
  input  logic [Events-1:0]      event_i,
  input  weft_pkg::port_cause_e  port_cause_i,
  input  weft_pkg::array_cause_e array_cause_i,

  // From weft_host: read of word sel_i[0] of counter sel_i[7:1]; take_i when the read is performed
  input  logic                   take_i,
  input  logic [7:0]             sel_i,
  output logic [31:0]            word_o,
  output logic                   exists_o
);

  localparam int unsigned FIRST_ARRAY = Events + weft_pkg::PORT_CAUSES;
  localparam int unsigned COUNT       = FIRST_ARRAY + weft_pkg::ARRAY_CAUSES;

  logic [6:0]           index;      // counter
  logic [Events*Width-1:0] event_q;
  logic [Width-1:0]     port_value, array_value, chosen;
  logic [Width-33:0]    high_q;

  assign index    = sel_i[7:1];
  assign exists_o = index < 7'(COUNT);

  logic                   busy_q;
  logic [Events-1:0]      happened_q;
  weft_pkg::port_cause_e  port_cause_q;
  weft_pkg::array_cause_e array_cause_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) busy_q <= 1'b0;
    else         busy_q <= busy_i;
  end
  always_ff @(posedge clk_i) begin
    if (busy_i) begin
      happened_q    <= event_i;
      port_cause_q  <= port_cause_i;
      array_cause_q <= array_cause_i;
    end
  end

  for (genvar i = 0; i < Events; i++) begin : gen_event
    always_ff @(posedge clk_i) begin
      if (!rst_ni)                       event_q[i*Width +: Width] <= '0;
      else if (busy_q && happened_q[i])  event_q[i*Width +: Width] <= event_q[i*Width +: Width] + Width'(1);
    end
  end

  weft_cause_counters #(.Count(weft_pkg::PORT_CAUSES), .Width(Width)) u_port (
    .clk_i, .rst_ni, .add_i(busy_q), .cause_i(port_cause_q), .sel_i(4'(index - 7'(Events))), .value_o(port_value));
  weft_cause_counters #(.Count(weft_pkg::ARRAY_CAUSES), .Width(Width)) u_array (
    .clk_i, .rst_ni, .add_i(busy_q), .cause_i(array_cause_q), .sel_i(4'(index - 7'(FIRST_ARRAY))), .value_o(array_value));

  always_comb begin
    chosen = '0;
    if (take_i) begin
      chosen = (index < 7'(FIRST_ARRAY)) ? port_value : array_value;
      for (int unsigned i = 0; i < Events; i++) begin
        if (index == 7'(i)) chosen = event_q[i*Width +: Width];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                  high_q <= '0;
    else if (take_i && !sel_i[0]) high_q <= chosen[Width-1:32];
  end

  assign word_o = sel_i[0] ? 32'(high_q) : chosen[31:0];

endmodule

`default_nettype wire
