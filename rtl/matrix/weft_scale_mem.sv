// The activation scales of the columns that share a lane.
//
// The columns of a lane finish a group one after the other, at most one a cycle, so one read port serves them all: the
// last word of a group names the chunk in the lane's first column and is followed there by the next column in each cycle.
// A row lies in up to four columns side by side, which are written together: column c is in bank c mod 4.
// sa_o is read in cycle t, for the sum that the column has in cycle t + 1, and keeps its value until the next read.
// Golden model: sw/golden/matrix.h.  Block notes: docs/reference/matrix.md
`default_nettype none

module weft_scale_mem #(
  parameter int unsigned Columns    = weft_pkg::COLS_PER_LANE,
  parameter int unsigned Chunks     = weft_pkg::ACT_WORDS,
  localparam int unsigned AddrWidth = $clog2(Chunks)
) (
  input  logic                 clk_i,

  // From the columns: a last word is there, in the first column with its chunk. chunk_o: the one the columns are at, for the
  // next lane's first column
  input  logic [Columns-1:0]   last_i,
  input  logic [AddrWidth-1:0] chunk_i,
  output logic [AddrWidth-1:0] chunk_o,

  // Writes; of a column in each bank at most
  input  logic [Columns-1:0]   wr_column_i,
  input  logic [AddrWidth-1:0] wr_chunk_i,
  input  logic [31:0]          wr_scale_i,

  // To weft_dequant, with the sum
  output logic [31:0]          sa_o
);

  localparam int unsigned Banks     = (Columns < 4) ? Columns : 4;
  localparam int unsigned Slots     = (Columns + Banks - 1) / Banks;
  localparam int unsigned BankWidth = (Banks > 1) ? $clog2(Banks) : 1;
  localparam int unsigned SlotWidth = (Slots > 1) ? $clog2(Slots) : 1;
  localparam int unsigned ColWidth  = (Columns > 1) ? $clog2(Columns) : 1;

  logic [AddrWidth-1:0] chunk, chunk_q;
  logic [ColWidth-1:0]  column, column_q;
  logic [SlotWidth-1:0] slot;
  logic [BankWidth-1:0] bank, bank_q;
  logic [31:0]          sa [Banks];

  assign chunk   = last_i[0] ? chunk_i : chunk_q;
  assign column  = last_i[0] ? ColWidth'(0) : column_q + ColWidth'(1);
  assign bank    = BankWidth'(32'(column) % Banks);
  assign slot    = SlotWidth'(32'(column) / Banks);
  assign chunk_o = chunk_q;
  assign sa_o    = sa[bank_q];

  always_ff @(posedge clk_i) begin
    if (last_i != '0) begin
      chunk_q  <= chunk;
      column_q <= column;
      bank_q   <= bank;
    end
  end

`ifndef SYNTHESIS
  // Registers are random until the reset, so this waits for it.
  logic [3:0] cycles = '0;
  always_ff @(posedge clk_i) begin
    if (cycles != '1) cycles <= cycles + 4'd1;
  end
`endif

  // Writes come after the reads and nobody else sees the words: blocking or not means the same, and the simulator needs no
  // copy.
  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    (* no_rw_check *) logic [31:0] words [Slots*Chunks];
    logic                 wr;
    logic [SlotWidth-1:0] wr_slot;

    always_comb begin
      wr      = 1'b0;
      wr_slot = '0;
      for (int unsigned c = b; c < Columns; c += Banks) begin
        if (wr_column_i[c]) begin
          wr      = 1'b1;
          wr_slot = wr_slot | SlotWidth'(c / Banks);
        end
      end
    end

    // verilator lint_off BLKSEQ
    always_ff @(posedge clk_i) begin
      if (last_i != '0 && bank == BankWidth'(b)) sa[b] <= words[32'(slot) * Chunks + 32'(chunk)];
      if (wr) words[32'(wr_slot) * Chunks + 32'(wr_chunk_i)] = wr_scale_i;
    end
    // verilator lint_on BLKSEQ

`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (cycles == '1 && last_i != '0 && bank == BankWidth'(b) && wr)
        NotReadWhileWritten_A: assert (slot != wr_slot || chunk != wr_chunk_i);
    end
`endif
  end

endmodule

`default_nettype wire
