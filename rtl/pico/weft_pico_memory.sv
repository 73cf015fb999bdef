// The memory of pico on a board with SDRAM: tape, KV cache and logits there, the firmware's own 16 KB in block RAM.
//
// The engine's access goes to the firmware's memory if its base register says so (own_i): one cycle, never taken away.
// Otherwise it goes to the SDRAM: a store leaves when there is room, a load waits for its answer, and taken_o keeps the
// engine waiting meanwhile. Where the SDRAM's byte masks are not wired (ByteStores 0), a store of some bytes of a word is
// a load and a store of the whole word. Two readers read ahead: of the tape, byte by byte after a seek, and of the KV cache, word
// by word after smem_i. Reads are asked for only while no store is under way, so each sees all stores before it; what
// a reader has read already does not change with later stores.
// Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_memory #(
  parameter int unsigned ByteStores = 1,  // 0 or 1
  localparam int unsigned AddrWidth = 22  // of a word
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Engine: an access, its data in the next cycle
  input  logic        valid_i,
  input  logic        own_i,
  input  logic [3:0]  we_i,
  input  logic [29:0] addr_i,      // word
  input  logic [31:0] wdata_i,
  output logic [31:0] rdata_o,
  output logic        taken_o,     // not in this cycle

  // KV cache in the order of addresses
  input  logic        smem_i,
  input  logic [23:0] smem_addr_i, // byte; its word is the first
  input  logic        m_req_i,
  output logic        m_ready_o,
  output logic [31:0] m_rdata_o,   // one cycle after a request that was taken

  // Tape
  input  logic        seek_i,
  input  logic [23:0] seek_addr_i,
  output logic        f_valid_o,
  input  logic        f_ready_i,
  output logic [7:0]  f_data_o,

  // AXI4 to weft_sdram: the parts it uses
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

  localparam int unsigned BURST     = 8;   // words a reader asks for
  localparam int unsigned OWN_WIDTH = 12;  // 16 KB
  localparam logic [1:0] TAPE = 2'd0, KV = 2'd1, LOAD = 2'd2;

  // ---- the firmware's own memory: a block RAM for each byte ----
  logic [31:0] own_rdata;
  for (genvar i = 0; i < 4; i++) begin : gen_byte
    weft_ram #(.Width(8), .Depth(2 ** OWN_WIDTH)) u_own (
      .clk_i,
      .we_i(valid_i && own_i && we_i[i]), .waddr_i(addr_i[OWN_WIDTH-1:0]), .wdata_i(wdata_i[8*i +: 8]),
      .re_i(valid_i && own_i && we_i == '0), .raddr_i(addr_i[OWN_WIDTH-1:0]), .rdata_o(own_rdata[8*i +: 8]));
  end

  // ---- stores and loads ----
  typedef enum logic [1:0] { L_IDLE, L_ASK, L_WAIT, L_HAVE } load_e;
  load_e                load_q;
  logic [AddrWidth-1:0] load_addr_q;
  logic [31:0]          load_data_q;
  logic                 far_q;     // rdata_o is that of a load
  logic [4:0]           stores_q;  // not answered yet
  logic                 far, load, store, stored, load_ask, load_taken, load_r;

  assign far         = valid_i && !own_i;
  assign load        = far && (we_i == '0 || (we_i != '1 && ByteStores == 0));  // also one for a store
  assign store       = far && we_i != '0 && (!load || load_q == L_HAVE);
  assign stored      = store && m_awready_i && m_wready_i;
  assign taken_o     = far && (we_i != '0 ? !stored : load_q != L_HAVE);
  assign rdata_o     = far_q ? load_data_q : own_rdata;
  assign load_ask    = load_q == L_ASK;
  assign m_awvalid_o = store && m_wready_i;
  assign m_wvalid_o  = store && m_awready_i;
  assign m_awaddr_o  = {22'd0, addr_i[23:0], 2'd0};
  assign m_wstrb_o   = (ByteStores == 0) ? '1 : we_i;
  assign m_bready_o  = 1'b1;

  for (genvar i = 0; i < 4; i++) begin : gen_wdata
    assign m_wdata_o[8*i +: 8] = (ByteStores == 0 && !we_i[i]) ? load_data_q[8*i +: 8] : wdata_i[8*i +: 8];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      load_q   <= L_IDLE;
      stores_q <= '0;
    end else begin
      stores_q <= stores_q + 5'(stored) - 5'(m_bvalid_i);
      unique case (load_q)
        L_IDLE:  if (load) load_q <= L_ASK;
        L_ASK:   if (load_taken) load_q <= L_WAIT;
        L_WAIT:  if (load_r) load_q <= L_HAVE;
        default: if (!taken_o) load_q <= L_IDLE;
      endcase
    end
  end
  always_ff @(posedge clk_i) begin
    if (load_q == L_IDLE) load_addr_q <= addr_i[AddrWidth-1:0];
    if (load_r) load_data_q <= m_rdata_i;
    if (valid_i && we_i == '0) far_q <= !own_i;
  end

  // ---- requests: a load, then the KV cache, then the tape; whose answer is next ----
  logic                 tape_ask, kv_ask, free, owner_room, owner_valid, go;
  logic [AddrWidth-1:0] tape_addr, kv_addr;
  logic [1:0]           asker, owner;
  logic [3:0]           unused_owners;

  assign free        = stores_q == '0 && owner_room;
  assign asker       = load_ask ? LOAD : kv_ask ? KV : TAPE;
  assign m_arvalid_o = free && (load_ask || kv_ask || tape_ask);
  assign m_araddr_o  = {24'd0, load_ask ? load_addr_q : kv_ask ? kv_addr : tape_addr, 2'd0};
  assign m_arlen_o   = load_ask ? 8'd0 : 8'(BURST - 1);
  assign go          = free && m_arready_i;
  assign load_taken  = go && load_ask;
  assign m_rready_o  = 1'b1;
  assign load_r      = m_rvalid_i && owner == LOAD;

  weft_fifo #(.Width(2), .Depth(8)) u_owners (
    .clk_i, .rst_ni, .in_valid_i(m_arvalid_o && m_arready_i), .in_ready_o(owner_room), .in_data_i(asker),
    .out_valid_o(owner_valid), .out_ready_i(m_rvalid_i && m_rlast_i), .out_data_o(owner), .count_o(unused_owners));

  // ---- KV cache ----
  logic        kv_valid;
  logic [31:0] kv_data;
  weft_pico_reader #(.AddrWidth(AddrWidth), .BurstWords(BURST)) u_kv (
    .clk_i, .rst_ni, .seek_i(smem_i), .seek_addr_i(smem_addr_i[23:2]),
    .ar_valid_o(kv_ask), .ar_ready_i(go && !load_ask), .ar_addr_o(kv_addr),
    .r_valid_i(m_rvalid_i && owner == KV), .r_data_i(m_rdata_i),
    .valid_o(kv_valid), .ready_i(m_req_i), .data_o(kv_data));
  assign m_ready_o = kv_valid;
  always_ff @(posedge clk_i) m_rdata_o <= kv_data;

  // ---- tape: words become bytes ----
  logic        tape_valid, tape_next;
  logic [31:0] tape_word;
  logic [1:0]  at_q;       // byte of the word
  weft_pico_reader #(.AddrWidth(AddrWidth), .BurstWords(BURST)) u_tape (
    .clk_i, .rst_ni, .seek_i, .seek_addr_i(seek_addr_i[23:2]),
    .ar_valid_o(tape_ask), .ar_ready_i(go && !load_ask && !kv_ask), .ar_addr_o(tape_addr),
    .r_valid_i(m_rvalid_i && owner == TAPE), .r_data_i(m_rdata_i),
    .valid_o(tape_valid), .ready_i(tape_next && at_q == 2'd3), .data_o(tape_word));

  assign tape_next = !f_valid_o || f_ready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || seek_i)             f_valid_o <= 1'b0;
    else if (tape_next)                f_valid_o <= tape_valid;
    if (seek_i)                        at_q <= seek_addr_i[1:0];
    else if (tape_next && tape_valid)  at_q <= at_q + 2'd1;
    if (tape_next) f_data_o <= tape_word[8*at_q +: 8];
  end

  logic unused;
  assign unused = &{1'b0, addr_i[29:24], smem_addr_i[1:0], unused_owners, owner_valid};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) AnswerHasAnOwner_A: assert (!m_rvalid_i || owner_valid);
  end
`endif

endmodule

`default_nettype wire
