// Walks the KV blocks of one ATTN instruction, one region: for segment, for set, for block 0 .. the segment's last.
//
// A block is on the outputs while valid_o; next_i moves on, to the next cycle within a segment and in two cycles from
// one segment to the next. Buffers count on through the step, so that neighbouring instructions never share one.
// Block notes: docs/reference/sequencer.md
`default_nettype none

module weft_seq_blocks (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From weft_sequencer: a step begins, an ATTN begins
  input  logic        clear_i,
  input  logic        start_i,
  output logic        done_o,         // every block has been taken
  input  logic [47:0] region_i,       // byte address of the layer's region; stable from start_i to done_o, as all below
  input  logic [7:0]  sets_i,

  // From weft_seq_segments
  input  logic [7:0]  segments_i,
  input  logic [47:0] set_bytes_i,
  input  logic [47:0] block_bytes_i,
  output logic [7:0]  segment_o,
  input  logic [47:0] offset_i,       // of that segment
  input  logic [15:0] block_last_i,   // of that segment

  // The block at hand
  output logic        valid_o,
  input  logic        next_i,
  output logic        load_o,         // the first block of a segment comes next cycle
  output logic [47:0] addr_o,
  output logic [15:0] block_o,
  output logic [7:0]  set_o,
  output logic [1:0]  buf_o,          // running number mod 4
  output logic        o_buf_o,        // changes with every (segment, set)
  output logic        last_block_o,   // of its set
  output logic        last_set_o,     // of the last segment
  output logic        first_o         // of the instruction
);

  typedef enum logic [1:0] { B_IDLE, B_LOAD, B_RUN } state_e;

  state_e      state_q;
  logic [47:0] set_addr_q;
  logic        segment_last, set_last;

  assign valid_o      = state_q == B_RUN;
  assign load_o       = state_q == B_LOAD;
  assign done_o       = state_q == B_IDLE;
  assign segment_last = segment_o + 8'd1 == segments_i;
  assign set_last     = set_o + 8'd1 == sets_i;
  assign last_block_o = block_o == block_last_i;
  assign last_set_o   = set_last && segment_last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      state_q   <= B_IDLE;
      segment_o <= '0;
      buf_o     <= '0;
      o_buf_o   <= 1'b0;
    end else begin
      unique case (state_q)
        B_IDLE: if (start_i) begin
          state_q   <= B_LOAD;
          segment_o <= '0;
          first_o   <= 1'b1;
        end

        B_LOAD: begin
          state_q    <= B_RUN;
          set_addr_q <= region_i + offset_i;
          addr_o     <= region_i + offset_i;
          set_o      <= '0;
          block_o    <= '0;
        end

        B_RUN: if (next_i) begin
          first_o <= 1'b0;
          buf_o   <= buf_o + 2'd1;
          addr_o  <= addr_o + block_bytes_i;
          block_o <= block_o + 16'd1;
          if (last_block_o) begin
            o_buf_o    <= !o_buf_o;
            block_o    <= '0;
            set_o      <= set_o + 8'd1;
            set_addr_q <= set_addr_q + set_bytes_i;
            addr_o     <= set_addr_q + set_bytes_i;
            if (set_last) begin
              segment_o <= segment_o + 8'd1;
              state_q   <= segment_last ? B_IDLE : B_LOAD;
            end
          end
        end

        default: state_q <= B_IDLE;
      endcase
    end
  end

endmodule

`default_nettype wire
