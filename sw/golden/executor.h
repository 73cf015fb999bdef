// Runs a loaded program over the rows of one step: one function per instruction and epilogue.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sw/golden/activations.h"
#include "sw/golden/attention.h"
#include "sw/golden/machine.h"
#include "sw/golden/program.h"

namespace weft::golden {

class Executor {
 public:
  // Keeps a view of the tape's bytes.
  Executor(const HwConfig& hw, const Tape& tape, Program program);

  // Rows are checked; the caller holds an FpEnv.
  StepResult Step(std::span<const Row> rows);
  void SetTrace(TraceFn trace) { trace_ = std::move(trace); }
  uint32_t vocab() const { return program_.vocab; }

 private:
  using Rows = std::span<const uint32_t>;  // indices of rows that take part

  void LoadRope(std::span<const Row> rows);
  void Embed(const Node& node, std::span<const Row> rows);
  void Matmul(const Node& node, std::span<const Row> rows);
  void Attention(const Node& node, std::span<const Row> rows);

  void AddBias(const Node& node, Rows which);
  void NormHeads(const Node& node, Rows which);
  void Rope(Rows which, uint32_t width);
  void Queries(const Node& node, Rows which);
  void Cache(const Node& node, Rows which, std::span<const Row> rows);
  void Residual(const Node& node, uint32_t row, bool embedding);
  void Glu(const Node& node, Rows which);
  void Logits(Rows which, std::span<const Row> rows);
  // dst[row] <- v[n] in groups of 32; v has room for 32 past its end.
  void QuantizeRow(uint32_t dst, uint32_t row, const float* v, uint32_t n, float qs);

  void TraceMatmul(const Node& node, Rows which);
  void TraceVectors(uint32_t instr, Epilogue epilogue, Rows which, uint32_t panel, uint32_t n, const float* v,
                    size_t stride);
  void TraceAttention(const Node& node, std::span<const Row> rows);

  float* y(uint32_t row) { return y_.data() + row * y_stride_; }

  Program program_;
  std::span<const uint8_t> tape_;
  TraceFn trace_;
  uint32_t panel_rows_, max_topk_;
  uint32_t q_heads_, kv_heads_;
  size_t x_stride_, y_stride_, h_stride_, o_stride_, rope_stride_;

  std::vector<LayerCache> caches_;  // [layer]
  std::vector<Activations> activations_;
  Aligned<float> x_;                    // [row][dim], the residual stream
  Aligned<float> rinv_;                 // [row]
  Aligned<float> hinv_;                 // [row][head], of the last Q or K; 1 in models that do not norm heads
  Aligned<float> y_;                    // [row][outputs] of the last MATMUL
  Aligned<float> h_;                    // [row][hidden]
  Aligned<float> o_;                    // [row][heads * head_dim], attention output
  Aligned<float> rope_cos_, rope_sin_;  // [row][head_dim], for lanes 2i and 2i+1; -s where s is subtracted
  Activations q_;                       // queries, [row][head * groups]
  std::vector<uint32_t> all_, wanted_;  // row indices
  std::vector<uint32_t> tokens_;
  std::vector<int8_t> embed_q_;
  std::vector<uint16_t> embed_scales_;
};

}  // namespace weft::golden
