// The executor's trace: results in the order in which the drain sends them.
#include <algorithm>

#include "sw/golden/executor.h"
#include "sw/golden/fp_env.h"

namespace weft::golden {

// For panel, for row, for pair; v has a row every `stride` floats.
void Executor::TraceVectors(uint32_t instr, Epilogue epilogue, Rows which, uint32_t panel, uint32_t n,
                            const float* v, size_t stride) {
  for (uint32_t first = 0; first < n; first += panel) {
    for (uint32_t r : which) {
      for (uint32_t i = first; i < std::min(first + panel, n); i += 2) {
        const float* pair = v + r * stride + i;
        trace_({instr, epilogue, r, i, Canon(pair[0]), i + 1 < n ? Canon(pair[1]) : 0.0f});
      }
    }
  }
}

void Executor::TraceMatmul(const Node& node, Rows which) {
  const MatmulInstr& m = node.matmul;
  // A panel of one output still comes in pairs.
  const uint32_t panel = std::max(panel_rows_, 2u);
  if (m.epilogue == Epilogue::kRes) {
    return TraceVectors(node.number, m.epilogue, which, panel, m.n, x_.data(), x_stride_);
  }
  if (m.epilogue != Epilogue::kGlu) {
    return TraceVectors(node.number, m.epilogue, which, panel, m.n, y_.data(), y_stride_);
  }
  for (uint32_t first = 0; first < m.n; first += panel) {
    for (uint32_t r : which) {
      for (uint32_t i = first; i < std::min(first + panel, m.n); i += 2) {
        trace_({node.number, m.epilogue, r, i, Canon(h_[r * h_stride_ + i / 2]), 0.0f});
      }
    }
  }
}

// For segment (rows of one slot), for set, for row, for query head of the set, for pair.
void Executor::TraceAttention(const Node& node, std::span<const Row> rows) {
  const uint32_t width = q_heads_ / program_.model.sets * program_.model.head_dim;  // of a set
  for (uint32_t first = 0, next = 0; first < rows.size(); first = next) {
    while (next < rows.size() && rows[next].slot == rows[first].slot) ++next;
    for (uint32_t set = 0; set < program_.model.sets; ++set) {
      for (uint32_t r = first; r < next; ++r) {
        for (uint32_t n = set * width; n < (set + 1) * width; n += 2) {
          const float* pair = &o_[r * o_stride_ + n];
          trace_({node.number, Epilogue::kO, r, n, Canon(pair[0]), Canon(pair[1])});
        }
      }
    }
  }
}

}  // namespace weft::golden
