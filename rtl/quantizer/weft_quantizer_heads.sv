// Where the query heads of the model sit: one table entry per head, rebuilt when the model changes.
//
// set_base_o, q_o and place_o belong to head_i of the cycle before with re_i. ready_o is low while the table is
// being built (one entry a cycle), and no read may happen then.
// docs/isa.md, "Query head layout".  Block notes: docs/reference/quantizer.md
`default_nettype none

module weft_quantizer_heads (
  input  logic             clk_i,
  input  logic             rst_ni,

  // From weft_sequencer
  input  weft_pkg::model_t model_i,

  // Look-up
  output logic             ready_o,
  input  logic             re_i,
  input  logic [7:0]       head_i,
  output logic [15:0]      set_base_o,  // act words from q_base to the first pass of the head's set
  output logic [7:0]       q_o,         // query head within its set
  output logic [4:0]       place_o      // first byte of the head in its chunk
);

  localparam int unsigned KEY_BITS = 8 + 8 + 8 + 8 + 8 + 16;

  // What the table depends on.
  logic [KEY_BITS-1:0] key, key_q;
  assign key = {model_i.head_dim, model_i.q_per_kv, model_i.hs, model_i.sets, model_i.q_passes, model_i.k_groups};

  logic        known_q, done_q, setup_q;
  logic [15:0] stride_q;          // act words of a set
  logic [15:0] base_q;
  logic [7:0]  head_q, set_q, q_q, in_kv_q, sub_q;
  logic [4:0]  place_q;

  logic kv_end, set_end, last;
  assign kv_end  = (in_kv_q + 8'd1 == model_i.q_per_kv);
  assign set_end = kv_end && (sub_q + 8'd1 == model_i.hs);
  assign last    = (head_q == 8'd255) || (set_end && (set_q + 8'd1 == model_i.sets));
  assign ready_o = known_q && done_q && (key == key_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      known_q <= 1'b0;
      done_q  <= 1'b0;
      setup_q <= 1'b0;
    end else if (!known_q || (key != key_q)) begin
      known_q <= 1'b1;
      done_q  <= 1'b0;
      setup_q <= 1'b1;
    end else begin
      setup_q <= 1'b0;
      if (!setup_q && last) done_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!known_q || (key != key_q)) begin
      key_q <= key;
    end else if (setup_q) begin
      stride_q <= 16'(model_i.q_passes * model_i.k_groups * weft_pkg::WPC);
      base_q   <= '0;
      head_q   <= '0;
      set_q    <= '0;
      q_q      <= '0;
      in_kv_q  <= '0;
      sub_q    <= '0;
      place_q  <= '0;
    end else if (!done_q) begin
      head_q  <= head_q + 8'd1;
      q_q     <= set_end ? 8'd0 : q_q + 8'd1;
      in_kv_q <= kv_end ? 8'd0 : in_kv_q + 8'd1;
      if (kv_end) begin
        sub_q   <= set_end ? 8'd0 : sub_q + 8'd1;
        place_q <= set_end ? 5'd0 : place_q + model_i.head_dim[4:0];
      end
      if (set_end) begin
        set_q  <= set_q + 8'd1;
        base_q <= base_q + stride_q;
      end
    end
  end

  weft_ram #(.Width(29), .Depth(256)) u_table (
    .clk_i,
    .we_i(known_q && !setup_q && !done_q), .waddr_i(head_q), .wdata_i({base_q, q_q, place_q}),
    .re_i, .raddr_i(head_i), .rdata_o({set_base_o, q_o, place_o}));

  logic unused_bits;
  assign unused_bits = &{1'b0, model_i};

endmodule

`default_nettype wire
