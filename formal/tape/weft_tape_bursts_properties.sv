// Proves weft_tape_bursts: the rules of AXI4 for read addresses, and that bursts cover exactly what was asked for.
`default_nettype none

module weft_tape_bursts_properties #(
  parameter int unsigned PortBytes = 16,
  parameter int unsigned MaxBeats  = 128
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        req_valid_i,
  input logic [47:0] req_addr_i,
  input logic [31:0] req_beats_i,
  input logic        arready_i,
  input logic        beat_i
);

  localparam int unsigned ADDR_LSB   = $clog2(PortBytes);
  localparam int unsigned PAGE_BEATS = 4096 / PortBytes;
  localparam int unsigned MAX_BURST  = (PAGE_BEATS < 64) ? PAGE_BEATS : 64;

  logic        req_ready, arvalid, idle;
  logic [47:0] araddr;
  logic [7:0]  arlen;
  logic        seen_clk_q = 1'b0;

  // Registers of the cutter, for the invariants below: ports that scripts/formal adds to its copy of the RTL.
  logic        probe_active_q;
  logic [47:0] probe_addr_q;
  logic [31:0] probe_left_q;
  logic [$clog2(MaxBeats+1)-1:0] probe_flying_q;

  weft_tape_bursts #(.PortBytes(PortBytes), .MaxBeats(MaxBeats)) u_dut (
    .clk_i, .rst_ni, .req_valid_i, .req_ready_o(req_ready), .req_addr_i, .req_beats_i,
    .m_arvalid_o(arvalid), .m_arready_i(arready_i), .m_araddr_o(araddr), .m_arlen_o(arlen), .beat_i, .idle_o(idle),
    .probe_active_q, .probe_addr_q, .probe_left_q, .probe_flying_q);

  // A burst is new in the first cycle in which it is offered.
  logic        fresh, open_q;
  logic [31:0] beats;
  assign fresh = arvalid && !open_q;
  assign beats = 32'(arlen) + 32'd1;

  // What is still to be asked for. A request counts from the cycle after it was taken: the last burst of the one before
  // it is new in that cycle.
  logic        taken_q;
  logic [47:0] taken_addr_q, want_addr_q, want_addr;
  logic [31:0] taken_beats_q, want_q, rest, want;
  assign rest      = want_q - (fresh ? beats : 32'd0);
  assign want      = taken_q ? taken_beats_q : rest;
  assign want_addr = taken_q ? taken_addr_q : fresh ? want_addr_q + (48'(beats) << ADDR_LSB) : want_addr_q;

  // Beats that the memory owes: accepted bursts, and with the one on offer. Wide enough not to wrap before contract 6 fails.
  localparam int unsigned FlyWidth = $clog2(MaxBeats) + 2;
  logic [FlyWidth-1:0] owed_q, flying_q, flying;
  assign flying = flying_q + (fresh ? FlyWidth'(beats) : '0);

  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!rst_ni) begin
      open_q   <= 1'b0;
      taken_q  <= 1'b0;
      want_q   <= 32'd0;
      owed_q   <= '0;
      flying_q <= '0;
    end else begin
      open_q   <= arvalid && !arready_i;
      taken_q  <= req_valid_i && req_ready;
      want_q   <= want;
      owed_q   <= owed_q + (arvalid && arready_i ? FlyWidth'(beats) : '0) - FlyWidth'(beat_i);
      flying_q <= flying - FlyWidth'(beat_i);
    end
    want_addr_q   <= want_addr;
    taken_addr_q  <= req_addr_i;
    taken_beats_q <= req_beats_i;
  end

  always_comb begin
    if (!seen_clk_q) assume (!rst_ni);
    // Assumption 1: a request has beats and starts at a whole one.
    if (req_valid_i) assume (req_beats_i != 32'd0 && req_addr_i[ADDR_LSB-1:0] == '0);
    // Assumption 2: the memory sends a beat only if it owes one.
    if (beat_i) assume (owed_q != '0);
  end

  always_ff @(posedge clk_i) begin
    if (seen_clk_q && rst_ni && $past(rst_ni)) begin
      // Contract 1: a stalled address neither disappears nor changes.
      if ($past(arvalid && !arready_i)) assert (arvalid && araddr == $past(araddr) && arlen == $past(arlen));
      // Contract 2: a burst never crosses 4 KB.
      if (arvalid) assert (32'(araddr[11:0]) + (beats << ADDR_LSB) <= 32'd4096);
      // Contract 3: a burst has at most 64 beats.
      if (arvalid) assert (beats <= MAX_BURST);
      // Contract 4: each burst starts where the one before it ended, at the first address of the request otherwise.
      if (fresh) assert (araddr == want_addr_q);
      // Contract 5: the beats of a request add up: no burst asks beyond its end, and the next begins when none is left.
      if (fresh) assert (beats <= want_q);
      if (taken_q) assert (rest == 32'd0);
      // Contract 6: never more than MaxBeats asked for and not yet taken.
      assert (flying <= MaxBeats);
      // Contract 7: bursts are held back only while more than MaxBeats less one burst are under way.
      if ($past(want != 32'd0 && flying <= MaxBeats - MAX_BURST && (!arvalid || arready_i))) assert (fresh);
      // Contract 8: idle means nothing to ask for and nothing under way.
      assert (idle == (want == 32'd0 && !arvalid && flying == '0));

      // Invariants: what the cutter keeps is what these contracts count.
      assert (probe_active_q == (want != 32'd0));
      if (probe_active_q) assert (probe_left_q == want && probe_addr_q == want_addr);
      assert (probe_flying_q == flying);
      assert (flying == owed_q + (arvalid ? FlyWidth'(beats) : '0));
      if (want != 32'd0) assert (want_addr[ADDR_LSB-1:0] == '0);
      if (arvalid) assert (araddr[ADDR_LSB-1:0] == '0);
      if (open_q) assert (arvalid);
    end
  end

endmodule

`default_nettype wire
