// Instructions that emit at most once: the bytes they take from the tape, and the transfer and drain work of a MATMUL
// (the drain work of EMBED, too, which comes before its reads).
//
// calc_i with the instruction stable; all outputs are valid from the next cycle until the instruction changes.
//   LOADI 32 * count, VEC 4 * count, MATMUL PR * (32 * P * G - P * (32 - tail)) + 2 * NS * PR * P * GS
// for P panels of G groups with NS outputs in a slot, GS of the groups with scales; each term rounded up to a multiple
// of D. Golden model: sw/compiler/tape.h.
// Block notes: docs/reference/sequencer.md
`default_nettype none

module weft_seq_single #(
  parameter int unsigned PortBytes = weft_pkg::PORT_BYTES,
  parameter int unsigned PanelRows = weft_pkg::PANEL_ROWS,
  parameter int unsigned Columns   = weft_pkg::COLUMNS,
  parameter int unsigned MaxRows   = weft_pkg::MAX_ROWS
) (
  input  logic                  clk_i,

  // From weft_sequencer
  input  logic                  calc_i,
  input  logic [255:0]          instr_i,
  input  logic [15:0]           number_i,
  input  logic [7:0]            rows_i,
  input  logic [MaxRows-1:0]    wantdump_i,

  output logic [47:0]           bytes_o,      // LOADI, VEC, MATMUL; 0 for others
  output logic                  any_work_o,   // MATMUL: some row is selected and the payload is not empty
  output weft_pkg::array_desc_t desc_o,
  output weft_pkg::drain_desc_t drain_o
);

  localparam int unsigned PORT_LOG2  = $clog2(PortBytes);
  localparam int unsigned WPC_LOG2   = (PortBytes < 32) ? 5 - PORT_LOG2 : 0;
  localparam int unsigned COL_LOG2   = $clog2(Columns);

  function automatic logic [47:0] f_align(input logic [47:0] bytes);
    f_align = ((bytes + 48'(PortBytes) - 48'd1) >> PORT_LOG2) << PORT_LOG2;
  endfunction

  logic [31:0] w0, w1, w2, w3, w4, w5, w6, w7;
  logic        is_loadi, is_vec, is_matmul, is_embed, want;
  logic [15:0] panels, groups;
  assign {w7, w6, w5, w4, w3, w2, w1, w0} = instr_i;
  assign is_loadi  = w0[7:0] == 8'(weft_pkg::OP_LOADI);
  assign is_vec    = w0[7:0] == 8'(weft_pkg::OP_VEC);
  assign is_matmul = w0[7:0] == 8'(weft_pkg::OP_MATMUL);
  assign is_embed  = w0[7:0] == 8'(weft_pkg::OP_EMBED);
  assign want      = w0[25];
  assign groups    = w2[15:0];
  assign panels    = w2[31:16];

  // Outputs in a slot: 1 int8, 2 int4, 4 ternary; and columns that hold the same row.
  logic [1:0]  parts_log2, copies_log2;
  logic        share;
  logic [15:0] scale_groups;
  assign share        = w0[23:16] == 8'd3;
  assign parts_log2   = (w0[23:16] == 8'd3) ? 2'd2 : (w0[23:16] == 8'd2) ? 2'd1 : 2'd0;
  assign copies_log2  = w4[17:16];
  assign scale_groups = share ? (groups + 16'(weft_pkg::SCALE_SHARE - 1)) / 16'(weft_pkg::SCALE_SHARE) : groups;

  // Rows: copy k of row r lives in column v mod C, pass v / C, v = r * copies + k.
  logic [MaxRows-1:0] selected;
  logic [63:0]        pass_mask, pass_mask_q;
  logic [Columns-1:0] first_copies;  // columns that hold copy 0 of a selected row
  logic [7:0]         last_col, last_col_q, copies_last;
  assign copies_last = (8'd1 << copies_log2) - 8'd1;

  // The highest bit that is set, by halves: the sequencer has one cycle for it.
  function automatic logic [7:0] f_highest(input logic [Columns-1:0] mask);
    logic [Columns-1:0] rest;
    rest      = mask;
    f_highest = '0;
    for (int unsigned k = COL_LOG2; k > 0; k--) begin
      if ((rest >> (1 << (k - 1))) != '0) begin
        f_highest[k-1] = 1'b1;
        rest           = rest >> (1 << (k - 1));
      end
    end
  endfunction

  always_comb begin
    for (int unsigned r = 0; r < MaxRows; r++) selected[r] = 8'(r) < rows_i && (wantdump_i[r] || !want);
    pass_mask    = '0;
    first_copies = '0;
    for (int unsigned r = 0; r < MaxRows; r++) begin
      if (selected[r]) begin
        pass_mask = pass_mask | (64'd1 << ((32'(r) << copies_log2) >> COL_LOG2));
        first_copies = first_copies | (Columns'(1) << ((32'(r) << copies_log2) & 32'(Columns - 1)));
      end
    end
    last_col = (first_copies != '0) ? f_highest(first_copies) + copies_last : 8'd0;
  end

  logic [31:0] chunks_q;   // panels * G: slots of one output of each panel and part
  logic [31:0] scales_q;   // panels * GS: of these, slots with scales
  logic [23:0] missing_q;  // bytes that their short last chunks save
  logic [7:0]  missing;
  assign missing = 8'd32 - w1[31:24];

  always_ff @(posedge clk_i) begin
    if (calc_i) begin
      chunks_q    <= {16'd0, panels} * {16'd0, groups};
      scales_q    <= {16'd0, panels} * {16'd0, scale_groups};
      missing_q   <= {8'd0, panels} * {16'd0, missing};
      pass_mask_q <= pass_mask;
      last_col_q  <= last_col;
      any_work_o  <= selected != '0 && panels != '0 && groups != '0;
    end
  end

  always_comb begin
    bytes_o = '0;
    if (is_loadi)       bytes_o = f_align({27'd0, w1[15:0], 5'd0});
    else if (is_vec)    bytes_o = f_align({22'd0, w1[23:0], 2'd0});
    else if (is_matmul) bytes_o = ((48'(chunks_q) << 5) - 48'(missing_q)) * 48'(PanelRows)
                                  + f_align((48'(scales_q) * 48'(2 * PanelRows)) << parts_log2);
  end

  always_comb begin
    desc_o             = '0;
    desc_o.mode        = weft_pkg::MODE_W;
    desc_o.wait_idle   = w0[26];
    desc_o.panels      = panels;
    desc_o.groups      = groups;
    desc_o.tail        = w1[31:24];
    desc_o.ns_log2     = parts_log2;
    desc_o.src_base    = w3[15:0];
    desc_o.pass_stride = groups << WPC_LOG2;
    desc_o.pass_mask   = pass_mask_q;
    desc_o.last_col    = last_col_q;
  end

  always_comb begin
    drain_o            = '0;
    drain_o.norm       = w0[24];
    drain_o.dst_copies_log2 = w4[19:18];
    drain_o.n          = w1[23:0];
    drain_o.rows       = rows_i;
    drain_o.last       = 1'b1;
    drain_o.dst_base   = w3[31:16];
    drain_o.dst_groups = w4[15:0];
    drain_o.qs         = w5;
    drain_o.instr      = number_i;
    if (is_embed) begin
      drain_o.epi = weft_pkg::EPI_EMBED;
    end else begin
      drain_o.want   = want;
      drain_o.parts_log2  = parts_log2;
      drain_o.copies_log2 = copies_log2;
      drain_o.panels = panels;
      drain_o.addr   = {w7[15:0], w6};
      unique case (w0[10:8])
        3'd0:    drain_o.epi = weft_pkg::EPI_Q;
        3'd1:    drain_o.epi = weft_pkg::EPI_K;
        3'd2:    drain_o.epi = weft_pkg::EPI_V;
        3'd3:    drain_o.epi = weft_pkg::EPI_RES;
        3'd4:    drain_o.epi = weft_pkg::EPI_GLU;
        default: drain_o.epi = weft_pkg::EPI_LOGITS;
      endcase
    end
  end

  logic unused;
  assign unused = &{1'b0, w0, w4[31:20], w7[31:16]};

endmodule

`default_nettype wire
