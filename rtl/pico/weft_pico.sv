// Configuration pico: the whole chip for the smallest FPGA. Tape in a QSPI flash, KV cache in 128 KB of memory,
// host over a UART.
//
// The firmware in the engine walks the tape and answers the host's frames (docs/reference/link.md). Flash pins: see
// weft_pico_flash. Everything is synchronous to clk_i; rst_ni is released synchronously.
// Golden model: sw/golden (the same tape, the same bits).  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico #(
  parameter int unsigned ClocksPerBit = 24,                   // of the UART
  parameter              Firmware     = ""   // a file for $readmemh, words of 32 bits: weft_pico_firmware makes it
) (
  input  logic       clk_i,
  input  logic       rst_ni,

  // Host
  input  logic       uart_rx_i,
  output logic       uart_tx_o,

  // QSPI flash
  output logic       flash_cs_no,
  output logic       flash_sck_en_o,
  output logic [3:0] flash_io_o,
  output logic [3:0] flash_io_oe_o,
  input  logic [3:0] flash_io_i,

  output logic [2:0] led_o
);

  // Engine
  logic        core_valid, stream_req, smem, unused_own;
  logic [3:0]  core_we;
  logic [14:0] stream_addr;
  // verilator lint_off UNUSEDSIGNAL
  logic [29:0] core_addr;  // addresses wrap
  // verilator lint_on UNUSEDSIGNAL
  logic [31:0] mem_wdata, mem_rdata;
  logic        seek, f_valid, f_ready;
  logic [23:0] seek_addr;
  logic [7:0]  f_data;

  weft_pico_engine #(.ClocksPerBit(ClocksPerBit), .Firmware(Firmware)) u_engine (
    .clk_i,
    .rst_ni,
    .uart_rx_i,
    .uart_tx_o,
    .mem_valid_o(core_valid),
    .mem_own_o  (unused_own),
    .mem_we_o   (core_we),
    .mem_addr_o (core_addr),
    .mem_wdata_o(mem_wdata),
    .mem_rdata_i(mem_rdata),
    .mem_taken_i(stream_req),
    .smem_o     (smem),
    .m_req_o    (stream_req),
    .m_ready_i  (1'b1),
    .m_addr_o   (stream_addr),
    .m_rdata_i  (mem_rdata),
    .seek_o     (seek),
    .seek_addr_o(seek_addr),
    .f_valid_i  (f_valid),
    .f_ready_o  (f_ready),
    .f_data_i   (f_data),
    .led_o
  );

  // Memory: the stream goes first
  weft_pico_spram u_memory (
    .clk_i,
    .ce_i   (core_valid || stream_req),
    .we_i   (stream_req ? 4'd0 : core_we),
    .addr_i (stream_req ? stream_addr : core_addr[14:0]),
    .wdata_i(mem_wdata),
    .rdata_o(mem_rdata)
  );

  // Tape
  weft_pico_flash #(
    .QueueBytes(512)
  ) u_flash (
    .clk_i,
    .rst_ni,
    .seek_i     (seek),
    .seek_addr_i(seek_addr),
    .valid_o    (f_valid),
    .ready_i    (f_ready),
    .data_o     (f_data),
    .cs_no      (flash_cs_no),
    .sck_en_o   (flash_sck_en_o),
    .io_o       (flash_io_o),
    .io_oe_o    (flash_io_oe_o),
    .io_i       (flash_io_i)
  );

  logic unused;
  assign unused = &{1'b0, unused_own, smem};

endmodule

`default_nettype wire
