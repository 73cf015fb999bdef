// Emits the addressed reads at the start of a step: RoPE table rows (ROPE) and embedding rows (EMBED).
//
// ROPE makes one request a row, EMBED for each row and group one for the beats of the chunk's scale and one for the
// chunk. The first row takes two cycles of preparation, every other row one.
// Block notes: docs/reference/sequencer.md
`default_nettype none

module weft_seq_gather #(
  parameter int unsigned PortBytes = weft_pkg::PORT_BYTES,
  parameter int unsigned PanelRows = weft_pkg::PANEL_ROWS
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // From weft_sequencer; fields of the instruction are stable until done_o
  input  logic                  start_i,
  output logic                  done_o,
  input  logic                  embed_i,        // EMBED, else ROPE
  input  logic                  wait_i,
  input  logic [47:0]           table_i,        // absolute
  input  logic [15:0]           stride_i,       // ROPE: bytes per position
  input  logic [15:0]           groups_i,       // EMBED: chunks of a row
  input  logic [7:0]            tail_i,         // EMBED: bytes of the last one
  input  logic [7:0]            rows_i,         // at least 1

  // Row registers
  output logic [7:0]            row_idx_o,
  input  logic [31:0]           row_token_i,
  input  logic [15:0]           row_position_i,

  // To the output queues of weft_sequencer: request and transfer move together when ready_i
  input  logic                  ready_i,
  output logic                  valid_o,
  output logic                  is_chunk_o,     // chunk: with a transfer; else scale (EMBED) or table row (ROPE)
  output logic [47:0]           req_addr_o,
  output logic [31:0]           req_beats_o,
  output logic [7:0]            req_tail_o,
  output logic [7:0]            req_row_o,
  output weft_pkg::array_desc_t desc_o
);

  localparam int unsigned PORT_LOG2   = $clog2(PortBytes);
  localparam int unsigned PANEL_LOG2  = $clog2(PanelRows);
  localparam int unsigned UNIT_CHUNKS = (PortBytes < 2) ? 1 : PortBytes / 2;  // chunks that share scale beats
  localparam int unsigned UNIT_LOG2   = $clog2(UNIT_CHUNKS);
  localparam int unsigned SCALE_BYTES = (PortBytes < 2) ? 2 : PortBytes;      // of a unit
  localparam int unsigned UNIT_BYTES  = SCALE_BYTES + 32 * UNIT_CHUNKS;       // a whole unit
  localparam int unsigned STEP_UNITS  = PanelRows / UNIT_CHUNKS;              // of a panel step, below 32 bytes

  typedef enum logic [2:0] { G_IDLE, G_ROW, G_ADDR, G_TABLE, G_SCALE, G_CHUNK } state_e;

  state_e      state_q;
  logic [7:0]  row_q;
  logic [15:0] group_q;
  logic [39:0] product_q;      // panel * groups, or position * stride
  logic [23:0] panel_q;
  logic [7:0]  n_q;            // the token's place in its panel
  logic        fire, last_row, last_group;

  assign fire       = valid_o && ready_i;
  assign last_row   = row_q + 8'd1 >= rows_i;
  assign last_group = group_q + 16'd1 == groups_i;
  assign done_o     = state_q == G_IDLE;
  assign valid_o    = state_q == G_TABLE || state_q == G_SCALE || state_q == G_CHUNK;
  assign is_chunk_o = state_q == G_CHUNK;

  // While a row's last request waits, the next row's product is prepared.
  logic [23:0] panel;
  logic        prepare, row_end;
  assign row_idx_o = (state_q == G_ROW) ? row_q : row_q + 8'd1;
  assign panel     = 24'(row_token_i >> PANEL_LOG2);
  assign row_end   = fire && (state_q == G_TABLE || (state_q == G_CHUNK && last_group));
  assign prepare   = state_q == G_ROW || row_end;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= G_IDLE;
    end else begin
      unique case (state_q)
        G_IDLE:  if (start_i) state_q <= G_ROW;
        G_ROW:   state_q <= G_ADDR;
        G_ADDR:  state_q <= embed_i ? G_SCALE : G_TABLE;
        G_SCALE: if (fire) state_q <= G_CHUNK;
        G_CHUNK: if (fire) state_q <= !last_group ? G_SCALE : last_row ? G_IDLE : G_ADDR;
        G_TABLE: if (fire) state_q <= last_row ? G_IDLE : G_ADDR;
        default: state_q <= G_IDLE;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == G_IDLE) row_q <= '0;
    else if (row_end)      row_q <= row_q + 8'd1;
    if (prepare) begin
      product_q <= embed_i ? 40'(panel) * 40'(groups_i) : 40'(row_position_i) * 40'(stride_i);
      panel_q   <= panel;
      n_q       <= 8'(row_token_i & 32'(PanelRows - 1));
    end
    if (state_q == G_ADDR)                     group_q <= '0;
    else if (fire && state_q == G_CHUNK)       group_q <= group_q + 16'd1;
  end

  // Where the unit of chunk (token, group) starts, the chunk's place in it and its bytes.
  logic [47:0] unit_addr, chunk_addr, table_addr_q;
  logic [7:0]  place, bytes;

  if (PortBytes < 32) begin : gen_short_tail
    // A panel step (one group, all outputs) holds whole units; only the last step of a panel is shorter.
    logic [47:0] step_addr_q;                  // of the token's panel, this group
    logic [47:0] panel_bytes;
    logic [7:0]  missing;                      // bytes that a short last chunk saves
    logic [7:0]  unit;                         // within the step
    assign missing     = 8'd32 - tail_i;
    assign panel_bytes = ((48'(product_q) << 5) - 48'(panel_q) * 48'(missing)) * 48'(PanelRows)
                         + 48'(product_q) * 48'(SCALE_BYTES * STEP_UNITS);
    assign bytes       = last_group ? tail_i : 8'd32;
    assign unit        = n_q >> UNIT_LOG2;
    assign place       = n_q & 8'(UNIT_CHUNKS - 1);
    assign unit_addr   = step_addr_q + 48'(unit) * (48'(SCALE_BYTES) + 48'(bytes) * 48'(UNIT_CHUNKS));
    assign chunk_addr  = unit_addr + 48'(SCALE_BYTES) + 48'(place) * 48'(bytes);
    always_ff @(posedge clk_i) begin
      if (state_q == G_ADDR)               step_addr_q <= table_i + panel_bytes;
      else if (fire && state_q == G_CHUNK) step_addr_q <= step_addr_q + 48'(UNIT_BYTES * STEP_UNITS);
    end
  end else begin : gen_whole_chunks
    // All chunks have 32 bytes: units follow each other through groups and panels.
    logic [39:0] chunk_q;                      // index of the chunk in the payload
    logic        unused_wide;
    assign bytes      = 8'd32;
    logic [39:0] unit;                         // and of its unit
    assign unit       = chunk_q >> UNIT_LOG2;
    assign place      = {{(8 - UNIT_LOG2){1'b0}}, chunk_q[UNIT_LOG2-1:0]};
    assign unit_addr  = table_i + 48'(unit) * 48'(UNIT_BYTES);
    assign chunk_addr = unit_addr + 48'(SCALE_BYTES) + (((48'(place) << 5) >> PORT_LOG2) << PORT_LOG2);
    always_ff @(posedge clk_i) begin
      if (state_q == G_ADDR)               chunk_q <= (product_q << PANEL_LOG2) + 40'(n_q);
      else if (fire && state_q == G_CHUNK) chunk_q <= chunk_q + 40'(PanelRows);
    end
    assign unused_wide = &{1'b0, panel_q, tail_i};
  end

  always_ff @(posedge clk_i) begin
    if (state_q == G_ADDR) table_addr_q <= table_i + 48'(product_q);
  end

  always_comb begin
    req_addr_o  = unit_addr;
    req_beats_o = 32'(SCALE_BYTES / PortBytes);
    if (state_q == G_TABLE) begin
      req_addr_o  = table_addr_q;
      req_beats_o = {16'd0, stride_i} >> PORT_LOG2;
    end else if (state_q == G_CHUNK) begin
      req_addr_o  = chunk_addr;
      req_beats_o = (PortBytes < 32) ? {24'd0, bytes} >> PORT_LOG2 : 32'd1;
    end
  end
  assign req_tail_o = bytes;
  assign req_row_o  = row_q;

  always_comb begin
    desc_o           = '0;
    desc_o.mode      = weft_pkg::MODE_EMBED;
    desc_o.wait_idle = wait_i && row_q == 8'd0 && group_q == 16'd0;
    desc_o.panels    = 16'd1;
    desc_o.groups    = 16'd1;
    desc_o.tail      = bytes;
    desc_o.row       = row_q;
    desc_o.emb_g     = group_q;
    desc_o.emb_last  = last_group;
    desc_o.pick      = place;
  end

endmodule

`default_nettype wire
