// zlib's CRC-32 of a stream of bytes, a bit a cycle.
//
// A byte is taken in a cycle with valid_i and ready_o; ready_o is low for the 8 cycles that it takes. crc_o is that of all
// bytes since clear_i while ready_o is high. clear_i ends whatever is under way.
// Block notes: docs/reference/uart.md
`default_nettype none

module weft_crc32 (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        clear_i,
  input  logic        valid_i,
  output logic        ready_o,
  input  logic [7:0]  data_i,
  output logic [31:0] crc_o
);

  localparam logic [31:0] POLYNOMIAL = 32'hEDB88320;  // reflected: bits enter at the right

  logic [31:0] crc_q;
  logic [3:0]  bits_q;  // of the byte still to shift out

  assign ready_o = bits_q == '0;
  assign crc_o   = ~crc_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      crc_q  <= '1;
      bits_q <= '0;
    end else if (!ready_o) begin
      crc_q  <= {1'b0, crc_q[31:1]} ^ (crc_q[0] ? POLYNOMIAL : '0);
      bits_q <= bits_q - 4'd1;
    end else if (valid_i) begin
      crc_q  <= crc_q ^ {24'd0, data_i};
      bits_q <= 4'd8;
    end
  end

endmodule

`default_nettype wire
