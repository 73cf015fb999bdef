// The board's end of the host link: takes request frames from a serial line, does what they ask of the chip's registers
// and memory, and answers.
//
// One frame at a time: bytes that come while a request is served or answered are dropped. A frame that stops for
// TimeoutClocks is forgotten, one with a wrong CRC is answered with code 1. STEP writes CONTROL, waits for irq_i and
// answers STATUS with the cycles between; a chip that never ends its step needs a reset.
// For boards that keep the tape in memory. Protocol, bench: docs/reference/link.md
`default_nettype none

module weft_link #(
  parameter int unsigned  ClockHz       = 50000000,
  parameter int unsigned  MemoryBytes   = 32'h02000000,  // a multiple of 4
  parameter int unsigned  TapeBase      = 0,             // where the host is to put the tape
  parameter int unsigned  TimeoutClocks = ClockHz / 50   // 20 ms
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] config_crc_i,  // constant: of the configuration's text, weft configs --json

  // From weft_uart_rx
  input  logic        rx_valid_i,
  output logic        rx_ready_o,
  input  logic [7:0]  rx_data_i,

  // To weft_uart_tx
  output logic        tx_valid_o,
  input  logic        tx_ready_i,
  output logic [7:0]  tx_data_o,

  // To the chip's registers (weft_host); its level of a step's end
  output logic        r_awvalid_o,
  input  logic        r_awready_i,
  output logic [15:0] r_awaddr_o,
  output logic        r_wvalid_o,
  input  logic        r_wready_i,
  output logic [31:0] r_wdata_o,
  output logic [3:0]  r_wstrb_o,
  input  logic        r_bvalid_i,
  output logic        r_bready_o,
  input  logic [1:0]  r_bresp_i,
  output logic        r_arvalid_o,
  input  logic        r_arready_i,
  output logic [15:0] r_araddr_o,
  input  logic        r_rvalid_i,
  output logic        r_rready_o,
  input  logic [31:0] r_rdata_i,
  input  logic [1:0]  r_rresp_i,
  input  logic        irq_i,

  // To the chip's memory: weft_link_bus
  output logic        mem_valid_o,
  input  logic        mem_ready_i,
  output logic        mem_write_o,
  output logic [30:0] mem_addr_o,
  output logic [31:0] mem_wdata_o,
  input  logic        mem_done_i,
  input  logic [31:0] mem_rdata_i
);

  localparam logic [7:0] REQUEST = 8'hA5, ANSWER = 8'h5A;
  localparam logic [7:0] HELLO = 8'd0, READ = 8'd1, WRITE = 8'd2, STEP = 8'd3, CRC = 8'd4;
  localparam logic [7:0] OK = 8'd0, BAD_CRC = 8'd1, UNKNOWN_OP = 8'd2, BAD_ADDRESS = 8'd3;
  localparam logic [7:0] MAX_WORDS = 8'd64;
  localparam logic [31:0] CONTROL = 32'h00C, STATUS = 32'h010;
  localparam int unsigned TimerWidth = $clog2(TimeoutClocks + 1);

  // Receiving: START to CHECK. Serving: SERVE to FEED. Answering: REPLY to SEND.
  typedef enum logic [3:0] {
    START, HEAD, SIZE, BODY, TAIL, CHECK,
    SERVE, FETCH, ACCESS, WAIT, RUN, FEED,
    REPLY, LOAD, NEXT, SEND
  } state_e;
  state_e state_q;

  logic [55:0] head_q;       // seq, op, len, addr as they came, the first at the right
  logic [31:0] word_q;       // four bytes in, or four bytes out
  logic [6:0]  index_q;      // word of the frame's words, or of the access
  logic [2:0]  bytes_q;      // of the head, or of word_q
  logic [7:0]  code_q;       // of the answer
  logic [6:0]  words_q;      // of the answer
  logic        body_q;       // SEND: more than the head has been sent
  logic        sealed_q;     // SEND: the CRC
  logic [31:0] count_q;      // STEP: cycles; CRC: bytes to go
  logic [TimerWidth-1:0] timer_q;
  logic [7:0]  seq, op, len;
  logic [31:0] addr, addr_q;
  logic        take, late, last_byte, last_word;

  assign seq  = head_q[7:0];
  assign op   = head_q[15:8];
  assign len  = head_q[23:16];
  assign addr = head_q[55:24];

  // ---- The frame's words, in and out ----
  logic        ram_we, ram_re;
  logic [31:0] ram_wdata, ram_rdata, hello_word, out_word;
  logic [5:0]  ram_waddr;
  weft_ram #(.Width(32), .Depth(64)) u_words (
    .clk_i, .we_i(ram_we), .waddr_i(ram_waddr), .wdata_i(ram_wdata),
    .re_i(ram_re), .raddr_i(index_q[5:0]), .rdata_o(ram_rdata));

  // ---- CRC: of the frame that comes, of the tape, of the answer ----
  logic        crc_clear, crc_valid, crc_ready;
  logic [7:0]  crc_data;
  logic [31:0] crc;
  weft_crc32 u_crc (
    .clk_i, .rst_ni, .clear_i(crc_clear), .valid_i(crc_valid), .ready_o(crc_ready), .data_i(crc_data), .crc_o(crc));

  // ---- The chip ----
  logic        bus_write, bus_done, bus_ok;
  logic [31:0] bus_addr, bus_rdata, bus_wdata;
  weft_link_bus #(.MemoryBytes(MemoryBytes)) u_bus (
    .clk_i, .rst_ni,
    .start_i(state_q == ACCESS), .write_i(bus_write), .addr_i(bus_addr), .wdata_i(bus_wdata),
    .done_o(bus_done), .ok_o(bus_ok), .rdata_o(bus_rdata),
    .r_awvalid_o, .r_awready_i, .r_awaddr_o, .r_wvalid_o, .r_wready_i, .r_wdata_o, .r_wstrb_o, .r_bvalid_i, .r_bready_o,
    .r_bresp_i, .r_arvalid_o, .r_arready_i, .r_araddr_o, .r_rvalid_i, .r_rready_o, .r_rdata_i, .r_rresp_i,
    .mem_valid_o, .mem_ready_i, .mem_write_o, .mem_addr_o, .mem_wdata_o, .mem_done_i, .mem_rdata_i);

  // STEP's first access starts the chip, its second one asks how it ended.
  assign bus_write = op == WRITE || (op == STEP && index_q == '0);
  assign bus_wdata = op == STEP ? 32'd1 : ram_rdata;
  always_comb begin
    unique case (op)
      STEP:    bus_addr = index_q == '0 ? CONTROL : STATUS;
      CRC:     bus_addr = {1'b1, addr_q[30:0]};
      default: bus_addr = addr_q;
    endcase
  end

  // ---- Receiving ----
  // In SIZE the CRC is busy with the byte before, so none is taken there either.
  assign rx_ready_o = state_q != CHECK && crc_ready;
  assign take       = rx_valid_i && rx_ready_o;
  assign late       = timer_q == TimerWidth'(TimeoutClocks);
  assign last_byte  = bytes_q == (state_q == HEAD ? 3'd6 : 3'd3);
  assign last_word  = index_q + 7'd1 == len[6:0];

  logic [7:0] body_len;
  assign body_len = (op == WRITE || op == CRC) ? len : '0;

  // ---- Sending ----
  logic feed_send;
  assign tx_valid_o = state_q == SEND && crc_ready;
  assign tx_data_o  = word_q[7:0];
  assign feed_send  = tx_valid_o && tx_ready_i && !sealed_q && (body_q || bytes_q != '0);  // not the start byte
  assign out_word   = op == HELLO ? hello_word : ram_rdata;

  always_comb begin
    unique case (index_q[2:0])
      3'd0: hello_word = 32'h54464557;
      3'd1: hello_word = 32'd1;
      3'd2: hello_word = {8'(weft_pkg::MAX_ROWS), 8'(weft_pkg::PANEL_ROWS), 8'(weft_pkg::COLUMNS),
                          8'(weft_pkg::PORT_BYTES)};
      3'd3: hello_word = 32'(MemoryBytes);
      3'd4: hello_word = 32'(ClockHz);
      3'd5: hello_word = config_crc_i;
      3'd6: hello_word = 32'd1;  // the tape is in memory
      3'd7: hello_word = 32'(TapeBase);
    endcase
  end

  always_comb begin
    unique case (state_q)
      HEAD, BODY: begin
        crc_valid = take;
        crc_data  = rx_data_i;
      end
      FEED: begin
        crc_valid = count_q != '0 && bytes_q != 3'd4;
        crc_data  = word_q[7:0];
      end
      default: begin
        crc_valid = feed_send;
        crc_data  = word_q[7:0];
      end
    endcase
    // Bytes that are dropped while the chip works do not reach it.
    crc_clear = state_q == START || state_q == SERVE || state_q == REPLY;
  end

  // Words come from the line, from the chip, and as the results of STEP and CRC.
  always_comb begin
    ram_we    = 1'b0;
    ram_waddr = index_q[5:0];
    ram_wdata = bus_rdata;
    unique case (state_q)
      BODY: begin
        ram_we    = take && last_byte;
        ram_wdata = {rx_data_i, word_q[31:8]};
      end
      WAIT: begin
        ram_we = bus_done && (op == READ || (op == STEP && index_q != '0));
        if (op == STEP) ram_waddr = 6'd0;
      end
      RUN: begin
        ram_we    = irq_i;
        ram_waddr = 6'd1;
        ram_wdata = count_q;
      end
      FEED: begin
        ram_we    = count_q == '0 && crc_ready;
        ram_waddr = 6'd0;
        ram_wdata = crc;
      end
      default: ;
    endcase
    ram_re = state_q == FETCH || state_q == LOAD;
  end

  // ---- What to serve ----
  logic refused;
  logic [7:0] refusal;
  always_comb begin
    refused = 1'b0;
    refusal = BAD_ADDRESS;
    unique case (op)
      HELLO, STEP: ;
      READ:    refused = len > MAX_WORDS || addr[1:0] != '0;
      WRITE:   refused = addr[1:0] != '0;
      CRC:     refused = len != 8'd1 || addr[1:0] != '0 || addr[31];
      default: begin
        refused = 1'b1;
        refusal = UNKNOWN_OP;
      end
    endcase
  end

  // Whether the tape's part lies in the memory: the length arrives in ram_rdata.
  logic [32:0] crc_end;
  assign crc_end = {2'b00, addr[30:0]} + {1'b0, ram_rdata};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q  <= START;
      timer_q  <= '0;
      bytes_q  <= '0;
      index_q  <= '0;
      head_q   <= '0;
      code_q   <= '0;
      words_q  <= '0;
      body_q   <= 1'b0;
      sealed_q <= 1'b0;
    end else begin
      timer_q <= take ? '0 : late ? timer_q : timer_q + TimerWidth'(1);
      unique case (state_q)
        START: begin
          bytes_q  <= '0;
          index_q  <= '0;
          body_q   <= 1'b0;
          sealed_q <= 1'b0;
          if (take && rx_data_i == REQUEST) state_q <= HEAD;
        end
        HEAD: begin
          if (take) begin
            head_q  <= {rx_data_i, head_q[55:8]};
            bytes_q <= last_byte ? '0 : bytes_q + 3'd1;
            if (last_byte) state_q <= SIZE;
          end else if (late) begin
            state_q <= START;
          end
        end
        SIZE: state_q <= body_len > MAX_WORDS ? START : body_len == '0 ? TAIL : BODY;
        BODY: begin
          if (take) begin
            word_q  <= {rx_data_i, word_q[31:8]};
            bytes_q <= last_byte ? '0 : bytes_q + 3'd1;
            if (last_byte) index_q <= index_q + 7'd1;
            if (last_byte && last_word) state_q <= TAIL;
          end else if (late) begin
            state_q <= START;
          end
        end
        TAIL: begin
          if (take) begin
            word_q  <= {rx_data_i, word_q[31:8]};
            bytes_q <= last_byte ? '0 : bytes_q + 3'd1;
            if (last_byte) state_q <= CHECK;
          end else if (late) begin
            state_q <= START;
          end
        end
        CHECK: begin
          code_q  <= BAD_CRC;
          words_q <= '0;
          index_q <= '0;
          state_q <= word_q == crc ? SERVE : REPLY;
        end

        // code_q and words_q are those of a refusal until the request is done.
        SERVE: begin
          addr_q  <= addr;
          code_q  <= refused ? refusal : OK;
          words_q <= op == HELLO ? 7'd8 : '0;
          if (refused || op == HELLO || (len == '0 && op != STEP)) state_q <= REPLY;
          else                                                    state_q <= FETCH;
        end
        FETCH: state_q <= ACCESS;
        ACCESS: begin
          // The length of CRC has come; from its second word on count_q is what is left.
          if (op == CRC && index_q == '0) begin
            count_q <= ram_rdata;
            index_q <= 7'd1;
          end
          state_q <= WAIT;
          bytes_q <= '0;
          if (op == CRC && index_q == '0 && crc_end > 33'(MemoryBytes)) code_q <= BAD_ADDRESS;
        end
        WAIT: begin
          if (bus_done) begin
            word_q  <= bus_rdata;
            addr_q  <= addr_q + 32'd4;
            count_q <= op == STEP ? 32'd1 : count_q;
            if (op == CRC) begin
              state_q <= code_q == OK ? FEED : REPLY;
            end else if (!bus_ok) begin
              code_q  <= BAD_ADDRESS;
              state_q <= REPLY;
            end else if (op == STEP) begin
              words_q <= 7'd2;
              state_q <= index_q == '0 ? RUN : REPLY;
            end else begin
              index_q <= index_q + 7'd1;
              words_q <= op == READ ? len[6:0] : '0;
              state_q <= last_word ? REPLY : FETCH;
            end
          end
        end
        RUN: begin
          if (!irq_i) count_q <= count_q + 32'd1;
          if (irq_i) begin
            index_q <= 7'd1;
            state_q <= ACCESS;
          end
        end
        FEED: begin
          if (count_q == '0) begin
            words_q <= 7'd1;
            if (crc_ready) state_q <= REPLY;
          end else if (bytes_q == 3'd4) begin
            state_q <= ACCESS;
          end else if (crc_ready) begin
            word_q  <= {8'd0, word_q[31:8]};
            bytes_q <= bytes_q + 3'd1;
            count_q <= count_q - 32'd1;
          end
        end

        REPLY: begin
          word_q  <= {code_q == OK ? {1'b0, words_q} : 8'd0, code_q, seq, ANSWER};
          if (code_q != OK) words_q <= '0;
          bytes_q <= '0;
          index_q <= '0;
          state_q <= SEND;
        end
        SEND: begin
          if (tx_valid_o && tx_ready_i) begin
            word_q  <= {8'd0, word_q[31:8]};
            bytes_q <= last_byte ? '0 : bytes_q + 3'd1;
            if (last_byte) begin
              body_q <= 1'b1;
              if (sealed_q)                state_q <= START;
              else if (index_q == words_q) state_q <= NEXT;
              else                         state_q <= LOAD;
            end
          end
        end
        // The word read now is there in the next cycle.
        LOAD: state_q <= NEXT;
        NEXT: begin
          if (index_q != words_q) begin
            word_q  <= out_word;
            index_q <= index_q + 7'd1;
            state_q <= SEND;
          end else if (crc_ready) begin
            word_q   <= crc;
            sealed_q <= 1'b1;
            state_q  <= SEND;
          end
        end
      endcase
    end
  end

endmodule

`default_nettype wire
