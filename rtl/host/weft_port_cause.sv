// Names the one cause of this cycle, once for the memory port and once for the array. Combinational.
//
// Port: a beat moved, or the first thing that kept one from moving. A beat that is offered and refused is held by a full
// queue, and that by what the array waits for; without an offer it is the memory that owes beats, or nobody has asked.
// What each cause means: docs/reference/counters.md
`default_nettype none

module weft_port_cause (
  // The memory port
  input  logic                   read_valid_i,    // a read beat is offered
  input  logic                   read_ready_i,    // and taken
  input  logic                   write_i,         // a write beat is taken
  input  logic                   asked_i,         // weft_tape_fetch: the memory owes beats
  input  weft_pkg::refuse_e      refuse_i,        // weft_tape_fetch: why a beat is refused

  // The walk
  input  logic                   fence_i,         // weft_sequencer: ATTN waits for K and V to be in memory
  input  logic                   walk_done_i,     // weft_sequencer

  // The array and what is behind it
  input  weft_pkg::array_state_e array_i,
  input  logic                   drain_idle_i,
  input  logic                   epilogue_idle_i,
  input  logic                   norm_wait_i,     // weft_drain: results wait for rinv

  output weft_pkg::port_cause_e  port_o,
  output weft_pkg::array_cause_e array_o
);

  always_comb begin
    unique case (array_i)
      weft_pkg::ARRAY_BUSY:    array_o = weft_pkg::CAUSE_BUSY;
      weft_pkg::ARRAY_NONE:    array_o = weft_pkg::CAUSE_NONE;
      weft_pkg::ARRAY_DATA:    array_o = weft_pkg::CAUSE_DATA;
      weft_pkg::ARRAY_LANES:   array_o = norm_wait_i ? weft_pkg::CAUSE_NORM : weft_pkg::CAUSE_DRAIN;
      weft_pkg::ARRAY_RESULTS: array_o = !drain_idle_i    ? weft_pkg::CAUSE_DRAIN
                                       : !epilogue_idle_i ? weft_pkg::CAUSE_EPILOGUE : weft_pkg::CAUSE_QUANTIZER;
      weft_pkg::ARRAY_PANEL:   array_o = norm_wait_i ? weft_pkg::CAUSE_NORM : weft_pkg::CAUSE_PANEL;
      weft_pkg::ARRAY_SOFTMAX: array_o = weft_pkg::CAUSE_SOFTMAX;
      weft_pkg::ARRAY_OUT:     array_o = weft_pkg::CAUSE_OUT;
      default:                 array_o = weft_pkg::CAUSE_SPACING;
    endcase
  end

  weft_pkg::port_cause_e behind;  // why the queues towards the array are full
  always_comb begin
    unique case (array_o)
      weft_pkg::CAUSE_BUSY, weft_pkg::CAUSE_SPACING: behind = weft_pkg::PORT_ARRAY;
      weft_pkg::CAUSE_DRAIN:     behind = weft_pkg::PORT_DRAIN;
      weft_pkg::CAUSE_EPILOGUE:  behind = weft_pkg::PORT_EPILOGUE;
      weft_pkg::CAUSE_QUANTIZER: behind = weft_pkg::PORT_QUANTIZER;
      weft_pkg::CAUSE_NORM:      behind = weft_pkg::PORT_NORM;
      weft_pkg::CAUSE_PANEL:     behind = weft_pkg::PORT_PANEL;
      weft_pkg::CAUSE_SOFTMAX:   behind = weft_pkg::PORT_SOFTMAX;
      weft_pkg::CAUSE_OUT:       behind = weft_pkg::PORT_OUT;
      default:                   behind = weft_pkg::PORT_OTHER;
    endcase
  end

  always_comb begin
    if (read_valid_i && read_ready_i) port_o = weft_pkg::PORT_READ;
    else if (write_i)                 port_o = weft_pkg::PORT_WRITE;
    else if (read_valid_i) begin
      unique case (refuse_i)
        weft_pkg::REFUSE_QUEUE:  port_o = behind;
        weft_pkg::REFUSE_GAIN:   port_o = weft_pkg::PORT_GAIN;
        weft_pkg::REFUSE_SCALES: port_o = weft_pkg::PORT_SOFTMAX;
        default:                 port_o = weft_pkg::PORT_OTHER;
      endcase
    end
    else if (asked_i)                 port_o = weft_pkg::PORT_MEMORY;
    else if (walk_done_i)             port_o = weft_pkg::PORT_TAIL;
    else if (fence_i)                 port_o = weft_pkg::PORT_FENCE;
    else                              port_o = weft_pkg::PORT_WALK;
  end

endmodule

`default_nettype wire
