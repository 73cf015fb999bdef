// Proves weft_mem_port: the handshakes of AXI4 writes, each beat beside its own address, answers to whom they belong,
// and two requesters that take turns.
`default_nettype none

module weft_mem_port_properties #(
  parameter int unsigned PortBytes   = 2,
  parameter int unsigned Outstanding = 5  // more than the places of AW and W
) (
  input logic                   clk_i,
  input logic                   rst_ni,
  input logic                   mark_i,
  input logic                   a_valid_i,
  input logic [47:0]            a_addr_i,
  input logic [8*PortBytes-1:0] a_data_i,
  input logic [PortBytes-1:0]   a_strb_i,
  input logic                   b_valid_i,
  input logic [47:0]            b_addr_i,
  input logic [8*PortBytes-1:0] b_data_i,
  input logic [PortBytes-1:0]   b_strb_i,
  input logic                   awready_i,
  input logic                   wready_i,
  input logic                   bvalid_i,
  input logic [1:0]             bresp_i
);

  localparam int unsigned QUEUE_DEPTH = 4;

  logic                   a_ready, a_done, b_ready, b_done, awvalid, wvalid, wlast, bready, idle, error;
  logic [47:0]            awaddr;
  logic [7:0]             awlen;
  logic [2:0]             awsize;
  logic [1:0]             awburst;
  logic [8*PortBytes-1:0] wdata;
  logic [PortBytes-1:0]   wstrb;
  logic                   seen_clk_q = 1'b0;

  weft_mem_port #(.PortBytes(PortBytes), .Outstanding(Outstanding)) u_dut (
    .clk_i, .rst_ni,
    .wr_valid_a_i(a_valid_i), .wr_ready_a_o(a_ready), .wr_addr_a_i(a_addr_i), .wr_data_a_i(a_data_i),
    .wr_strb_a_i(a_strb_i), .wr_done_a_o(a_done),
    .wr_valid_b_i(b_valid_i), .wr_ready_b_o(b_ready), .wr_addr_b_i(b_addr_i), .wr_data_b_i(b_data_i),
    .wr_strb_b_i(b_strb_i), .wr_done_b_o(b_done),
    .m_awvalid_o(awvalid), .m_awready_i(awready_i), .m_awaddr_o(awaddr), .m_awlen_o(awlen), .m_awsize_o(awsize),
    .m_awburst_o(awburst), .m_wvalid_o(wvalid), .m_wready_i(wready_i), .m_wdata_o(wdata), .m_wstrb_o(wstrb),
    .m_wlast_o(wlast), .m_bvalid_i(bvalid_i), .m_bready_o(bready), .m_bresp_i(bresp_i), .idle_o(idle), .error_o(error));

  // Contracts A, B, C of weft_order_properties, three times: on AW, on W, and on the answers.
  logic                               take_a, take_b, take, done;
  logic [$clog2(QUEUE_DEPTH+1)-1:0]   aw_held, w_held;
  logic [$clog2(Outstanding+1)-1:0]   unanswered;
  assign take_a = a_valid_i && a_ready;
  assign take_b = b_valid_i && b_ready;
  assign take   = take_a || take_b;
  assign done   = a_done || b_done;
  weft_order_properties #(.Width(48), .Depth(QUEUE_DEPTH)) u_aw_order (
    .clk_i, .rst_ni, .mark_i, .push_i(take), .push_data_i(take_b ? b_addr_i : a_addr_i),
    .valid_i(awvalid), .ready_i(awready_i), .data_i(awaddr), .held_o(aw_held));
  weft_order_properties #(.Width(9 * PortBytes), .Depth(QUEUE_DEPTH)) u_w_order (
    .clk_i, .rst_ni, .mark_i, .push_i(take), .push_data_i(take_b ? {b_strb_i, b_data_i} : {a_strb_i, a_data_i}),
    .valid_i(wvalid), .ready_i(wready_i), .data_i({wstrb, wdata}), .held_o(w_held));
  weft_order_properties #(.Width(1), .Depth(Outstanding)) u_answer_order (
    .clk_i, .rst_ni, .mark_i, .push_i(take), .push_data_i(take_b),
    .valid_i(done), .ready_i(1'b1), .data_i(b_done), .held_o(unanswered));

  logic failed_q, a_lost_q, b_lost_q;  // an answer was an error; the other one was taken while this one waited
  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!rst_ni) begin
      failed_q <= 1'b0;
      a_lost_q <= 1'b0;
      b_lost_q <= 1'b0;
    end else begin
      failed_q <= failed_q || (bvalid_i && bresp_i[1]);
      a_lost_q <= a_valid_i && !take_a && (a_lost_q || take_b);
      b_lost_q <= b_valid_i && !take_b && (b_lost_q || take_a);
    end
  end

  always_comb begin
    if (!seen_clk_q) assume (!rst_ni);
    // Assumption 1: the memory answers only a write whose address and beat it has.
    if (bvalid_i) assume (unanswered > aw_held && unanswered > w_held);
  end

  always_ff @(posedge clk_i) begin
    if (seen_clk_q && rst_ni) begin
      // Contract 1: every write is one burst of one whole beat.
      assert (awlen == 8'd0 && wlast && awburst == 2'b01 && (1 << awsize) == PortBytes);
      // Contract 2: an address and its beat are offered until they are taken, and then no more.
      assert (awvalid == (aw_held != 0) && wvalid == (w_held != 0));
      // Contract 3: one write a cycle, and one whenever there is room.
      assert (!(take_a && take_b));
      if ((a_valid_i || b_valid_i) && aw_held != QUEUE_DEPTH && w_held != QUEUE_DEPTH && unanswered != Outstanding) begin
        assert (take);
      end
      // Contract 4: neither requester waits more than one turn of the other.
      assert (!(a_lost_q && a_valid_i && take_b) && !(b_lost_q && b_valid_i && take_a));
      // Contract 5: each answer is told to one requester, at once; the port is idle when none is missing.
      assert (bready && done == bvalid_i && !(a_done && b_done));
      assert (idle == (unanswered == 0));
      // Contract 6: the port remembers a failed write, and complains of nothing else.
      assert (error == failed_q);
    end
  end

endmodule

`default_nettype wire
