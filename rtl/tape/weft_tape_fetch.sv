// Reads the memory in stream order: requests in, every byte at its destination out.
//
// Addresses run ahead of the data by up to MaxBeats beats, whatever the destinations do, so the port idles only when
// no request is known. Data is taken one beat a cycle through any mixture of transfers; a destination without room
// stops the stream through RREADY. First address 2 cycles after its request, data routed in the cycle it arrives.
// Request kinds, beats and the order of bytes: docs/reference/tape.md
`default_nettype none

module weft_tape_fetch #(
  parameter  int unsigned PortBytes  = weft_pkg::PORT_BYTES,
  parameter  int unsigned PanelRows  = weft_pkg::PANEL_ROWS,
  parameter  int unsigned ChunkDepth = weft_pkg::CHUNK_FIFO,
  parameter  int unsigned ScaleDepth = weft_pkg::SCALE_FIFO,
  parameter  int unsigned MaxBeats   = 512,  // read beats under way, at least 256
  parameter  int unsigned RouteDepth = 64,   // transfers under way
  localparam int unsigned ENTRY_BITS = 8 * ((PortBytes > 32) ? PortBytes : 32),
  localparam int unsigned SCALE_BITS = 8 * ((PortBytes < 8) ? 8 : PortBytes),
  localparam int unsigned GAIN_BITS  = 8 * ((PortBytes < 4) ? 4 : PortBytes)
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // From weft_sequencer: transfers in stream order. Every one has at least one beat and a D-aligned address.
  input  logic                   req_valid_i,
  output logic                   req_ready_o,
  input  logic [2:0]             req_kind_i,     // 0 instructions, 1 panels, 2 V, 3 scale, 4 chunk, 5 gains, 6 RoPE
  input  logic [47:0]            req_addr_i,     // bytes, absolute
  input  logic [31:0]            req_beats_i,
  input  logic [15:0]            req_count_i,    // instructions: how many; panels: G; V: beats of scales; chunk: 1
  input  logic [7:0]             req_tail_i,     // panels, chunk: bytes of the last chunk of a row
  input  logic [1:0]             req_ns_log2_i,  // panels: log2 of the scales per chunk
  input  logic [1:0]             req_buf_i,      // V: buffer of its scales
  input  logic [7:0]             req_row_i,      // RoPE: row

  // To weft_sequencer: instructions, iq_count_o of them (1 .. 4) from the low end
  output logic                   iq_valid_o,
  input  logic                   iq_ready_i,
  output logic [3:0]             iq_count_o,
  output logic [ENTRY_BITS-1:0]  iq_data_o,

  // To weft_matrix
  output logic                   chunk_valid_o,
  input  logic                   chunk_ready_i,
  output logic [ENTRY_BITS-1:0]  chunk_o,
  output logic                   scale_valid_o,
  input  logic                   scale_ready_i,
  output logic [SCALE_BITS-1:0]  scale_o,

  // To weft_rmsnorm (in weft_epilogue). gain_free_i: a residual instruction has finished and gives its bank back.
  output logic                   gain_we_o,
  output logic                   gain_bank_o,
  output logic [15:0]            gain_addr_o,    // element
  output logic [GAIN_BITS-1:0]   gain_wdata_o,
  input  logic                   gain_free_i,

  // To the RoPE memory (in weft_epilogue)
  output logic                   rope_we_o,
  output logic [7:0]             rope_row_o,
  output logic [15:0]            rope_addr_o,    // byte within the row
  output logic [8*PortBytes-1:0] rope_wdata_o,

  // To weft_softmax. vs_free_i: the probabilities of a block are written, its V scales may be overwritten.
  output logic                   vs_we_o,
  output logic [1:0]             vs_buf_o,
  output logic [7:0]             vs_addr_o,      // byte within the block's scales
  output logic [8*PortBytes-1:0] vs_data_o,
  output logic                   vs_done_o,      // with the last write of a block
  input  logic                   vs_free_i,

  // Memory read port, AXI4
  output logic                   m_arvalid_o,
  input  logic                   m_arready_i,
  output logic [47:0]            m_araddr_o,
  output logic [7:0]             m_arlen_o,
  output logic [2:0]             m_arsize_o,
  output logic [1:0]             m_arburst_o,
  input  logic                   m_rvalid_i,
  output logic                   m_rready_o,
  input  logic [8*PortBytes-1:0] m_rdata_i,
  input  logic                   m_rlast_i,      // not needed: the beats are counted
  input  logic [1:0]             m_rresp_i,

  // To the host port
  output logic                   idle_o,         // nothing asked for, nothing under way
  output logic                   asked_o,        // beats are asked for, the memory owes them
  output weft_pkg::refuse_e      refuse_o,       // why an offered beat is not taken
  output logic                   error_o         // a read failed; stays until reset
);

  localparam int unsigned ROUTE_BITS = 3 + 32 + 16 + 8 + 2 + 2 + 8;

  // Requests wait here while the current one is cut into bursts.
  logic                  rq_valid, rq_ready;
  logic [47:0]           rq_addr;
  logic [ROUTE_BITS-1:0] rq_route;
  logic [3:0]            rq_count;

  weft_fifo #(.Width(48 + ROUTE_BITS), .Depth(8)) u_requests (
    .clk_i, .rst_ni,
    .in_valid_i (req_valid_i),
    .in_ready_o (req_ready_o),
    .in_data_i  ({req_addr_i, req_beats_i, req_kind_i, req_count_i, req_tail_i, req_ns_log2_i, req_buf_i, req_row_i}),
    .out_valid_o(rq_valid),
    .out_ready_i(rq_ready),
    .out_data_o ({rq_addr, rq_route}),
    .count_o    (rq_count)
  );

  // A request goes to the burst cutter and to the route queue at once.
  logic bursts_ready, route_room, bursts_idle, beat;
  assign rq_ready = bursts_ready && route_room;
  assign beat     = m_rvalid_i && m_rready_o;
  assign idle_o   = bursts_idle && rq_count == '0;
  assign asked_o  = !bursts_idle;

  weft_tape_bursts #(.PortBytes(PortBytes), .MaxBeats(MaxBeats)) u_bursts (
    .clk_i, .rst_ni,
    .req_valid_i(rq_valid && route_room),
    .req_ready_o(bursts_ready),
    .req_addr_i (rq_addr),
    .req_beats_i(rq_route[ROUTE_BITS-1 -: 32]),
    .m_arvalid_o,
    .m_arready_i,
    .m_araddr_o,
    .m_arlen_o,
    .beat_i     (beat),
    .idle_o     (bursts_idle)
  );

  assign m_arsize_o  = 3'($clog2(PortBytes));
  assign m_arburst_o = 2'b01;

  logic                             rt_valid, rt_ready;
  logic [31:0]                      rt_beats;
  logic [2:0]                       rt_kind;
  logic [15:0]                      rt_count;
  logic [7:0]                       rt_tail;
  logic [1:0]                       rt_ns_log2;
  logic [1:0]                       rt_buf;
  logic [7:0]                       rt_row;
  logic [$clog2(RouteDepth+1)-1:0]  unused_rt_fill;

  weft_fifo #(.Width(ROUTE_BITS), .Depth(RouteDepth)) u_routes (
    .clk_i, .rst_ni,
    .in_valid_i (rq_valid && bursts_ready),
    .in_ready_o (route_room),
    .in_data_i  (rq_route),
    .out_valid_o(rt_valid),
    .out_ready_i(rt_ready),
    .out_data_o ({rt_beats, rt_kind, rt_count, rt_tail, rt_ns_log2, rt_buf, rt_row}),
    .count_o    (unused_rt_fill)
  );

  logic                  in_chunk_valid, in_chunk_ready, in_scale_valid, in_scale_ready;
  logic [ENTRY_BITS-1:0] in_chunk;
  logic [SCALE_BITS-1:0] in_scale;

  weft_tape_route #(.PortBytes(PortBytes), .PanelRows(PanelRows)) u_route (
    .clk_i, .rst_ni,
    .req_valid_i  (rt_valid),
    .req_ready_o  (rt_ready),
    .req_kind_i   (rt_kind),
    .req_beats_i  (rt_beats),
    .req_count_i  (rt_count),
    .req_tail_i   (rt_tail),
    .req_ns_log2_i(rt_ns_log2),
    .req_buf_i    (rt_buf),
    .req_row_i    (rt_row),
    .m_rvalid_i, .m_rready_o, .m_rdata_i,
    .chunk_valid_o(in_chunk_valid),
    .chunk_ready_i(in_chunk_ready),
    .chunk_o      (in_chunk),
    .scale_valid_o(in_scale_valid),
    .scale_ready_i(in_scale_ready),
    .scale_o      (in_scale),
    .iq_valid_o, .iq_ready_i, .iq_count_o, .iq_data_o,
    .gain_we_o, .gain_bank_o, .gain_addr_o, .gain_wdata_o, .gain_free_i,
    .rope_we_o, .rope_row_o, .rope_addr_o, .rope_wdata_o,
    .vs_we_o, .vs_buf_o, .vs_addr_o, .vs_data_o, .vs_done_o, .vs_free_i,
    .refuse_o
  );

  logic [$clog2(ChunkDepth+1)-1:0] unused_chunk_fill;
  logic [$clog2(ScaleDepth+1)-1:0] unused_scale_fill;

  weft_ram_fifo #(.Width(ENTRY_BITS), .Depth(ChunkDepth)) u_chunks (
    .clk_i, .rst_ni,
    .in_valid_i (in_chunk_valid),
    .in_ready_o (in_chunk_ready),
    .in_data_i  (in_chunk),
    .out_valid_o(chunk_valid_o),
    .out_ready_i(chunk_ready_i),
    .out_data_o (chunk_o),
    .count_o    (unused_chunk_fill)
  );

  weft_ram_fifo #(.Width(SCALE_BITS), .Depth(ScaleDepth)) u_scales (
    .clk_i, .rst_ni,
    .in_valid_i (in_scale_valid),
    .in_ready_o (in_scale_ready),
    .in_data_i  (in_scale),
    .out_valid_o(scale_valid_o),
    .out_ready_i(scale_ready_i),
    .out_data_o (scale_o),
    .count_o    (unused_scale_fill)
  );

  logic unused_rlast, unused_rresp;
  assign unused_rlast = m_rlast_i;
  assign unused_rresp = m_rresp_i[0];  // OKAY and EXOKAY alike

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                   error_o <= 1'b0;
    else if (beat && m_rresp_i[1]) error_o <= 1'b1;
  end

endmodule

`default_nettype wire
