// Hands each read beat to the destination its request named, in stream order.
//
// A beat moves when m_rvalid_i and m_rready_o are both high; one beat a cycle, no bubble between transfers (the
// description of the next one waits in the route queue). The head of the stream holds everything behind it: RREADY is
// the only brake. Gain, RoPE and V scale writes leave one cycle after their beat; chunks, scales and instructions in
// the same cycle, into queues. Request kinds and their fields: docs/reference/tape.md
`default_nettype none

module weft_tape_route #(
  parameter  int unsigned PortBytes  = weft_pkg::PORT_BYTES,
  parameter  int unsigned PanelRows  = weft_pkg::PANEL_ROWS,
  localparam int unsigned ENTRY_BITS = 8 * ((PortBytes > 32) ? PortBytes : 32),
  localparam int unsigned SCALE_BITS = 8 * ((PortBytes < 8) ? 8 : PortBytes),
  localparam int unsigned GAIN_BITS  = 8 * ((PortBytes < 4) ? 4 : PortBytes)
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // From the route queue: the transfers asked for, in order
  input  logic                   req_valid_i,
  output logic                   req_ready_o,
  input  logic [2:0]             req_kind_i,
  input  logic [31:0]            req_beats_i,
  input  logic [15:0]            req_count_i,
  input  logic [7:0]             req_tail_i,
  input  logic [1:0]             req_ns_log2_i,
  input  logic [1:0]             req_buf_i,
  input  logic [7:0]             req_row_i,

  // From the memory
  input  logic                   m_rvalid_i,
  output logic                   m_rready_o,
  input  logic [8*PortBytes-1:0] m_rdata_i,

  // To the chunk and scale queues
  output logic                   chunk_valid_o,
  input  logic                   chunk_ready_i,
  output logic [ENTRY_BITS-1:0]  chunk_o,
  output logic                   scale_valid_o,
  input  logic                   scale_ready_i,
  output logic [SCALE_BITS-1:0]  scale_o,

  // To weft_sequencer: instructions, iq_count_o of them from the low end
  output logic                   iq_valid_o,
  input  logic                   iq_ready_i,
  output logic [3:0]             iq_count_o,
  output logic [ENTRY_BITS-1:0]  iq_data_o,

  // To weft_rmsnorm: gains; gain_free_i gives a bank back
  output logic                   gain_we_o,
  output logic                   gain_bank_o,
  output logic [15:0]            gain_addr_o,
  output logic [GAIN_BITS-1:0]   gain_wdata_o,
  input  logic                   gain_free_i,

  // To the RoPE memory
  output logic                   rope_we_o,
  output logic [7:0]             rope_row_o,
  output logic [15:0]            rope_addr_o,
  output logic [8*PortBytes-1:0] rope_wdata_o,

  // To weft_softmax: V scales; vs_free_i gives a buffer back
  output logic                   vs_we_o,
  output logic [1:0]             vs_buf_o,
  output logic [7:0]             vs_addr_o,
  output logic [8*PortBytes-1:0] vs_data_o,
  output logic                   vs_done_o,
  input  logic                   vs_free_i,

  // Counters: why an offered beat is not taken
  output weft_pkg::refuse_e      refuse_o
);

  localparam logic [2:0] KIND_INSTR = 3'd0;
  localparam logic [2:0] KIND_PANEL = 3'd1;
  localparam logic [2:0] KIND_V     = 3'd2;
  localparam logic [2:0] KIND_SCALE = 3'd3;
  localparam logic [2:0] KIND_CHUNK = 3'd4;
  localparam logic [2:0] KIND_VEC   = 3'd5;
  localparam logic [2:0] KIND_ROPE  = 3'd6;
  localparam logic [2:0] KIND_SHARED = 3'd7;  // panels; scales come with every SCALE_SHARE-th group and hold for the rest

  localparam int unsigned BEAT_BITS   = 8 * PortBytes;
  localparam int unsigned WHOLE_BEATS = (PortBytes < 32) ? 32 / PortBytes : 1;  // beats of a 32-byte chunk
  localparam int unsigned WIDE        = (PortBytes > 32) ? PortBytes / 32 : 1;  // chunks or instructions in a beat
  localparam int unsigned SCALE_BEATS = (PortBytes < 8) ? 8 / PortBytes : 1;    // beats of four scales
  localparam int unsigned GAIN_BEATS  = (PortBytes < 4) ? 4 / PortBytes : 1;    // beats of a gain
  // Queue entries of a unit with one scale a chunk; half as many for each doubling of the scales, at least 1.
  localparam int unsigned UNIT_ENTRIES = (PortBytes < 32) ? PortBytes / 2 : 16;

  // The transfer at hand.
  logic        cur_valid_q;
  logic [2:0]  kind_q;
  logic [31:0] left_q;      // beats to come, this one included
  logic [15:0] count_q;     // see req_count_i
  logic [7:0]  tail_q;
  logic [1:0]  ns_log2_q;
  logic [1:0]  buf_q;
  logic [7:0]  row_q;
  logic [15:0] off_q;       // beats taken; looked at by transfers shorter than its range

  // Place within a panel payload.
  logic        scales_q;    // the next beat holds scales
  logic [2:0]  spos_q;      // beat within the unit's scales
  logic [4:0]  pos_q;       // beat within the entry or instruction
  logic [4:0]  entry_q;     // entry within the unit
  logic [7:0]  n_q;         // entry within the panel step
  logic [15:0] g_q;         // group

  logic beat, last_beat, ready;
  assign last_beat   = left_q == 32'd1;
  assign m_rready_o  = cur_valid_q && ready;
  assign beat        = m_rvalid_i && m_rready_o;
  assign req_ready_o = !cur_valid_q || (beat && last_beat);

  // What this beat is.
  logic is_panel, is_scale, is_vs, is_chunk;
  assign is_panel = kind_q == KIND_PANEL || kind_q == KIND_SHARED;
  assign is_vs    = kind_q == KIND_V && off_q < count_q;
  assign is_scale = (is_panel && scales_q) || kind_q == KIND_SCALE;
  assign is_chunk = (is_panel && !scales_q) || kind_q == KIND_CHUNK || (kind_q == KIND_V && !is_vs);

  // Ends of an entry, of a unit's scales, of a unit.
  logic [4:0] entry_end;    // pos_q of the entry's last beat
  logic [2:0] scale_end;    // spos_q of the last beat of a unit's scales
  logic       entry_last, scale_last, unit_last, step_last, group_last;
  logic [4:0] unit_entries;
  assign group_last      = g_q + 16'd1 == count_q;
  assign scale_last      = spos_q == scale_end;
  assign unit_entries    = ((5'(UNIT_ENTRIES) >> ns_log2_q) == 5'd0) ? 5'd1 : 5'(UNIT_ENTRIES) >> ns_log2_q;
  assign unit_last       = entry_q + 5'd1 == unit_entries;
  assign step_last       = n_q + 8'd1 == 8'(PanelRows / WIDE);
  if (PortBytes < 32) begin : gen_short_tail
    logic short_chunk;
    assign short_chunk = kind_q == KIND_CHUNK || (is_panel && group_last);
    assign entry_end   = short_chunk ? 5'(tail_q / 8'(PortBytes) - 8'd1) : 5'(WHOLE_BEATS - 1);
  end else begin : gen_no_tail
    logic unused_tail;
    assign unused_tail = &{1'b0, tail_q};
    assign entry_end   = 5'd0;
  end
  // Narrow ports: one, two or four scales fill that many bytes twice, in one beat at least.
  if (SCALE_BEATS > 1) begin : gen_scale_beats
    always_comb begin
      scale_end = 3'(((PortBytes > 2) ? PortBytes : 2) / PortBytes - 1);
      if (ns_log2_q == 2'd1 && PortBytes < 4) scale_end = 3'(4 / PortBytes - 1);
      if (ns_log2_q == 2'd2)                  scale_end = 3'(SCALE_BEATS - 1);
    end
  end else begin : gen_scale_beat
    assign scale_end = 3'd0;
  end
  assign entry_last = pos_q == entry_end;

  // The entry or instruction as far as it has arrived; bytes that do not come are zero.
  logic [ENTRY_BITS-1:0] word;
  if (PortBytes < 32) begin : gen_assemble
    logic [ENTRY_BITS-1:0] word_q;
    always_comb begin
      word = (pos_q == 5'd0) ? '0 : word_q;
      for (int unsigned i = 0; i < WHOLE_BEATS; i++) begin
        if (pos_q == 5'(i)) word[i*BEAT_BITS +: BEAT_BITS] = m_rdata_i;
      end
    end
    always_ff @(posedge clk_i) begin
      if (beat && (is_chunk || kind_q == KIND_INSTR)) word_q <= word;
    end
  end else begin : gen_whole
    assign word = m_rdata_i;
  end

  logic [SCALE_BITS-1:0] scale;
  if (SCALE_BEATS > 1) begin : gen_assemble_scales
    logic [SCALE_BITS-1:0] scale_q;
    always_comb begin
      scale = (spos_q == 3'd0) ? '0 : scale_q;
      for (int unsigned i = 0; i < SCALE_BEATS; i++) begin
        if (spos_q == 3'(i)) scale[i*BEAT_BITS +: BEAT_BITS] = m_rdata_i;
      end
    end
    always_ff @(posedge clk_i) begin
      if (beat && is_scale) scale_q <= scale;
    end
  end else begin : gen_whole_scales
    assign scale = m_rdata_i;
  end

  // Shared scales: those of one panel step are kept and go to the queue again with the first beat of each unit.
  localparam int unsigned UNITS      = (PanelRows * 8 > PortBytes) ? PanelRows * 8 / PortBytes : 1;  // of a step, at least
  localparam int unsigned HELD_UNITS = (UNITS < PanelRows) ? UNITS : PanelRows;
  localparam int unsigned UNIT_WIDTH = (HELD_UNITS > 1) ? $clog2(HELD_UNITS) : 1;
  logic [SCALE_BITS-1:0] held [HELD_UNITS];
  logic [UNIT_WIDTH-1:0] unit_q;      // within the step
  logic                  held_scale;  // this beat also sends kept scales
  logic                  held_next;   // the next unit's scales are kept ones
  logic [15:0]           g_next;
  assign g_next     = !step_last ? g_q : group_last ? 16'd0 : g_q + 16'd1;
  assign held_next  = kind_q == KIND_SHARED && (g_next % 16'(weft_pkg::SCALE_SHARE)) != 16'd0;
  assign held_scale = kind_q == KIND_SHARED && !scales_q && entry_q == 5'd0 && pos_q == 5'd0 &&
                      (g_q % 16'(weft_pkg::SCALE_SHARE)) != 16'd0;
  assign scale_o    = held_scale ? held[unit_q] : scale;
  always_ff @(posedge clk_i) begin
    if (beat && kind_q == KIND_SHARED && is_scale && scale_last) held[unit_q] <= scale;
  end

  // Queues: a beat that completes an entry waits for room, others do not.
  assign chunk_o       = word;
  assign chunk_valid_o = cur_valid_q && m_rvalid_i && is_chunk && entry_last && (!held_scale || scale_ready_i);
  assign scale_valid_o = cur_valid_q && m_rvalid_i &&
                         ((is_scale && scale_last) || (held_scale && (!entry_last || chunk_ready_i)));
  assign iq_data_o     = word;
  assign iq_valid_o    = cur_valid_q && m_rvalid_i && kind_q == KIND_INSTR && entry_last;
  assign iq_count_o    = (count_q < 16'(WIDE)) ? count_q[3:0] : 4'(WIDE);

  // A gain vector needs a free bank, the scales of a V block a free buffer. Taken by the first beat.
  logic [1:0] banks_q;
  logic [2:0] bufs_q;
  logic       take_bank, take_buf;
  assign take_bank = beat && kind_q == KIND_VEC && off_q == 16'd0;
  assign take_buf  = beat && is_vs && off_q == 16'd0;

  always_comb begin
    ready = 1'b1;
    unique case (kind_q)
      KIND_INSTR: ready = !entry_last || iq_ready_i;
      KIND_VEC:   ready = off_q != 16'd0 || banks_q != 2'd0;
      KIND_ROPE:  ready = 1'b1;
      default: begin
        if (is_vs)         ready = off_q != 16'd0 || bufs_q != 3'd0;
        else if (is_scale) ready = !scale_last || scale_ready_i;
        else               ready = (!entry_last || chunk_ready_i) && (!held_scale || scale_ready_i);
      end
    endcase
  end

  always_comb begin
    refuse_o = weft_pkg::REFUSE_QUEUE;
    if (!cur_valid_q || kind_q == KIND_INSTR) refuse_o = weft_pkg::REFUSE_OTHER;
    else if (kind_q == KIND_VEC)              refuse_o = weft_pkg::REFUSE_GAIN;
    else if (is_vs)                           refuse_o = weft_pkg::REFUSE_SCALES;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      banks_q     <= 2'd2;
      bufs_q      <= 3'(weft_pkg::KV_BUFS);
      cur_valid_q <= 1'b0;
    end else begin
      banks_q <= banks_q + {1'b0, gain_free_i} - {1'b0, take_bank};
      bufs_q  <= bufs_q + {2'd0, vs_free_i} - {2'd0, take_buf};
      if (req_ready_o) cur_valid_q <= req_valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (req_valid_i && req_ready_o) begin
      kind_q    <= req_kind_i;
      left_q    <= req_beats_i;
      count_q   <= req_count_i;
      tail_q    <= req_tail_i;
      ns_log2_q <= req_ns_log2_i;
      buf_q     <= req_buf_i;
      row_q     <= req_row_i;
      off_q     <= '0;
      scales_q  <= 1'b1;
      spos_q    <= '0;
      pos_q     <= '0;
      entry_q   <= '0;
      unit_q    <= '0;
      n_q       <= '0;
      g_q       <= '0;
    end else if (beat) begin
      left_q <= left_q - 32'd1;
      off_q  <= off_q + 16'd1;
      if (is_scale) begin
        scales_q <= !scale_last;
        spos_q   <= scale_last ? 3'd0 : spos_q + 3'd1;
      end
      if (is_chunk || kind_q == KIND_INSTR) pos_q <= entry_last ? 5'd0 : pos_q + 5'd1;
      if (kind_q == KIND_INSTR && entry_last) count_q <= count_q - 16'(WIDE);
      if (is_panel && !scales_q && entry_last) begin
        entry_q  <= unit_last ? 5'd0 : entry_q + 5'd1;
        scales_q <= unit_last && !held_next;
        if (unit_last) unit_q <= step_last ? '0 : unit_q + UNIT_WIDTH'(1);
        n_q      <= step_last ? 8'd0 : n_q + 8'd1;
        if (step_last) g_q <= group_last ? 16'd0 : g_q + 16'd1;
      end
    end
  end

  // Writes into memories, a cycle later.
  logic bank_q;  // of the next gain vector

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      gain_we_o <= 1'b0;
      rope_we_o <= 1'b0;
      vs_we_o   <= 1'b0;
      vs_done_o <= 1'b0;
      bank_q    <= 1'b0;
    end else begin
      gain_we_o <= beat && kind_q == KIND_VEC && (off_q % 16'(GAIN_BEATS)) == 16'(GAIN_BEATS - 1);
      rope_we_o <= beat && kind_q == KIND_ROPE;
      vs_we_o   <= beat && is_vs;
      vs_done_o <= beat && is_vs && off_q + 16'd1 == count_q;
      if (beat && last_beat && kind_q == KIND_VEC) bank_q <= !bank_q;
    end
  end

  logic [BEAT_BITS-1:0] data_q;
  always_ff @(posedge clk_i) begin
    if (beat && (kind_q == KIND_VEC || kind_q == KIND_ROPE || is_vs)) begin
      data_q      <= m_rdata_i;
      gain_bank_o <= bank_q;
      gain_addr_o <= (PortBytes < 4) ? off_q / 16'(GAIN_BEATS) : 16'(off_q * 16'(PortBytes / 4));
      rope_addr_o <= 16'(off_q * 16'(PortBytes));
      rope_row_o  <= row_q;
      vs_addr_o   <= 8'(off_q * 16'(PortBytes));
      vs_buf_o    <= buf_q;
    end
  end
  assign rope_wdata_o = data_q;
  assign vs_data_o    = data_q;

  if (GAIN_BEATS > 1) begin : gen_assemble_gains
    logic [GAIN_BITS-1:0] gain_q;
    always_ff @(posedge clk_i) begin
      if (beat && kind_q == KIND_VEC) gain_q <= {m_rdata_i, gain_q[GAIN_BITS-1:BEAT_BITS]};
    end
    assign gain_wdata_o = gain_q;
  end else begin : gen_whole_gains
    assign gain_wdata_o = data_q;
  end

endmodule

`default_nettype wire
