// Cuts requests into AXI read bursts and issues them ahead of the data.
//
// A burst has at most 64 beats and never crosses 4 KB. One burst a cycle, also from one request to the next; the first
// address leaves one cycle after its request is taken. Bursts are held back only while more than MaxBeats - 64 beats
// are under way, never by what becomes of the data.
// Block notes: docs/reference/tape.md
`default_nettype none

module weft_tape_bursts #(
  parameter int unsigned PortBytes = weft_pkg::PORT_BYTES,
  parameter int unsigned MaxBeats  = 512  // read beats under way; at least two bursts
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the request queue; beats_i is at least 1
  input  logic        req_valid_i,
  output logic        req_ready_o,
  input  logic [47:0] req_addr_i,
  input  logic [31:0] req_beats_i,

  // To the memory
  output logic        m_arvalid_o,
  input  logic        m_arready_i,
  output logic [47:0] m_araddr_o,
  output logic [7:0]  m_arlen_o,

  // From weft_tape_route: a beat has been taken
  input  logic        beat_i,

  output logic        idle_o  // nothing requested, nothing under way
);

  localparam int unsigned ADDR_LSB   = $clog2(PortBytes);
  localparam int unsigned PAGE_BEATS = 4096 / PortBytes;
  localparam int unsigned MAX_BURST  = (PAGE_BEATS < 64) ? PAGE_BEATS : 64;
  localparam int unsigned LEN_WIDTH  = 7;                    // 1 .. 64
  localparam int unsigned ROOM_WIDTH = $clog2(PAGE_BEATS) + 1;
  localparam int unsigned FLY_WIDTH  = $clog2(MaxBeats + 1);

  // The request at hand: where its next burst starts and how many beats are left.
  logic        active_q;
  logic [47:0] addr_q;
  logic [31:0] left_q;

  logic [LEN_WIDTH-1:0]  len;
  logic [ROOM_WIDTH-1:0] room;       // beats up to the next 4 KB boundary
  logic                  last;       // this burst ends the request
  logic                  issue;
  logic [FLY_WIDTH-1:0]  flying_q;   // beats asked for and not yet taken
  logic                  flying_room;

  assign room = ROOM_WIDTH'(PAGE_BEATS) - {1'b0, addr_q[11:ADDR_LSB]};

  always_comb begin
    len = LEN_WIDTH'(MAX_BURST);
    if (room < ROOM_WIDTH'(MAX_BURST)) len = LEN_WIDTH'(room);
    if (left_q < 32'(len)) len = left_q[LEN_WIDTH-1:0];
  end

  assign last        = left_q == 32'(len);
  assign flying_room = flying_q <= FLY_WIDTH'(MaxBeats - MAX_BURST);
  assign issue       = active_q && flying_room && (!m_arvalid_o || m_arready_i);
  assign req_ready_o = !active_q || (issue && last);
  assign idle_o      = !active_q && !m_arvalid_o && flying_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q    <= 1'b0;
      m_arvalid_o <= 1'b0;
      flying_q    <= '0;
    end else begin
      if (req_ready_o)      active_q <= req_valid_i;
      if (issue)            m_arvalid_o <= 1'b1;
      else if (m_arready_i) m_arvalid_o <= 1'b0;
      flying_q <= flying_q + (issue ? FLY_WIDTH'(len) : '0) - (beat_i ? FLY_WIDTH'(1) : '0);
    end
  end

  always_ff @(posedge clk_i) begin
    if (req_valid_i && req_ready_o) begin
      addr_q <= req_addr_i;
      left_q <= req_beats_i;
    end else if (issue) begin
      addr_q <= addr_q + (48'(len) << ADDR_LSB);
      left_q <= left_q - 32'(len);
    end
    if (issue) begin
      m_araddr_o <= addr_q;
      m_arlen_o  <= 8'(len) - 8'd1;
    end
  end

`ifndef SYNTHESIS
  RequestHasBeats_A: assert property (@(posedge clk_i) disable iff (!rst_ni) !(req_valid_i && req_beats_i == '0));
  RequestAligned_A:  assert property (@(posedge clk_i) disable iff (!rst_ni)
                                      !(req_valid_i && (req_addr_i % 48'(PortBytes)) != '0));
`endif

endmodule

`default_nettype wire
