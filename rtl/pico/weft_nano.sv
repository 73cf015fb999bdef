// Configuration pico on a board with SDRAM: the engine and its firmware, tape, KV cache and logits in 8 MB of 32 bits, host
// over a UART.
//
// The host writes the tape over its link (docs/reference/link.md), so nothing needs a flash. SDRAM pins: see weft_sdram.
// Everything is synchronous to clk_i; rst_ni is released synchronously.
// Golden model: sw/golden (the same tape, the same bits).  Block notes: docs/reference/pico.md
`default_nettype none

module weft_nano #(
  parameter int unsigned ClocksPerBit = 48,                   // of the UART
  parameter int unsigned ByteStores   = 1,                    // 0: the SDRAM's byte masks are not wired
  parameter int unsigned InitCycles   = 20000,                // of weft_sdram: 200 us at least
  parameter int unsigned RefreshTime  = 690,                  // of weft_sdram: 15.6 us at most
  parameter              Firmware     = ""   // a file for $readmemh: weft_pico_firmware makes it
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Host
  input  logic        uart_rx_i,
  output logic        uart_tx_o,

  // SDRAM, 2 M x 32
  output logic        cke_o,
  output logic        ras_no,
  output logic        cas_no,
  output logic        we_no,
  output logic [1:0]  ba_o,
  output logic [10:0] a_o,
  output logic [3:0]  dqm_o,
  output logic [31:0] dq_o,
  output logic        dq_oe_o,
  input  logic [31:0] dq_i,

  output logic [2:0]  led_o
);

  logic        mem_valid, mem_own, mem_taken, smem, m_req, m_ready, seek, f_valid, f_ready;
  logic [3:0]  mem_we;
  logic [14:0] unused_m_addr;
  logic [29:0] mem_addr;
  logic [31:0] mem_wdata, mem_rdata, m_rdata;
  logic [23:0] seek_addr;
  logic [7:0]  f_data;

  weft_pico_engine #(.ClocksPerBit(ClocksPerBit), .Firmware(Firmware)) u_engine (
    .clk_i,
    .rst_ni,
    .uart_rx_i,
    .uart_tx_o,
    .mem_valid_o(mem_valid),
    .mem_own_o  (mem_own),
    .mem_we_o   (mem_we),
    .mem_addr_o (mem_addr),
    .mem_wdata_o(mem_wdata),
    .mem_rdata_i(mem_rdata),
    .mem_taken_i(mem_taken),
    .smem_o     (smem),
    .m_req_o    (m_req),
    .m_ready_i  (m_ready),
    .m_addr_o   (unused_m_addr),
    .m_rdata_i  (m_rdata),
    .seek_o     (seek),
    .seek_addr_o(seek_addr),
    .f_valid_i  (f_valid),
    .f_ready_o  (f_ready),
    .f_data_i   (f_data),
    .led_o
  );

  logic        arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, bvalid, bready;
  logic [47:0] araddr, awaddr;
  logic [7:0]  arlen;
  logic [31:0] rdata, wdata;
  logic [3:0]  wstrb;

  weft_pico_memory #(.ByteStores(ByteStores)) u_memory (
    .clk_i,
    .rst_ni,
    .valid_i    (mem_valid),
    .own_i      (mem_own),
    .we_i       (mem_we),
    .addr_i     (mem_addr),
    .wdata_i    (mem_wdata),
    .rdata_o    (mem_rdata),
    .taken_o    (mem_taken),
    .smem_i     (smem),
    .smem_addr_i(seek_addr),
    .m_req_i    (m_req),
    .m_ready_o  (m_ready),
    .m_rdata_o  (m_rdata),
    .seek_i     (seek),
    .seek_addr_i(seek_addr),
    .f_valid_o  (f_valid),
    .f_ready_i  (f_ready),
    .f_data_o   (f_data),
    .m_arvalid_o(arvalid),
    .m_arready_i(arready),
    .m_araddr_o (araddr),
    .m_arlen_o  (arlen),
    .m_rvalid_i (rvalid),
    .m_rready_o (rready),
    .m_rdata_i  (rdata),
    .m_rlast_i  (rlast),
    .m_awvalid_o(awvalid),
    .m_awready_i(awready),
    .m_awaddr_o (awaddr),
    .m_wvalid_o (wvalid),
    .m_wready_i (wready),
    .m_wdata_o  (wdata),
    .m_wstrb_o  (wstrb),
    .m_bvalid_i (bvalid),
    .m_bready_o (bready)
  );

  weft_sdram #(
    .DqWidth(32), .RowBits(11), .ColBits(8), .InitCycles(InitCycles), .RefreshTime(RefreshTime)
  ) u_sdram (
    .clk_i,
    .rst_ni,
    .s_arvalid_i(arvalid),
    .s_arready_o(arready),
    .s_araddr_i (araddr),
    .s_arlen_i  (arlen),
    .s_rvalid_o (rvalid),
    .s_rready_i (rready),
    .s_rdata_o  (rdata),
    .s_rlast_o  (rlast),
    .s_awvalid_i(awvalid),
    .s_awready_o(awready),
    .s_awaddr_i (awaddr),
    .s_wvalid_i (wvalid),
    .s_wready_o (wready),
    .s_wdata_i  (wdata),
    .s_wstrb_i  (wstrb),
    .s_bvalid_o (bvalid),
    .s_bready_i (bready),
    .cke_o,
    .ras_no,
    .cas_no,
    .we_no,
    .ba_o,
    .a_o,
    .dqm_o,
    .dq_o,
    .dq_oe_o,
    .dq_i
  );

  logic unused;
  assign unused = &{1'b0, unused_m_addr};

endmodule

`default_nettype wire
