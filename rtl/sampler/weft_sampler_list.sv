// The k best logits of every row, ordered by value descending, then by index ascending.
//
// A pair is first held against the row's bar, its k-th best so far; what passes waits in a queue for a serial insertion
// that moves one entry a cycle. valid_i may come in every cycle in which ready_o was high when its pair was accepted,
// which is one cycle earlier: the queue keeps room for it. Keys compare as signed integers, larger is better.
// count_o is the fill of row read_row_i in the same cycle; read_key_o, read_index_o belong to the read a cycle ago.
// Reads need idle_o. Golden model: sw/golden/sampler.cpp (Sampler::Add).  Block notes: docs/reference/sampler.md
`default_nettype none

module weft_sampler_list #(
  localparam int unsigned RowBits   = $clog2(weft_pkg::MAX_ROWS),
  localparam int unsigned CountBits = $clog2(weft_pkg::MAX_TOPK + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 start_i,      // pulse: forget everything

  // Logits of one pair, from weft_sampler
  input  logic                 valid_i,
  input  logic [RowBits-1:0]   row_i,
  input  logic [23:0]          n_i,
  input  logic [31:0]          key0_i,
  input  logic [31:0]          key1_i,
  input  logic                 ok0_i,        // takes part
  input  logic                 ok1_i,
  input  logic [CountBits-1:0] k_i,          // 2 .. MAX_TOPK
  output logic                 ready_o,
  output logic                 idle_o,

  // To weft_sampler_draw
  input  logic                 read_i,
  input  logic [RowBits-1:0]   read_row_i,
  input  logic [CountBits-1:0] read_pos_i,
  output logic [31:0]          read_key_o,
  output logic [23:0]          read_index_o,
  output logic [CountBits-1:0] count_o
);

  localparam int unsigned PosBits    = $clog2(weft_pkg::MAX_TOPK);
  localparam int unsigned QueueDepth = 8;
  localparam int unsigned QueueBits  = RowBits + CountBits + 24 + 2 * 33;

  // ---- the bar ---------------------------------------------------------------------------------------------------

  logic [31:0]                   bar [weft_pkg::MAX_ROWS];
  logic [weft_pkg::MAX_ROWS-1:0] full_q;   // the row's list has k entries, its bar counts
  logic [31:0]                   bar_now;
  logic                          pass0, pass1;

  // The bar only rises, so one that is out of date lets through too much, never too little.
  assign bar_now = bar[row_i];
  assign pass0   = ok0_i && (!full_q[row_i] || signed'(key0_i) > signed'(bar_now));
  assign pass1   = ok1_i && (!full_q[row_i] || signed'(key1_i) > signed'(bar_now));

  logic                            in_ready, out_valid, pop;
  logic [QueueBits-1:0]            out_data;
  logic [$clog2(QueueDepth+1)-1:0] queued;

  weft_fifo #(.Width(QueueBits), .Depth(QueueDepth)) u_queue (
    .clk_i, .rst_ni,
    .in_valid_i(valid_i && (pass0 || pass1)), .in_ready_o(in_ready),
    .in_data_i({row_i, k_i, n_i, pass1, key1_i, pass0, key0_i}),
    .out_valid_o(out_valid), .out_ready_i(pop), .out_data_o(out_data), .count_o(queued));

  // Two places: for the pair accepted in this cycle and for the one before it.
  assign ready_o = 32'(queued) < QueueDepth - 1;

  // ---- insertion -------------------------------------------------------------------------------------------------

  logic [RowBits-1:0]   row;
  logic [CountBits-1:0] k;
  logic [23:0]          n;
  logic [32:0]          first, second;  // {passes, key}

  assign {row, k, n, second, first} = out_data;

  logic                 busy_q;         // a logit is looking for its place
  logic                 second_q;       // the pair's first logit has been dealt with
  logic [CountBits-1:0] hole_q;         // the entry above it is on the read port
  logic [31:0]          key_q;
  logic [23:0]          index_q;
  logic [CountBits-1:0] counts [weft_pkg::MAX_ROWS];
  logic [weft_pkg::MAX_ROWS-1:0] active_q;  // counts is of this step
  logic [CountBits-1:0] row_count;

  logic take;                           // begin with the next logit
  logic use_first;
  logic move;                           // the entry above goes down into the hole
  logic place;                          // the logit goes into the hole

  assign row_count  = active_q[row] ? counts[row] : '0;
  assign take       = out_valid && !busy_q;
  assign use_first  = !second_q && first[32];
  assign move       = busy_q && hole_q != '0 && signed'(key_q) > signed'(read_key_o);
  assign place      = busy_q && !move;
  // The pair leaves when its last logit is placed.
  assign pop        = place && (second_q || !second[32]);
  assign idle_o     = !busy_q && !out_valid && !valid_i;

  // Position k is a hole below a full list: what is written there is dropped.
  logic                 kept, write;
  logic [55:0]          wdata;
  logic [PosBits-1:0]   read_pos;
  logic                 read_entry;
  logic [RowBits-1:0]   read_row;

  assign kept   = hole_q < k;
  assign write  = busy_q && kept;
  assign wdata  = move ? {read_key_o, read_index_o} : {key_q, index_q};

  always_comb begin
    read_entry = read_i;
    read_row   = read_row_i;
    read_pos   = PosBits'(read_pos_i);
    if (take) begin
      read_entry = row_count != '0;
      read_row   = row;
      read_pos   = PosBits'(row_count - CountBits'(1));
    end else if (move) begin
      read_entry = hole_q > CountBits'(1);
      read_row   = row;
      read_pos   = PosBits'(hole_q - CountBits'(2));
    end
  end

  weft_ram #(.Width(56), .Depth(1 << (RowBits + PosBits))) u_entries (
    .clk_i, .we_i(write), .waddr_i({row, hole_q[PosBits-1:0]}), .wdata_i(wdata),
    .re_i(read_entry), .raddr_i({read_row, read_pos}), .rdata_o({read_key_o, read_index_o}));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q   <= 1'b0;
      second_q <= 1'b0;
    end else if (take) begin
      busy_q   <= 1'b1;
      second_q <= !use_first;
    end else if (place) begin
      busy_q   <= 1'b0;
      second_q <= !pop;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      hole_q  <= row_count;
      key_q   <= use_first ? first[31:0] : second[31:0];
      index_q <= {n[23:1], !use_first};
    end else if (move) begin
      hole_q <= hole_q - CountBits'(1);
    end
  end

  // The fill grows when an insertion begins below k; the bar is whatever is written last at position k - 1.
  logic at_bar;

  assign at_bar = write && hole_q == k - CountBits'(1);

  always_ff @(posedge clk_i) begin
    if (take && row_count < k) counts[row] <= row_count + CountBits'(1);
    if (at_bar) bar[row] <= wdata[55:24];
    if (!rst_ni || start_i) begin
      active_q <= '0;
      full_q   <= '0;
    end else begin
      if (take)   active_q[row] <= 1'b1;
      if (at_bar) full_q[row] <= 1'b1;
    end
  end

  assign count_o = active_q[read_row_i] ? counts[read_row_i] : '0;

  logic unused;
  assign unused = &{1'b0, n[0], n_i[0], read_pos_i};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && valid_i) QueueHasRoom_A: assert (in_ready);
    if (rst_ni && read_i) ReadsWaitForIdle_A: assert (idle_o);
  end
`endif

endmodule

`default_nettype wire
