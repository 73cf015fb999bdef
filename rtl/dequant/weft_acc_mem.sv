// Accumulators of one lane and parity: matmul panels and attention outputs, two halves of each, one being accumulated
// while the other is drained.
//
// Each half is its own memory, so accumulation and drain share one read port without meeting: the drain reads only a
// half that is complete. Reads take one cycle. Nobody reads the address that is written in the same cycle.
// Block notes: docs/reference/dequant.md
`default_nettype none

module weft_acc_mem #(
  parameter int unsigned PanelDepth = 64,   // words of a half, at least 2
  parameter int unsigned OutDepth   = 512,  // at least PanelDepth
  localparam int unsigned PanelAddr = $clog2(PanelDepth),
  localparam int unsigned OutAddr   = $clog2(OutDepth)
) (
  input  logic                 clk_i,

  // Accumulation: a panel and an attention output may be read in one cycle, one of them written
  input  logic                 panel_re_i,
  input  logic                 panel_half_i,
  input  logic [PanelAddr-1:0] panel_addr_i,
  output logic [31:0]          panel_data_o,
  input  logic                 out_re_i,
  input  logic                 out_half_i,
  input  logic [OutAddr-1:0]   out_addr_i,
  output logic [31:0]          out_data_o,
  input  logic                 we_i,
  input  logic                 we_out_i,     // into the attention outputs
  input  logic                 whalf_i,
  input  logic [OutAddr-1:0]   waddr_i,      // low bits for a panel
  input  logic [31:0]          wdata_i,

  // Drain
  input  logic                 drain_re_i,
  input  logic                 drain_out_i,  // the attention outputs
  input  logic                 drain_half_i,
  input  logic [OutAddr-1:0]   drain_addr_i, // low bits for a panel
  output logic [31:0]          drain_data_o
);

  (* no_rw_check *) logic [31:0] panels0 [PanelDepth];
  (* no_rw_check *) logic [31:0] panels1 [PanelDepth];
  (* no_rw_check *) logic [31:0] outs0   [OutDepth];
  (* no_rw_check *) logic [31:0] outs1   [OutDepth];
  logic [31:0] panel0_q, panel1_q, out0_q, out1_q;
  logic        panel_half_q, out_half_q, drain_half_q, drain_out_q;

  // One look in an idle cycle. Writes come after the reads and nobody else sees the words, so that a blocking
  // assignment means the same as a non-blocking one; the simulator needs no copy for it.
  // verilator lint_off BLKSEQ
  always_ff @(posedge clk_i) begin
    if (panel_re_i || out_re_i || we_i || drain_re_i) begin : access
      logic                 panel0, panel1, out0, out1;  // accumulation reads this half
      logic [PanelAddr-1:0] panel_drain_addr;
      panel0 = panel_re_i && !panel_half_i;
      panel1 = panel_re_i && panel_half_i;
      out0   = out_re_i && !out_half_i;
      out1   = out_re_i && out_half_i;
      panel_drain_addr = drain_addr_i[PanelAddr-1:0];
      if (panel0 || (drain_re_i && !drain_out_i && !drain_half_i))
        panel0_q <= panels0[panel0 ? panel_addr_i : panel_drain_addr];
      if (panel1 || (drain_re_i && !drain_out_i && drain_half_i))
        panel1_q <= panels1[panel1 ? panel_addr_i : panel_drain_addr];
      if (out0 || (drain_re_i && drain_out_i && !drain_half_i)) out0_q <= outs0[out0 ? out_addr_i : drain_addr_i];
      if (out1 || (drain_re_i && drain_out_i && drain_half_i))  out1_q <= outs1[out1 ? out_addr_i : drain_addr_i];

      if (we_i && !we_out_i && !whalf_i) panels0[waddr_i[PanelAddr-1:0]] = wdata_i;
      if (we_i && !we_out_i && whalf_i)  panels1[waddr_i[PanelAddr-1:0]] = wdata_i;
      if (we_i && we_out_i && !whalf_i)  outs0[waddr_i] = wdata_i;
      if (we_i && we_out_i && whalf_i)   outs1[waddr_i] = wdata_i;

      if (panel_re_i) panel_half_q <= panel_half_i;
      if (out_re_i)   out_half_q   <= out_half_i;
      if (drain_re_i) begin
        drain_half_q <= drain_half_i;
        drain_out_q  <= drain_out_i;
      end
    end
  end
  // verilator lint_on BLKSEQ

`ifndef SYNTHESIS
  // Registers are random until the reset, so this waits for it.
  logic [3:0] cycles = '0;
  always_ff @(posedge clk_i) begin
    if (cycles != '1) cycles <= cycles + 4'd1;
  end

  for (genvar h = 0; h < 2; h++) begin : gen_not_read
    logic panel, out;
    assign panel = panel_re_i && panel_half_i == 1'(h);
    assign out   = out_re_i && out_half_i == 1'(h);
    always_ff @(posedge clk_i) begin
      if (cycles == '1 && we_i && whalf_i == 1'(h)) begin
        if (!we_out_i && (panel || (drain_re_i && !drain_out_i && drain_half_i == 1'(h))))
          PanelNotReadWhileWritten_A: assert (waddr_i[PanelAddr-1:0] != (panel ? panel_addr_i : drain_addr_i[PanelAddr-1:0]));
        if (we_out_i && (out || (drain_re_i && drain_out_i && drain_half_i == 1'(h))))
          OutNotReadWhileWritten_A: assert (waddr_i != (out ? out_addr_i : drain_addr_i));
      end
    end
  end
`endif

  assign panel_data_o = panel_half_q ? panel1_q : panel0_q;
  assign out_data_o   = out_half_q ? out1_q : out0_q;
  assign drain_data_o = drain_out_q ? (drain_half_q ? out1_q : out0_q) : (drain_half_q ? panel1_q : panel0_q);

endmodule

`default_nettype wire
