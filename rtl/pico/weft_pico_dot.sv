// The array of pico: four columns, each the dot product of a passing stream of bytes with its own int8 activations.
//
// start_i takes the act address of the first element, the count of bytes and what a byte holds: an int8 for every
// column, two int4 (column c takes nibble c mod 2, less 8) or four ternary values (column c takes bits 2c+1..2c, less
// 1). It then takes count bytes, one in every cycle in which there is one. When busy_o is low, sum_o is that of column
// sel_i as the fp32 number 1.5 * 2^23 + sum, |sum| < 2^22: adding -1.5 * 2^23 makes it a float.
// Activations: 1,024 bytes of column 0, which all columns take for int4 and ternary, and 512 of each other column for the
// queries and probabilities of attention; writes go to the columns of wr_mask_i.
// Golden model: sw/golden/matrix.h.  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_dot (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the engine
  input  logic        start_i,
  input  logic [9:0]  addr_i,
  input  logic [5:0]  count_i,   // 1 .. 32
  input  logic [1:0]  mode_i,    // 0 int8, 1 int4, 2 ternary
  output logic        busy_o,
  input  logic [1:0]  sel_i,
  output logic [31:0] sum_o,

  // Activation writes
  input  logic [3:0]  wr_mask_i,
  input  logic [9:0]  wr_addr_i,
  input  logic [7:0]  wr_data_i,

  // Stream
  output logic        ready_o,
  input  logic        valid_i,
  input  logic [7:0]  data_i
);

  localparam int unsigned Columns = 4;

  logic [5:0] left_q;
  logic [9:0] addr_q;
  logic [1:0] mode_q;
  logic       run_q, multiply_q;
  logic [7:0] byte_q;
  logic       take;

  always_comb begin
    ready_o = run_q;
    take    = run_q && valid_i;
    busy_o  = run_q || multiply_q;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      run_q      <= 1'b0;
      multiply_q <= 1'b0;
    end else begin
      multiply_q <= take;
      if (start_i) begin
        run_q  <= 1'b1;
        left_q <= count_i;
        addr_q <= addr_i;
        mode_q <= mode_i;
      end else if (take) begin
        run_q  <= left_q != 6'd1;
        left_q <= left_q - 6'd1;
        addr_q <= addr_q + 10'd1;
      end
      if (take) byte_q <= data_i;
    end
  end

  logic [Columns*23-1:0] sums;
  logic [7:0]            act_0;

  for (genvar c = 0; c < Columns; c++) begin : g_column
    localparam int unsigned Depth     = (c == 0) ? 1024 : 512;
    localparam int unsigned AddrWidth = $clog2(Depth);
    logic [7:0]  own, act;
    logic [3:0]  nibble;
    logic [1:0]  pair;
    logic [15:0] weight;
    logic [31:0] acc;

    weft_ram #(
      .Width(8),
      .Depth(Depth)
    ) u_act (
      .clk_i,
      .we_i   (wr_mask_i[c]),
      .waddr_i(wr_addr_i[AddrWidth-1:0]),
      .wdata_i(wr_data_i),
      .re_i   (take),
      .raddr_i(addr_q[AddrWidth-1:0]),
      .rdata_o(own)
    );

    if (c == 0) begin : g_first
      assign act_0 = own;
    end
    assign act = (mode_q == 2'd0) ? own : act_0;

    always_comb begin
      nibble = byte_q[4*(c%2)+:4];
      pair   = byte_q[2*c+:2];
      unique case (mode_q)
        2'd0:    weight = {{8{byte_q[7]}}, byte_q};
        2'd1:    weight = {{13{!nibble[3]}}, nibble[2:0]};
        default: weight = (pair == 2'd0) ? 16'hFFFF : {14'd0, pair} - 16'd1;
      endcase
    end

    weft_pico_mac u_mac (
      .clk_i,
      .clear_i(start_i),
      .en_i   (multiply_q),
      .a_i    ({{8{act[7]}}, act}),
      .b_i    (weight),
      .acc_o  (acc)
    );

    // verilator lint_off UNUSEDSIGNAL
    logic [8:0] unused_top;
    // verilator lint_on UNUSEDSIGNAL
    assign unused_top       = acc[31:23];
    assign sums[c*23 +: 23] = acc[22:0];
  end

  assign sum_o = {9'h096, sums[32'(sel_i)*23 +: 23]};

endmodule

`default_nettype wire
