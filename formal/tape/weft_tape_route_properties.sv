// Proves weft_tape_route: which beats are taken and where each of them goes.
//
// Transfers are short here, at most 15 beats, and of every kind. What becomes of the words inside a chunk is the bench's matter.
`default_nettype none

module weft_tape_route_properties #(
  parameter int unsigned PortBytes = 16,
  parameter int unsigned PanelRows = 2
) (
  input logic                   clk_i,
  input logic                   rst_ni,
  input logic                   req_valid_i,
  input logic [2:0]             req_kind_i,
  input logic [3:0]             req_beats_i,
  input logic [3:0]             req_count_i,
  input logic [1:0]             req_ns_log2_i,
  input logic                   req_short_i,    // the last chunk of a row is half a chunk
  input logic                   rvalid_i,
  input logic [8*PortBytes-1:0] rdata_i,
  input logic                   chunk_ready_i,
  input logic                   scale_ready_i,
  input logic                   iq_ready_i,
  input logic                   gain_free_i,
  input logic                   vs_free_i
);

  localparam int unsigned BUFS = weft_pkg::KV_BUFS;

  logic                   req_ready, rready, chunk_valid, scale_valid, iq_valid, gain_we, rope_we, vs_we, vs_done;
  logic [8*PortBytes-1:0] gain_data, rope_data, vs_data;
  logic                   gain_bank;
  logic                   seen_clk_q = 1'b0;

  weft_tape_route #(.PortBytes(PortBytes), .PanelRows(PanelRows)) u_dut (
    .clk_i, .rst_ni,
    .req_valid_i, .req_ready_o(req_ready), .req_kind_i, .req_beats_i({28'd0, req_beats_i}),
    .req_count_i({12'd0, req_count_i}), .req_tail_i(req_short_i ? 8'd16 : 8'd32), .req_ns_log2_i, .req_buf_i(2'd0), .req_row_i(8'd0),
    .m_rvalid_i(rvalid_i), .m_rready_o(rready), .m_rdata_i(rdata_i),
    .chunk_valid_o(chunk_valid), .chunk_ready_i, .scale_valid_o(scale_valid), .scale_ready_i,
    .iq_valid_o(iq_valid), .iq_ready_i,
    .gain_we_o(gain_we), .gain_bank_o(gain_bank), .gain_wdata_o(gain_data), .gain_free_i,
    .rope_we_o(rope_we), .rope_wdata_o(rope_data),
    .vs_we_o(vs_we), .vs_data_o(vs_data), .vs_done_o(vs_done), .vs_free_i);

  // The transfer at hand, and what it may still take.
  logic [3:0] left_q, count_q, taken_q;
  logic [2:0] kind_q;
  logic [1:0] banks_q;  // gain vectors that were begun and not given back
  logic [2:0] bufs_q;   // V scales, likewise
  logic       bank_q;   // of the next gain vector
  logic       beat, first, is_vs;
  assign beat  = rvalid_i && rready;
  assign first = taken_q == '0;
  assign is_vs = kind_q == 3'd2 && taken_q < count_q;

  always_ff @(posedge clk_i) begin
    seen_clk_q <= 1'b1;
    if (!rst_ni) begin
      left_q  <= '0;
      banks_q <= '0;
      bufs_q  <= '0;
      bank_q  <= 1'b0;
    end else begin
      if (req_valid_i && req_ready) begin
        left_q  <= req_beats_i;
        count_q <= req_count_i;
        kind_q  <= req_kind_i;
        taken_q <= '0;
      end else if (beat) begin
        left_q  <= left_q - 4'd1;
        taken_q <= taken_q + 4'd1;
      end
      banks_q <= banks_q + 2'(beat && kind_q == 3'd5 && first) - 2'(gain_free_i);
      bufs_q  <= bufs_q + 3'(beat && is_vs && first) - 3'(vs_free_i);
      if (beat && kind_q == 3'd5 && left_q == 4'd1) bank_q <= !bank_q;
    end
  end

  always_comb begin
    if (!seen_clk_q) assume (!rst_ni);
    // Assumption 1: a request has beats, and one, two or four scales a chunk.
    if (req_valid_i) assume (req_beats_i != '0 && req_ns_log2_i != 2'd3);
    // Assumption 2: only what was taken is given back.
    if (gain_free_i) assume (banks_q != '0);
    if (vs_free_i)   assume (bufs_q != '0);
  end

  always_ff @(posedge clk_i) begin
    if (seen_clk_q && rst_ni) begin
      // Contract 1: beats are taken only for a transfer, as many as it has; the next one begins without a pause.
      assert (!rready || left_q != '0);
      assert (req_ready == (left_q == '0 || (beat && left_q == 4'd1)));
      // Contract 2: every queue gets only what is its own, and only with a beat.
      if (chunk_valid) assert (rvalid_i && left_q != '0 && kind_q != 3'd0 && kind_q != 3'd3 && kind_q != 3'd5 && kind_q != 3'd6 && !is_vs);
      if (scale_valid) assert (rvalid_i && left_q != '0 && (kind_q == 3'd1 || kind_q == 3'd3 || kind_q == 3'd7));
      if (iq_valid)    assert (rvalid_i && left_q != '0 && kind_q == 3'd0);
      // Contract 3: a word that a queue takes comes with a beat that is taken.
      if (chunk_valid && chunk_ready_i) assert (beat);
      if (scale_valid && scale_ready_i) assert (beat);
      if (iq_valid && iq_ready_i)       assert (beat);
      // Contract 4: a beat waits only for the place that it needs.
      if (rvalid_i && left_q != '0 && !rready) begin
        assert ((kind_q == 3'd0 && !iq_ready_i) || (kind_q == 3'd5 && first && banks_q == 2'd2) ||
                (is_vs && first && bufs_q == 3'(BUFS)) ||
                (kind_q != 3'd0 && kind_q < 3'd5 && !is_vs && !(chunk_ready_i && scale_ready_i)) ||
                (kind_q == 3'd7 && !(chunk_ready_i && scale_ready_i)));
      end
      // Contract 5: two gain banks and KV_BUFS buffers of V scales, never more.
      assert (banks_q <= 2'd2 && bufs_q <= 3'(BUFS));
      // Contract 6: gains, RoPE and V scales are written a cycle after their beat, unchanged, and nothing else is.
      if ($past(rst_ni)) begin
        assert (gain_we == ($past(beat) && $past(kind_q) == 3'd5));
        assert (rope_we == ($past(beat) && $past(kind_q) == 3'd6));
        assert (vs_we == ($past(beat) && $past(is_vs)));
        assert (vs_done == ($past(beat) && $past(is_vs) && $past(taken_q) + 4'd1 == $past(count_q)));
        if (gain_we) assert (gain_data == $past(rdata_i) && gain_bank == $past(bank_q));
        if (rope_we) assert (rope_data == $past(rdata_i));
        if (vs_we)   assert (vs_data == $past(rdata_i));
      end
    end
  end

endmodule

`default_nettype wire
