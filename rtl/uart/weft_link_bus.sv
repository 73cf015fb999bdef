// One word at a link address: a register of the chip over AXI-Lite, or a word of its memory (bit 31 set).
//
// start_i for one cycle while nothing is under way; its inputs are held until done_o. done_o is high for one cycle, with
// ok_o and rdata_o: for a register write that is the cycle of the chip's answer. addr_i is a multiple of 4; register
// addresses above 16 bits and memory from MemoryBytes on are not ok and reach nobody.
// The memory answers each request that it takes with one cycle of mem_done_i, later than it took it.
// Block notes: docs/reference/link.md
`default_nettype none

module weft_link_bus #(
  parameter int unsigned MemoryBytes = 32'h02000000  // a multiple of 4
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From weft_link
  input  logic        start_i,
  input  logic        write_i,
  input  logic [31:0] addr_i,
  input  logic [31:0] wdata_i,
  output logic        done_o,
  output logic        ok_o,
  output logic [31:0] rdata_o,

  // To the chip's registers
  output logic        r_awvalid_o,
  input  logic        r_awready_i,
  output logic [15:0] r_awaddr_o,
  output logic        r_wvalid_o,
  input  logic        r_wready_i,
  output logic [31:0] r_wdata_o,
  output logic [3:0]  r_wstrb_o,
  input  logic        r_bvalid_i,
  output logic        r_bready_o,
  input  logic [1:0]  r_bresp_i,
  output logic        r_arvalid_o,
  input  logic        r_arready_i,
  output logic [15:0] r_araddr_o,
  input  logic        r_rvalid_i,
  output logic        r_rready_o,
  input  logic [31:0] r_rdata_i,
  input  logic [1:0]  r_rresp_i,

  // To the chip's memory
  output logic        mem_valid_o,
  input  logic        mem_ready_i,
  output logic        mem_write_o,
  output logic [30:0] mem_addr_o,
  output logic [31:0] mem_wdata_o,
  input  logic        mem_done_i,
  input  logic [31:0] mem_rdata_i
);

  typedef enum logic [1:0] {FREE, REFUSE, REGISTER, MEMORY} state_e;
  state_e state_q;
  logic   aw_q, w_q, ar_q, mem_q;  // offered and not yet taken
  logic   in_memory, known;

  assign in_memory = addr_i[31];
  assign known     = in_memory ? addr_i[30:0] < 31'(MemoryBytes) : addr_i[30:16] == '0;

  assign r_awvalid_o = aw_q;
  assign r_wvalid_o  = w_q;
  assign r_arvalid_o = ar_q;
  assign r_awaddr_o  = addr_i[15:0];
  assign r_araddr_o  = addr_i[15:0];
  assign r_wdata_o   = wdata_i;
  assign r_wstrb_o   = '1;
  assign r_bready_o  = state_q == REGISTER && write_i;
  assign r_rready_o  = state_q == REGISTER && !write_i;
  assign mem_valid_o = mem_q;
  assign mem_write_o = write_i;
  assign mem_addr_o  = addr_i[30:0];
  assign mem_wdata_o = wdata_i;

  always_comb begin
    done_o  = 1'b0;
    ok_o    = 1'b0;
    rdata_o = mem_rdata_i;
    unique case (state_q)
      REFUSE: done_o = 1'b1;
      REGISTER: begin
        done_o  = write_i ? r_bvalid_i : r_rvalid_i;
        ok_o    = write_i ? r_bresp_i == '0 : r_rresp_i == '0;
        rdata_o = r_rdata_i;
      end
      MEMORY: begin
        done_o = mem_done_i;
        ok_o   = 1'b1;
      end
      default: ;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= FREE;
      aw_q    <= 1'b0;
      w_q     <= 1'b0;
      ar_q    <= 1'b0;
      mem_q   <= 1'b0;
    end else begin
      if (r_awready_i) aw_q <= 1'b0;
      if (r_wready_i) w_q <= 1'b0;
      if (r_arready_i) ar_q <= 1'b0;
      if (mem_ready_i) mem_q <= 1'b0;
      if (done_o) state_q <= FREE;
      if (start_i) begin
        state_q <= !known ? REFUSE : in_memory ? MEMORY : REGISTER;
        mem_q   <= known && in_memory;
        aw_q    <= known && !in_memory && write_i;
        w_q     <= known && !in_memory && write_i;
        ar_q    <= known && !in_memory && !write_i;
      end
    end
  end

endmodule

`default_nettype wire
