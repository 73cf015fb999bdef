// What the words of an instruction say: its kind, flags, whether this chip has it, and the constants that a MODEL carries.
//
// Combinational. An instruction is of one kind or bad: is_bad_o has a reserved opcode, or a MATMUL with a reserved weight
// type or epilogue (is_matmul_o is high with it).
// Formats: docs/isa.md.  Golden model: sw/compiler/isa.h.  Block notes: docs/reference/sequencer.md
`default_nettype none

module weft_seq_decode (
  input  logic [255:0]     instr_i,
  output logic             is_end_o,
  output logic             is_loadi_o,
  output logic             is_model_o,
  output logic             is_rope_o,
  output logic             is_embed_o,
  output logic             is_vec_o,
  output logic             is_matmul_o,
  output logic             is_attn_o,
  output logic             is_bad_o,
  output logic             is_shared_o,     // MATMUL: its groups share scales
  output logic             is_kv_matmul_o,  // MATMUL: its results go to the KV cache
  output logic             norm_o,
  output logic             wait_o,
  output weft_pkg::model_t model_o          // of a MODEL
);

  logic [31:0] w0, w1, w2, w3, w4, w5, w6, w7;
  logic [7:0]  op, epi, weights;
  assign {w7, w6, w5, w4, w3, w2, w1, w0} = instr_i;
  assign op      = w0[7:0];
  assign epi     = w0[15:8];
  assign weights = w0[23:16];

  assign is_end_o    = op == 8'(weft_pkg::OP_END);
  assign is_loadi_o  = op == 8'(weft_pkg::OP_LOADI);
  assign is_model_o  = op == 8'(weft_pkg::OP_MODEL);
  assign is_rope_o   = op == 8'(weft_pkg::OP_ROPE);
  assign is_embed_o  = op == 8'(weft_pkg::OP_EMBED);
  assign is_vec_o    = op == 8'(weft_pkg::OP_VEC);
  assign is_matmul_o = op == 8'(weft_pkg::OP_MATMUL);
  assign is_attn_o   = op == 8'(weft_pkg::OP_ATTN);
  assign is_bad_o    = op > 8'(weft_pkg::OP_ATTN) ||
                       (is_matmul_o && (weights == 8'd0 || weights > 8'd3 || epi > 8'(weft_pkg::EPI_LOGITS)));

  assign is_shared_o    = is_matmul_o && weights == 8'd3;
  assign is_kv_matmul_o = is_matmul_o && (epi == 8'(weft_pkg::EPI_K) || epi == 8'(weft_pkg::EPI_V));
  assign norm_o         = w0[24];
  assign wait_o         = w0[26];

  always_comb begin
    model_o.dim      = w1[15:0];
    model_o.hidden   = w1[31:16];
    model_o.head_dim = w2[7:0];
    model_o.q_per_kv = w2[15:8];
    model_o.hs       = w2[23:16];
    model_o.sets     = w2[31:24];
    model_o.blocks   = w3[15:0];
    model_o.k_groups = w3[31:16];
    model_o.q_base   = w4[15:0];
    model_o.p_base   = w4[31:16];
    model_o.inv_dim  = w5;
    model_o.eps      = w6;
    model_o.k_tail   = w7[7:0];
    model_o.q_passes = w7[15:8];
    model_o.bias     = w0[27];
    model_o.qk_norm  = w0[28];
    model_o.head_eps = {w7[31:16], w0[23:8]};
  end

  logic unused;
  assign unused = &{1'b0, w0[31:29], w0[25]};

endmodule

`default_nettype wire
