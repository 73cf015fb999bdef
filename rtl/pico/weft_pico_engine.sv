// What every pico has: the microengine with its program, the stream, the dot unit and the UART.
//
// Around it a chip puts the memory and whatever brings the tape. mem_*: the engine's accesses (weft_pico_core). m_*: words
// of the KV cache for the stream, from smem_o on at the byte address seek_addr_o. f_*: bytes of the tape, from seek_o on
// at the byte address seek_addr_o (weft_pico_stream).
// Golden model: sw/golden (the same tape, the same bits).  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_engine #(
  parameter int unsigned ClocksPerBit = 24,                   // of the UART
  parameter              Firmware     = ""   // a file for $readmemh, words of 32 bits: weft_pico_firmware makes it
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Host
  input  logic        uart_rx_i,
  output logic        uart_tx_o,

  // Memory
  output logic        mem_valid_o,
  output logic        mem_own_o,
  output logic [3:0]  mem_we_o,
  output logic [29:0] mem_addr_o,
  output logic [31:0] mem_wdata_o,
  input  logic [31:0] mem_rdata_i,
  input  logic        mem_taken_i,

  // KV cache for the stream
  output logic        smem_o,
  output logic        m_req_o,
  input  logic        m_ready_i,
  output logic [14:0] m_addr_o,
  input  logic [31:0] m_rdata_i,

  // Tape
  output logic        seek_o,
  output logic [23:0] seek_addr_o,
  input  logic        f_valid_i,
  output logic        f_ready_o,
  input  logic [7:0]  f_data_i,

  output logic [2:0]  led_o
);

  // Program
  logic        rom_re;
  logic [10:0] rom_addr;
  logic [31:0] rom_data;

  weft_pico_rom #(.Firmware(Firmware)) u_rom (
    .clk_i, .re_i(rom_re), .addr_i(rom_addr), .data_o(rom_data));

  // Engine
  logic        get, get_word, get_ready, sflash;
  logic [31:0] get_data;
  logic        dot_start, dot_busy;
  logic [9:0]  dot_addr;
  logic [5:0]  dot_count;
  logic [1:0]  dot_mode;
  logic [31:0] dot_sum;
  logic [3:0]  act_mask;
  logic [7:0]  act_data;
  logic        rx_valid, rx_ready, tx_valid, tx_ready;
  logic [7:0]  rx_data, tx_data;

  weft_pico_core u_core (
    .clk_i,
    .rst_ni,
    .rom_re_o   (rom_re),
    .rom_addr_o (rom_addr),
    .rom_data_i (rom_data),
    .mem_valid_o,
    .mem_own_o,
    .mem_we_o,
    .mem_addr_o,
    .mem_wdata_o,
    .mem_rdata_i,
    .mem_taken_i,
    .get_o      (get),
    .get_word_o (get_word),
    .get_ready_i(get_ready),
    .get_data_i (get_data),
    .smem_o,
    .sflash_o   (sflash),
    .seek_o,
    .seek_addr_o,
    .dot_start_o(dot_start),
    .dot_addr_o (dot_addr),
    .dot_count_o(dot_count),
    .dot_mode_o (dot_mode),
    .dot_busy_i (dot_busy),
    .dot_sum_i  (dot_sum),
    .act_mask_o (act_mask),
    .act_data_o (act_data),
    .rx_valid_i (rx_valid),
    .rx_ready_o (rx_ready),
    .rx_data_i  (rx_data),
    .tx_valid_o (tx_valid),
    .tx_ready_i (tx_ready),
    .tx_data_o  (tx_data),
    .led_o
  );

  // Stream and dot unit
  logic       byte_valid, byte_ready;
  logic [7:0] byte_data;

  weft_pico_stream u_stream (
    .clk_i,
    .rst_ni,
    .smem_i     (smem_o),
    .sflash_i   (sflash),
    .addr_i     (seek_addr_o[16:0]),
    .f_valid_i  (f_valid_i),
    .f_ready_o  (f_ready_o),
    .f_data_i   (f_data_i),
    .m_req_o,
    .m_ready_i,
    .m_addr_o,
    .m_rdata_i,
    .get_i      (get),
    .get_word_i (get_word),
    .get_ready_o(get_ready),
    .get_data_o (get_data),
    .dot_ready_i(byte_ready),
    .dot_valid_o(byte_valid),
    .dot_data_o (byte_data)
  );

  weft_pico_dot u_dot (
    .clk_i,
    .rst_ni,
    .start_i  (dot_start),
    .addr_i   (dot_addr),
    .count_i  (dot_count),
    .mode_i   (dot_mode),
    .busy_o   (dot_busy),
    .sel_i    (dot_mode),
    .sum_o    (dot_sum),
    .wr_mask_i(act_mask),
    .wr_addr_i(dot_addr),
    .wr_data_i(act_data),
    .ready_o  (byte_ready),
    .valid_i  (byte_valid),
    .data_i   (byte_data)
  );

  // UART
  weft_uart_rx #(.ClocksPerBit(ClocksPerBit)) u_rx (
    .clk_i, .rst_ni, .rx_i(uart_rx_i), .valid_o(rx_valid), .ready_i(rx_ready), .data_o(rx_data));
  weft_uart_tx #(.ClocksPerBit(ClocksPerBit)) u_tx (
    .clk_i, .rst_ni, .valid_i(tx_valid), .ready_o(tx_ready), .data_i(tx_data), .tx_o(uart_tx_o));

endmodule

`default_nettype wire
