// Walks finished attention accumulators: one EPI_O descriptor at a time, beside the panels of weft_drain.
//
// A pair is offered while its half is complete; weft_drain takes it in a cycle in which it has no pair of a panel. Rows
// ascend, then query heads of the set, then pairs of the head.
// Block notes: docs/reference/drain.md
`default_nettype none

module weft_drain_out (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  // From weft_drain: a descriptor, only while busy_o is low
  input  logic                      load_i,
  input  weft_pkg::drain_desc_t     desc_i,
  input  weft_pkg::model_t          model_i,
  output logic                      busy_o,
  output logic                      setup_o,    // pulse, the cycle after load_i
  output weft_pkg::quant_cfg_t      cfg_o,      // with setup_o

  // From weft_dequant
  input  logic                      o_done_i,
  output logic                      complete_o, // a half is complete and not read to its end

  // To weft_drain: the pair at hand
  output logic                      valid_o,
  input  logic                      take_i,
  output weft_pkg::pair_ctx_t       ctx_o,
  output logic [15:0]               vrow_o,
  output logic [7:0]                pair_o,     // within the head
  output logic                      o_buf_o,
  output logic                      free_o      // the half has been read
);

  weft_pkg::drain_desc_t d_q;
  logic                  busy_q, setup_q, run_q;
  logic [7:0]            avail_q;               // halves
  logic [7:0]            row_q, i_q, head_q;    // head: query head within the set
  logic [15:0]           vrow_q, gq, set_head_q;
  logic [23:0]           n;
  logic                  head_end, last_head, last_row, unit_end;

  assign gq        = {8'd0, model_i.q_per_kv} * {8'd0, model_i.hs};
  assign n         = ({8'd0, set_head_q} + 24'(head_q)) * 24'(model_i.head_dim) + {15'd0, i_q, 1'b0};
  assign head_end  = {i_q, 1'b0} + 9'd2 >= {1'b0, model_i.head_dim};
  assign last_head = 16'(head_q) + 16'd1 == gq;
  assign last_row  = row_q + 8'd1 == d_q.row_first + d_q.rows;
  assign unit_end  = head_end && last_head && last_row;

  assign busy_o     = busy_q;
  assign setup_o    = setup_q;
  assign complete_o = avail_q != 8'd0;
  assign valid_o    = run_q && avail_q != 8'd0;
  assign vrow_o     = vrow_q;
  assign pair_o     = i_q;
  assign o_buf_o    = d_q.o_buf;
  assign free_o     = take_i && unit_end;
  assign cfg_o      = {d_q.epi, d_q.dst_copies_log2, d_q.dst_base, d_q.dst_groups, d_q.qs, d_q.addr};

  always_comb begin
    ctx_o          = '0;
    ctx_o.epi      = weft_pkg::EPI_O;
    ctx_o.norm     = d_q.norm;
    ctx_o.row      = row_q;
    ctx_o.n        = n;
    ctx_o.first    = n == 24'd0;
    ctx_o.last     = d_q.set + 8'd1 == model_i.sets && last_head && head_end;
    ctx_o.last_all = d_q.last && unit_end;
    ctx_o.instr    = d_q.instr;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q  <= 1'b0;
      setup_q <= 1'b0;
      run_q   <= 1'b0;
      avail_q <= 8'd0;
    end else begin
      avail_q <= avail_q + 8'(o_done_i) - 8'(free_o);
      setup_q <= load_i;
      if (load_i)      busy_q <= 1'b1;
      else if (free_o) busy_q <= 1'b0;
      if (setup_q)     run_q <= 1'b1;
      else if (free_o) run_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (load_i) d_q <= desc_i;
    if (setup_q) begin
      set_head_q <= 16'(d_q.set) * gq;
      row_q      <= d_q.row_first;
      vrow_q     <= 16'(d_q.row_first) * gq;
      head_q     <= 8'd0;
      i_q        <= 8'd0;
    end else if (take_i) begin
      i_q <= head_end ? 8'd0 : i_q + 8'd1;
      if (head_end) begin
        vrow_q <= vrow_q + 16'd1;
        head_q <= last_head ? 8'd0 : head_q + 8'd1;
        if (last_head) row_q <= row_q + 8'd1;
      end
    end
  end

  logic unused;
  assign unused = &{1'b0, d_q, model_i};

endmodule

`default_nettype wire
