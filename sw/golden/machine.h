// The golden model: executes a tape instruction by instruction with the bits of docs/numerics.md.
//
// It reads what the chip reads (instructions, payloads, tables), not the checkpoint, and keeps the KV cache.
// The RTL must equal it in every token, logit and trace value.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/compiler/isa.h"

namespace weft::golden {

// One live row of a step. Rows of one slot are adjacent, with consecutive ascending positions.
struct Row {
  uint32_t token = 0;
  uint32_t position = 0;
  uint32_t slot = 0;
  bool want = false;   // sample a token
  bool dump = false;   // keep the logits
  float z = 0;         // fp32(log2(e) / temperature)
  uint32_t top_k = 1;  // 1: greedy
  uint32_t seed = 0;
};

// A pair of results as the trace port shows it (docs/microarchitecture.md). NaN is canonical.
struct TraceEvent {
  uint32_t instr;  // order of issue within the step, from 0
  Epilogue epilogue;
  uint32_t row;
  uint32_t n;  // even; v1 is 0 for GLU and, past the last output, of no meaning
  float v0, v1;
};
using TraceFn = std::function<void(const TraceEvent&)>;

// Valid until the next step.
struct StepResult {
  std::span<const uint32_t> tokens;  // [rows]; 0 for a row that does not want one
  const float* logits = nullptr;     // row r's [vocab] start at r * stride; rows with dump only
  size_t stride = 0;
  uint32_t vocab = 0;

  std::span<const float> Logits(size_t row) const { return {logits + row * stride, vocab}; }
};

class Machine {
 public:
  // Unpacks the tape, which must outlive the machine: embedding rows and the RoPE table are read in place.
  static Result<Machine> Create(const HwConfig& hw, const Tape& tape);

  Machine(Machine&&) noexcept;
  Machine& operator=(Machine&&) noexcept;
  ~Machine();

  // One reading of the tape: every row advances by one token. A refused step changes nothing.
  Result<StepResult> Step(std::span<const Row> rows);

  // Called for every pair of results, in the order of the drain; empty for none (much faster).
  void SetTrace(TraceFn trace);

  // Forgets every sequence. Positions in use are the caller's business, so nothing depends on it.
  void Reset();

  uint32_t max_rows() const;
  uint32_t context() const;
  uint32_t slots() const;
  uint32_t vocab() const;

 private:
  class Impl;
  explicit Machine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft::golden
