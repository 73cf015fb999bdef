// The microengine of pico: an in-order engine of 64 registers that runs the firmware, which walks the tape.
//
// Stages: F reads the program, D the registers, X computes or hands operands to a unit, then the result is written.
// There are no interlocks: the assembler (sw/pico/assembler.h) sets each instruction's wait field so that operands are
// there, results never meet at the one write port, and the multiplier has one user. What the assembler cannot know
// (stream empty, dot unit busy, memory port taken, sender busy) freezes everything: `en` is low, float units included.
// An instruction in D in cycle t is in X in t + 1; its result is written in cycle t + wp of the table in
// docs/reference/pico.md. A taken branch brings its target to D in t + 3.
// Golden model: sw/pico/simulator.h.  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_core (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Program memory: a word one cycle after re
  output logic        rom_re_o,
  output logic [10:0] rom_addr_o,
  input  logic [31:0] rom_data_i,

  // Memory: one access a cycle, read data in the next. In a cycle with mem_taken_i it does not happen, the engine waits
  output logic        mem_valid_o,
  output logic        mem_own_o,    // by its base register, the address is one of the firmware's own (negative)
  output logic [3:0]  mem_we_o,
  output logic [29:0] mem_addr_o,   // word
  output logic [31:0] mem_wdata_o,
  input  logic [31:0] mem_rdata_i,
  input  logic        mem_taken_i,

  // Stream
  output logic        get_o,
  output logic        get_word_o,
  input  logic        get_ready_i,
  input  logic [31:0] get_data_i,
  output logic        smem_o,
  output logic        sflash_o,
  output logic        seek_o,
  output logic [23:0] seek_addr_o,  // also the byte address of smem_o

  // Dot unit
  output logic        dot_start_o,
  output logic [9:0]  dot_addr_o,   // also of act writes
  output logic [5:0]  dot_count_o,
  output logic [1:0]  dot_mode_o,   // with dot_start_o; the column whose sum is read otherwise
  input  logic        dot_busy_i,
  input  logic [31:0] dot_sum_i,
  output logic [3:0]  act_mask_o,
  output logic [7:0]  act_data_o,

  // UART
  input  logic        rx_valid_i,
  output logic        rx_ready_o,
  input  logic [7:0]  rx_data_i,
  output logic        tx_valid_o,
  input  logic        tx_ready_i,
  output logic [7:0]  tx_data_o,

  output logic [2:0]  led_o
);

  logic en;     // low: everything waits
  logic taken;  // a branch in X is taken

  // ---- F and D ----
  logic [10:0] pc_q, d_pc_q;
  logic        d_valid_q;
  logic [2:0]  waited_q;
  logic        issue, fetch;
  logic [10:0] target;

  always_comb begin
    issue      = en && d_valid_q && !taken && waited_q == rom_data_i[31:29];
    fetch      = en && !taken && (!d_valid_q || issue);
    rom_re_o   = fetch;
    rom_addr_o = pc_q;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pc_q      <= 11'd0;
      d_valid_q <= 1'b0;
      waited_q  <= 3'd0;
    end else if (en) begin
      if (taken) begin
        pc_q      <= target;
        d_valid_q <= 1'b0;
      end else if (fetch) begin
        pc_q      <= pc_q + 11'd1;
        d_pc_q    <= pc_q;
        d_valid_q <= 1'b1;
      end
      waited_q <= (d_valid_q && !issue && !taken) ? waited_q + 3'd1 : 3'd0;
    end
  end

  // The immediate, as the operation wants it.
  logic [5:0]  d_op;
  logic [31:0] d_imm;
  logic        d_use_imm;

  always_comb begin
    d_op      = rom_data_i[28:23];
    d_use_imm = 1'b1;
    unique case (d_op)
      weft_pkg::PICO_LI:   d_imm = {{15{rom_data_i[16]}}, rom_data_i[16:0]};
      weft_pkg::PICO_LUI:  d_imm = {rom_data_i[15:0], 16'd0};
      weft_pkg::PICO_ANDI: d_imm = {21'd0, rom_data_i[10:0]};
      weft_pkg::PICO_ADDI, weft_pkg::PICO_LD: d_imm = {{21{rom_data_i[10]}}, rom_data_i[10:0]};
      weft_pkg::PICO_ST:   d_imm = {25'd0, rom_data_i[4:0], 2'd0};
      weft_pkg::PICO_STB:  d_imm = {27'd0, rom_data_i[4:0]};
      weft_pkg::PICO_DJNZ: d_imm = '1;
      default: begin
        d_imm     = '0;
        d_use_imm = 1'b0;
      end
    endcase
  end

  // ---- Registers: two copies for two operands ----
  logic        w_we;
  logic [5:0]  w_rd;
  logic [31:0] w_data;
  logic [31:0] a, b;

  // A register that is written in the same cycle is read with its old value.
  logic [31:0] regs [64];
  always_ff @(posedge clk_i) begin
    if (w_we) regs[w_rd] <= w_data;
    if (en) begin
      a <= regs[rom_data_i[16:11]];
      b <= regs[rom_data_i[10:5]];
    end
  end

  // ---- X ----
  logic        x_valid_q;
  logic [5:0]  x_op_q;
  logic [31:0] x_imm_q;
  logic        x_use_imm_q;
  logic [10:0] x_low_q;  // branch target, x
  logic [10:0] x_pc_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      x_valid_q <= 1'b0;
    end else if (en) begin
      x_valid_q <= issue;
      if (issue) begin
        x_op_q      <= d_op;
        x_imm_q     <= d_imm;
        x_use_imm_q <= d_use_imm;
        x_low_q     <= rom_data_i[10:0];
        x_pc_q      <= d_pc_q;
      end
    end
  end

  logic [31:0] sum;
  logic [31:0] x_y, result;
  logic        a_zero, a_one, a_nan;
  logic        x_go;  // the instruction in X takes effect in this cycle

  weft_pico_alu u_alu (
    .clk_i,
    .go_i     (x_go),
    .op_i     (x_op_q),
    .a_i      (a),
    .b_i      (b),
    .operand_i(x_use_imm_q ? x_imm_q : b),
    .ext_i    (x_y),
    .sum_o    (sum),
    .a_zero_o (a_zero),
    .a_one_o  (a_one),
    .a_nan_o  (a_nan),
    .result_o (result)
  );

  // What waits, and branches.
  logic is_memory, is_load, is_get, stall, crc_ready;

  always_comb begin
    is_load   = x_valid_q && x_op_q == weft_pkg::PICO_LD;
    is_memory = is_load || (x_valid_q && (x_op_q == weft_pkg::PICO_ST || x_op_q == weft_pkg::PICO_STB));
    is_get    = x_valid_q && (x_op_q == weft_pkg::PICO_GETH || x_op_q == weft_pkg::PICO_GETW);
    unique case (x_op_q)
      weft_pkg::PICO_LD, weft_pkg::PICO_ST, weft_pkg::PICO_STB: stall = mem_taken_i;
      weft_pkg::PICO_GETH, weft_pkg::PICO_GETW:                 stall = dot_busy_i || !get_ready_i;
      weft_pkg::PICO_DGET, weft_pkg::PICO_DOT, weft_pkg::PICO_SMEM, weft_pkg::PICO_SFLASH,
      weft_pkg::PICO_SEEK:                                      stall = dot_busy_i;
      weft_pkg::PICO_UPUT:                                      stall = !tx_ready_i;
      weft_pkg::PICO_CRCB, weft_pkg::PICO_CRCG:                 stall = !crc_ready;
      default:                                                  stall = 1'b0;
    endcase
    en = !(x_valid_q && stall);

    unique case (x_op_q)
      weft_pkg::PICO_BZ:   taken = a_zero;
      weft_pkg::PICO_BNZ:  taken = !a_zero;
      weft_pkg::PICO_BLT:  taken = a[31];
      weft_pkg::PICO_BGE:  taken = !a[31];
      weft_pkg::PICO_BNAN: taken = a_nan;
      weft_pkg::PICO_DJNZ: taken = !a_one;
      weft_pkg::PICO_J, weft_pkg::PICO_JAL, weft_pkg::PICO_JR: taken = 1'b1;
      default:             taken = 1'b0;
    endcase
    taken  = taken && x_valid_q;
    target = (x_op_q == weft_pkg::PICO_JR) ? a[10:0] : x_low_q;
  end

  // To the units.
  always_comb begin
    x_go        = x_valid_q && en;
    mem_valid_o = is_memory;
    mem_own_o   = a[31];
    mem_addr_o  = sum[31:2];
    mem_wdata_o = (x_op_q == weft_pkg::PICO_STB) ? {4{b[7:0]}} : b;
    mem_we_o    = !is_memory || is_load            ? 4'd0
                : (x_op_q == weft_pkg::PICO_STB) ? 4'd1 << sum[1:0]
                : 4'hF;
    get_o       = is_get && !dot_busy_i;
    get_word_o  = x_op_q == weft_pkg::PICO_GETW;
    smem_o      = x_go && x_op_q == weft_pkg::PICO_SMEM;
    sflash_o    = x_go && x_op_q == weft_pkg::PICO_SFLASH;
    seek_o      = x_go && x_op_q == weft_pkg::PICO_SEEK;
    seek_addr_o = a[23:0];
    dot_start_o = x_go && x_op_q == weft_pkg::PICO_DOT;
    dot_addr_o  = a[9:0];
    dot_count_o = b[5:0];
    dot_mode_o  = x_low_q[1:0];
    act_mask_o  = (x_go && x_op_q == weft_pkg::PICO_STA) ? (x_low_q[3:0] | a[13:10]) : 4'd0;
    act_data_o  = b[7:0];
    rx_ready_o  = x_go && x_op_q == weft_pkg::PICO_UGET;
    tx_valid_o  = x_go && x_op_q == weft_pkg::PICO_UPUT;
    tx_data_o   = a[7:0];
  end

  // Small units of the engine's own.
  logic [31:0] crc, cycles_q;

  weft_crc32 u_crc (
    .clk_i,
    .rst_ni,
    .clear_i(x_go && x_op_q == weft_pkg::PICO_CRCI),
    .valid_i(x_go && x_op_q == weft_pkg::PICO_CRCB),
    .ready_o(crc_ready),
    .data_i (a[7:0]),
    .crc_o  (crc)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cycles_q <= 32'd0;
      led_o    <= 3'd0;
    end else begin
      cycles_q <= cycles_q + 32'd1;
      if (x_go && x_op_q == weft_pkg::PICO_LED) led_o <= a[2:0];
    end
  end

  always_comb begin
    unique case (x_op_q)
      weft_pkg::PICO_GETH, weft_pkg::PICO_GETW: x_y = get_data_i;
      weft_pkg::PICO_DGET:                      x_y = dot_sum_i;
      weft_pkg::PICO_UGET:                      x_y = {23'd0, rx_valid_i, rx_data_i};
      weft_pkg::PICO_CRCG:                      x_y = crc;
      weft_pkg::PICO_CYC:                       x_y = cycles_q;
      default:                                  x_y = {21'd0, x_pc_q + 11'd1};  // JAL
    endcase
  end

  // Float units.
  logic [31:0] add_y, mul_y;
  logic [22:0] spec_mant;

  weft_pico_fadd u_fadd (
    .clk_i,
    .en_i   (en),
    .valid_i(x_valid_q && (x_op_q == weft_pkg::PICO_FADD || x_op_q == weft_pkg::PICO_FSUB ||
                           x_op_q == weft_pkg::PICO_FADDT)),
    .a_i    (a),
    .b_i    ({b[31] ^ (x_op_q == weft_pkg::PICO_FSUB), b[30:0]}),
    .trunc_i(x_op_q == weft_pkg::PICO_FADDT),
    .y_o    (add_y)
  );

  weft_pico_fmul u_fmul (
    .clk_i,
    .en_i        (en),
    .valid_i     (x_valid_q && x_op_q == weft_pkg::PICO_FMUL),
    .a_i         (a),
    .b_i         (b),
    .y_o         (mul_y),
    .spec_valid_i(x_valid_q && x_op_q == weft_pkg::PICO_SPEC),
    .spec_table_i(x_low_q[1:0]),
    .spec_f_i    (a[22:0]),
    .spec_mant_o (spec_mant)
  );

  // ---- Results: slot k is written in k cycles ----
  localparam logic [2:0] FROM_X    = 3'd0;
  localparam logic [2:0] FROM_MEM  = 3'd1;
  localparam logic [2:0] FROM_ADD  = 3'd2;
  localparam logic [2:0] FROM_MUL  = 3'd3;
  localparam logic [2:0] FROM_SPEC = 3'd4;
  localparam int unsigned Slots    = weft_pkg::PICO_FADD_STAGES + 1;  // the longest

  logic [Slots*10-1:0] slot_q, slot_d;
  logic                fresh_q;  // mem_rdata_i is that of a load one cycle ago

  always_comb begin : slots
    logic [5:0] rd;
    rd     = rom_data_i[22:17];
    slot_d = {10'd0, slot_q[Slots*10-1:10]};
    if (issue) begin
      unique case (d_op)
        weft_pkg::PICO_NOP, weft_pkg::PICO_ST, weft_pkg::PICO_STB, weft_pkg::PICO_STA, weft_pkg::PICO_DOT,
        weft_pkg::PICO_SMEM, weft_pkg::PICO_SFLASH, weft_pkg::PICO_SEEK, weft_pkg::PICO_UPUT, weft_pkg::PICO_CRCI,
        weft_pkg::PICO_CRCB, weft_pkg::PICO_BZ, weft_pkg::PICO_BNZ, weft_pkg::PICO_BLT, weft_pkg::PICO_BGE,
        weft_pkg::PICO_BNAN, weft_pkg::PICO_J, weft_pkg::PICO_JR, weft_pkg::PICO_LED: begin end
        weft_pkg::PICO_LD: slot_d[10 +: 10] = {1'b1, FROM_MEM, rd};
        weft_pkg::PICO_FADD, weft_pkg::PICO_FSUB, weft_pkg::PICO_FADDT:
          slot_d[10*weft_pkg::PICO_FADD_STAGES +: 10] = {1'b1, FROM_ADD, rd};
        weft_pkg::PICO_FMUL: slot_d[10*weft_pkg::PICO_FMUL_STAGES +: 10] = {1'b1, FROM_MUL, rd};
        weft_pkg::PICO_SPEC: slot_d[10*weft_pkg::PICO_SPEC_STAGES +: 10] = {1'b1, FROM_SPEC, rd};
        default: slot_d[10 +: 10] = {1'b1, FROM_X, rd};
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      slot_q  <= '0;
      fresh_q <= 1'b0;
    end else begin
      fresh_q <= is_load && en;
      if (en) slot_q <= slot_d;
    end
  end

  // A word from the memory is there for one cycle only, frozen or not.
  always_comb begin
    w_we = slot_q[9] && ((slot_q[8:6] == FROM_MEM) ? fresh_q : en);
    w_rd = slot_q[5:0];
    unique case (slot_q[8:6])
      FROM_MEM:  w_data = mem_rdata_i;
      FROM_ADD:  w_data = add_y;
      FROM_MUL:  w_data = mul_y;
      FROM_SPEC: w_data = {9'd0, spec_mant};
      default:   w_data = result;
    endcase
  end

endmodule

`default_nettype wire
