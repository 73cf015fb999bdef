// CRC-32 of zlib, a bit a cycle: reflected polynomial 0xEDB88320, start value and result inverted.
//
// clear_i starts a new one; feed_i takes a byte when busy_o is low, eight cycles each.
// Golden model: zlib's crc32.  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_crc (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,
  input  logic        feed_i,
  input  logic [7:0]  data_i,
  output logic        busy_o,
  output logic [31:0] crc_o
);

  logic [31:0] state_q;
  logic [3:0]  left_q;

  assign busy_o = left_q != 4'd0;
  assign crc_o  = ~state_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q <= 4'd0;
    end else if (clear_i) begin
      state_q <= 32'hFFFF_FFFF;
      left_q  <= 4'd0;
    end else if (busy_o) begin
      state_q <= {1'b0, state_q[31:1]} ^ (state_q[0] ? 32'hEDB8_8320 : 32'd0);
      left_q  <= left_q - 4'd1;
    end else if (feed_i) begin
      state_q <= state_q ^ {24'd0, data_i};
      left_q  <= 4'd8;
    end
  end

endmodule

`default_nettype wire
