// A tape made ready to run: instructions with their payloads unpacked and their operands resolved.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/isa.h"
#include "sw/compiler/layout.h"
#include "sw/golden/packed_matrix.h"

namespace weft::golden {

// One instruction that computes. LOADI, MODEL, ROPE and VEC are folded into the others at load time.
struct Node {
  Op op = Op::kEnd;
  uint32_t number = 0;  // order of issue within the step
  MatmulInstr matmul;
  AttnInstr attn;
  EmbedInstr embed;
  PackedMatrix weights;       // MATMUL
  PanelLayout table;          // EMBED
  uint32_t vector = 0;        // RES, EMBED, normed Q, K: its gains; biased Q, K, V: its bias; index into vectors
  uint32_t src = 0, dst = 0;  // indices into activations
  uint32_t layer = 0;         // K, V, ATTN
};

// Name and width of a quantized vector in activation memory.
struct ActShape {
  uint32_t base = 0;
  uint32_t groups = 0;
  uint32_t copies_log2 = 0;  // columns that hold it, as last written
};

struct Program {
  ModelInstr model;
  RopeInstr rope;
  std::vector<Node> nodes;
  std::vector<std::vector<float>> vectors;  // of the VECs, padded with zeros to whole vectors of lanes
  std::vector<ActShape> activations;
  uint32_t layers = 0;
  uint32_t vocab = 0;
  uint32_t max_outputs = 0;  // of any MATMUL, padded
};

// Refuses a tape whose instructions do not fit together, in a sentence.
Result<Program> LoadProgram(const HwConfig& hw, const Tape& tape);

}  // namespace weft::golden
