// Bytes in the order they are needed, from the flash or from the memory, for the engine and for the dot unit.
//
// The flash side is the prefetching reader weft_pico_flash. The memory side reads words ahead: one word in five
// cycles or fewer keeps the dot unit at a byte a cycle. A request is taken in a cycle with m_ready_i, and a word asked
// for lies behind the one before.
// smem_i and sflash_i choose the source (pulses); the flash's bytes wait meanwhile.
// get_i: two or four bytes are put together, get_ready_o says that get_data_o has them (little endian); the cycle
// with get_i && get_ready_o ends it.
// Golden model: sw/pico/simulator.h.  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_stream (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Source
  input  logic        smem_i,
  input  logic        sflash_i,
  input  logic [16:0] addr_i,      // byte address in the memory, with smem_i

  // Flash
  input  logic        f_valid_i,
  output logic        f_ready_o,
  input  logic [7:0]  f_data_i,

  // Memory: a read; taken, it is answered in the next cycle
  output logic        m_req_o,
  input  logic        m_ready_i,
  output logic [14:0] m_addr_o,    // word
  input  logic [31:0] m_rdata_i,

  // Engine
  input  logic        get_i,
  input  logic        get_word_i,  // four bytes, else two
  output logic        get_ready_o,
  output logic [31:0] get_data_o,

  // Dot unit: takes a byte in every cycle in which both are high
  input  logic        dot_ready_i,
  output logic        dot_valid_o,
  output logic [7:0]  dot_data_o
);

  logic        memory_q;   // the source
  logic [14:0] addr_q;     // next word to ask for
  logic [1:0]  skip_q;     // bytes to drop before the first
  logic [31:0] buffer_q;   // the word being handed out, from the low end
  logic [2:0]  count_q;    // bytes left in it
  logic        pending_q;  // m_rdata_i has the next word

  logic        valid, take, shift, load;
  logic [2:0]  got_q;
  logic [31:0] word_q;

  always_comb begin
    valid       = memory_q ? (count_q != 3'd0 && skip_q == 2'd0) : f_valid_i;
    get_ready_o = got_q == (get_word_i ? 3'd4 : 3'd2);
    take        = valid && (dot_ready_i || (get_i && !get_ready_o));
    f_ready_o   = !memory_q && (dot_ready_i || (get_i && !get_ready_o));
    shift       = memory_q && count_q != 3'd0 && (take || skip_q != 2'd0);
    // The word may be asked for with two bytes left when the dot unit is sure to take one in each cycle.
    m_req_o     = memory_q && !pending_q && (count_q == 3'd0 || (count_q == 3'd2 && dot_ready_i && skip_q == 2'd0));
    m_addr_o    = addr_q;
    load        = pending_q && (count_q == 3'd0 || (count_q == 3'd1 && shift));
    dot_valid_o = valid;
    dot_data_o  = memory_q ? buffer_q[7:0] : f_data_i;
    get_data_o  = get_word_i ? word_q : {16'd0, word_q[31:16]};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      memory_q  <= 1'b0;
      count_q   <= 3'd0;
      skip_q    <= 2'd0;
      pending_q <= 1'b0;
      got_q     <= 3'd0;
    end else begin
      pending_q <= m_req_o && m_ready_i;
      if (load) begin
        buffer_q <= m_rdata_i;
        count_q  <= 3'd4;
        addr_q   <= addr_q + 15'd1;
      end else if (shift) begin
        buffer_q <= {8'd0, buffer_q[31:8]};
        count_q  <= count_q - 3'd1;
      end
      if (shift && skip_q != 2'd0) skip_q <= skip_q - 2'd1;

      if (get_i && get_ready_o) begin
        got_q <= 3'd0;
      end else if (get_i && take) begin
        got_q  <= got_q + 3'd1;
        word_q <= {dot_data_o, word_q[31:8]};
      end

      if (smem_i) begin
        memory_q  <= 1'b1;
        addr_q    <= addr_i[16:2];
        skip_q    <= addr_i[1:0];
        count_q   <= 3'd0;
        pending_q <= 1'b0;
      end else if (sflash_i) begin
        memory_q  <= 1'b0;
        pending_q <= 1'b0;
      end
    end
  end

endmodule

`default_nettype wire
