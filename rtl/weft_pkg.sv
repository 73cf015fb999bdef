// The shared vocabulary of the chip: configuration, encodings of docs/isa.md, and the records that travel between blocks.
//
// weft_config.svh is generated for one named configuration of configs/configs.json (scripts/gen_config.py); it defines
// the ALL_CAPS localparams listed there. Field widths here are the same for every configuration.
`default_nettype none

// A block uses the part of the vocabulary it needs, and `set` is the word of the field (KV head set).
// verilator lint_off UNUSEDPARAM
// verilator lint_off SYMRSVDWORD
package weft_pkg;

`include "weft_config.svh"

  // Latencies of the arithmetic primitives, in cycles from operand to result.
  localparam int unsigned FP_MUL_LATENCY  = 3;
  localparam int unsigned FP_ADD_LATENCY  = 4;
  localparam int unsigned SPECIAL_LATENCY = 5;

  // The same of the float units of pico. The special evaluator takes the multipliers of the one in front of it:
  // neither a multiplication nor another evaluation may start in the PICO_SPEC_BUSY cycles after one starts.
  localparam int unsigned PICO_FADD_STAGES = 5;
  localparam int unsigned PICO_FMUL_STAGES = 4;
  localparam int unsigned PICO_SPEC_STAGES = 4;
  localparam int unsigned PICO_SPEC_BUSY   = 2;

  localparam int unsigned GROUP      = 32;                                        // elements of a quantization group
  localparam int unsigned WORD_BYTES = (PORT_BYTES < GROUP) ? PORT_BYTES : GROUP; // act memory word
  localparam int unsigned WPC        = GROUP / WORD_BYTES;                        // act words per chunk
  localparam int unsigned SUBROWS    = (PORT_BYTES > GROUP) ? PORT_BYTES / GROUP : 1;  // outputs side by side in a beat
  localparam int unsigned ENTRY_BYTES = GROUP * SUBROWS;                          // one entry of the chunk FIFO
  localparam int unsigned SCALE_BYTES = (PORT_BYTES < 8) ? 8 : PORT_BYTES;        // one entry of the scale FIFO
  localparam int unsigned PASSES     = MAX_VROWS / COLUMNS;                       // virtual rows per column
  localparam int unsigned ROW_PASSES = MAX_ROWS / COLUMNS;                        // rows per column
  localparam int unsigned LANES      = COLUMNS / COLS_PER_LANE;                   // dequant lanes per sub-row
  localparam int unsigned KV_BUFS    = 4;                                         // score, probability and alpha buffers
  localparam int unsigned KV_AHEAD   = 2;                                         // V(j) follows K(j + KV_AHEAD)
  localparam int unsigned GAIN_BITS  = (PORT_BYTES < 4) ? 32 : 8 * PORT_BYTES;     // one write of the gain memory
  localparam int unsigned VECTORS = (QKV_BIAS != 0 || QK_NORM != 0) ? 1 : 0;       // units for biases and norms of heads
  localparam int unsigned INSTR_BITS = 256;
  localparam int unsigned INSTR_QUEUE = 64;
  localparam int unsigned SCALE_SHARE = 8;                                         // ternary: groups along K with one scale

  // Widths of the records below, for flat vectors (Yosys 0.23 takes no $bits of a type; lint catches a wrong one).
  localparam int unsigned ARRAY_DESC_BITS = 202;
  localparam int unsigned GROUP_CTX_BITS  = 29;
  localparam int unsigned DRAIN_DESC_BITS = 224;
  localparam int unsigned PAIR_CTX_BITS   = 72;
  localparam int unsigned QUANT_CFG_BITS  = 117;

  typedef enum logic [3:0] {
    OP_END = 4'd0, OP_LOADI = 4'd1, OP_MODEL = 4'd2, OP_ROPE = 4'd3, OP_EMBED = 4'd4, OP_VEC = 4'd5,
    OP_MATMUL = 4'd6, OP_ATTN = 4'd7, OP_LINK_SEND = 4'd8, OP_LINK_RECV = 4'd9, OP_LINK_REDUCE = 4'd10,
    OP_EXPERT = 4'd11
  } op_e;

  typedef enum logic [2:0] {
    EPI_Q = 3'd0, EPI_K = 3'd1, EPI_V = 3'd2, EPI_RES = 3'd3, EPI_GLU = 3'd4, EPI_LOGITS = 3'd5, EPI_O = 3'd6,
    EPI_EMBED = 3'd7   // EPI_O: attention output; EPI_EMBED: residual epilogue with a zero residual
  } epi_e;

  typedef enum logic [1:0] { SPECIAL_EXP2 = 2'd0, SPECIAL_RECIP = 2'd1, SPECIAL_RSQRT = 2'd2 } special_e;

  // What the array does with one transfer.
  typedef enum logic [1:0] { MODE_W = 2'd0, MODE_K = 2'd1, MODE_V = 2'd2, MODE_EMBED = 2'd3 } mode_e;

  // What the array does in a cycle, exactly one: docs/reference/counters.md.
  typedef enum logic [3:0] {
    ARRAY_BUSY = 4'd0, ARRAY_NONE = 4'd1, ARRAY_DATA = 4'd2, ARRAY_LANES = 4'd3, ARRAY_RESULTS = 4'd4,
    ARRAY_PANEL = 4'd5, ARRAY_SOFTMAX = 4'd6, ARRAY_OUT = 4'd7, ARRAY_SPACING = 4'd8
  } array_state_e;

  // Why the head of the read stream is refused.
  typedef enum logic [1:0] {
    REFUSE_QUEUE = 2'd0, REFUSE_GAIN = 2'd1, REFUSE_SCALES = 2'd2, REFUSE_OTHER = 2'd3
  } refuse_e;

  // Causes that the counters tell apart. A cycle has exactly one of each kind.
  localparam int unsigned PORT_CAUSES  = 16;
  localparam int unsigned ARRAY_CAUSES = 11;
  typedef enum logic [3:0] {
    PORT_READ = 4'd0, PORT_WRITE = 4'd1, PORT_MEMORY = 4'd2, PORT_FENCE = 4'd3, PORT_WALK = 4'd4, PORT_TAIL = 4'd5,
    PORT_GAIN = 4'd6, PORT_ARRAY = 4'd7, PORT_DRAIN = 4'd8, PORT_EPILOGUE = 4'd9, PORT_QUANTIZER = 4'd10,
    PORT_NORM = 4'd11, PORT_PANEL = 4'd12, PORT_SOFTMAX = 4'd13, PORT_OUT = 4'd14, PORT_OTHER = 4'd15
  } port_cause_e;
  typedef enum logic [3:0] {
    CAUSE_BUSY = 4'd0, CAUSE_NONE = 4'd1, CAUSE_DATA = 4'd2, CAUSE_DRAIN = 4'd3, CAUSE_EPILOGUE = 4'd4,
    CAUSE_QUANTIZER = 4'd5, CAUSE_NORM = 4'd6, CAUSE_PANEL = 4'd7, CAUSE_SOFTMAX = 4'd8, CAUSE_OUT = 4'd9,
    CAUSE_SPACING = 4'd10
  } array_cause_e;

  // The microengine of configuration pico: its operations, the same numbers as sw/pico/isa.h; docs/reference/pico.md says
  // what each does.
  localparam int unsigned PICO_PROGRAM     = 2048;  // words
  localparam logic [5:0] PICO_NOP    = 6'd0;
  localparam logic [5:0] PICO_ADD    = 6'd1;
  localparam logic [5:0] PICO_SUB    = 6'd2;
  localparam logic [5:0] PICO_AND    = 6'd3;
  localparam logic [5:0] PICO_OR     = 6'd4;
  localparam logic [5:0] PICO_XOR    = 6'd5;
  localparam logic [5:0] PICO_FMAX   = 6'd6;
  localparam logic [5:0] PICO_FMIN   = 6'd7;
  localparam logic [5:0] PICO_FGT    = 6'd8;
  localparam logic [5:0] PICO_AMAX   = 6'd9;
  localparam logic [5:0] PICO_ADDI   = 6'd10;
  localparam logic [5:0] PICO_ANDI   = 6'd11;
  localparam logic [5:0] PICO_LI     = 6'd12;
  localparam logic [5:0] PICO_LUI    = 6'd13;
  localparam logic [5:0] PICO_SRL1   = 6'd14;
  localparam logic [5:0] PICO_ROR8   = 6'd15;
  localparam logic [5:0] PICO_PACK   = 6'd16;
  localparam logic [5:0] PICO_EXPO   = 6'd17;
  localparam logic [5:0] PICO_HA     = 6'd18;
  localparam logic [5:0] PICO_HB     = 6'd19;
  localparam logic [5:0] PICO_LD     = 6'd20;
  localparam logic [5:0] PICO_ST     = 6'd21;
  localparam logic [5:0] PICO_STB    = 6'd22;
  localparam logic [5:0] PICO_STA    = 6'd23;
  localparam logic [5:0] PICO_FADD   = 6'd24;
  localparam logic [5:0] PICO_FSUB   = 6'd25;
  localparam logic [5:0] PICO_FADDT  = 6'd26;
  localparam logic [5:0] PICO_FMUL   = 6'd27;
  localparam logic [5:0] PICO_SPEC   = 6'd28;
  localparam logic [5:0] PICO_GETH   = 6'd29;
  localparam logic [5:0] PICO_GETW   = 6'd30;
  localparam logic [5:0] PICO_DOT    = 6'd31;
  localparam logic [5:0] PICO_DGET   = 6'd32;
  localparam logic [5:0] PICO_SMEM   = 6'd33;
  localparam logic [5:0] PICO_SFLASH = 6'd34;
  localparam logic [5:0] PICO_SEEK   = 6'd35;
  localparam logic [5:0] PICO_UGET   = 6'd36;
  localparam logic [5:0] PICO_UPUT   = 6'd37;
  localparam logic [5:0] PICO_CRCI   = 6'd38;
  localparam logic [5:0] PICO_CRCB   = 6'd39;
  localparam logic [5:0] PICO_CRCG   = 6'd40;
  localparam logic [5:0] PICO_CYC    = 6'd41;
  localparam logic [5:0] PICO_BZ     = 6'd42;
  localparam logic [5:0] PICO_BNZ    = 6'd43;
  localparam logic [5:0] PICO_BLT    = 6'd44;
  localparam logic [5:0] PICO_BGE    = 6'd45;
  localparam logic [5:0] PICO_BNAN   = 6'd46;
  localparam logic [5:0] PICO_DJNZ   = 6'd47;
  localparam logic [5:0] PICO_J      = 6'd48;
  localparam logic [5:0] PICO_JAL    = 6'd49;
  localparam logic [5:0] PICO_JR     = 6'd50;
  localparam logic [5:0] PICO_LED    = 6'd51;

  // Constants of the model, loaded by MODEL; stable for the rest of the step.
  typedef struct packed {
    logic [15:0] dim;
    logic [15:0] hidden;
    logic [7:0]  head_dim;
    logic [7:0]  q_per_kv;
    logic [7:0]  hs;          // KV heads per set: 1, 2 or 4
    logic [7:0]  sets;
    logic [15:0] blocks;      // 32-position blocks per slot
    logic [15:0] k_groups;    // chunks per cached K row of a set
    logic [15:0] q_base;
    logic [15:0] p_base;
    logic [31:0] inv_dim;     // fp32
    logic [31:0] eps;         // fp32
    logic [7:0]  k_tail;      // bytes of the last chunk of a K row
    logic [7:0]  q_passes;
    logic        bias;        // Q, K and V matmuls take a vector and add it
    logic        qk_norm;     // Q and K matmuls take the gains of a head, and their heads are normed
    logic [31:0] head_eps;    // fp32: head_dim * eps, of that norm
  } model_t;

  // One row of a step.
  typedef struct packed {
    logic        live;
    logic        want;        // sample a token
    logic        dump;        // write logits to memory
    logic [7:0]  slot;
    logic [15:0] position;
    logic [31:0] token;
  } row_t;

  // One transfer for the array (weft_matrix): weights, a K block, a V block, or one chunk of an embedding row.
  typedef struct packed {
    mode_e       mode;
    logic        wait_idle;   // start only when idle_i is high and no panel is outstanding
    logic [15:0] panels;      // W, K: panels; V: unused; EMBED: unused
    logic [15:0] groups;      // G; V: 1
    logic [7:0]  tail;        // bytes of the last chunk (V: 32)
    logic [1:0]  ns_log2;     // log2 of scales per slot: heads that share a K chunk; W: outputs packed in a slot (parts)
    logic [15:0] src_base;    // act word address of pass 0, group 0
    logic [15:0] pass_stride; // act words from one pass to the next
    logic [63:0] pass_mask;   // passes to run, bit per pass
    logic [7:0]  last_col;    // highest column with work
    logic [7:0]  head_dim;    // V: outputs per head of the set
    logic [7:0]  hs;          // V: heads in the set
    logic [1:0]  kv_buf;      // K, V: block index mod 4
    logic        o_buf;       // V: which half of the attention accumulators
    logic        o_last;      // V: last block of its set
    logic [7:0]  row;         // EMBED: destination row
    logic [15:0] emb_g;       // EMBED: group index
    logic        emb_last;    // EMBED: last group of the row
    logic [7:0]  pick;        // EMBED: index of the chunk's scale in the scale entry; low bits also pick the sub-row
  } array_desc_t;

  // What the lanes need to know about one group sum.
  typedef struct packed {
    mode_e       mode;
    logic [1:0]  parts_log2;  // W: outputs packed in a slot: 0 int8, 1 int4, 2 ternary
    logic        first;       // store instead of add (W, K: g = 0)
    logic        panel_last;  // last group sum of a panel (W, K) or of a V transfer, on last_col
    logic        acc_buf;     // W, K: panel buffer
    logic [7:0]  idx;         // W, K: output within the panel; V: d within the head
    logic [7:0]  pass;
    logic [1:0]  sub;         // V: head of the set the output belongs to
    logic [1:0]  kv_buf;
    logic        o_buf;
    logic        o_last;
  } group_ctx_t;

  // What happens to the results of one transfer (weft_drain).
  typedef struct packed {
    epi_e        epi;
    logic        is_k;        // K block: results are scores for the softmax
    logic        norm;        // multiply by rinv
    logic        want;        // only rows with want or dump
    logic [1:0]  parts_log2;  // matmul: outputs packed in a slot; a panel has PANEL_ROWS of each part
    logic [1:0]  copies_log2; // matmul: columns that hold the same row; at least parts_log2
    logic [1:0]  dst_copies_log2;  // columns that the results are written to
    logic [23:0] n;           // true outputs
    logic [15:0] panels;
    logic [7:0]  row_first;   // rows row_first .. row_first + rows - 1
    logic [7:0]  rows;
    logic [7:0]  set;         // K, O
    logic [15:0] block;       // K: block index; positions 32*block .. +31
    logic [1:0]  kv_buf;      // K
    logic        o_buf;       // K, O: half of the attention accumulators of this set
    logic        last;        // K: last block of its set; O: last set of the instruction
    logic [15:0] dst_base;
    logic [15:0] dst_groups;
    logic [31:0] qs;          // fp32
    logic [47:0] addr;        // K, V epilogues: region address relative to the KV base
    logic [15:0] instr;       // instruction number within the step, for the trace port
  } drain_desc_t;

  // A pair of results on its way through the epilogue. Element n and n + 1 of the destination vector, n even.
  typedef struct packed {
    epi_e        epi;
    logic        norm;
    logic [7:0]  row;
    logic [23:0] n;           // Q, K, V: output index; GLU: index of the gate row (2i); O: index in the concatenated heads
    logic        first;       // first pair of this instruction for this row
    logic        last;        // last pair of this instruction for this row
    logic        last_all;    // last pair of the instruction
    logic        odd_pad;     // n + 1 is beyond the last output: its value is to be ignored
    logic [7:0]  head;        // Q, K, V: head index
    logic [7:0]  d;           // Q, K, V: element within the head (even)
    logic [15:0] instr;
  } pair_ctx_t;

  // Where the quantizer sends a group: fields of the descriptor.
  typedef struct packed {
    epi_e        epi;
    logic [1:0]  dst_copies_log2;
    logic [15:0] dst_base;
    logic [15:0] dst_groups;
    logic [31:0] qs;
    logic [47:0] addr;
  } quant_cfg_t;

endpackage
// verilator lint_on UNUSEDPARAM
// verilator lint_on SYMRSVDWORD

`default_nettype wire
