#include "sw/formats/llama2c.h"

#include <algorithm>

#include "sw/formats/cursor.h"
#include "sw/formats/piece_text.h"

namespace weft {
namespace {

constexpr size_t kHeaderBytes = 7 * sizeof(int32_t);
constexpr uint32_t kLaterVersionMagic = 0x616b3432;  // "ak42", versions 1 and 2

struct Header {
  int32_t dim, hidden, layers, heads, kv_heads, vocab, context;
};

// Shapes and weights behind the header, in the file's order.
class WeightReader {
 public:
  WeightReader(Cursor* in, Checkpoint* checkpoint) : in_(in), c_(checkpoint), m_(checkpoint->config) {}

  // Takes what the header promises; the size must have been checked.
  void Run(bool shared) {
    const uint32_t q_width = m_.heads * m_.head_dim;
    const uint32_t kv_width = m_.kv_heads * m_.head_dim;
    Fill(&c_->token_embd, m_.vocab, m_.dim);
    FillLayers(&LayerWeights::attn_norm, 1, m_.dim);
    FillLayers(&LayerWeights::wq, q_width, m_.dim);
    FillLayers(&LayerWeights::wk, kv_width, m_.dim);
    FillLayers(&LayerWeights::wv, kv_width, m_.dim);
    FillLayers(&LayerWeights::wo, m_.dim, q_width);
    FillLayers(&LayerWeights::ffn_norm, 1, m_.dim);
    FillLayers(&LayerWeights::w_gate, m_.hidden, m_.dim);
    FillLayers(&LayerWeights::w_down, m_.dim, m_.hidden);
    FillLayers(&LayerWeights::w_up, m_.hidden, m_.dim);
    Fill(&c_->output_norm, 1, m_.dim);
    in_->Take(RopeTableBytes(m_), "the RoPE tables");
    if (!shared) Fill(&c_->output, m_.vocab, m_.dim);
  }

  static uint64_t RopeTableBytes(const ModelConfig& m) {
    return uint64_t{m.context} * m.head_dim * sizeof(float);
  }

 private:
  void Fill(Tensor* tensor, uint32_t rows, uint32_t cols) {
    tensor->type = DType::kF32;
    tensor->rows = rows;
    tensor->cols = cols;
    const auto from = in_->Take(rows * RowBytes(DType::kF32, cols), "the weights");
    tensor->data.assign(from.begin(), from.end());
  }
  void FillLayers(Tensor LayerWeights::* tensor, uint32_t rows, uint32_t cols) {
    for (LayerWeights& layer : c_->layers) Fill(&(layer.*tensor), rows, cols);
  }

  Cursor* in_;
  Checkpoint* c_;
  const ModelConfig& m_;
};

// Bytes of a whole file. Cannot overflow: a valid config keeps the sum below 2^58.
uint64_t FileBytes(const ModelConfig& m, bool shared) {
  const uint64_t q_width = uint64_t{m.heads} * m.head_dim;
  const uint64_t kv_width = uint64_t{m.kv_heads} * m.head_dim;
  const uint64_t layer =
      2 * uint64_t{m.dim} + 2 * q_width * m.dim + 2 * kv_width * m.dim + 3 * uint64_t{m.hidden} * m.dim;
  const uint64_t embeddings = (shared ? 1 : 2) * uint64_t{m.vocab} * m.dim;
  return kHeaderBytes + sizeof(float) * (embeddings + m.layers * layer + m.dim) +
         WeightReader::RopeTableBytes(m);
}

Header ReadHeader(Cursor* in) {
  Header h;
  h.dim = in->Read<int32_t>("the header");
  h.hidden = in->Read<int32_t>("the header");
  h.layers = in->Read<int32_t>("the header");
  h.heads = in->Read<int32_t>("the header");
  h.kv_heads = in->Read<int32_t>("the header");
  h.vocab = in->Read<int32_t>("the header");
  h.context = in->Read<int32_t>("the header");
  return h;
}

// Negative numbers become 0, which ValidateConfig refuses; but the message should show what was found.
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
  if (h.vocab == 0 || h.vocab == INT32_MIN) {
    return Error{"the header's vocabulary size is " + std::to_string(h.vocab) +
                 ", wanted a positive number (tied classifier) or a negative one (its own)"};
  }
  if (h.dim % h.heads != 0) {
    return Error{"the header's embedding length is " + std::to_string(h.dim) + ", wanted a multiple of its " +
                 std::to_string(h.heads) + " heads"};
  }
  return {};
}

}  // namespace

bool LooksLikeLlama2c(std::span<const uint8_t> bytes) {
  Cursor in(bytes);
  const Header h = ReadHeader(&in);
  const auto count = [](int32_t value) { return value > 0 && value < (1 << 24); };
  return in.ok() && count(h.dim) && count(h.hidden) && count(h.layers) && count(h.heads) &&
         count(h.kv_heads) && h.vocab != INT32_MIN && count(h.vocab < 0 ? -h.vocab : h.vocab) &&
         count(h.context);
}

Result<Checkpoint> ReadLlama2c(std::span<const uint8_t> bytes) {
  Cursor in(bytes);
  const Header h = ReadHeader(&in);
  if (static_cast<uint32_t>(h.dim) == kLaterVersionMagic) {
    return Error{"is a llama2.c checkpoint of version " + std::to_string(h.hidden) + ", wanted version 0"};
  }
  if (!in.ok()) return *in.status();
  if (auto bad = CheckHeader(h)) return *bad;
  const bool shared = h.vocab > 0;
  Checkpoint checkpoint;
  ModelConfig& m = checkpoint.config;
  m.dim = static_cast<uint32_t>(h.dim);
  m.hidden = static_cast<uint32_t>(h.hidden);
  m.layers = static_cast<uint32_t>(h.layers);
  m.heads = static_cast<uint32_t>(h.heads);
  m.kv_heads = static_cast<uint32_t>(h.kv_heads);
  m.head_dim = m.dim / m.heads;
  m.vocab = static_cast<uint32_t>(shared ? h.vocab : -h.vocab);
  m.context = static_cast<uint32_t>(h.context);
  if (auto bad = ValidateConfig(m)) return *bad;
  const uint64_t wanted = FileBytes(m, shared);
  if (bytes.size() != wanted) {
    return Error{"has " + std::to_string(bytes.size()) + " bytes, wanted the " + std::to_string(wanted) +
                 " that its llama2.c header describes"};
  }
  checkpoint.layers.resize(m.layers);
  WeightReader(&in, &checkpoint).Run(shared);
  if (!in.ok()) return *in.status();
  if (auto bad = Validate(checkpoint)) return *bad;
  if (auto bad = CheckFinite(checkpoint)) return *bad;
  return checkpoint;
}

Result<Vocabulary> ReadLlama2cTokenizer(std::span<const uint8_t> bytes, uint32_t size) {
  Cursor in(bytes);
  Vocabulary vocab;
  in.Read<int32_t>("the longest piece's length");
  for (uint32_t id = 0; id < size && in.ok(); ++id) {
    const std::string what = "token " + std::to_string(id) + " of " + std::to_string(size);
    const float score = in.Read<float>(what);
    const int32_t length = in.Read<int32_t>(what);
    if (in.ok() && length < 0) {
      in.Fail(what + " has length " + std::to_string(length) + ", wanted at least 0");
    }
    std::string_view text = in.Text(static_cast<uint32_t>(std::max(length, 0)), what);
    TokenKind kind = TokenKind::kNormal;
    std::string piece(text);
    if (const auto byte = ByteFromText(text)) {
      kind = TokenKind::kByte;
      piece.assign(1, static_cast<char>(*byte));
    } else if (static_cast<int32_t>(id) == vocab.unk) {
      kind = TokenKind::kUnknown;
    } else if (static_cast<int32_t>(id) == vocab.bos || static_cast<int32_t>(id) == vocab.eos) {
      kind = TokenKind::kControl;
      // The exporter wraps "<s>" and "</s>" into newlines for its own printing.
      if (text.size() > 2 && text.front() == '\n' && text.back() == '\n')
        piece = text.substr(1, text.size() - 2);
    }
    vocab.pieces.push_back(std::move(piece));
    vocab.scores.push_back(score);
    vocab.kinds.push_back(kind);
  }
  if (!in.ok()) return *in.status();
  if (in.left() != 0) {
    return Error{"goes on for " + std::to_string(in.left()) + " bytes after token " + std::to_string(size) +
                 ", wanted exactly the model's " + std::to_string(size) + " tokens"};
  }
  if (size < 3)
    return Error{"holds " + std::to_string(size) + " tokens, wanted at least <unk>, <s> and </s>"};
  return vocab;
}

}  // namespace weft
