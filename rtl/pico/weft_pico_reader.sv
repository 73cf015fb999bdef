// Reads words ahead out of a memory that answers late: from any address to the end, in bursts.
//
// A seek drops what was read or asked for and goes on at the new address; before the first one nothing is read. Bursts
// of BurstWords are asked for as long as the queue has room for all of their words, so r_valid_i needs no ready. From
// the cycle after seek_i only words of the new address are offered. data_o is stable while valid_o && !ready_i && !seek_i.
// Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_reader #(
  parameter int unsigned AddrWidth  = 22,  // of a word
  parameter int unsigned QueueWords = 32,
  parameter int unsigned BurstWords = 8    // at most QueueWords
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,

  input  logic                 seek_i,
  input  logic [AddrWidth-1:0] seek_addr_i,

  // Requests: BurstWords from ar_addr_o on; the address may change until one is taken
  output logic                 ar_valid_o,
  input  logic                 ar_ready_i,
  output logic [AddrWidth-1:0] ar_addr_o,

  // Answers, in the order of the requests
  input  logic                 r_valid_i,
  input  logic [31:0]          r_data_i,

  // Words
  output logic                 valid_o,
  input  logic                 ready_i,
  output logic [31:0]          data_o
);

  localparam int unsigned CountWidth  = $clog2(QueueWords + 1);
  localparam int unsigned FlightWidth = 8;

  logic                   sought_q;
  logic [AddrWidth-1:0]   addr_q;
  logic [CountWidth-1:0]  claimed_q;          // words in the queue or on their way into it
  logic [FlightWidth-1:0] flight_q, drop_q;   // words on their way; the first of them that nobody wants
  logic [FlightWidth-1:0] flight;
  logic                   issue, push, pop, dropping;

  assign ar_valid_o = sought_q && claimed_q <= CountWidth'(QueueWords - BurstWords);
  assign ar_addr_o  = addr_q;
  assign issue      = ar_valid_o && ar_ready_i;
  assign dropping   = drop_q != '0;
  assign push       = r_valid_i && !dropping;
  assign pop        = valid_o && ready_i;
  assign flight     = flight_q + (issue ? FlightWidth'(BurstWords) : '0) - FlightWidth'(r_valid_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sought_q  <= 1'b0;
      claimed_q <= '0;
      flight_q  <= '0;
      drop_q    <= '0;
    end else begin
      flight_q <= flight;
      if (seek_i) begin
        sought_q  <= 1'b1;
        claimed_q <= '0;
        drop_q    <= flight;
      end else begin
        claimed_q <= claimed_q + (issue ? CountWidth'(BurstWords) : '0) - CountWidth'(pop);
        drop_q    <= drop_q - FlightWidth'(r_valid_i && dropping);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (seek_i)     addr_q <= seek_addr_i;
    else if (issue) addr_q <= addr_q + AddrWidth'(BurstWords);
  end

  logic                  room;
  logic [CountWidth-1:0] count;
  weft_fifo #(.Width(32), .Depth(QueueWords)) u_queue (
    .clk_i, .rst_ni(rst_ni && !seek_i), .in_valid_i(push), .in_ready_o(room), .in_data_i(r_data_i),
    .out_valid_o(valid_o), .out_ready_i(ready_i), .out_data_o(data_o), .count_o(count));

  logic unused;
  assign unused = &{1'b0, room, count};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) WordHasAPlace_A: assert (!push || room);
    if (rst_ni) WordWasAskedFor_A: assert (!r_valid_i || flight_q != '0);
    if (rst_ni) FewAreUnderWay_A: assert (flight_q <= FlightWidth'(200));
  end
`endif

endmodule

`default_nettype wire
