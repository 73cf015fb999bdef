// What attention needs to know about the rows of a step, prepared in the background.
//
//   1. start_i: the rows are scanned, one a cycle, into segments (adjacent rows of one slot). It hides behind the
//      latency of the first instruction read.
//   2. model_start_i: block and stride sizes, one product a cycle; then for each segment, in 4 cycles, its offsets in
//      the K and V regions and the array passes of its virtual rows. Meanwhile the table of virtual rows is written,
//      one a cycle. ready_o rises when all is done, about max(7 + 4 * segments, rows * query heads of a set) cycles
//      later.
//
// A repeated MODEL with the same numbers writes the same values again, so nothing that uses them is disturbed.
// Block notes: docs/reference/sequencer.md
`default_nettype none

module weft_seq_segments #(
  parameter  int unsigned PortBytes = weft_pkg::PORT_BYTES,
  parameter  int unsigned Columns   = weft_pkg::COLUMNS,
  parameter  int unsigned MaxRows   = weft_pkg::MAX_ROWS,
  localparam int unsigned SEG_BITS  = 8 + 8 + 16 + 16 + 8 + 8 + 8
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  // From weft_sequencer
  input  logic                start_i,        // a step begins; rows_i, at least 1, is stable from here on
  input  logic                model_start_i,  // model_i is new
  input  logic [7:0]          rows_i,
  input  weft_pkg::model_t    model_i,
  output logic                scan_busy_o,    // the row port is taken
  output logic                ready_o,        // everything below is valid

  // Row registers, while scan_busy_o
  output logic [7:0]          row_idx_o,
  input  logic [7:0]          row_slot_i,
  input  logic [15:0]         row_position_i,

  // To weft_dequant: which head of the set a virtual row belongs to
  output logic                vrow_we_o,
  output logic [15:0]         vrow_idx_o,
  output logic [1:0]          vrow_sub_o,

  // Sizes
  output logic [15:0]         k_block_beats_o,
  output logic [15:0]         v_block_beats_o,
  output logic [7:0]          v_scale_beats_o,
  output logic [47:0]         k_set_bytes_o,   // from one set of a slot to the next
  output logic [47:0]         v_set_bytes_o,
  output logic [15:0]         q_set_words_o,   // act words from one set's queries to the next's
  output logic [23:0]         heads_n_o,       // elements of all heads of a row
  output logic [1:0]          hs_log2_o,

  // Segments, two read ports: {first row, rows, first block, last block, first pass, last pass, last column}, where
  // the first block is the oldest that this step writes; and the segment's offset in the region
  output logic [7:0]          segments_o,
  input  logic [7:0]          k_idx_i,
  output logic [SEG_BITS-1:0] k_seg_o,
  output logic [47:0]         k_offset_o,
  input  logic [7:0]          v_idx_i,
  output logic [SEG_BITS-1:0] v_seg_o,
  output logic [47:0]         v_offset_o
);

  localparam int unsigned PORT_LOG2  = $clog2(PortBytes);
  localparam int unsigned COL_LOG2   = $clog2(Columns);
  localparam int unsigned WPC_LOG2   = (PortBytes < 32) ? 5 - PORT_LOG2 : 0;
  localparam int unsigned IDX_WIDTH  = (MaxRows > 1) ? $clog2(MaxRows) : 1;
  localparam int unsigned SCAN_BITS  = 8 + 8 + 8 + 16 + 16;   // first row, rows, slot, first block, last block
  localparam int unsigned PASS_BITS  = 8 + 8 + 8;             // first pass, last pass, last column

  function automatic logic [31:0] f_align(input logic [31:0] bytes);
    f_align = (bytes + 32'(PortBytes - 1)) & ~32'(PortBytes - 1);
  endfunction

  // ---- Scan of the rows ----
  logic                 scan_q;
  logic [7:0]           row_q, first_q, slot_q, seg_q;
  logic [15:0]          block_first_q;
  logic                 opens;
  logic [7:0]           seg, first;
  logic [15:0]          block_first;
  logic [SCAN_BITS-1:0] scan_words [MaxRows];

  assign opens       = row_q == 8'd0 || row_slot_i != slot_q;
  assign seg         = (opens && row_q != 8'd0) ? seg_q + 8'd1 : seg_q;
  assign first       = opens ? row_q : first_q;
  assign block_first = opens ? (row_position_i >> 5) : block_first_q;
  assign scan_busy_o = scan_q;
  assign row_idx_o   = row_q;
  assign segments_o  = seg_q + 8'd1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      scan_q <= 1'b0;
      row_q  <= '0;
      seg_q  <= '0;
    end else if (start_i) begin
      scan_q <= 1'b1;
      row_q  <= '0;
      seg_q  <= '0;
    end else if (scan_q) begin
      row_q         <= row_q + 8'd1;
      seg_q         <= seg;
      first_q       <= first;
      slot_q        <= row_slot_i;
      block_first_q <= block_first;
      if (row_q + 8'd1 >= rows_i) scan_q <= 1'b0;
    end
  end

  // Each row brings its segment up to date; the last row's words stay.
  always_ff @(posedge clk_i) begin
    if (scan_q) begin
      scan_words[seg[IDX_WIDTH-1:0]] <=
          {first, row_q - first + 8'd1, row_slot_i, block_first, row_position_i >> 5};
    end
  end

  // ---- Sizes and offsets: one multiplier, one product a cycle ----
  typedef enum logic [3:0] {
    C_IDLE, C_BLOCK, C_K_SET, C_V_SET, C_K_SLOT, C_V_SLOT, C_Q_SET, C_HEADS, C_K_OFF, C_V_OFF, C_VROWS, C_STORE
  } calc_e;

  calc_e                calc_q;
  logic [7:0]           at_q;            // segment at work
  logic [47:0]          product_q, factor_a;
  logic [15:0]          factor_b;
  logic [31:0]          k_block_q, v_block_q;
  logic [47:0]          k_slot_q, v_slot_q, k_off_q, v_off_q;
  logic [15:0]          vrow_first_q;    // first virtual row of the segment
  logic [15:0]          vrow_last;
  logic [15:0]          gq;              // query heads of a set
  logic [7:0]           at_first, at_rows, at_slot;
  logic [15:0]          at_block_first, at_block_last;
  logic [PASS_BITS-1:0] at_pass;
  logic [PASS_BITS-1:0] pass_words [MaxRows];
  logic [47:0]          k_offsets  [MaxRows];
  logic [47:0]          v_offsets  [MaxRows];

  assign {at_first, at_rows, at_slot, at_block_first, at_block_last} = scan_words[at_q[IDX_WIDTH-1:0]];

  assign hs_log2_o = (model_i.hs >= 8'd4) ? 2'd2 : (model_i.hs >= 8'd2) ? 2'd1 : 2'd0;
  assign gq        = {8'd0, model_i.q_per_kv} << hs_log2_o;

  // The product of one state is in product_q during the next.
  always_comb begin
    factor_a = '0;
    factor_b = '0;
    unique case (calc_q)
      C_K_SET:  begin factor_a = {16'd0, k_block_q};         factor_b = model_i.blocks; end
      C_V_SET:  begin factor_a = {16'd0, v_block_q};         factor_b = model_i.blocks; end
      C_K_SLOT: begin factor_a = k_set_bytes_o;              factor_b = {8'd0, model_i.sets}; end
      C_V_SLOT: begin factor_a = v_set_bytes_o;              factor_b = {8'd0, model_i.sets}; end
      C_Q_SET:  begin factor_a = {32'd0, model_i.k_groups};  factor_b = {8'd0, model_i.q_passes}; end
      C_HEADS:  begin factor_a = {40'd0, model_i.head_dim} << hs_log2_o;
                      factor_b = model_i.q_per_kv * model_i.sets; end
      C_K_OFF:  begin factor_a = k_slot_q;                   factor_b = {8'd0, at_slot}; end
      C_V_OFF:  begin factor_a = v_slot_q;                   factor_b = {8'd0, at_slot}; end
      C_VROWS:  begin factor_a = {40'd0, at_rows};           factor_b = gq; end
      default: ;
    endcase
  end

  assign vrow_last = vrow_first_q + product_q[15:0] - 16'd1;
  assign at_pass   = {8'(vrow_first_q >> COL_LOG2), 8'(vrow_last >> COL_LOG2),
                      ((vrow_first_q >> COL_LOG2) != (vrow_last >> COL_LOG2)) ? 8'(Columns - 1)
                                                                             : 8'(vrow_last & 16'(Columns - 1))};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      calc_q <= C_IDLE;
    end else if (model_start_i) begin
      calc_q <= C_BLOCK;
    end else begin
      unique case (calc_q)
        C_IDLE:   calc_q <= C_IDLE;
        C_BLOCK:  if (!scan_q) calc_q <= C_K_SET;
        C_STORE:  calc_q <= (at_q == seg_q) ? C_IDLE : C_K_OFF;
        C_K_SET:  calc_q <= C_V_SET;
        C_V_SET:  calc_q <= C_K_SLOT;
        C_K_SLOT: calc_q <= C_V_SLOT;
        C_V_SLOT: calc_q <= C_Q_SET;
        C_Q_SET:  calc_q <= C_HEADS;
        C_HEADS:  calc_q <= C_K_OFF;
        C_K_OFF:  calc_q <= C_V_OFF;
        C_V_OFF:  calc_q <= C_VROWS;
        C_VROWS:  calc_q <= C_STORE;
        default:  calc_q <= C_IDLE;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    product_q <= factor_a * {32'd0, factor_b};
    unique case (calc_q)
      C_BLOCK: begin
        // A K block is a weight payload of 32 outputs; a V block has a whole number of beats of scales, then chunks.
        k_block_q <= (((32'(model_i.k_groups) - 32'd1) << 5) + 32'(model_i.k_tail) << 5)
                     + f_align(32'(model_i.k_groups) << (6 + 32'(hs_log2_o)));
        v_block_q <= f_align(32'd64 << hs_log2_o) + f_align(32'(model_i.head_dim) << (5 + 32'(hs_log2_o)));
        v_scale_beats_o <= 8'(f_align(32'd64 << hs_log2_o) >> PORT_LOG2);
        at_q            <= '0;
        vrow_first_q    <= '0;
      end
      C_K_SET: begin
        k_block_beats_o <= 16'(k_block_q >> PORT_LOG2);
        v_block_beats_o <= 16'(v_block_q >> PORT_LOG2);
      end
      C_V_SET:  k_set_bytes_o <= product_q;
      C_K_SLOT: v_set_bytes_o <= product_q;
      C_V_SLOT: k_slot_q      <= product_q;
      C_Q_SET:  v_slot_q      <= product_q;
      C_HEADS:  q_set_words_o <= 16'(product_q << WPC_LOG2);
      C_K_OFF:  if (at_q == '0) heads_n_o <= product_q[23:0];
      C_V_OFF:  k_off_q <= product_q;
      C_VROWS:  v_off_q <= product_q;
      C_STORE: begin
        pass_words[at_q[IDX_WIDTH-1:0]] <= at_pass;
        k_offsets[at_q[IDX_WIDTH-1:0]]  <= k_off_q;
        v_offsets[at_q[IDX_WIDTH-1:0]]  <= v_off_q;
        vrow_first_q <= vrow_last + 16'd1;
        at_q         <= at_q + 8'd1;
      end
      default: ;
    endcase
  end

  // ---- Virtual rows: v counts rows, then heads of the set, then query heads of that head ----
  logic        vrow_q;
  logic [7:0]  vrow_row_q, vrow_head_q;
  logic [15:0] vrow_idx_q;
  logic [1:0]  vrow_sub_q;
  logic        head_last, sub_last;

  assign head_last  = vrow_head_q + 8'd1 >= model_i.q_per_kv;
  assign sub_last   = {6'd0, vrow_sub_q} + 8'd1 >= model_i.hs;
  assign vrow_we_o  = vrow_q;
  assign vrow_idx_o = vrow_idx_q;
  assign vrow_sub_o = vrow_sub_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      vrow_q <= 1'b0;
    end else if (model_start_i) begin
      vrow_q      <= 1'b1;
      vrow_row_q  <= '0;
      vrow_head_q <= '0;
      vrow_idx_q  <= '0;
      vrow_sub_q  <= '0;
    end else if (vrow_q) begin
      vrow_idx_q  <= vrow_idx_q + 16'd1;
      vrow_head_q <= head_last ? 8'd0 : vrow_head_q + 8'd1;
      if (head_last) vrow_sub_q <= sub_last ? 2'd0 : vrow_sub_q + 2'd1;
      if (head_last && sub_last) begin
        vrow_row_q <= vrow_row_q + 8'd1;
        if (vrow_row_q + 8'd1 >= rows_i) vrow_q <= 1'b0;
      end
    end
  end

  assign ready_o = !model_start_i && !scan_q && calc_q == C_IDLE && !vrow_q;

  // ---- Read ports ----
  logic [SCAN_BITS-1:0] k_scan, v_scan;
  logic [7:0]           unused_k_slot, unused_v_slot;
  logic [PASS_BITS-1:0] k_pass, v_pass;
  logic [7:0]           k_first, k_rows, v_first, v_rows;
  logic [15:0]          k_block_first, k_block_last, v_block_first, v_block_last;

  assign k_scan     = scan_words[k_idx_i[IDX_WIDTH-1:0]];
  assign v_scan     = scan_words[v_idx_i[IDX_WIDTH-1:0]];
  assign k_pass     = pass_words[k_idx_i[IDX_WIDTH-1:0]];
  assign v_pass     = pass_words[v_idx_i[IDX_WIDTH-1:0]];
  assign k_offset_o = k_offsets[k_idx_i[IDX_WIDTH-1:0]];
  assign v_offset_o = v_offsets[v_idx_i[IDX_WIDTH-1:0]];
  assign {k_first, k_rows, unused_k_slot, k_block_first, k_block_last} = k_scan;
  assign {v_first, v_rows, unused_v_slot, v_block_first, v_block_last} = v_scan;
  assign k_seg_o    = {k_first, k_rows, k_block_first, k_block_last, k_pass};
  assign v_seg_o    = {v_first, v_rows, v_block_first, v_block_last, v_pass};

  logic unused;
  assign unused = &{1'b0, at_first, at_block_first, at_block_last, model_i, k_idx_i, v_idx_i, seg, at_q};

endmodule

`default_nettype wire
