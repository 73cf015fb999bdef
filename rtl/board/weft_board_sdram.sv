// A board with SDRAM, without what its FPGA's vendor calls its own: serial line, host link, chip, memory port, SDRAM
// controller and LEDs. Clocks, resets and pads are its top's matter.
//
// The configuration's port has four bytes. The chip runs at clk_i, the SDRAM at sdram_clk_i, at least at twice that: a
// beat of four bytes is two columns of 16 bits, so the memory then fills the port. AXI4 crosses between the clocks in queues. The SDRAM's timing is given in ns and
// counted in cycles of SdramHz; the defaults are the slowest of the usual parts.
// Block notes: docs/reference/board.md
`default_nettype none

module weft_board_sdram #(
  parameter int unsigned ClockHz      = 40000000,
  parameter int unsigned SdramHz      = 80000000,      // whole MHz
  parameter int unsigned ClocksPerBit = 20,            // of the serial line
  parameter int unsigned MemoryBytes  = 32'h02000000,
  parameter int unsigned RowBits      = 13,
  parameter int unsigned ColBits      = 9,
  parameter int unsigned Cas          = 2,
  parameter int unsigned ReadDelay    = 3,             // one for the SDRAM's clock, two for the pads' registers
  parameter int unsigned InitUs       = 200,
  parameter int unsigned RpNs         = 21,
  parameter int unsigned RcdNs        = 21,
  parameter int unsigned RasNs        = 49,
  parameter int unsigned RfcNs        = 70,
  parameter int unsigned RrdNs        = 15,
  parameter int unsigned WrNs         = 15,
  parameter int unsigned RefreshNs    = 7812           // 64 ms / 8192 rows
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               sdram_clk_i,
  input  logic               sdram_rst_ni,
  input  logic [31:0]        config_crc_i,  // constant: of the configuration's text, weft configs --json

  // Serial line
  input  logic               uart_rx_i,
  output logic               uart_tx_o,

  // SDRAM, in sdram_clk_i's cycles; chip select stays low
  output logic               sdram_cke_o,
  output logic               sdram_ras_no,
  output logic               sdram_cas_no,
  output logic               sdram_we_no,
  output logic [1:0]         sdram_ba_o,
  output logic [RowBits-1:0] sdram_a_o,
  output logic [1:0]         sdram_dqm_o,
  output logic [15:0]        sdram_dq_o,
  output logic               sdram_dq_oe_o,
  input  logic [15:0]        sdram_dq_i,

  output logic [2:0]         led_o          // on; bytes on the line; the memory is read
);

  localparam int unsigned MHZ = SdramHz / 1000000;

  // ---- serial line and link ------------------------------------------------------------------------------------------
  logic       rx_valid, rx_ready, tx_valid, tx_ready;
  logic [7:0] rx_data, tx_data;
  weft_uart_rx #(.ClocksPerBit(ClocksPerBit)) u_uart_rx (
    .clk_i, .rst_ni, .rx_i(uart_rx_i), .valid_o(rx_valid), .ready_i(rx_ready), .data_o(rx_data));
  weft_uart_tx #(.ClocksPerBit(ClocksPerBit)) u_uart_tx (
    .clk_i, .rst_ni, .valid_i(tx_valid), .ready_o(tx_ready), .data_i(tx_data), .tx_o(uart_tx_o));

  logic        r_awvalid, r_awready, r_wvalid, r_wready, r_bvalid, r_bready, r_arvalid, r_arready, r_rvalid, r_rready, irq;
  logic [15:0] r_awaddr, r_araddr;
  logic [31:0] r_wdata, r_rdata;
  logic [3:0]  r_wstrb;
  logic [1:0]  r_bresp, r_rresp;
  logic        mem_valid, mem_ready, mem_write, mem_done;
  logic [30:0] mem_addr;
  logic [31:0] mem_wdata, mem_rdata;
  weft_link #(.ClockHz(ClockHz), .MemoryBytes(MemoryBytes)) u_link (
    .clk_i, .rst_ni, .config_crc_i,
    .rx_valid_i(rx_valid), .rx_ready_o(rx_ready), .rx_data_i(rx_data),
    .tx_valid_o(tx_valid), .tx_ready_i(tx_ready), .tx_data_o(tx_data),
    .r_awvalid_o(r_awvalid), .r_awready_i(r_awready), .r_awaddr_o(r_awaddr), .r_wvalid_o(r_wvalid),
    .r_wready_i(r_wready), .r_wdata_o(r_wdata), .r_wstrb_o(r_wstrb), .r_bvalid_i(r_bvalid), .r_bready_o(r_bready),
    .r_bresp_i(r_bresp), .r_arvalid_o(r_arvalid), .r_arready_i(r_arready), .r_araddr_o(r_araddr),
    .r_rvalid_i(r_rvalid), .r_rready_o(r_rready), .r_rdata_i(r_rdata), .r_rresp_i(r_rresp), .irq_i(irq),
    .mem_valid_o(mem_valid), .mem_ready_i(mem_ready), .mem_write_o(mem_write), .mem_addr_o(mem_addr),
    .mem_wdata_o(mem_wdata), .mem_done_i(mem_done), .mem_rdata_i(mem_rdata));

  // ---- chip ----------------------------------------------------------------------------------------------------------
  logic        c_arvalid, c_arready, c_rvalid, c_rready, c_rlast, c_awvalid, c_awready, c_wvalid, c_wready, c_bvalid,
               c_bready;
  logic [47:0] c_araddr, c_awaddr;
  logic [7:0]  c_arlen;
  logic [31:0] c_rdata, c_wdata;
  logic [3:0]  c_wstrb;
  logic        unused_m_wlast, unused_trace_valid;
  logic [1:0]  unused_m_arburst, unused_m_awburst;
  logic [2:0]  unused_m_arsize, unused_m_awsize;
  logic [7:0]  unused_m_awlen, unused_trace_row;
  logic [15:0] unused_trace_instr;
  logic [20:0] unused_activity;
  logic [23:0] unused_trace_n;
  logic [31:0] unused_trace_v0, unused_trace_v1;
  weft_top u_chip (
    .clk_i, .rst_ni,
    .s_awvalid_i(r_awvalid), .s_awready_o(r_awready), .s_awaddr_i(r_awaddr), .s_wvalid_i(r_wvalid),
    .s_wready_o(r_wready), .s_wdata_i(r_wdata), .s_wstrb_i(r_wstrb), .s_bvalid_o(r_bvalid), .s_bready_i(r_bready),
    .s_bresp_o(r_bresp), .s_arvalid_i(r_arvalid), .s_arready_o(r_arready), .s_araddr_i(r_araddr),
    .s_rvalid_o(r_rvalid), .s_rready_i(r_rready), .s_rdata_o(r_rdata), .s_rresp_o(r_rresp), .irq_o(irq),
    .m_arvalid_o(c_arvalid), .m_arready_i(c_arready), .m_araddr_o(c_araddr), .m_arlen_o(c_arlen),
    .m_arsize_o(unused_m_arsize), .m_arburst_o(unused_m_arburst), .m_rvalid_i(c_rvalid), .m_rready_o(c_rready),
    .m_rdata_i(c_rdata), .m_rlast_i(c_rlast), .m_rresp_i(2'b00), .m_awvalid_o(c_awvalid), .m_awready_i(c_awready),
    .m_awaddr_o(c_awaddr), .m_awlen_o(unused_m_awlen), .m_awsize_o(unused_m_awsize), .m_awburst_o(unused_m_awburst),
    .m_wvalid_o(c_wvalid), .m_wready_i(c_wready), .m_wdata_o(c_wdata), .m_wstrb_o(c_wstrb),
    .m_wlast_o(unused_m_wlast), .m_bvalid_i(c_bvalid), .m_bready_o(c_bready), .m_bresp_i(2'b00),
    .trace_valid_o(unused_trace_valid), .trace_instr_o(unused_trace_instr), .trace_row_o(unused_trace_row),
    .trace_n_o(unused_trace_n), .trace_v0_o(unused_trace_v0), .trace_v1_o(unused_trace_v1),
    .activity_o(unused_activity));

  // ---- memory port: the chip's, and the link's between steps -----------------------------------------------------------
  logic        p_arvalid, p_arready, p_rvalid, p_rready, p_rlast, p_awvalid, p_awready, p_wvalid, p_wready, p_bvalid,
               p_bready;
  logic [47:0] p_araddr, p_awaddr;
  logic [7:0]  p_arlen;
  logic [31:0] p_rdata, p_wdata;
  logic [3:0]  p_wstrb;
  weft_link_memory u_port (
    .clk_i, .rst_ni,
    .mem_valid_i(mem_valid), .mem_ready_o(mem_ready), .mem_write_i(mem_write), .mem_addr_i(mem_addr),
    .mem_wdata_i(mem_wdata), .mem_done_o(mem_done), .mem_rdata_o(mem_rdata),
    .s_arvalid_i(c_arvalid), .s_arready_o(c_arready), .s_araddr_i(c_araddr), .s_arlen_i(c_arlen),
    .s_rvalid_o(c_rvalid), .s_rready_i(c_rready), .s_rdata_o(c_rdata), .s_rlast_o(c_rlast),
    .s_awvalid_i(c_awvalid), .s_awready_o(c_awready), .s_awaddr_i(c_awaddr), .s_wvalid_i(c_wvalid),
    .s_wready_o(c_wready), .s_wdata_i(c_wdata), .s_wstrb_i(c_wstrb), .s_bvalid_o(c_bvalid), .s_bready_i(c_bready),
    .m_arvalid_o(p_arvalid), .m_arready_i(p_arready), .m_araddr_o(p_araddr), .m_arlen_o(p_arlen),
    .m_rvalid_i(p_rvalid), .m_rready_o(p_rready), .m_rdata_i(p_rdata), .m_rlast_i(p_rlast),
    .m_awvalid_o(p_awvalid), .m_awready_i(p_awready), .m_awaddr_o(p_awaddr), .m_wvalid_o(p_wvalid),
    .m_wready_i(p_wready), .m_wdata_o(p_wdata), .m_wstrb_o(p_wstrb), .m_bvalid_i(p_bvalid), .m_bready_o(p_bready));

  // ---- to the SDRAM's clock ----------------------------------------------------------------------------------------------
  localparam int unsigned ADDR = RowBits + 2 + ColBits + 1;  // bits of a byte address that the SDRAM has
  logic            d_arvalid, d_arready, d_rvalid, d_rready, d_rlast, d_awvalid, d_awready, d_wvalid, d_wready, d_bvalid,
                   d_bready, unused_b;
  logic [ADDR-3:0] d_araddr, d_awaddr;
  logic [7:0]      d_arlen;
  logic [31:0]     d_rdata, d_wdata;
  logic [3:0]      d_wstrb;
  weft_async_fifo #(.Width(ADDR - 2 + 8), .DepthLog2(2)) u_ar (
    .in_clk_i(clk_i), .in_rst_ni(rst_ni), .in_valid_i(p_arvalid), .in_ready_o(p_arready),
    .in_data_i({p_araddr[ADDR-1:2], p_arlen}),
    .out_clk_i(sdram_clk_i), .out_rst_ni(sdram_rst_ni), .out_valid_o(d_arvalid), .out_ready_i(d_arready),
    .out_data_o({d_araddr, d_arlen}));
  weft_async_fifo #(.Width(ADDR - 2), .DepthLog2(3)) u_aw (
    .in_clk_i(clk_i), .in_rst_ni(rst_ni), .in_valid_i(p_awvalid), .in_ready_o(p_awready),
    .in_data_i(p_awaddr[ADDR-1:2]),
    .out_clk_i(sdram_clk_i), .out_rst_ni(sdram_rst_ni), .out_valid_o(d_awvalid), .out_ready_i(d_awready),
    .out_data_o(d_awaddr));
  weft_async_fifo #(.Width(36), .DepthLog2(3)) u_w (
    .in_clk_i(clk_i), .in_rst_ni(rst_ni), .in_valid_i(p_wvalid), .in_ready_o(p_wready), .in_data_i({p_wstrb, p_wdata}),
    .out_clk_i(sdram_clk_i), .out_rst_ni(sdram_rst_ni), .out_valid_o(d_wvalid), .out_ready_i(d_wready),
    .out_data_o({d_wstrb, d_wdata}));
  weft_async_fifo #(.Width(33), .DepthLog2(3)) u_r (
    .in_clk_i(sdram_clk_i), .in_rst_ni(sdram_rst_ni), .in_valid_i(d_rvalid), .in_ready_o(d_rready),
    .in_data_i({d_rlast, d_rdata}),
    .out_clk_i(clk_i), .out_rst_ni(rst_ni), .out_valid_o(p_rvalid), .out_ready_i(p_rready),
    .out_data_o({p_rlast, p_rdata}));
  weft_async_fifo #(.Width(1), .DepthLog2(3)) u_b (
    .in_clk_i(sdram_clk_i), .in_rst_ni(sdram_rst_ni), .in_valid_i(d_bvalid), .in_ready_o(d_bready), .in_data_i(1'b0),
    .out_clk_i(clk_i), .out_rst_ni(rst_ni), .out_valid_o(p_bvalid), .out_ready_i(p_bready), .out_data_o(unused_b));

  // ---- SDRAM -------------------------------------------------------------------------------------------------------------
  weft_sdram #(
    .RowBits(RowBits), .ColBits(ColBits), .Cas(Cas), .ReadDelay(ReadDelay),
    .InitCycles(InitUs * MHZ), .RefreshTime(RefreshNs * MHZ / 1000), .Trp((RpNs * MHZ + 999) / 1000),
    .Trcd((RcdNs * MHZ + 999) / 1000), .Tras((RasNs * MHZ + 999) / 1000), .Trfc((RfcNs * MHZ + 999) / 1000),
    .Trrd((RrdNs * MHZ + 999) / 1000), .Twr((WrNs * MHZ + 999) / 1000)
  ) u_sdram (
    .clk_i(sdram_clk_i), .rst_ni(sdram_rst_ni),
    .s_arvalid_i(d_arvalid), .s_arready_o(d_arready), .s_araddr_i({{48 - ADDR{1'b0}}, d_araddr, 2'b00}),
    .s_arlen_i(d_arlen), .s_rvalid_o(d_rvalid), .s_rready_i(d_rready), .s_rdata_o(d_rdata), .s_rlast_o(d_rlast),
    .s_awvalid_i(d_awvalid), .s_awready_o(d_awready), .s_awaddr_i({{48 - ADDR{1'b0}}, d_awaddr, 2'b00}),
    .s_wvalid_i(d_wvalid), .s_wready_o(d_wready), .s_wdata_i(d_wdata), .s_wstrb_i(d_wstrb), .s_bvalid_o(d_bvalid),
    .s_bready_i(d_bready),
    .cke_o(sdram_cke_o), .ras_no(sdram_ras_no), .cas_no(sdram_cas_no), .we_no(sdram_we_no), .ba_o(sdram_ba_o),
    .a_o(sdram_a_o), .dqm_o(sdram_dqm_o), .dq_o(sdram_dq_o), .dq_oe_o(sdram_dq_oe_o), .dq_i(sdram_dq_i));

  // ---- LEDs: what happened within the last 2^20 cycles ------------------------------------------------------------------
  logic [19:0] line_q, read_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      line_q <= '0;
      read_q <= '0;
    end else begin
      if (rx_valid || tx_valid) line_q <= '1;
      else if (line_q != '0)    line_q <= line_q - 20'd1;
      if (c_rvalid)             read_q <= '1;
      else if (read_q != '0)    read_q <= read_q - 20'd1;
    end
  end
  assign led_o = {read_q != '0, line_q != '0, rst_ni};

  logic unused;
  assign unused = &{1'b0, p_araddr, p_awaddr, unused_b};

endmodule

`default_nettype wire
