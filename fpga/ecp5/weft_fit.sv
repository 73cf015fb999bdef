// What is placed and routed to measure a configuration on the ECP5: the chip and its SDRAM controller behind a shift
// register that stands in for the host link.
//
// A bit enters on every cycle with host_shift_i; host_load_i sends the 53 bits {write, address, data, strobes} as one
// AXI-Lite transfer and takes the answer into the same register.
`default_nettype none

module weft_fit (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        host_shift_i,
  input  logic        host_load_i,
  input  logic        host_bit_i,
  output logic        host_bit_o,
  output logic        irq_o,

  output logic        cke_o,
  output logic        ras_no,
  output logic        cas_no,
  output logic        we_no,
  output logic [1:0]  ba_o,
  output logic [12:0] a_o,
  output logic [1:0]  dqm_o,
  inout  wire  [15:0] dq_io
);

  logic rst_q, rst_qq;
  always_ff @(posedge clk_i) {rst_qq, rst_q} <= {rst_q, rst_ni};

  // ---- host ----
  logic [52:0] shift_q;
  logic        aw_q, w_q, ar_q, awready, wready, bvalid, arready, rvalid, irq;
  logic [1:0]  bresp, rresp;
  logic [31:0] rdata;
  always_ff @(posedge clk_i) begin
    if (!rst_qq) begin
      aw_q <= 1'b0;
      w_q  <= 1'b0;
      ar_q <= 1'b0;
    end else begin
      aw_q <= (host_load_i && shift_q[52]) || (aw_q && !awready);
      w_q  <= (host_load_i && shift_q[52]) || (w_q && !wready);
      ar_q <= (host_load_i && !shift_q[52]) || (ar_q && !arready);
    end
    if (host_shift_i) shift_q <= {shift_q[51:0], host_bit_i};
    else if (rvalid)  shift_q <= {17'd0, rresp, 2'd0, rdata};
    else if (bvalid)  shift_q <= {51'd0, bresp};
    host_bit_o <= shift_q[52];
    irq_o      <= irq;
  end

  // ---- chip ----
  logic        m_arvalid, m_arready, m_rvalid, m_rready, m_rlast, m_awvalid, m_awready, m_wvalid, m_wready, m_bvalid,
               m_bready;
  logic [47:0] m_araddr, m_awaddr;
  logic [7:0]  m_arlen;
  logic [31:0] m_rdata, m_wdata;
  logic [3:0]  m_wstrb;

  weft_top u_chip (
    .clk_i, .rst_ni(rst_qq),
    .s_awvalid_i(aw_q), .s_awready_o(awready), .s_awaddr_i(shift_q[51:36]), .s_wvalid_i(w_q), .s_wready_o(wready),
    .s_wdata_i(shift_q[35:4]), .s_wstrb_i(shift_q[3:0]), .s_bvalid_o(bvalid), .s_bready_i(1'b1), .s_bresp_o(bresp),
    .s_arvalid_i(ar_q), .s_arready_o(arready), .s_araddr_i(shift_q[51:36]), .s_rvalid_o(rvalid), .s_rready_i(1'b1),
    .s_rdata_o(rdata), .s_rresp_o(rresp), .irq_o(irq),
    .m_arvalid_o(m_arvalid), .m_arready_i(m_arready), .m_araddr_o(m_araddr), .m_arlen_o(m_arlen), .m_arsize_o(),
    .m_arburst_o(), .m_rvalid_i(m_rvalid), .m_rready_o(m_rready), .m_rdata_i(m_rdata), .m_rlast_i(m_rlast),
    .m_rresp_i(2'b00), .m_awvalid_o(m_awvalid), .m_awready_i(m_awready), .m_awaddr_o(m_awaddr), .m_awlen_o(),
    .m_awsize_o(), .m_awburst_o(), .m_wvalid_o(m_wvalid), .m_wready_i(m_wready), .m_wdata_o(m_wdata),
    .m_wstrb_o(m_wstrb), .m_wlast_o(), .m_bvalid_i(m_bvalid), .m_bready_o(m_bready), .m_bresp_i(2'b00),
    .trace_valid_o(), .trace_instr_o(), .trace_row_o(), .trace_n_o(), .trace_v0_o(), .trace_v1_o(), .activity_o());

  // ---- memory ----
  logic [15:0] dq, dq_in;
  logic        dq_oe;
  weft_sdram #(.InitCycles(8000), .RefreshTime(312)) u_sdram (  // at 40 MHz
    .clk_i, .rst_ni(rst_qq),
    .s_arvalid_i(m_arvalid), .s_arready_o(m_arready), .s_araddr_i(m_araddr), .s_arlen_i(m_arlen), .s_rvalid_o(m_rvalid),
    .s_rready_i(m_rready), .s_rdata_o(m_rdata), .s_rlast_o(m_rlast), .s_awvalid_i(m_awvalid),
    .s_awready_o(m_awready), .s_awaddr_i(m_awaddr), .s_wvalid_i(m_wvalid), .s_wready_o(m_wready),
    .s_wdata_i(m_wdata), .s_wstrb_i(m_wstrb), .s_bvalid_o(m_bvalid), .s_bready_i(m_bready),
    .cke_o, .ras_no, .cas_no, .we_no, .ba_o, .a_o, .dqm_o, .dq_o(dq), .dq_oe_o(dq_oe), .dq_i(dq_in));
  assign dq_io = dq_oe ? dq : 16'bz;
  assign dq_in = dq_io;

endmodule

`default_nettype wire
