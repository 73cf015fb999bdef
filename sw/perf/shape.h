// What the blocks of the cycle model know of the chip, the model and the step.
#pragma once

#include <cstdint>
#include <vector>

#include "sw/compiler/config.h"
#include "sw/compiler/isa.h"
#include "sw/perf/timing.h"

namespace weft::perf {

// The memory on the other side of the port (sw/runtime/axi_memory.h), as far as it takes time.
struct MemoryTiming {
  Time read_latency = 16;  // from an accepted address to its first beat
  Time write_latency = 8;  // from a write's beat to its answer
};

// One row of a step.
struct Row {
  uint32_t token = 0, position = 0, slot = 0;
  bool want = false, dump = false;
  uint32_t top_k = 1;
};

// Adjacent rows of one slot: weft_seq_segments.sv.
struct Segment {
  uint32_t first_row = 0, rows = 0, slot = 0;
  uint32_t own_block = 0;  // the oldest block that this step writes
  uint32_t last_block = 0;
  uint32_t passes = 0;  // of the array, over the virtual rows of a set
  uint32_t last_col = 0;
};

// Everything that is fixed for a step.
struct StepShape {
  HwConfig hw;
  MemoryTiming memory;
  ModelInstr model;
  uint64_t kv_base = 0;
  std::vector<Row> rows;
  std::vector<Segment> segments;
  std::vector<uint32_t> all_rows;     // 0, 1, ..
  std::vector<uint32_t> wanted_rows;  // with want or dump

  uint32_t set_heads() const { return model.q_per_kv * model.hs; }  // query heads of a set: GQ
};

// Work for the drain: weft_pkg::drain_desc_t, as far as it takes time.
struct DrainWork {
  enum class Kind { kMatmul, kScores, kOutput, kEmbed };
  Kind kind = Kind::kMatmul;
  Epilogue epilogue = Epilogue::kQ;
  bool norm = false;
  bool last = false;  // outputs: the instruction's last set of its last segment
  uint32_t n = 0;     // outputs
  uint32_t panels = 0;
  uint32_t parts = 1;  // matmul: outputs packed in a slot; a panel has panel_rows of each
  const std::vector<uint32_t>* rows = nullptr;  // matmul, embed
  uint32_t first_row = 0, row_count = 0;        // scores, outputs: of the segment
  uint32_t set = 0, block = 0;
  uint32_t instr = 0;
  Time seen = 0;  // on the queue's output
};

}  // namespace weft::perf
