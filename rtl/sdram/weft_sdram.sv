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
  logic                ar_valid, ar_take, aw_valid, aw_take, w_valid, write_issue;
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
    .out_valid_o(aw_valid), .out_ready_i(aw_take), .out_data_o(aw_addr), .count_o(unused_aw));
  weft_fifo #(.Width(36), .Depth(4)) u_w (
    .clk_i, .rst_ni, .in_valid_i(s_wvalid_i), .in_ready_o(s_wready_o), .in_data_i({s_wstrb_i, s_wdata_i}),
    .out_valid_o(w_valid), .out_ready_i(write_issue), .out_data_o(w_data), .count_o(unused_w));

  // ---- pieces: what lies in one page, a part of a read burst or a write ------------------------------------------------
  // Writes go between read bursts, all that are there before the next burst.
  logic                burst_q;                            // a read burst is being cut
  logic [AddrBits-1:0] addr_q, piece_addr;                 // its next beat
  logic [7:0]          left_q, piece_more;                 // beats after that
  logic                next_q, writes, crosses, piece_valid, piece_take;
  logic [31:0]         reach;                              // from the page's first beat to the burst's last one
  assign writes      = aw_valid && w_valid;
  assign reach       = 32'(addr_q[PageBits-1:0]) + 32'(left_q);
  assign crosses     = reach >= (32'd1 << PageBits);
  assign piece_valid = burst_q || writes;
  assign piece_addr  = burst_q ? addr_q : aw_addr;
  assign piece_more  = !burst_q ? 8'd0 : crosses ? 8'(~addr_q[PageBits-1:0]) : left_q;
  assign piece_take  = piece_valid && !next_q;
  assign aw_take     = piece_take && !burst_q;
  assign ar_take     = ar_valid && !writes && (!burst_q || (piece_take && !crosses));

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                       burst_q <= 1'b0;
    else if (ar_take)                  burst_q <= 1'b1;
    else if (piece_take && !crosses)   burst_q <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (ar_take) begin
      addr_q <= ar_addr;
      left_q <= ar_len;
    end else if (piece_take) begin
      addr_q <= {addr_q[AddrBits-1:PageBits] + (AddrBits-PageBits)'(1), PageBits'(0)};
      left_q <= 8'(reach - (32'd1 << PageBits));
    end
  end

  // ---- the piece at hand and the one behind it ---------------------------------------------------------------------------
  // What is known of a piece's bank is one cycle old: a command in that cycle has made the bank wait.
  logic                now_q, now_write_q, now_last_q, now_end_q, now_open_q, now_hit_q;
  logic                next_write_q, next_last_q, next_open_q, next_hit_q, next_known_q;
  logic [1:0]          now_bank_q, next_bank_q;
  logic [RowBits-1:0]  now_row_q, next_row_q;
  logic [PageBits-1:0] now_col_q, next_col_q;
  logic [7:0]          now_more_q, next_more_q;            // beats after the next one
  logic                read_issue, finish, promote;
  logic [3:0]          open_q;
  logic [RowBits-1:0]  row_q [4];
  logic                now_open, now_hit, next_open, next_hit;
  assign finish    = (read_issue || write_issue) && now_end_q;
  assign promote   = next_q && (!now_q || finish);
  assign now_open  = open_q[now_bank_q];
  assign now_hit   = now_open && row_q[now_bank_q] == now_row_q;
  assign next_open = open_q[next_bank_q];
  assign next_hit  = next_open && row_q[next_bank_q] == next_row_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      now_q        <= 1'b0;
      next_q       <= 1'b0;
      next_known_q <= 1'b0;
    end else begin
      if (promote)     now_q <= 1'b1;
      else if (finish) now_q <= 1'b0;
      if (piece_take)   next_q <= 1'b1;
      else if (promote) next_q <= 1'b0;
      next_known_q <= next_q && !promote;
    end
  end
  always_ff @(posedge clk_i) begin
    if (piece_take) begin
      {next_row_q, next_bank_q, next_col_q} <= piece_addr;
      next_write_q <= !burst_q;
      next_more_q  <= piece_more;
      next_last_q  <= !crosses;
    end
    next_open_q <= next_open;
    next_hit_q  <= next_hit;
    if (promote) begin
      {now_row_q, now_bank_q, now_col_q} <= {next_row_q, next_bank_q, next_col_q};
      now_write_q <= next_write_q;
      now_last_q  <= next_last_q;
      now_more_q  <= next_more_q;
      now_end_q   <= next_more_q == 8'd0;
      now_open_q  <= next_open;
      now_hit_q   <= next_hit;
    end else begin
      if (read_issue || write_issue) begin
        now_col_q  <= now_col_q + PageBits'(1);
        now_more_q <= now_more_q - 8'd1;
        now_end_q  <= now_more_q == 8'd1;
      end
      now_open_q <= now_open;
      now_hit_q  <= now_hit;
    end
  end

  // ---- refresh and start -----------------------------------------------------------------------------------------------
  typedef enum logic [2:0] { S_POWER, S_CLOSE, S_REFRESH, S_MODE, S_RUN } state_e;
  localparam int unsigned InitBits  = $clog2(InitCycles + 1);
  localparam int unsigned TimeBits  = $clog2(RefreshTime + 1);
  state_e              state_q;
  logic                started_q;                          // the mode register is set
  logic [InitBits-1:0] pause_q;                            // until the next command of these states
  logic [TimeBits-1:0] time_q;
  logic [3:0]          debt_q;
  logic                close, refresh, mode, due_q, run_q;
  logic [3:0]          loose_q;                            // banks that may be closed
  assign close   = state_q == S_CLOSE && loose_q == '1 && pause_q == '0;
  assign refresh = state_q == S_REFRESH && pause_q == '0 && debt_q != '0;
  assign mode    = state_q == S_MODE && pause_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= S_POWER;
      started_q <= 1'b0;
      pause_q   <= InitBits'(InitCycles);
      time_q    <= '0;
      debt_q    <= 4'(RefreshDebt);
      due_q     <= 1'b0;
      run_q     <= 1'b0;
    end else begin
      due_q <= debt_q == 4'(RefreshDebt) ||
               (debt_q != '0 && !now_q && !next_q && !burst_q && !ar_valid && !aw_valid);
      run_q <= state_q == S_RUN && pause_q == '0 && !due_q;
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
        default:   if (due_q && debt_q != '0 && pause_q == '0) state_q <= S_CLOSE;
      endcase
    end
  end

  // ---- one command a cycle -----------------------------------------------------------------------------------------------
  // Counters say how long; a flag beside each says that it has run out.
  localparam int unsigned RCD = (Trcd < 2) ? 2 : Trcd, RP = (Trp < 2) ? 2 : Trp;
  logic [2:0] wait_q [4];                                  // of a bank, until the next activate, read or write
  logic [3:0] hold_q [4];                                  // until the next precharge
  logic [3:0] free_q;
  logic [2:0] activate_gap_q, write_gap_q;                 // until the next activate; until the pins are free for a write
  logic       activate_ok_q, write_ok_q;
  logic       column_gap_q;                                // a beat is under way
  logic       room_q;                                      // for another beat's answer, two cycles ago
  logic       column, now_activate, now_precharge, next_activate, next_precharge, others, activate, precharge;
  logic [1:0] bank;
  logic [4:0] reads_q;                                     // beats asked for and not yet taken
  assign column         = run_q && now_q && now_hit_q && free_q[now_bank_q] && !column_gap_q;
  assign read_issue     = column && !now_write_q && room_q;
  assign write_issue    = column && now_write_q && write_ok_q && w_valid;
  assign now_activate   = run_q && now_q && !now_open_q && free_q[now_bank_q] && activate_ok_q;
  assign now_precharge  = run_q && now_q && now_open_q && !now_hit_q && free_q[now_bank_q] && loose_q[now_bank_q];
  assign others         = read_issue || write_issue || now_activate || now_precharge;
  assign next_activate  = run_q && next_known_q && !next_open_q && free_q[next_bank_q] && activate_ok_q && !others;
  assign next_precharge = run_q && next_known_q && next_open_q && !next_hit_q && free_q[next_bank_q] &&
                          loose_q[next_bank_q] && next_bank_q != now_bank_q && !others;
  assign activate       = now_activate || next_activate;
  assign precharge      = now_precharge || next_precharge;
  assign bank           = others ? now_bank_q : next_bank_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      activate_gap_q <= '0;
      activate_ok_q  <= 1'b1;
      write_gap_q    <= '0;
      write_ok_q     <= 1'b1;
      column_gap_q   <= 1'b0;
      room_q         <= 1'b1;
    end else begin
      if (activate)                  activate_gap_q <= 3'(Trrd - 1);
      else if (activate_gap_q != '0) activate_gap_q <= activate_gap_q - 3'd1;
      activate_ok_q <= activate ? Trrd < 2 : activate_gap_q <= 3'd1;
      if (read_issue)                write_gap_q <= 3'(Cas + 1);
      else if (write_gap_q != '0)    write_gap_q <= write_gap_q - 3'd1;
      write_ok_q    <= !read_issue && write_gap_q <= 3'd1;
      column_gap_q  <= read_issue || write_issue;
      room_q        <= reads_q != 5'(READS);
    end
  end
  always_ff @(posedge clk_i) begin
    for (int unsigned b = 0; b < 4; b++) begin
      if (!rst_ni) begin
        wait_q[b]  <= '0;
        hold_q[b]  <= '0;
        free_q[b]  <= 1'b1;
        loose_q[b] <= 1'b1;
        open_q[b]  <= 1'b0;
      end else begin
        if (activate && bank == 2'(b))                  open_q[b] <= 1'b1;
        else if (close || (precharge && bank == 2'(b))) open_q[b] <= 1'b0;
        if (activate && bank == 2'(b))       wait_q[b] <= 3'(RCD - 1);
        else if (precharge && bank == 2'(b)) wait_q[b] <= 3'(RP - 1);
        else if (wait_q[b] != '0)            wait_q[b] <= wait_q[b] - 3'd1;
        free_q[b] <= !((activate || precharge) && bank == 2'(b)) && wait_q[b] <= 3'd1;
        if (activate && bank == 2'(b))       hold_q[b] <= 4'(Tras - 1);
        else if (write_issue && bank == 2'(b) && hold_q[b] <= 4'(Twr + 1)) hold_q[b] <= 4'(Twr + 1);
        else if (read_issue && bank == 2'(b) && hold_q[b] <= 4'd1)        hold_q[b] <= 4'd1;
        else if (hold_q[b] != '0)            hold_q[b] <= hold_q[b] - 4'd1;
        loose_q[b] <= !((activate || read_issue || write_issue) && bank == 2'(b)) && hold_q[b] <= 4'd1;
      end
    end
    if (activate) row_q[bank] <= now_activate ? now_row_q : next_row_q;
  end

  // ---- pins: the command in one register, its lines in the next ------------------------------------------------------------
  logic                 close_q, precharge_q, refresh_q, mode_q, activate_q, read_q, write_q;
  logic [1:0]           bank_q;
  logic [RowBits-1:0]   line_row_q;
  logic [PageBits-1:0]  line_col_q;
  logic [35:0]          line_data_q;
  logic                 half_q;                            // 16 bits: the second half of a write follows
  logic [DqWidth/8-1:0] first_mask, half_mask;
  logic [DqWidth-1:0]   first_data, half_data, dq_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {close_q, precharge_q, refresh_q, mode_q, activate_q, read_q, write_q} <= '0;
      {ras_no, cas_no, we_no} <= NOP;
      cke_o   <= 1'b0;
      dq_oe_o <= 1'b0;
      dqm_o   <= '1;
      half_q  <= 1'b0;
    end else begin
      {close_q, precharge_q, refresh_q, mode_q, activate_q, read_q, write_q} <=
        {close, precharge, refresh, mode, activate, read_issue, write_issue};
      {ras_no, cas_no, we_no} <= close_q || precharge_q ? PRECHARGE : refresh_q ? REFRESH : mode_q ? MODE :
                                 activate_q ? ACTIVATE : read_q ? READ : write_q ? WRITE : NOP;
      cke_o   <= 1'b1;
      dq_oe_o <= write_q || half_q;
      dqm_o   <= write_q ? ~first_mask : half_q ? half_mask : {(DqWidth/8){!started_q}};
      half_q  <= write_q && DqWidth == 16;
    end
  end
  always_ff @(posedge clk_i) begin
    bank_q      <= bank;
    line_row_q  <= now_activate ? now_row_q : next_row_q;
    line_col_q  <= now_col_q;
    line_data_q <= w_data;
    ba_o <= mode_q ? 2'd0 : bank_q;
    if (activate_q)    a_o <= line_row_q;
    else if (mode_q)   a_o <= RowBits'({3'(Cas), 4'(DqWidth == 16)});  // bursts of two or one, sequential
    else if (close_q)  a_o <= RowBits'(1) << A10;
    else               a_o <= (read_q || write_q) ? RowBits'(line_col_q) << (ColBits - PageBits) : '0;
    dq_o <= write_q ? first_data : half_data;
    dq_q <= dq_i;
  end

  // A beat's way out and in: in halves, or whole.
  localparam int unsigned LATE = Cas + 1 + ReadDelay;
  localparam int unsigned AT   = (DqWidth == 16) ? LATE + 2 : LATE + 1;  // cycles from a read's issue until its beat is there
  logic [31:0] beat;
  logic        first_in;                                   // the first half is in dq_q
  if (DqWidth == 16) begin : gen_halves
    logic [15:0] half_data_q, low_q;
    logic [1:0]  half_mask_q;
    assign first_mask = line_data_q[33:32];
    assign first_data = line_data_q[15:0];
    assign half_data  = half_data_q;
    assign half_mask  = half_mask_q;
    assign beat       = {dq_q, low_q};
    always_ff @(posedge clk_i) begin
      if (write_q) begin
        half_data_q <= line_data_q[31:16];
        half_mask_q <= ~line_data_q[35:34];
      end
      if (first_in) low_q <= dq_q;
    end
  end else begin : gen_whole
    logic unused_in;
    assign first_mask = line_data_q[35:32];
    assign first_data = line_data_q[31:0];
    assign half_data  = first_data;
    assign half_mask  = '0;
    assign beat       = dq_q;
    assign unused_in  = first_in;
  end

  // ---- answers -------------------------------------------------------------------------------------------------------------
  // A column is on dq_i LATE cycles after its read was issued (two more for the command's registers, one less by contract)
  // and in dq_q one cycle later.
  logic [AT:1]    read_at_q, last_at_q;                    // bit i: issued i cycles ago
  logic           r_room;
  logic [4:0]     unused_r;
  logic [15:0]    answers_q;
  assign first_in = read_at_q[LATE+1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) read_at_q <= '0;
    else         read_at_q <= {read_at_q[AT-1:1], read_issue};
  end
  always_ff @(posedge clk_i) last_at_q <= {last_at_q[AT-1:1], now_end_q && now_last_q};
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
