#include "sw/model/checkpoint.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "sw/model/architecture.h"

namespace weft {
namespace {

constexpr uint32_t kMaxWidth = 1u << 20;  // dim, hidden, heads * head_dim
constexpr uint32_t kMaxLayers = 1u << 12;
constexpr uint32_t kMaxVocab = 1u << 24;
constexpr uint32_t kMaxContext = 1u << 27;

bool AllFinite(const Tensor& tensor) {
  constexpr uint32_t kExponent = 0x7f800000u;
  std::vector<float> row(tensor.cols);
  for (uint32_t r = 0; r < tensor.rows; ++r) {
    tensor.Row(r, row.data());
    uint32_t bad = 0;  // not a branch for each weight: this loop is vectorized
    for (const float value : row) bad |= (std::bit_cast<uint32_t>(value) & kExponent) == kExponent;
    if (bad != 0) return false;
  }
  return true;
}

// A pair of bits of a TQ2_0 value is 0, 1 or 2; a fourth value has no meaning that everyone shares.
bool AllTernary(const Tensor& tensor) {
  const size_t block_bytes = RowBytes(DType::kTQ2_0, 256);
  uint8_t bad = 0;
  for (size_t at = 0; at < tensor.data.size(); at += block_bytes) {
    for (size_t i = 0; i < 64; ++i) bad |= tensor.data[at + i] & tensor.data[at + i] >> 1 & 0x55;
  }
  return bad == 0;
}

std::string Shape(uint32_t rows, uint32_t cols) {
  return "[" + std::to_string(rows) + "][" + std::to_string(cols) + "]";
}

Status CheckCount(const char* what, uint32_t value, uint32_t limit) {
  if (value >= 1 && value <= limit) return {};
  return Error{std::string("the model's ") + what + " is " + std::to_string(value) + ", wanted 1 to " +
               std::to_string(limit)};
}

Status CheckTensor(const TensorSlot<const Tensor>& slot) {
  const Tensor& tensor = *slot.tensor;
  const std::string name = "tensor '" + slot.name + "' ";
  if (tensor.empty() && slot.optional) return {};
  if (!IsReadable(tensor.type)) {
    return Error{name + "has type id " + std::to_string(static_cast<uint32_t>(tensor.type)) + ", wanted " +
                 ReadableDTypes()};
  }
  if (tensor.rows != slot.rows || tensor.cols != slot.cols) {
    return Error{name + "has shape " + Shape(tensor.rows, tensor.cols) + ", wanted " +
                 Shape(slot.rows, slot.cols)};
  }
  const std::string type = DTypeName(tensor.type);
  const uint32_t block = BlockSize(tensor.type);
  if (block > 1 && slot.vector) return Error{name + "is " + type + ", wanted F32, F16 or BF16"};
  if (tensor.cols % block != 0) {
    return Error{name + "is " + type + " with rows of " + std::to_string(tensor.cols) +
                 " elements, wanted a multiple of " + std::to_string(block)};
  }
  const uint64_t want = tensor.rows * RowBytes(tensor.type, tensor.cols);
  if (tensor.data.size() != want) {
    return Error{name + "holds " + std::to_string(tensor.data.size()) + " bytes, wanted " +
                 std::to_string(want)};
  }
  return {};
}

Status CheckVocabulary(const Vocabulary& vocab, uint32_t size) {
  if (vocab.pieces.size() != size) {
    return Error{"the vocabulary has " + std::to_string(vocab.pieces.size()) + " pieces, wanted " +
                 std::to_string(size)};
  }
  return ValidateVocabulary(vocab);
}

template <typename T, typename C>
std::vector<TensorSlot<T>> Slots(C& c) {
  const ModelConfig& m = c.config;
  const uint32_t q_width = m.heads * m.head_dim;
  const uint32_t kv_width = m.kv_heads * m.head_dim;
  std::vector<TensorSlot<T>> slots;
  const auto matrix = [&](std::string name, T& tensor, uint32_t rows, uint32_t cols, bool optional = false) {
    slots.push_back({std::move(name), &tensor, rows, cols, false, optional});
  };
  const auto vector = [&](std::string name, T& tensor, uint32_t cols) {
    slots.push_back({std::move(name), &tensor, 1, cols, true, false});
  };
  const Architecture* architecture = FindArchitecture(m.architecture);
  WEFT_CHECK(architecture != nullptr, "the config is valid");
  matrix("token_embd.weight", c.token_embd, m.vocab, m.dim);
  for (size_t i = 0; i < c.layers.size(); ++i) {
    auto& layer = c.layers[i];
    const std::string block = "blk." + std::to_string(i) + ".";
    vector(block + "attn_norm.weight", layer.attn_norm, m.dim);
    matrix(block + "attn_q.weight", layer.wq, q_width, m.dim);
    matrix(block + "attn_k.weight", layer.wk, kv_width, m.dim);
    matrix(block + "attn_v.weight", layer.wv, kv_width, m.dim);
    if (architecture->qkv_bias) {
      vector(block + "attn_q.bias", layer.bq, q_width);
      vector(block + "attn_k.bias", layer.bk, kv_width);
      vector(block + "attn_v.bias", layer.bv, kv_width);
    }
    if (architecture->qk_norm) {
      vector(block + "attn_q_norm.weight", layer.q_norm, m.head_dim);
      vector(block + "attn_k_norm.weight", layer.k_norm, m.head_dim);
    }
    matrix(block + "attn_output.weight", layer.wo, m.dim, q_width);
    vector(block + "ffn_norm.weight", layer.ffn_norm, m.dim);
    matrix(block + "ffn_gate.weight", layer.w_gate, m.hidden, m.dim);
    matrix(block + "ffn_up.weight", layer.w_up, m.hidden, m.dim);
    matrix(block + "ffn_down.weight", layer.w_down, m.dim, m.hidden);
  }
  vector("output_norm.weight", c.output_norm, m.dim);
  matrix("output.weight", c.output, m.vocab, m.dim, /*optional=*/true);
  return slots;
}

}  // namespace

void Tensor::Row(uint32_t row, float* out) const {
  WEFT_CHECK(row < rows, "the row must exist");
  const DTypeInfo& info = *FindDType(static_cast<uint32_t>(type));
  info.decode(data.data() + row * RowBytes(type, cols), cols / info.block, out);
}

std::vector<TensorSlot<Tensor>> TensorSlots(Checkpoint& checkpoint) { return Slots<Tensor>(checkpoint); }
std::vector<TensorSlot<const Tensor>> TensorSlots(const Checkpoint& checkpoint) {
  return Slots<const Tensor>(checkpoint);
}

Status ValidateConfig(const ModelConfig& m) {
  if (FindArchitecture(m.architecture) == nullptr) {
    return Error{"the model's architecture is '" + m.architecture + "', wanted " + ArchitectureNames()};
  }
  if (auto bad = CheckCount("embedding length", m.dim, kMaxWidth)) return bad;
  if (auto bad = CheckCount("feed-forward length", m.hidden, kMaxWidth)) return bad;
  if (auto bad = CheckCount("layer count", m.layers, kMaxLayers)) return bad;
  if (auto bad = CheckCount("head count", m.heads, kMaxWidth)) return bad;
  if (auto bad = CheckCount("KV head count", m.kv_heads, kMaxWidth)) return bad;
  if (auto bad = CheckCount("head size", m.head_dim, kMaxWidth)) return bad;
  if (auto bad = CheckCount("vocabulary size", m.vocab, kMaxVocab)) return bad;
  if (auto bad = CheckCount("context length", m.context, kMaxContext)) return bad;
  if (m.heads % m.kv_heads != 0) {
    return Error{"the model's head count is " + std::to_string(m.heads) + ", wanted a multiple of its " +
                 std::to_string(m.kv_heads) + " KV heads"};
  }
  if (m.head_dim % 2 != 0) {
    return Error{"the model's head size is " + std::to_string(m.head_dim) + ", wanted an even number"};
  }
  const uint64_t width = uint64_t{m.heads} * m.head_dim;
  if (width > kMaxWidth) {
    return Error{"the model's heads are " + std::to_string(width) + " wide together, wanted at most " +
                 std::to_string(kMaxWidth)};
  }
  if (!(m.rope_theta > 0) || !std::isfinite(m.rope_theta)) {
    return Error{"the model's RoPE base is " + std::to_string(m.rope_theta) + ", wanted a positive number"};
  }
  if (!m.rope_factors.empty() && m.rope_factors.size() != m.head_dim / 2) {
    return Error{"the model has " + std::to_string(m.rope_factors.size()) + " RoPE factors, wanted " +
                 std::to_string(m.head_dim / 2) + ", one for each pair of a head"};
  }
  for (const float factor : m.rope_factors) {
    if (factor > 0 && std::isfinite(factor)) continue;
    return Error{"a RoPE factor of the model is " + std::to_string(factor) + ", wanted a positive number"};
  }
  if (!(m.norm_eps >= 0) || !(m.norm_eps < 1)) {
    return Error{"the model's norm epsilon is " + std::to_string(m.norm_eps) + ", wanted 0 to 1"};
  }
  return {};
}

Status Validate(const Checkpoint& checkpoint) {
  if (auto bad = ValidateConfig(checkpoint.config)) return bad;
  if (checkpoint.layers.size() != checkpoint.config.layers) {
    return Error{"the model holds " + std::to_string(checkpoint.layers.size()) + " layers, wanted " +
                 std::to_string(checkpoint.config.layers)};
  }
  for (const auto& slot : TensorSlots(checkpoint)) {
    if (auto bad = CheckTensor(slot)) return bad;
  }
  if (checkpoint.vocab.empty()) return {};
  return CheckVocabulary(checkpoint.vocab, checkpoint.config.vocab);
}

Status CheckFinite(const Checkpoint& checkpoint) {
  for (const auto& slot : TensorSlots(checkpoint)) {
    if (slot.tensor->type == DType::kTQ2_0 && !AllTernary(*slot.tensor)) {
      return Error{"tensor '" + slot.name + "' has a ternary value of code 3, wanted codes 0 to 2"};
    }
    if (AllFinite(*slot.tensor)) continue;
    const char* what = BlockSize(slot.tensor->type) > 1 ? "scale" : "weight";
    return Error{"tensor '" + slot.name + "' has a " + what + " that is infinite or NaN, wanted finite " +
                 what + "s"};
  }
  return {};
}

}  // namespace weft
