// SDRAM controller: an AXI4 slave on one SDR SDRAM of 16 or 32 bits, made for long sequential reads.
//
// One clock. A beat of four bytes is one burst of two 16-bit columns, or one column of 32 bits; a beat is read every two
// cycles, which is the peak of 16 bits: while columns of one page are read, the row of the next page (in the next bank)
// is opened in the command slots between. Rows stay open. Bytes of a beat address, from the top: row, bank, column. Reads are INCR bursts of any
// length, answered in order; writes are bursts of one beat with byte enables (what weft_mem_port makes) and go between
// read bursts, at once when nothing is read. A write is answered when its command has left, so a read asked for after
// the answer sees it. Refreshes are put off while there is work, until RefreshDebt of them are due.
// Pins are registered on both sides. dq_i is to carry the first column of a read Cas - 1 + ReadDelay cycles after the
// cycle in which the command is on the pins: without delay, an SDRAM on the inverted clock does (docs/reference/sdram.md).
// Block notes: docs/reference/sdram.md
`default_nettype none

module weft_sdram #(
  parameter int unsigned DqWidth     = 16,    // 16 or 32
  parameter int unsigned RowBits     = 13,
  parameter int unsigned ColBits     = 9,     // of columns of DqWidth bits
  parameter int unsigned Cas         = 2,     // CAS latency: 2 or 3
  parameter int unsigned ReadDelay   = 0,     // cycles that read data come later: the SDRAM's clock lags by more
  // In cycles; the defaults suit any grade of the usual parts up to 100 MHz
  parameter int unsigned InitCycles  = 20000, // before the first command: 200 us
  parameter int unsigned RefreshTime = 780,   // 64 ms / 8192 rows
  parameter int unsigned RefreshDebt = 8,     // refreshes that may be due at a time, at most 8
  parameter int unsigned Trp         = 2,     // precharge to activate
  parameter int unsigned Trcd        = 2,     // activate to read or write
  parameter int unsigned Tras        = 5,     // activate to precharge
  parameter int unsigned Trfc        = 7,     // refresh to anything
  parameter int unsigned Trrd        = 2,     // activate to activate
  parameter int unsigned Twr         = 2,     // last data written to precharge
  localparam int unsigned PageBits   = ColBits - ((DqWidth == 16) ? 1 : 0),  // beats of a page
  localparam int unsigned AddrBits   = RowBits + 2 + PageBits                // of a beat
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  // AXI4, 4 bytes; addresses are multiples of 4, higher bits than the SDRAM has are ignored
  input  logic               s_arvalid_i,
  output logic               s_arready_o,
  input  logic [47:0]        s_araddr_i,
  input  logic [7:0]         s_arlen_i,
  output logic               s_rvalid_o,
  input  logic               s_rready_i,
  output logic [31:0]        s_rdata_o,
  output logic               s_rlast_o,
  input  logic               s_awvalid_i,
  output logic               s_awready_o,
  input  logic [47:0]        s_awaddr_i,
  input  logic               s_wvalid_i,
  output logic               s_wready_o,
  input  logic [31:0]        s_wdata_i,
  input  logic [3:0]         s_wstrb_i,
  output logic               s_bvalid_o,
  input  logic               s_bready_i,

  // SDRAM pins; chip select stays low
  output logic               cke_o,
  output logic               ras_no,
  output logic               cas_no,
  output logic               we_no,
  output logic [1:0]         ba_o,
  output logic [RowBits-1:0] a_o,
  output logic [DqWidth/8-1:0] dqm_o,
  output logic [DqWidth-1:0] dq_o,
  output logic               dq_oe_o,
  input  logic [DqWidth-1:0] dq_i
);

  if (DqWidth != 16 && DqWidth != 32) begin : gen_bad
    $fatal(1, "weft_sdram: DqWidth is %0d, want 16 or 32", DqWidth);
  end

  localparam logic [2:0] NOP = 3'b111, ACTIVATE = 3'b011, READ = 3'b101, WRITE = 3'b100, PRECHARGE = 3'b010,
                         REFRESH = 3'b001, MODE = 3'b000;  // ras, cas, we
  localparam int unsigned A10 = 10;                        // precharge: all banks
  localparam int unsigned READS = 16;                      // beats read and not yet taken

  // ---- requests ------------------------------------------------------------------------------------------------
  logic                ar_valid, ar_take, aw_valid, w_valid, write_take;
  logic [AddrBits-1:0] ar_addr, aw_addr;
  logic [7:0]          ar_len;
  logic [35:0]         w_data;                             // strobes, data
  logic [2:0]          unused_ar, unused_aw, unused_w;

  weft_fifo #(.Width(AddrBits + 8), .Depth(4)) u_ar (
    .clk_i, .rst_ni, .in_valid_i(s_arvalid_i), .in_ready_o(s_arready_o),
    .in_data_i({s_araddr_i[AddrBits+1:2], s_arlen_i}),
    .out_valid_o(ar_valid), .out_ready_i(ar_take), .out_data_o({ar_addr, ar_len}), .count_o(unused_ar));
  weft_fifo #(.Width(AddrBits), .Depth(4)) u_aw (
    .clk_i, .rst_ni, .in_valid_i(s_awvalid_i), .in_ready_o(s_awready_o), .in_data_i(s_awaddr_i[AddrBits+1:2]),
    .out_valid_o(aw_valid), .out_ready_i(write_take), .out_data_o(aw_addr), .count_o(unused_aw));
  weft_fifo #(.Width(36), .Depth(4)) u_w (
    .clk_i, .rst_ni, .in_valid_i(s_wvalid_i), .in_ready_o(s_wready_o), .in_data_i({s_wstrb_i, s_wdata_i}),
    .out_valid_o(w_valid), .out_ready_i(write_take), .out_data_o(w_data), .count_o(unused_w));

  // The read burst at hand. Writes wait for its end; then all that are there go before the next one.
  logic                read_q;
  logic [AddrBits-1:0] addr_q;
  logic [7:0]          left_q;                             // beats after the one at addr_q
  logic                write, read_issue, write_issue;
  assign write      = aw_valid && w_valid && !read_q;
  assign write_take = write_issue;
  assign ar_take    = ar_valid && (read_q ? (read_issue && left_q == '0 && !(aw_valid && w_valid)) : !write);

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                            read_q <= 1'b0;
    else if (ar_take)                       read_q <= 1'b1;
    else if (read_issue && left_q == '0)    read_q <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (ar_take) begin
      addr_q <= ar_addr;
      left_q <= ar_len;
    end else if (read_issue) begin
      addr_q <= addr_q + AddrBits'(1);
      left_q <= left_q - 8'd1;
    end
  end

  // ---- what is wanted: now, and next -----------------------------------------------------------------------------
  logic                want, next_want;
  logic [AddrBits-1:0] now;
  logic                crosses;                            // the burst goes on in another page
  assign crosses   = 32'(addr_q[PageBits-1:0]) + 32'(left_q) >= (32'd1 << PageBits);
  assign want      = read_q || write;
  assign now       = read_q ? addr_q : aw_addr;
  assign next_want = read_q && (crosses || ar_valid);
  logic [1:0]         now_bank, next_bank;
  logic [RowBits-1:0] now_row, next_row;
  assign {now_row, now_bank}   = now[AddrBits-1:PageBits];
  assign {next_row, next_bank} = crosses ? addr_q[AddrBits-1:PageBits] + (AddrBits-PageBits)'(1)
                                         : ar_addr[AddrBits-1:PageBits];

  // ---- banks -------------------------------------------------------------------------------------------------------
  logic [3:0]         open_q;
  logic [RowBits-1:0] row_q [4];
  logic [2:0]         wait_q [4];                          // until the next activate, read or write
  logic [3:0]         hold_q [4];                          // until the next precharge
  logic [3:0]         waits, holds;
  logic [2:0]         activate_gap_q;
  logic [2:0]         write_gap_q;                         // until the pins are free for a write
  logic               column_gap_q;                        // a beat is under way
  for (genvar b = 0; b < 4; b++) begin : gen_bank
    assign waits[b] = wait_q[b] != '0;
    assign holds[b] = hold_q[b] != '0;
  end

  logic now_hit, now_activate, now_precharge, next_activate, next_precharge;
  assign now_hit        = open_q[now_bank] && row_q[now_bank] == now_row;
  assign now_activate   = want && !open_q[now_bank] && !waits[now_bank] && activate_gap_q == '0;
  assign now_precharge  = want && open_q[now_bank] && !now_hit && !holds[now_bank];
  assign next_activate  = next_want && !open_q[next_bank] && !waits[next_bank] && activate_gap_q == '0;
  assign next_precharge = next_want && open_q[next_bank] && row_q[next_bank] != next_row && !holds[next_bank] &&
                          next_bank != now_bank;

  // ---- refresh and start -----------------------------------------------------------------------------------------------
  typedef enum logic [2:0] { S_POWER, S_CLOSE, S_REFRESH, S_MODE, S_RUN } state_e;
  localparam int unsigned InitBits  = $clog2(InitCycles + 1);
  localparam int unsigned TimeBits  = $clog2(RefreshTime + 1);
  state_e              state_q;
  logic                started_q;                          // the mode register is set
  logic [InitBits-1:0] pause_q;                            // until the next command of these states
  logic [TimeBits-1:0] time_q;
  logic [3:0]          debt_q;
  logic                close, refresh, mode, due;
  assign due     = debt_q == 4'(RefreshDebt) || (debt_q != '0 && !want && !ar_valid);
  assign close   = state_q == S_CLOSE && holds == '0 && pause_q == '0;
  assign refresh = state_q == S_REFRESH && pause_q == '0 && debt_q != '0;
  assign mode    = state_q == S_MODE && pause_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= S_POWER;
      started_q <= 1'b0;
      pause_q   <= InitBits'(InitCycles);
      time_q    <= '0;
      debt_q    <= 4'(RefreshDebt);
    end else begin
      if (pause_q != '0) pause_q <= pause_q - InitBits'(1);
      time_q <= (time_q == TimeBits'(RefreshTime - 1)) ? '0 : time_q + TimeBits'(1);
      if (time_q == TimeBits'(RefreshTime - 1) && started_q && debt_q != 4'(RefreshDebt))
        debt_q <= refresh ? debt_q : debt_q + 4'd1;
      else if (refresh)
        debt_q <= debt_q - 4'd1;
      unique case (state_q)
        S_POWER:   if (pause_q == '0) state_q <= S_CLOSE;
        S_CLOSE:   if (close) begin
          state_q <= S_REFRESH;
          pause_q <= InitBits'(Trp - 1);
        end
        S_REFRESH: if (refresh) begin
          pause_q <= InitBits'(Trfc - 1);
          if (debt_q == 4'd1) state_q <= started_q ? S_RUN : S_MODE;
        end
        S_MODE:    if (mode) begin
          state_q   <= S_RUN;
          started_q <= 1'b1;
          pause_q   <= InitBits'(2);
        end
        default:   if (due) state_q <= S_CLOSE;
      endcase
    end
  end

  // ---- one command a cycle -----------------------------------------------------------------------------------------------
  logic       run, room, column_ok, activate, precharge;
  logic [1:0] bank;
  logic [4:0] reads_q;                                     // beats asked for and not yet taken
  assign run         = state_q == S_RUN && pause_q == '0 && !due;
  assign room        = reads_q != 5'(READS);
  assign column_ok   = run && now_hit && !waits[now_bank] && !column_gap_q;
  assign read_issue  = column_ok && read_q && room;
  assign write_issue = column_ok && write && write_gap_q == '0;
  assign activate    = run && !read_issue && !write_issue && (now_activate || (!now_precharge && next_activate));
  assign precharge   = run && !read_issue && !write_issue && !activate && (now_precharge || next_precharge);
  assign bank        = (read_issue || write_issue || (activate ? now_activate : now_precharge)) ? now_bank : next_bank;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      open_q         <= '0;
      activate_gap_q <= '0;
      write_gap_q    <= '0;
      column_gap_q   <= 1'b0;
    end else begin
      if (activate)       open_q[bank] <= 1'b1;
      else if (precharge) open_q[bank] <= 1'b0;
      else if (close)     open_q <= '0;
      if (activate)                  activate_gap_q <= 3'(Trrd - 1);
      else if (activate_gap_q != '0) activate_gap_q <= activate_gap_q - 3'd1;
      if (read_issue)                write_gap_q <= 3'(Cas + 1);
      else if (write_gap_q != '0)    write_gap_q <= write_gap_q - 3'd1;
      column_gap_q <= read_issue || write_issue;
    end
  end
  always_ff @(posedge clk_i) begin
    for (int unsigned b = 0; b < 4; b++) begin
      if (!rst_ni) begin
        wait_q[b] <= '0;
        hold_q[b] <= '0;
      end else begin
        if (activate && bank == 2'(b))       wait_q[b] <= 3'(Trcd - 1);
        else if (precharge && bank == 2'(b)) wait_q[b] <= 3'(Trp - 1);
        else if (wait_q[b] != '0)            wait_q[b] <= wait_q[b] - 3'd1;
        if (activate && bank == 2'(b))       hold_q[b] <= 4'(Tras - 1);
        else if (write_issue && bank == 2'(b) && hold_q[b] <= 4'(Twr + 1)) hold_q[b] <= 4'(Twr + 1);
        else if (read_issue && bank == 2'(b) && hold_q[b] <= 4'd1)        hold_q[b] <= 4'd1;
        else if (hold_q[b] != '0)            hold_q[b] <= hold_q[b] - 4'd1;
      end
    end
    if (activate) row_q[bank] <= now_activate ? now_row : next_row;
  end

  // ---- pins --------------------------------------------------------------------------------------------------------------
  logic                 half_q;                            // 16 bits: the second half of a write follows
  logic [DqWidth/8-1:0] first_mask, half_mask;
  logic [DqWidth-1:0]   first_data, half_data, dq_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {ras_no, cas_no, we_no} <= NOP;
      cke_o   <= 1'b0;
      dq_oe_o <= 1'b0;
      dqm_o   <= '1;
      half_q  <= 1'b0;
    end else begin
      {ras_no, cas_no, we_no} <= close || precharge ? PRECHARGE : refresh ? REFRESH : mode ? MODE :
                                 activate ? ACTIVATE : read_issue ? READ : write_issue ? WRITE : NOP;
      cke_o   <= 1'b1;
      dq_oe_o <= write_issue || half_q;
      dqm_o   <= write_issue ? ~first_mask : half_q ? half_mask : {(DqWidth/8){!started_q}};
      half_q  <= write_issue && DqWidth == 16;
    end
  end
  always_ff @(posedge clk_i) begin
    ba_o <= mode ? 2'd0 : bank;
    if (activate)    a_o <= now_activate ? now_row : next_row;
    else if (mode)   a_o <= RowBits'({3'(Cas), 4'(DqWidth == 16)});  // bursts of two or one, sequential
    else if (close)  a_o <= RowBits'(1) << A10;
    else             a_o <= (read_issue || write_issue) ? RowBits'(now[PageBits-1:0]) << (ColBits - PageBits) : '0;
    dq_o <= write_issue ? first_data : half_data;
    dq_q <= dq_i;
  end

  // A beat's way out and in: in halves, or whole.
  localparam int unsigned LATE = Cas + ReadDelay;
  localparam int unsigned AT   = (DqWidth == 16) ? LATE + 2 : LATE + 1;  // cycles from a read's issue until its beat is there
  logic [31:0] beat;
  logic        first_in;                                   // the first half is in dq_q
  if (DqWidth == 16) begin : gen_halves
    logic [15:0] half_data_q, low_q;
    logic [1:0]  half_mask_q;
    assign first_mask = w_data[33:32];
    assign first_data = w_data[15:0];
    assign half_data  = half_data_q;
    assign half_mask  = half_mask_q;
    assign beat       = {dq_q, low_q};
    always_ff @(posedge clk_i) begin
      if (write_issue) begin
        half_data_q <= w_data[31:16];
        half_mask_q <= ~w_data[35:34];
      end
      if (first_in) low_q <= dq_q;
    end
  end else begin : gen_whole
    logic unused_in;
    assign first_mask = w_data[35:32];
    assign first_data = w_data[31:0];
    assign half_data  = first_data;
    assign half_mask  = '0;
    assign beat       = dq_q;
    assign unused_in  = first_in;
  end

  // ---- answers -------------------------------------------------------------------------------------------------------------
  // A column is on dq_i LATE cycles after its read was issued (one more for the pins' register, one less by contract) and
  // in dq_q one cycle later.
  logic [AT:1]    read_at_q, last_at_q;                    // bit i: issued i cycles ago
  logic           r_room;
  logic [4:0]     unused_r;
  logic [15:0]    answers_q;
  assign first_in = read_at_q[LATE+1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) read_at_q <= '0;
    else         read_at_q <= {read_at_q[AT-1:1], read_issue};
  end
  always_ff @(posedge clk_i) last_at_q <= {last_at_q[AT-1:1], left_q == '0};
  weft_fifo #(.Width(33), .Depth(READS)) u_r (
    .clk_i, .rst_ni, .in_valid_i(read_at_q[AT]), .in_ready_o(r_room),
    .in_data_i({last_at_q[AT], beat}),
    .out_valid_o(s_rvalid_o), .out_ready_i(s_rready_i), .out_data_o({s_rlast_o, s_rdata_o}), .count_o(unused_r));

  assign s_bvalid_o = answers_q != '0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reads_q   <= '0;
      answers_q <= '0;
    end else begin
      reads_q   <= reads_q + 5'(read_issue) - 5'(s_rvalid_o && s_rready_i);
      answers_q <= answers_q + 16'(write_issue) - 16'(s_bvalid_o && s_bready_i);
    end
  end

  logic unused;
  assign unused = &{1'b0, s_araddr_i, s_awaddr_i, unused_ar, unused_aw, unused_w, unused_r, r_room};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) BeatHasAPlace_A: assert (!read_at_q[AT] || r_room);
  end
`endif

endmodule

`default_nettype wire
