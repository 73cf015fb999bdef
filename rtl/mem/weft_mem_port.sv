// The write side of the memory port: two requesters share one AXI4 write channel, a beat at a time.
//
// A requester's beat moves when valid and ready are both high. Both waiting: they take turns. One beat a cycle; it is
// on AW and W in the next cycle, and AW and W advance independently. Every write is one burst of one beat. The
// memory answers in order; wr_done_a_o or wr_done_b_o is high for one cycle for each answer. The read side of the port
// is weft_tape_fetch alone and does not pass through here.
// Block notes: docs/reference/mem.md
`default_nettype none

module weft_mem_port #(
  parameter int unsigned PortBytes   = weft_pkg::PORT_BYTES,
  parameter int unsigned Outstanding = 32  // writes not yet answered
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // From weft_kv_cache; addresses are absolute and D-aligned
  input  logic                   wr_valid_a_i,
  output logic                   wr_ready_a_o,
  input  logic [47:0]            wr_addr_a_i,
  input  logic [8*PortBytes-1:0] wr_data_a_i,
  input  logic [PortBytes-1:0]   wr_strb_a_i,
  output logic                   wr_done_a_o,

  // From the logit writer (in weft_epilogue)
  input  logic                   wr_valid_b_i,
  output logic                   wr_ready_b_o,
  input  logic [47:0]            wr_addr_b_i,
  input  logic [8*PortBytes-1:0] wr_data_b_i,
  input  logic [PortBytes-1:0]   wr_strb_b_i,
  output logic                   wr_done_b_o,

  // Memory write port, AXI4
  output logic                   m_awvalid_o,
  input  logic                   m_awready_i,
  output logic [47:0]            m_awaddr_o,
  output logic [7:0]             m_awlen_o,
  output logic [2:0]             m_awsize_o,
  output logic [1:0]             m_awburst_o,
  output logic                   m_wvalid_o,
  input  logic                   m_wready_i,
  output logic [8*PortBytes-1:0] m_wdata_o,
  output logic [PortBytes-1:0]   m_wstrb_o,
  output logic                   m_wlast_o,
  input  logic                   m_bvalid_i,
  output logic                   m_bready_o,
  input  logic [1:0]             m_bresp_i,

  // To the host port
  output logic                   idle_o,       // every write taken has been answered
  output logic                   error_o       // a write failed; stays until reset
);

  localparam int unsigned QUEUE_DEPTH = 4;

  logic aw_room, w_room, from_room, room;
  logic turn_b_q;           // b goes first when both wait
  logic take_a, take_b;
  assign room   = aw_room && w_room && from_room;
  assign take_a = wr_valid_a_i && room && !(wr_valid_b_i && turn_b_q);
  assign take_b = wr_valid_b_i && room && !(wr_valid_a_i && !turn_b_q);
  assign wr_ready_a_o = take_a;
  assign wr_ready_b_o = take_b;

  always_ff @(posedge clk_i) begin
    if (!rst_ni)               turn_b_q <= 1'b0;
    else if (take_a || take_b) turn_b_q <= take_a;
  end

  logic [$clog2(QUEUE_DEPTH+1)-1:0] unused_aw_fill, unused_w_fill;

  weft_fifo #(.Width(48), .Depth(QUEUE_DEPTH)) u_aw (
    .clk_i, .rst_ni,
    .in_valid_i (take_a || take_b),
    .in_ready_o (aw_room),
    .in_data_i  (take_b ? wr_addr_b_i : wr_addr_a_i),
    .out_valid_o(m_awvalid_o),
    .out_ready_i(m_awready_i),
    .out_data_o (m_awaddr_o),
    .count_o    (unused_aw_fill)
  );

  weft_fifo #(.Width(9 * PortBytes), .Depth(QUEUE_DEPTH)) u_w (
    .clk_i, .rst_ni,
    .in_valid_i (take_a || take_b),
    .in_ready_o (w_room),
    .in_data_i  (take_b ? {wr_strb_b_i, wr_data_b_i} : {wr_strb_a_i, wr_data_a_i}),
    .out_valid_o(m_wvalid_o),
    .out_ready_i(m_wready_i),
    .out_data_o ({m_wstrb_o, m_wdata_o}),
    .count_o    (unused_w_fill)
  );

  assign m_awlen_o   = 8'd0;
  assign m_awsize_o  = 3'($clog2(PortBytes));
  assign m_awburst_o = 2'b01;
  assign m_wlast_o   = 1'b1;

  // Whose write the next answer belongs to.
  logic                             from_valid, from_b, answer;
  logic [$clog2(Outstanding+1)-1:0] unused_from_fill;

  weft_fifo #(.Width(1), .Depth(Outstanding)) u_from (
    .clk_i, .rst_ni,
    .in_valid_i (take_a || take_b),
    .in_ready_o (from_room),
    .in_data_i  (take_b),
    .out_valid_o(from_valid),
    .out_ready_i(m_bvalid_i),
    .out_data_o (from_b),
    .count_o    (unused_from_fill)
  );

  assign m_bready_o  = 1'b1;
  assign answer      = m_bvalid_i && from_valid;
  assign wr_done_a_o = answer && !from_b;
  assign wr_done_b_o = answer && from_b;
  assign idle_o      = !from_valid;

  logic unused_bresp;
  assign unused_bresp = m_bresp_i[0];  // OKAY and EXOKAY alike

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                                       error_o <= 1'b0;
    else if (m_bvalid_i && (m_bresp_i[1] || !from_valid)) error_o <= 1'b1;
  end

endmodule

`default_nettype wire
