#include "sw/formats/llama2c.h"

#include <cstring>

#include "sw/formats/cursor.h"

namespace weft {
namespace {

constexpr uint32_t kMagic = 0x616b3432;  // "24ka", in front of versions 1 and 2
constexpr size_t kLaterHeaderBytes = 256;

struct Header {
  int32_t version = 0;
  int32_t dim = 0, hidden = 0, layers = 0, heads = 0, kv_heads = 0, vocab = 0, context = 0;
  bool tied = false;
  int32_t group = 0;  // version 2
};

void ReadCounts(Cursor* in, Header* h) {
  for (int32_t* field : {&h->dim, &h->hidden, &h->layers, &h->heads, &h->kv_heads, &h->vocab, &h->context}) {
    *field = in->Read<int32_t>("the header");
  }
}

// Leaves the cursor at the first weight.
Header ReadHeader(std::span<const uint8_t> bytes, Cursor* in) {
  Header h;
  if (Cursor(bytes).Read<uint32_t>("the header") != kMagic) {
    ReadCounts(in, &h);
    h.tied = h.vocab > 0;
    if (h.vocab < 0 && h.vocab != INT32_MIN) h.vocab = -h.vocab;
    return h;
  }
  in->Read<uint32_t>("the header");
  h.version = in->Read<int32_t>("the header");
  if (in->ok() && h.version != 1 && h.version != 2) {
    in->Fail("is a llama2.c checkpoint of version " + std::to_string(h.version) + ", wanted 0, 1 or 2");
  }
  ReadCounts(in, &h);
  const uint8_t tied = in->Read<uint8_t>("the header");
  if (in->ok() && tied > 1) {
    in->Fail("the header's tied-classifier flag is " + std::to_string(tied) + ", wanted 0 or 1");
  }
  h.tied = tied == 1;
  if (h.version == 2) h.group = in->Read<int32_t>("the header");
  if (in->ok()) in->Take(kLaterHeaderBytes - in->at(), "the header");
  return h;
}

// What the header gets wrong by its sign, or between its own numbers; ValidateConfig does the rest.
Status CheckHeader(const Header& h) {
  const struct {
    const char* what;
    int32_t value;
  } fields[] = {{"embedding length", h.dim},   {"feed-forward length", h.hidden},
                {"layer count", h.layers},     {"head count", h.heads},
                {"KV head count", h.kv_heads}, {"context length", h.context}};
  for (const auto& field : fields) {
    if (field.value > 0) continue;
    return Error{std::string("the header's ") + field.what + " is " + std::to_string(field.value) +
                 ", wanted at least 1"};
  }
  if (h.vocab <= 0) {
    return Error{"the header's vocabulary size is " + std::to_string(h.vocab) +
                 (h.version == 0 ? ", wanted a positive number (tied classifier) or a negative one (its own)"
                                 : ", wanted at least 1")};
  }
  if (h.dim % h.heads != 0) {
    return Error{"the header's embedding length is " + std::to_string(h.dim) + ", wanted a multiple of its " +
                 std::to_string(h.heads) + " heads"};
  }
  if (h.version == 2 && h.group <= 0) {
    return Error{"the header's group size is " + std::to_string(h.group) + ", wanted at least 1"};
  }
  return {};
}

// One tensor of the file.
struct Piece {
  Tensor* tensor;  // null: to be skipped
  uint32_t rows, cols;
  bool quantized;  // int8 with group scales, else float32

  uint64_t elements() const { return uint64_t{rows} * cols; }
  uint64_t bytes(uint64_t group) const {
    return quantized ? elements() + elements() / group * sizeof(float) : elements() * sizeof(float);
  }
};

// Every tensor in the order of the file.
std::vector<Piece> Pieces(const Header& h, Checkpoint* c) {
  const ModelConfig& m = c->config;
  const uint32_t q_width = m.heads * m.head_dim, kv_width = m.kv_heads * m.head_dim;
  std::vector<Piece> pieces;
  const auto matrix = [&](Tensor* tensor, uint32_t rows, uint32_t cols) {
    pieces.push_back({tensor, rows, cols, h.version == 2});
  };
  const auto matrices = [&](Tensor LayerWeights::* tensor, uint32_t rows, uint32_t cols) {
    for (LayerWeights& layer : c->layers) matrix(&(layer.*tensor), rows, cols);
  };
  const auto gains = [&](Tensor LayerWeights::* tensor) {
    for (LayerWeights& layer : c->layers) pieces.push_back({&(layer.*tensor), 1, m.dim, false});
  };
  if (h.version > 0) {
    gains(&LayerWeights::attn_norm);
    gains(&LayerWeights::ffn_norm);
    pieces.push_back({&c->output_norm, 1, m.dim, false});
  }
  matrix(&c->token_embd, m.vocab, m.dim);
  if (h.version == 0) gains(&LayerWeights::attn_norm);
  matrices(&LayerWeights::wq, q_width, m.dim);
  matrices(&LayerWeights::wk, kv_width, m.dim);
  matrices(&LayerWeights::wv, kv_width, m.dim);
  matrices(&LayerWeights::wo, m.dim, q_width);
  if (h.version == 0) gains(&LayerWeights::ffn_norm);
  matrices(&LayerWeights::w_gate, m.hidden, m.dim);
  matrices(&LayerWeights::w_down, m.dim, m.hidden);
  matrices(&LayerWeights::w_up, m.hidden, m.dim);
  if (h.version == 0) {
    pieces.push_back({&c->output_norm, 1, m.dim, false});
    pieces.push_back({nullptr, m.context, m.head_dim, false});  // the RoPE tables, cos and sin
  }
  if (!h.tied) matrix(&c->output, m.vocab, m.dim);
  return pieces;
}

// Takes the piece from the file; its bytes must be there.
void Fill(const Piece& piece, uint64_t group, Cursor* in) {
  const auto from = in->Take(piece.bytes(group), "the weights");
  if (piece.tensor == nullptr || from.empty()) return;
  Tensor& tensor = *piece.tensor;
  tensor.type = DType::kF32;
  tensor.rows = piece.rows;
  tensor.cols = piece.cols;
  if (!piece.quantized) {
    tensor.data.assign(from.begin(), from.end());
    return;
  }
  const uint64_t count = piece.elements();
  tensor.data.resize(count * sizeof(float));
  for (uint64_t i = 0; i < count; ++i) {
    float scale;
    std::memcpy(&scale, from.data() + count + i / group * sizeof scale, sizeof scale);
    const float value = static_cast<float>(static_cast<int8_t>(from[i])) * scale;
    std::memcpy(tensor.data.data() + i * sizeof value, &value, sizeof value);
  }
}

ModelConfig ConfigOf(const Header& h) {
  ModelConfig m;
  m.dim = static_cast<uint32_t>(h.dim);
  m.hidden = static_cast<uint32_t>(h.hidden);
  m.layers = static_cast<uint32_t>(h.layers);
  m.heads = static_cast<uint32_t>(h.heads);
  m.kv_heads = static_cast<uint32_t>(h.kv_heads);
  m.head_dim = m.dim / m.heads;
  m.vocab = static_cast<uint32_t>(h.vocab);
  m.context = static_cast<uint32_t>(h.context);
  return m;
}

}  // namespace

bool LooksLikeLlama2c(std::span<const uint8_t> bytes) {
  Cursor in(bytes);
  if (Cursor(bytes).Read<uint32_t>("the header") == kMagic) return true;
  const Header h = ReadHeader(bytes, &in);
  const auto count = [](int32_t value) { return value > 0 && value < (1 << 24); };
  return in.ok() && count(h.dim) && count(h.hidden) && count(h.layers) && count(h.heads) &&
         count(h.kv_heads) && count(h.vocab) && count(h.context);
}

Result<Checkpoint> ReadLlama2c(std::span<const uint8_t> bytes) {
  Cursor in(bytes);
  const Header h = ReadHeader(bytes, &in);
  if (!in.ok()) return *in.status();
  if (auto bad = CheckHeader(h)) return *bad;
  Checkpoint checkpoint;
  checkpoint.config = ConfigOf(h);
  if (auto bad = ValidateConfig(checkpoint.config)) return *bad;
  checkpoint.layers.resize(checkpoint.config.layers);
  const std::vector<Piece> pieces = Pieces(h, &checkpoint);
  const uint64_t group = static_cast<uint64_t>(h.group);
  uint64_t wanted = in.at();  // cannot overflow: a valid config keeps the sum below 2^60
  for (const Piece& piece : pieces) {
    if (piece.quantized && piece.elements() % group != 0) {
      return Error{"the header's group size is " + std::to_string(group) + ", wanted a divisor of the " +
                   std::to_string(piece.elements()) + " elements of a matrix [" + std::to_string(piece.rows) +
                   "][" + std::to_string(piece.cols) + "]"};
    }
    wanted += piece.bytes(group);
  }
  if (bytes.size() != wanted) {
    return Error{"has " + std::to_string(bytes.size()) + " bytes, wanted the " + std::to_string(wanted) +
                 " that its llama2.c header describes"};
  }
  for (const Piece& piece : pieces) Fill(piece, group, &in);
  if (!in.ok()) return *in.status();
  if (auto bad = Validate(checkpoint)) return *bad;
  if (auto bad = CheckFinite(checkpoint)) return *bad;
  return checkpoint;
}

}  // namespace weft
