// The host port: an AXI-Lite slave with the registers of docs/microarchitecture.md, and the start and end of a step.
//
// Any order and spacing of AW, W and AR is taken; one write and one read are under way at a time, and one does not
// wait for the other. A write answers two cycles after the later of AW and W, a read two cycles after AR. Addresses
// without a register, writes to read-only registers, and writes while a step runs answer SLVERR and do nothing.
//
// A step: CONTROL bit 0 -> start_o (one cycle) and busy; done_i (level, everything idle) ends it. An error ends it too,
// for good: only reset clears an error. irq_o is high from the end of a step, or an error, until the next start.
// Block notes: docs/reference/host.md
`default_nettype none

module weft_host #(
  parameter int unsigned MaxRows = weft_pkg::MAX_ROWS
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  // From the host, AXI-Lite
  input  logic               s_awvalid_i,
  output logic               s_awready_o,
  input  logic [15:0]        s_awaddr_i,
  input  logic               s_wvalid_i,
  output logic               s_wready_o,
  input  logic [31:0]        s_wdata_i,
  input  logic [3:0]         s_wstrb_i,
  output logic               s_bvalid_o,
  input  logic               s_bready_i,
  output logic [1:0]         s_bresp_o,
  input  logic               s_arvalid_i,
  output logic               s_arready_o,
  input  logic [15:0]        s_araddr_i,
  output logic               s_rvalid_o,
  input  logic               s_rready_i,
  output logic [31:0]        s_rdata_o,
  output logic [1:0]         s_rresp_o,
  output logic               irq_o,

  // The step
  output logic               start_o,
  output logic               busy_o,
  input  logic               done_i,          // level, looked at while busy and not in the cycle of start_o
  input  logic               op_error_i,      // weft_sequencer: level
  input  logic               bus_error_i,     // weft_tape_fetch, weft_mem_port: level

  // Settings, stable while busy_o
  output logic [15:0]        boot_o,
  output logic [47:0]        tape_base_o,
  output logic [47:0]        kv_base_o,
  output logic [47:0]        logit_base_o,
  output logic [31:0]        logit_stride_o,
  output logic [7:0]         rows_o,

  // Rows, combinational reads: a weft_sequencer, b weft_kv_cache, c weft_drain
  input  logic [7:0]         row_a_idx_i,
  output weft_pkg::row_t     row_a_o,
  input  logic [7:0]         row_b_idx_i,
  output weft_pkg::row_t     row_b_o,
  input  logic [7:0]         row_c_idx_i,
  output weft_pkg::row_t     row_c_o,
  output logic [MaxRows-1:0] want_o,
  output logic [MaxRows-1:0] dump_o,
  output logic [MaxRows-1:0] wantdump_o,      // want or dump

  // weft_sampler: parameters of a row, and its token
  input  logic [7:0]         sample_idx_i,
  output logic [15:0]        sample_position_o,
  output logic [31:0]        sample_z_o,
  output logic [7:0]         sample_top_k_o,
  output logic [31:0]        sample_seed_o,
  input  logic               tok_valid_i,
  input  logic [7:0]         tok_row_i,
  input  logic [31:0]        tok_i,

  // This cycle, counted while busy
  input  logic                   ev_write_i,   // a write beat is taken
  input  logic                   ev_drain_i,
  input  logic                   ev_softmax_i,
  input  weft_pkg::port_cause_e  port_cause_i,
  input  weft_pkg::array_cause_e array_cause_i
);

  localparam logic [31:0] ID       = 32'h5446_4557;  // "WEFT"
  localparam logic [31:0] VERSION  = 32'd1;
  localparam logic [31:0] CONFIG   = {8'(MaxRows), 8'(weft_pkg::PANEL_ROWS), 8'(weft_pkg::COLUMNS),
                                      8'(weft_pkg::PORT_BYTES)};
  localparam logic [1:0]  OKAY     = 2'b00;
  localparam logic [1:0]  SLVERR   = 2'b10;

  // Word addresses of the registers.
  localparam logic [13:0] A_CONTROL = 14'h003, A_BOOT = 14'h005, A_TAPE_LO = 14'h006, A_TAPE_HI = 14'h007;
  localparam logic [13:0] A_KV_LO = 14'h008, A_KV_HI = 14'h009, A_LOGIT_LO = 14'h00A, A_LOGIT_HI = 14'h00B;
  localparam logic [13:0] A_STRIDE = 14'h00C, A_ROWS = 14'h00D;

  // ---- The registers sleep while nobody speaks to them ----
  logic        aw_q, w_q, ar_q;              // held
  logic        bus_clk;
  weft_clock_gate u_gate (
    .clk_i, .rst_ni, .clk_o(bus_clk),
    .wake_i(s_awvalid_i || s_wvalid_i || s_bvalid_o || s_arvalid_i || s_rvalid_o || aw_q || w_q || ar_q ||
            tok_valid_i));

  // ---- Writes: address and data wait for each other ----
  logic [13:0] waddr_q;
  logic [31:0] wdata_q;
  logic [3:0]  wstrb_q;
  logic        write;                        // the write is performed
  logic        w_is_row, w_ok, row_we;
  logic [8:0]  w_row;                        // row index of the address

  assign s_awready_o = !aw_q;
  assign s_wready_o  = !w_q;
  assign write       = aw_q && w_q && !s_bvalid_o;
  assign w_is_row    = waddr_q[13:8] != 6'd0;
  assign w_row       = 9'((waddr_q - 14'h100) >> 3);

  // Row registers 0 .. 5 and ROWS within its range; others by address. Nothing may change under a running step.
  always_comb begin
    w_ok = 1'b0;
    if (w_is_row) begin
      w_ok = waddr_q < 14'(14'h100 + 14'(8 * MaxRows)) && waddr_q[2:0] < 3'd6;
    end else begin
      unique case (waddr_q)
        A_BOOT, A_TAPE_LO, A_TAPE_HI, A_KV_LO, A_KV_HI, A_LOGIT_LO, A_LOGIT_HI, A_STRIDE, A_CONTROL: w_ok = 1'b1;
        A_ROWS:  w_ok = wdata_q <= 32'(MaxRows);
        default: w_ok = 1'b0;
      endcase
    end
    if (busy_o) w_ok = 1'b0;
  end

  assign row_we = write && w_ok && w_is_row;

  always_ff @(posedge bus_clk) begin
    if (!rst_ni) begin
      aw_q       <= 1'b0;
      w_q        <= 1'b0;
      s_bvalid_o <= 1'b0;
    end else begin
      if (write)            aw_q <= 1'b0;
      else if (s_awvalid_i) aw_q <= 1'b1;
      if (write)            w_q <= 1'b0;
      else if (s_wvalid_i)  w_q <= 1'b1;
      if (write)            s_bvalid_o <= 1'b1;
      else if (s_bready_i)  s_bvalid_o <= 1'b0;
    end
  end

  always_ff @(posedge bus_clk) begin
    if (s_awvalid_i && s_awready_o) waddr_q <= s_awaddr_i[15:2];
    if (s_wvalid_i && s_wready_o) begin
      wdata_q <= s_wdata_i;
      wstrb_q <= s_wstrb_i;
    end
    if (write) s_bresp_o <= w_ok ? OKAY : SLVERR;
  end

  // ---- Settings ----
  logic [31:0] boot_q, tape_lo_q, tape_hi_q, kv_lo_q, kv_hi_q, logit_lo_q, logit_hi_q, stride_q, rows_q;

  function automatic logic [31:0] f_merge(input logic [31:0] old, input logic [31:0] data, input logic [3:0] strb);
    for (int unsigned i = 0; i < 4; i++) f_merge[8*i +: 8] = strb[i] ? data[8*i +: 8] : old[8*i +: 8];
  endfunction

  always_ff @(posedge bus_clk) begin
    if (!rst_ni) begin
      boot_q     <= '0;
      tape_lo_q  <= '0;
      tape_hi_q  <= '0;
      kv_lo_q    <= '0;
      kv_hi_q    <= '0;
      logit_lo_q <= '0;
      logit_hi_q <= '0;
      stride_q   <= '0;
      rows_q     <= '0;
    end else if (write && w_ok) begin
      unique case (waddr_q)
        A_BOOT:     boot_q     <= f_merge(boot_q, wdata_q, wstrb_q) & 32'h0000_FFFF;
        A_TAPE_LO:  tape_lo_q  <= f_merge(tape_lo_q, wdata_q, wstrb_q);
        A_TAPE_HI:  tape_hi_q  <= f_merge(tape_hi_q, wdata_q, wstrb_q) & 32'h0000_FFFF;
        A_KV_LO:    kv_lo_q    <= f_merge(kv_lo_q, wdata_q, wstrb_q);
        A_KV_HI:    kv_hi_q    <= f_merge(kv_hi_q, wdata_q, wstrb_q) & 32'h0000_FFFF;
        A_LOGIT_LO: logit_lo_q <= f_merge(logit_lo_q, wdata_q, wstrb_q);
        A_LOGIT_HI: logit_hi_q <= f_merge(logit_hi_q, wdata_q, wstrb_q) & 32'h0000_FFFF;
        A_STRIDE:   stride_q   <= f_merge(stride_q, wdata_q, wstrb_q);
        A_ROWS:     rows_q     <= f_merge(rows_q, wdata_q, wstrb_q) & 32'h0000_00FF;
        default: ;
      endcase
    end
  end

  assign boot_o         = boot_q[15:0];
  assign tape_base_o    = {tape_hi_q[15:0], tape_lo_q};
  assign kv_base_o      = {kv_hi_q[15:0], kv_lo_q};
  assign logit_base_o   = {logit_hi_q[15:0], logit_lo_q};
  assign logit_stride_o = stride_q;
  assign rows_o         = rows_q[7:0];

  // ---- The step ----
  logic       done_q, error_q, running_q;     // running: busy, and start_o has passed
  logic [7:0] code_q;
  logic       fault, step_end;

  assign fault    = op_error_i || bus_error_i;
  assign step_end = busy_o && running_q && done_i && !fault;
  assign irq_o    = done_q || error_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_o   <= 1'b0;
      busy_o    <= 1'b0;
      running_q <= 1'b0;
      done_q    <= 1'b0;
      error_q   <= 1'b0;
      code_q    <= '0;
    end else begin
      start_o   <= 1'b0;
      running_q <= busy_o && !start_o;
      if (write && w_ok && waddr_q == A_CONTROL && wstrb_q[0] && wdata_q[0] && !error_q) begin
        start_o <= 1'b1;
        busy_o  <= 1'b1;
        done_q  <= 1'b0;
      end
      if (step_end) begin
        busy_o <= 1'b0;
        done_q <= 1'b1;
      end
      if (fault && !error_q) begin
        busy_o  <= 1'b0;
        error_q <= 1'b1;
        code_q  <= op_error_i ? 8'd1 : 8'd2;
      end
    end
  end

  // ---- Reads ----
  logic        read, r_is_row, r_ok;
  logic [13:0] raddr_q;
  logic [8:0]  r_row;
  logic [31:0] rdata, row_rdata, counter_word;
  logic        counter_exists;

  assign s_arready_o = !ar_q;
  assign read        = ar_q && !s_rvalid_o;
  assign r_is_row    = raddr_q[13:8] != 6'd0;
  assign r_row       = 9'((s_araddr_i[15:2] - 14'h100) >> 3);

  always_comb begin
    rdata = '0;
    r_ok  = 1'b1;
    if (r_is_row) begin
      rdata = row_rdata;
      r_ok  = raddr_q < 14'(14'h100 + 14'(8 * MaxRows)) && raddr_q[2:0] < 3'd7;
    end else if (raddr_q[13:6] != 8'd0) begin
      rdata = counter_word;
      r_ok  = counter_exists && raddr_q[7:6] == 2'b01;
    end else begin
      unique case (raddr_q)
        14'h000:    rdata = ID;
        14'h001:    rdata = VERSION;
        14'h002:    rdata = CONFIG;
        A_CONTROL:  rdata = '0;
        14'h004:    rdata = {16'd0, code_q, 5'd0, error_q, done_q, busy_o};
        A_BOOT:     rdata = boot_q;
        A_TAPE_LO:  rdata = tape_lo_q;
        A_TAPE_HI:  rdata = tape_hi_q;
        A_KV_LO:    rdata = kv_lo_q;
        A_KV_HI:    rdata = kv_hi_q;
        A_LOGIT_LO: rdata = logit_lo_q;
        A_LOGIT_HI: rdata = logit_hi_q;
        A_STRIDE:   rdata = stride_q;
        A_ROWS:     rdata = rows_q;
        default:    r_ok  = 1'b0;
      endcase
    end
  end

  always_ff @(posedge bus_clk) begin
    if (!rst_ni) begin
      ar_q       <= 1'b0;
      s_rvalid_o <= 1'b0;
    end else begin
      if (read)             ar_q <= 1'b0;
      else if (s_arvalid_i) ar_q <= 1'b1;
      if (read)             s_rvalid_o <= 1'b1;
      else if (s_rready_i)  s_rvalid_o <= 1'b0;
    end
  end

  always_ff @(posedge bus_clk) begin
    if (s_arvalid_i && s_arready_o) raddr_q <= s_araddr_i[15:2];
    if (read) begin
      s_rdata_o <= r_ok ? rdata : '0;
      s_rresp_o <= r_ok ? OKAY : SLVERR;
    end
  end

  // ---- Rows and counters ----
  weft_host_rows #(.MaxRows(MaxRows)) u_rows (
    .clk_i(bus_clk), .rst_ni,
    .we_i       (row_we),
    .waddr_row_i(w_row[7:0]),
    .waddr_reg_i(waddr_q[2:0]),
    .wdata_i    (wdata_q),
    .wstrb_i    (wstrb_q),
    .re_i       (s_arvalid_i && s_arready_o),
    .raddr_row_i(r_row[7:0]),
    .raddr_reg_i(s_araddr_i[4:2]),
    .rdata_o    (row_rdata),
    .rows_i     (rows_o),
    .row_a_idx_i, .row_a_o, .row_b_idx_i, .row_b_o, .row_c_idx_i, .row_c_o, .want_o, .dump_o,
    .sample_idx_i, .sample_position_o, .sample_z_o, .sample_top_k_o, .sample_seed_o,
    .tok_valid_i, .tok_row_i, .tok_i
  );

  assign wantdump_o = want_o | dump_o;

  weft_host_counters u_counters (
    .clk_i, .rst_ni,
    .busy_i  (busy_o),
    .event_i ({ev_softmax_i, ev_drain_i, ev_write_i, step_end, 1'b1}),
    .port_cause_i, .array_cause_i,
    .take_i  (read),
    .sel_i   ({2'd0, raddr_q[5:0]}),
    .word_o  (counter_word),
    .exists_o(counter_exists)
  );

  logic unused;
  assign unused = &{1'b0, s_awaddr_i[1:0], s_araddr_i[1:0], w_row[8], r_row[8]};

endmodule

`default_nettype wire
