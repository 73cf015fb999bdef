#include "sw/formats/rope_order.h"

#include <cstring>

namespace weft {

void ReorderHeads(Tensor* tensor, uint32_t head_dim, RopeOrder from, RopeOrder to) {
  if (from == to || tensor->empty()) return;
  const bool vector = tensor->rows == 1;
  const size_t count = vector ? tensor->cols : tensor->rows;
  const size_t bytes = vector ? RowBytes(tensor->type, 1) : RowBytes(tensor->type, tensor->cols);
  WEFT_CHECK(count % head_dim == 0, "whole heads are reordered");
  std::vector<uint8_t> out(tensor->data.size());
  for (size_t head = 0; head < count; head += head_dim) {
    for (size_t i = 0; i < head_dim; ++i) {
      const size_t split = i / 2 + i % 2 * (head_dim / 2);  // where the half-split order keeps element i
      const size_t source = head + (to == RopeOrder::kInterleaved ? split : i);
      const size_t target = head + (to == RopeOrder::kInterleaved ? i : split);
      std::memcpy(out.data() + target * bytes, tensor->data.data() + source * bytes, bytes);
    }
  }
  tensor->data = std::move(out);
}

void ReorderHeads(Checkpoint* checkpoint, RopeOrder from, RopeOrder to) {
  for (LayerWeights& layer : checkpoint->layers) {
    for (Tensor* tensor : {&layer.wq, &layer.wk, &layer.bq, &layer.bk, &layer.q_norm, &layer.k_norm}) {
      ReorderHeads(tensor, checkpoint->config.head_dim, from, to);
    }
  }
}

}  // namespace weft
