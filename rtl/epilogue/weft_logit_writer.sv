// Writes pairs of logits to memory: row r's logit n at base + r * stride + 4 n, one beat a pair (two or more where the
// port is narrower than 8 bytes).
//
// A pair is taken when valid and ready are both high; a write follows two cycles later. Golden model: none, data only.
// Block notes: docs/reference/epilogue.md
`default_nettype none

module weft_logit_writer #(
  parameter int unsigned PortBytes = weft_pkg::PORT_BYTES
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // From weft_host: byte addresses, stable during a step
  input  logic [47:0]            base_i,
  input  logic [31:0]            stride_i,

  // From weft_epilogue
  input  logic                   valid_i,
  output logic                   ready_o,
  input  logic [7:0]             row_i,
  input  logic [23:0]            n_i,       // even
  input  logic                   odd_pad_i, // the second logit does not exist
  input  logic [31:0]            l0_i,
  input  logic [31:0]            l1_i,

  // To weft_mem_port
  output logic                   wr_valid_o,
  input  logic                   wr_ready_i,
  output logic [47:0]            wr_addr_o,
  output logic [8*PortBytes-1:0] wr_data_o,
  output logic [PortBytes-1:0]   wr_strb_o,
  output logic                   idle_o
);

  localparam int unsigned Beats    = (PortBytes < 8) ? 8 / PortBytes : 1;
  localparam int unsigned BeatBits = (Beats > 1) ? $clog2(Beats) : 1;
  localparam logic [47:0] MASK     = 48'(PortBytes) - 48'd1;

  // Stage 1: the row's address. Stage 2: the beat.
  logic                v1_q, v2_q;
  logic [47:0]         addr1_q, addr2_q;
  logic [63:0]         data1_q, data2_q;
  logic [7:0]          strb1_q, strb2_q;
  logic [BeatBits-1:0] beat_q;

  wire last_beat = (Beats == 1) || (beat_q == BeatBits'(Beats - 1));
  wire step2 = !v2_q || (wr_ready_i && last_beat);
  wire step1 = !v1_q || step2;
  assign ready_o = step1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      v1_q   <= 1'b0;
      v2_q   <= 1'b0;
      beat_q <= '0;
    end else begin
      if (step1) v1_q <= valid_i;
      if (step2) v2_q <= v1_q;
      if (v2_q && wr_ready_i) beat_q <= last_beat ? '0 : beat_q + 1'b1;
    end
    if (step1 && valid_i) begin
      addr1_q <= base_i + 48'(row_i) * 48'(stride_i);
      data1_q <= {l1_i, l0_i};
      strb1_q <= odd_pad_i ? 8'h0F : 8'hFF;
    end
    if (step2 && v1_q) begin
      addr2_q <= addr1_q;
      data2_q <= data1_q;
      strb2_q <= strb1_q;
    end
  end

  // n travels beside the address so that the sum of stage 2 stays short.
  logic [23:0] n1_q, n2_q;
  always_ff @(posedge clk_i) begin
    if (step1 && valid_i) n1_q <= n_i;
    if (step2 && v1_q) n2_q <= n1_q;
  end
  wire [47:0] addr = addr2_q + {22'd0, n2_q, 2'd0} + 48'(beat_q) * 48'(PortBytes);

  assign wr_valid_o = v2_q;
  assign wr_addr_o  = addr & ~MASK;
  if (PortBytes >= 8) begin : gen_wide
    localparam int unsigned OffBits = $clog2(PortBytes);
    wire [OffBits-1:0] off = addr[OffBits-1:0];
    assign wr_data_o = (8*PortBytes)'(data2_q) << {off, 3'd0};
    assign wr_strb_o = PortBytes'(strb2_q) << off;
  end else begin : gen_narrow
    assign wr_data_o = data2_q[8*PortBytes*beat_q +: 8*PortBytes];
    assign wr_strb_o = strb2_q[PortBytes*beat_q +: PortBytes];
  end
  assign idle_o = !v1_q && !v2_q;

endmodule

`default_nettype wire
