// Streams bytes out of a QSPI flash, half a byte a cycle, from any address to the end.
//
// After reset it wakes the flash (0xAB), waits, and enables its quad mode until power goes (0x50, 0x31 0x02). A seek
// drops what was read and starts a Fast Read Quad I/O (0xEB) at the new address; 29 + SampleDelay cycles later the first
// byte is offered. From then on the reader fills its queue without another command, and stops SCK while the queue is
// full. A seek before the flash is ready waits; a new seek replaces it. From the cycle after seek_i only bytes of the new
// address come out; one byte a cycle can be taken. data_o is stable while valid_o && !ready_i && !seek_i.
//
// The pins, all from registers. In a cycle with sck_en_o SCK is low, rises in its middle and falls at its end: an output
// cell with two edges makes it from the same clock. io_o is valid for the whole cycle, so the flash has half a cycle of
// setup and of hold. What the flash puts out after the falling edge that ends cycle n is sampled at the end of cycle
// n + 1 + SampleDelay. With 0 io_i comes straight from the pads; with 1 the pads have an input register. At 24 MHz,
// a pad that takes 9 ns out and 4 ns in and a W25Q128JV (7 ns from SCK low to data) use 20 of the 41.7 ns to the pad's
// register, and the data stays until 10 ns behind it: the margin is 20 ns on one side and 10 ns on the other.
// Flash model: sw/board/qspi_flash.h.  Block notes: docs/reference/pico.md
`default_nettype none

module weft_pico_flash #(
  parameter int unsigned QueueBytes  = 1024,  // a power of two, at least 64
  parameter int unsigned WakeClocks  = 100,   // cycles between 0xAB and the next command: at least 3 us
  parameter int unsigned SampleDelay = 1      // 0 to 3
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the engine
  input  logic        seek_i,
  input  logic [23:0] seek_addr_i,

  // To the engine
  output logic        valid_o,
  input  logic        ready_i,
  output logic [7:0]  data_o,

  // The flash
  output logic        sck_en_o,
  output logic        cs_no,
  output logic [3:0]  io_o,
  output logic [3:0]  io_oe_o,
  input  logic [3:0]  io_i
);

  // A command is a count of cycles: CS rests high, then come its bits, then, of a read, address, mode and dummy clocks.
  localparam int unsigned BITS  = 8;            // the first bit; the cycles before it keep CS high
  localparam int unsigned BYTE2 = BITS + 8;     // the second byte, or the six half bytes of the address
  localparam int unsigned MODE  = BYTE2 + 6;    // two half bytes of ones: no continuous read
  localparam int unsigned DUMMY = MODE + 2;
  localparam int unsigned DATA  = DUMMY + 3;    // the last dummy clock: its falling edge brings the first data
  localparam int unsigned SEEK  = BITS - 4;     // a seek enters here, so CS is high for four cycles
  localparam int unsigned StepWidth = $clog2(WakeClocks + BYTE2 + 1);

  localparam logic [1:0] WAKE = 2'd0, UNLOCK = 2'd1, QUAD = 2'd2, READ = 2'd3;

  if (QueueBytes < 64 || 2 ** $clog2(QueueBytes) != QueueBytes || SampleDelay > 3) begin : gen_bad
    $fatal(1, "weft_pico_flash: QueueBytes is %0d, want a power of two from 64; SampleDelay is %0d, want 0 to 3",
           QueueBytes, SampleDelay);
  end

  logic [1:0]           command_q;
  logic [StepWidth-1:0] step_q;
  logic                 sought_q;  // there was a seek
  logic [23:0]          addr_q;    // half bytes leave to the left
  logic                 room_q;    // in the queue, for every half byte under way and one more
  logic                 reading, streaming, at_bits, at_byte2, lane_bit, quad_phase;

  assign reading    = command_q == READ;
  assign streaming  = reading && step_q == StepWidth'(DATA);
  assign at_bits    = step_q[StepWidth-1:3] == (StepWidth-3)'(BITS / 8);
  assign at_byte2   = step_q[StepWidth-1:3] == (StepWidth-3)'(BYTE2 / 8);
  assign quad_phase = reading && at_byte2;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      command_q <= WAKE;
      step_q    <= '0;
      sought_q  <= 1'b0;
    end else begin
      sought_q <= sought_q || seek_i;
      if (!reading) begin
        // The rest of the steps after the command is the wait.
        step_q <= step_q + StepWidth'(1);
        if (step_q == '1) command_q <= command_q + 2'd1;
      end else if (seek_i) begin
        step_q <= StepWidth'(SEEK);
      end else if (sought_q && !streaming) begin
        step_q <= step_q + StepWidth'(1);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (seek_i)          addr_q <= seek_addr_i;
    else if (quad_phase) addr_q <= {addr_q[19:0], 4'hF};
  end

  // The bits of the commands, the highest first.
  logic [7:0] command_byte;
  always_comb begin
    unique case (command_q)
      WAKE:    command_byte = 8'hAB;
      UNLOCK:  command_byte = 8'h50;
      QUAD:    command_byte = at_byte2 ? 8'h02 : 8'h31;
      default: command_byte = 8'hEB;
    endcase
    lane_bit = command_byte[~step_q[2:0]];
  end

  // Pins. Until the quad mode is on, io[2] and io[3] are write protect and hold: kept high.
  logic selected, pulse, take_pulse;
  assign selected   = at_bits || (at_byte2 && command_q == QUAD) || (reading && step_q >= StepWidth'(BYTE2));
  assign take_pulse = streaming && room_q;
  assign pulse      = selected && (!streaming || room_q);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cs_no    <= 1'b1;
      sck_en_o <= 1'b0;
    end else begin
      cs_no    <= !selected;
      sck_en_o <= pulse;
    end
    io_o    <= quad_phase ? addr_q[23:20] : {3'b110, lane_bit};
    // Between two reads nobody drives: the flash lets go only some time after CS.
    io_oe_o <= quad_phase ? 4'b1111 : (!reading || at_bits) ? 4'b1101 : 4'b0000;
  end

  // Which cycles sample half a byte: take_q[0] is the pulse on the pins now.
  logic [SampleDelay+1:0] take_q;
  logic                   take, low_half_q, push;
  logic [3:0]             high_q;
  assign take = take_q[SampleDelay+1];
  assign push = take && low_half_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || seek_i) begin
      take_q     <= '0;
      low_half_q <= 1'b0;
    end else begin
      take_q     <= {take_q[SampleDelay:0], take_pulse};
      low_half_q <= low_half_q ^ take;
    end
    if (take) high_q <= io_i;
  end

  // The queue: a block RAM whose output register is the byte offered.
  localparam int unsigned PtrWidth = $clog2(QueueBytes);
  logic [PtrWidth-1:0] tail_q, head_q, count_q;  // count_q: bytes in the RAM that are not offered yet
  logic                load, advance;
  assign advance = !valid_o || ready_i;
  assign load    = advance && count_q != '0;

  weft_ram #(.Width(8), .Depth(QueueBytes)) u_queue (
    .clk_i, .we_i(push), .waddr_i(tail_q), .wdata_i({high_q, io_i}),
    .re_i(advance), .raddr_i(head_q), .rdata_o(data_o));

  always_ff @(posedge clk_i) begin
    if (!rst_ni || seek_i) begin
      valid_o <= 1'b0;
      tail_q  <= '0;
      head_q  <= '0;
      count_q <= '0;
      room_q  <= 1'b1;
    end else begin
      if (advance) valid_o <= count_q != '0;
      if (push) tail_q <= tail_q + PtrWidth'(1);
      if (load) head_q <= head_q + PtrWidth'(1);
      if (push != load) count_q <= count_q + {{(PtrWidth-1){load}}, 1'b1};  // one more or one less
      // At most 8 half bytes are under way, so 4 bytes come after room_q falls.
      room_q <= count_q[PtrWidth-1:3] != '1;
    end
  end

endmodule

`default_nettype wire
