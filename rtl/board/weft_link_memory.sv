// Lets the host link use the chip's memory port: word by word, while the chip has nothing under way.
//
// The chip's AXI4 channels pass straight through. A request of the link gets the port when the chip offers no address and
// no data and every read and write of it is answered; the chip then waits until the link's word is done. The chip never
// waits for a link that asks for nothing. Between steps it asks for nothing, and weft_link asks only then.
// A write's data must not come on W before its address is on AW (weft_mem_port offers both at once). At most 1023 reads
// and 63 writes of the chip are under way.
// Block notes: docs/reference/board.md
`default_nettype none

module weft_link_memory (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From weft_link: one word at a time, answered by one cycle of mem_done_o after it was taken
  input  logic        mem_valid_i,
  output logic        mem_ready_o,
  input  logic        mem_write_i,
  input  logic [30:0] mem_addr_i,
  input  logic [31:0] mem_wdata_i,
  output logic        mem_done_o,
  output logic [31:0] mem_rdata_o,

  // From the chip
  input  logic        s_arvalid_i,
  output logic        s_arready_o,
  input  logic [47:0] s_araddr_i,
  input  logic [7:0]  s_arlen_i,
  output logic        s_rvalid_o,
  input  logic        s_rready_i,
  output logic [31:0] s_rdata_o,
  output logic        s_rlast_o,
  input  logic        s_awvalid_i,
  output logic        s_awready_o,
  input  logic [47:0] s_awaddr_i,
  input  logic        s_wvalid_i,
  output logic        s_wready_o,
  input  logic [31:0] s_wdata_i,
  input  logic [3:0]  s_wstrb_i,
  output logic        s_bvalid_o,
  input  logic        s_bready_i,

  // To the memory
  output logic        m_arvalid_o,
  input  logic        m_arready_i,
  output logic [47:0] m_araddr_o,
  output logic [7:0]  m_arlen_o,
  input  logic        m_rvalid_i,
  output logic        m_rready_o,
  input  logic [31:0] m_rdata_i,
  input  logic        m_rlast_i,
  output logic        m_awvalid_o,
  input  logic        m_awready_i,
  output logic [47:0] m_awaddr_o,
  output logic        m_wvalid_o,
  input  logic        m_wready_i,
  output logic [31:0] m_wdata_o,
  output logic [3:0]  m_wstrb_o,
  input  logic        m_bvalid_i,
  output logic        m_bready_o
);

  // The port is the link's from the cycle after it took a request until the answer.
  logic        link_q, ar_q, aw_q, w_q;  // the link's turn; its offers that are not yet taken
  logic        take;
  logic [30:0] addr_q;
  logic [31:0] wdata_q;
  logic [9:0]  reads_q;                  // of the chip, not yet answered
  logic [5:0]  writes_q;

  assign take        = mem_valid_i && !link_q && !s_arvalid_i && !s_awvalid_i && !s_wvalid_i && reads_q == '0 &&
                       writes_q == '0;
  assign mem_ready_o = take;
  assign mem_done_o  = link_q && (m_rvalid_i || m_bvalid_i);
  assign mem_rdata_o = m_rdata_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      link_q   <= 1'b0;
      ar_q     <= 1'b0;
      aw_q     <= 1'b0;
      w_q      <= 1'b0;
      reads_q  <= '0;
      writes_q <= '0;
    end else begin
      if (take)            link_q <= 1'b1;
      else if (mem_done_o) link_q <= 1'b0;
      if (take) begin
        ar_q <= !mem_write_i;
        aw_q <= mem_write_i;
        w_q  <= mem_write_i;
      end else begin
        if (m_arready_i) ar_q <= 1'b0;
        if (m_awready_i) aw_q <= 1'b0;
        if (m_wready_i)  w_q  <= 1'b0;
      end
      if (!link_q) begin
        reads_q  <= reads_q + 10'(m_arvalid_o && m_arready_i) - 10'(m_rvalid_i && m_rready_o && m_rlast_i);
        writes_q <= writes_q + 6'(m_awvalid_o && m_awready_i) - 6'(m_bvalid_i && m_bready_o);
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (take) begin
      addr_q  <= mem_addr_i;
      wdata_q <= mem_wdata_i;
    end
  end

  assign m_arvalid_o = link_q ? ar_q : s_arvalid_i;
  assign m_araddr_o  = link_q ? 48'(addr_q) : s_araddr_i;
  assign m_arlen_o   = link_q ? 8'd0 : s_arlen_i;
  assign m_awvalid_o = link_q ? aw_q : s_awvalid_i;
  assign m_awaddr_o  = link_q ? 48'(addr_q) : s_awaddr_i;
  assign m_wvalid_o  = link_q ? w_q : s_wvalid_i;
  assign m_wdata_o   = link_q ? wdata_q : s_wdata_i;
  assign m_wstrb_o   = link_q ? '1 : s_wstrb_i;
  assign m_rready_o  = link_q || s_rready_i;
  assign m_bready_o  = link_q || s_bready_i;

  assign s_arready_o = !link_q && m_arready_i;
  assign s_awready_o = !link_q && m_awready_i;
  assign s_wready_o  = !link_q && m_wready_i;
  assign s_rvalid_o  = !link_q && m_rvalid_i;
  assign s_rdata_o   = m_rdata_i;
  assign s_rlast_o   = m_rlast_i;
  assign s_bvalid_o  = !link_q && m_bvalid_i;

endmodule

`default_nettype wire
