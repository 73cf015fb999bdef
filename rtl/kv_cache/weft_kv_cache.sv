// Writes quantized K and V into the cache: each group becomes byte-enabled beats at the addresses of docs/isa.md.
//
// K, 32 positions (tokens) a block, G = k_groups chunks a token, each unit of U chunks behind its scales:
//   U = max(1, D / (2 hs)) chunks    SB = max(2 hs, D) bytes of scales    row = 32 (G - 1) + k_tail bytes
//   kblk = ceil(32 G / U) * SB + 32 * row
//   chunk of token t = (panel, n), group g:  c = (panel * G + g) * PR + n
//     at (c / U + 1) * SB + panel * PR * row + g * PR * 32 + n * bytes(g),  bytes(g) = k_tail for the last g, else 32
//     its scale for head j of the set, at c mod U chunks before it in the unit: unit + (c mod U) * 2 hs + 2 j
// V, scales first, then 32 bytes for each element of each head of the set:
//   vs = 64 hs up to a multiple of D     vblk = vs + 32 * hs * head_dim up to a multiple of max(D, 32)
//     scale of head j, token t: 64 j + 2 t      element d: vs + (j * head_dim + d) * 32 + t
// Region [slot][set][block], head = set * hs + j.
//
// A beat of the kv port takes five cycles to become addresses, hidden behind the writes of the beat before. K: the
// bytes of one chunk, then its scale. V: each element is a byte of a line of its own, max(1, D / 32) lines a write;
// the scale goes with the last beat. One write a cycle; wr_valid_o never waits for wr_ready_i.
// Golden model: sw/golden/kv_cache.cpp, sw/compiler/layout.cpp.  Block notes: docs/reference/kv_cache.md
`default_nettype none

module weft_kv_cache #(
  parameter int unsigned PortBytes = weft_pkg::PORT_BYTES,  // power of two, 4 .. 128
  parameter int unsigned PanelRows = weft_pkg::PANEL_ROWS   // power of two, 2 .. 32; U <= PanelRows while D < 32
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // From weft_sequencer: stable during a step
  input  weft_pkg::model_t       model_i,

  // From weft_quantizer
  input  logic                   kv_valid_i,
  output logic                   kv_ready_o,
  input  logic                   kv_is_v_i,
  input  logic [7:0]             kv_row_i,
  input  logic [7:0]             kv_head_i,
  input  logic [7:0]             kv_g_i,      // K: group within the head; V: which 32 elements
  input  logic [7:0]             kv_len_i,    // elements in this beat
  input  logic [255:0]           kv_data_i,   // K: bytes at their place in the chunk; V: from byte 0
  input  logic [15:0]            kv_scale_i,  // fp16
  input  logic                   kv_last_i,   // the beat completes its group
  input  logic [47:0]            kv_addr_i,   // region

  // Row registers: combinational read
  output logic [7:0]             row_idx_o,
  input  logic [7:0]             row_slot_i,
  input  logic [15:0]            row_position_i,

  // To weft_mem_port: addresses relative to the KV base, multiples of D
  output logic                   wr_valid_o,
  input  logic                   wr_ready_i,
  output logic [47:0]            wr_addr_o,
  output logic [8*PortBytes-1:0] wr_data_o,
  output logic [PortBytes-1:0]   wr_strb_o,
  input  logic                   wr_done_i,   // one write is acknowledged

  output logic                   idle_o       // nothing held, every write acknowledged
);

  localparam int unsigned D_LOG2    = $clog2(PortBytes);
  localparam int unsigned PR_LOG2   = $clog2(PanelRows);
  localparam int unsigned LINES     = (PortBytes > 32) ? PortBytes / 32 : 1;    // V lines in a write
  localparam int unsigned CHUNK_LOG2 = (PortBytes < 32) ? D_LOG2 : 5;           // bytes of a chunk in one write

  // ---- the beat, and the steps from its place to its addresses --------------------------------------------------------
  logic         b_valid_q, b_is_v_q, b_last_q;
  logic [7:0]   b_row_q, b_head_q, b_g_q, b_len_q;
  logic [255:0] b_data_q;
  logic [15:0]  b_scale_q;
  logic [47:0]  b_addr_q;
  logic [3:0]   step_q;                  // one-hot: steps 1 .. 4 below
  logic         b_ready_q;               // addresses are there
  logic         accept, move;            // a beat comes in; a beat goes to the writer
  assign kv_ready_o = !b_valid_q || move;
  assign accept     = kv_valid_i && kv_ready_o;
  assign row_idx_o  = b_row_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      b_valid_q <= 1'b0;
      b_ready_q <= 1'b0;
      step_q    <= '0;
    end else begin
      b_valid_q <= accept || (b_valid_q && !move);
      b_ready_q <= step_q[3] || (b_ready_q && !move);
      step_q    <= {step_q[2:0], accept};
    end
    if (accept) begin
      b_is_v_q  <= kv_is_v_i;
      b_last_q  <= kv_last_i;
      b_row_q   <= kv_row_i;
      b_head_q  <= kv_head_i;
      b_g_q     <= kv_g_i;
      b_len_q   <= kv_len_i;
      b_data_q  <= kv_data_i;
      b_scale_q <= kv_scale_i;
      b_addr_q  <= kv_addr_i;
    end
  end

  // Step 1: set and head of the set, block and token; the sizes of the geometry.
  logic [1:0]  hs_log2;
  logic [7:0]  set;
  logic [1:0]  sub;
  logic [3:0]  scales_log2, unit_log2;   // SB, U
  logic [15:0] row_bytes, v_lines;
  logic [15:0] units;
  assign hs_log2     = model_i.hs[2] ? 2'd2 : model_i.hs[1] ? 2'd1 : 2'd0;
  assign set         = b_head_q >> hs_log2;
  assign sub         = b_head_q[1:0] & {model_i.hs[2], model_i.hs[2] || model_i.hs[1]};
  assign scales_log2 = (4'(hs_log2) + 4'd1 > 4'(D_LOG2)) ? 4'(hs_log2) + 4'd1 : 4'(D_LOG2);
  assign unit_log2   = (4'(D_LOG2) > 4'(hs_log2) + 4'd1) ? 4'(D_LOG2) - 4'(hs_log2) - 4'd1 : 4'd0;
  assign row_bytes   = ((model_i.k_groups - 16'd1) << 5) + {8'd0, model_i.k_tail};
  assign units       = ((model_i.k_groups << 5) + (16'd1 << unit_log2) - 16'd1) >> unit_log2;
  assign v_lines     = (({8'd0, model_i.head_dim} << hs_log2) + 16'(LINES - 1)) & ~16'(LINES - 1);

  logic [15:0] slot_set_q, block_q, row_bytes_q;
  logic [4:0]  token_q;
  logic [1:0]  sub_q;
  logic [3:0]  scales_log2_q, unit_log2_q;
  logic [19:0] block_bytes_q;            // kblk or vblk
  logic [15:0] v_scales_q;               // vs
  logic [7:0]  place_q;                  // j * head_dim
  logic [5:0]  chunk_bytes_q;
  logic [15:0] v_scales;
  assign v_scales = ((16'd64 << hs_log2) + 16'(PortBytes - 1)) & ~16'(PortBytes - 1);
  always_ff @(posedge clk_i) begin
    if (step_q[0]) begin
      slot_set_q    <= {8'd0, row_slot_i} * {8'd0, model_i.sets} + {8'd0, set};
      block_q       <= {5'd0, row_position_i[15:5]};
      token_q       <= row_position_i[4:0];
      sub_q         <= sub;
      row_bytes_q   <= row_bytes;
      scales_log2_q <= scales_log2;
      unit_log2_q   <= unit_log2;
      v_scales_q    <= v_scales;
      place_q       <= (model_i.hs == 8'd1) ? 8'd0 : {6'd0, sub} * model_i.head_dim;
      chunk_bytes_q <= ({8'd0, b_g_q} + 16'd1 == model_i.k_groups) ? model_i.k_tail[5:0] : 6'd32;
      block_bytes_q <= b_is_v_q ? {4'd0, v_scales} + ({4'd0, v_lines} << 5)
                                : ({4'd0, units} << scales_log2) + ({4'd0, row_bytes} << 5);
    end
  end

  // Step 2: number of the block in the region; K: number of the chunk in the block.
  logic [31:0] block_index_q;
  logic [4:0]  panel, n;
  logic [15:0] chunk_q, panel_bytes_q;
  assign panel = token_q >> PR_LOG2;
  assign n     = token_q & 5'(PanelRows - 1);
  always_ff @(posedge clk_i) begin
    if (step_q[1]) begin
      block_index_q <= {16'd0, slot_set_q} * {16'd0, model_i.blocks} + {16'd0, block_q};
      chunk_q       <= 16'((({11'd0, panel} * model_i.k_groups + {8'd0, b_g_q}) << PR_LOG2) + {11'd0, n});
      panel_bytes_q <= 16'(({11'd0, panel} * row_bytes_q) << PR_LOG2) + ({8'd0, b_g_q} << (PR_LOG2 + 5));
    end
  end

  // Step 3: start of the block; K: bytes before the unit, and the chunk's place in it.
  logic [47:0] block_start_q;
  logic [15:0] in_unit, unit_at_q;
  logic [6:0]  in_unit_q;
  assign in_unit = chunk_q & ((16'd1 << unit_log2_q) - 16'd1);
  always_ff @(posedge clk_i) begin
    if (step_q[2]) begin
      block_start_q <= b_addr_q + {16'd0, block_index_q} * {28'd0, block_bytes_q};
      in_unit_q     <= in_unit[6:0];
      // n chunks of the panel and group come before this one, in_unit of them within the unit (all alike there).
      unit_at_q     <= 16'((chunk_q >> unit_log2_q) << scales_log2_q) + panel_bytes_q +
                       ({11'd0, n} - in_unit) * {10'd0, chunk_bytes_q};
    end
  end

  // Step 4: where the bytes and the scale go.
  logic [47:0] data_addr_q, scale_addr_q;
  always_ff @(posedge clk_i) begin
    if (step_q[3]) begin
      if (b_is_v_q) begin
        data_addr_q  <= block_start_q + {32'd0, v_scales_q};
        scale_addr_q <= block_start_q + {40'd0, sub_q, token_q, 1'b0};
      end else begin
        data_addr_q  <= block_start_q + {32'd0, unit_at_q} + (48'd1 << scales_log2_q) +
                        {41'd0, in_unit_q} * {42'd0, chunk_bytes_q};
        scale_addr_q <= block_start_q + {32'd0, unit_at_q} + ({41'd0, in_unit_q} << ({2'd0, hs_log2} + 4'd1)) +
                        {45'd0, sub_q, 1'b0};
      end
    end
  end

  // ---- writer -----------------------------------------------------------------------------------------------------------
  // The cursor counts bytes of the chunk (K) or elements of the set (V), from first to stop - 1.
  logic         w_valid_q, w_is_v_q, w_scale_q, w_at_scale_q;
  logic [255:0] w_data_q;
  logic [15:0]  w_half_q;
  logic [47:0]  w_data_addr_q, w_scale_addr_q;
  logic [4:0]   w_token_q;
  logic [8:0]   w_first_q, w_stop_q, w_cursor_q, next, b_first;
  logic         taken, data_end, beat_end;
  assign b_first  = b_is_v_q ? {1'b0, place_q} + {b_g_q[3:0], 5'd0} : {1'b0, place_q};
  assign next     = w_is_v_q ? (w_cursor_q & ~9'(LINES - 1)) + 9'(LINES)
                             : ((w_cursor_q >> CHUNK_LOG2) + 9'd1) << CHUNK_LOG2;
  assign taken    = w_valid_q && wr_ready_i;
  assign data_end = (next >= w_stop_q);
  assign beat_end = taken && (w_at_scale_q || (data_end && !w_scale_q));
  assign move     = b_ready_q && (!w_valid_q || beat_end);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) w_valid_q <= 1'b0;
    else         w_valid_q <= move || (w_valid_q && !beat_end);
    if (move) begin
      w_is_v_q       <= b_is_v_q;
      w_scale_q      <= b_last_q;
      w_at_scale_q   <= 1'b0;
      w_data_q       <= b_data_q;
      w_half_q       <= b_scale_q;
      w_data_addr_q  <= data_addr_q;
      w_scale_addr_q <= scale_addr_q;
      w_token_q      <= token_q;
      w_first_q      <= b_first;
      w_cursor_q     <= b_first;
      w_stop_q       <= b_first + {1'b0, b_len_q};
    end else if (taken) begin
      w_cursor_q <= next;
      if (data_end) w_at_scale_q <= 1'b1;
    end
  end

  // Address of the write in bytes, before the low bits are dropped.
  logic [47:0] at;
  assign at = w_at_scale_q ? w_scale_addr_q
                           : w_data_addr_q + (w_is_v_q ? {34'd0, w_cursor_q, w_token_q} : {39'd0, w_cursor_q});
  assign wr_valid_o = w_valid_q;
  assign wr_addr_o  = {at[47:D_LOG2], D_LOG2'(0)};

  // Byte lane b of the write.
  logic [8:0] lane_pos;                  // of the chunk (K) or element (V) that lane b holds
  always_comb begin
    wr_data_o = '0;
    wr_strb_o = '0;
    lane_pos  = '0;
    if (w_valid_q) begin
      for (int b = 0; b < PortBytes; b++) begin
        if (w_at_scale_q) begin
          wr_data_o[b*8 +: 8] = (b % 2 == 0) ? w_half_q[7:0] : w_half_q[15:8];
          wr_strb_o[b]        = (at[D_LOG2-1:1] == (D_LOG2-1)'(b / 2));
        end else if (w_is_v_q) begin
          lane_pos            = (w_cursor_q & ~9'(LINES - 1)) + 9'(b / 32);
          wr_data_o[b*8 +: 8] = w_data_q[{5'(lane_pos - w_first_q), 3'd0} +: 8];
          wr_strb_o[b]        = ((w_token_q & 5'(PortBytes - 1)) == 5'(b)) && (lane_pos >= w_first_q) &&
                                (lane_pos < w_stop_q);
        end else begin
          lane_pos            = (PortBytes < 32) ? ((w_cursor_q >> CHUNK_LOG2) << CHUNK_LOG2) + 9'(b) : 9'(b % 32);
          wr_data_o[b*8 +: 8] = w_data_q[{lane_pos[4:0], 3'd0} +: 8];
          wr_strb_o[b]        = (lane_pos >= w_first_q) && (lane_pos < w_stop_q) &&
                                ((PortBytes <= 32) || (8'(at >> 5) & 8'(LINES - 1)) == 8'(b / 32));
        end
      end
    end
  end

  // ---- writes not yet acknowledged -----------------------------------------------------------------------------------------
  logic [15:0] open_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) open_q <= '0;
    else         open_q <= open_q + 16'(taken) - 16'(wr_done_i);
  end
  assign idle_o = !b_valid_q && !w_valid_q && (open_q == '0);

  logic unused_bits;
  assign unused_bits = &{1'b0, model_i, at, in_unit};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && wr_done_i) OnlyOpenWritesAreAcknowledged_A: assert (open_q != '0);
  end
`endif

endmodule

`default_nettype wire
