#include <algorithm>
#include <cstring>

#include "sw/formats/file_io.h"
#include "sw/formats/gguf.h"
#include "sw/formats/gguf_parser.h"
#include "sw/formats/piece_text.h"
#include "sw/formats/rope_order.h"
#include "sw/model/architecture.h"
#include "sw/tokenizer/pretokenizer.h"

namespace weft {
namespace {

constexpr size_t kAlignment = 32;  // the format's default, so no key has to say it

// The value of 'general.file_type' for a file of mostly `type`. llama.cpp counts the types that it writes whole
// files of; 1024 says "guessed", for the others.
uint32_t FileType(DType type) {
  constexpr struct {
    DType type;
    uint32_t value;
  } kValues[] = {{DType::kF32, 0},   {DType::kF16, 1},   {DType::kQ4_0, 2},   {DType::kQ4_1, 3},
                 {DType::kQ8_0, 7},  {DType::kQ5_0, 8},  {DType::kQ5_1, 9},   {DType::kQ2_K, 10},
                 {DType::kQ6_K, 18}, {DType::kBF16, 32}, {DType::kTQ1_0, 36}, {DType::kTQ2_0, 37}};
  for (const auto& entry : kValues) {
    if (entry.type == type) return entry.value;
  }
  return 1024;
}

// A piece as the format spells it.
std::string TokenToText(const Vocabulary& vocab, size_t id) {
  const std::string& piece = vocab.pieces[id];
  if (vocab.kinds[id] == TokenKind::kByte) return ByteToText(static_cast<uint8_t>(piece[0]));
  if (!vocab.byte_level()) return PieceToText(piece);
  return vocab.kinds[id] == TokenKind::kNormal ? BytesToAlphabet(piece) : piece;
}

bool LinearlyScaled(const ModelConfig& m) {
  const auto& factors = m.rope_factors;
  return !factors.empty() && std::count(factors.begin(), factors.end(), factors[0]) == std::ssize(factors);
}

// The tensor of factors that no key can say; else empty.
Tensor RopeFactors(const ModelConfig& m) {
  Tensor tensor;
  if (m.rope_factors.empty() || LinearlyScaled(m)) return tensor;
  tensor.rows = 1;
  tensor.cols = static_cast<uint32_t>(m.rope_factors.size());
  tensor.data.resize(m.rope_factors.size() * sizeof(float));
  std::memcpy(tensor.data.data(), m.rope_factors.data(), tensor.data.size());
  return tensor;
}

class Writer {
 public:
  std::vector<uint8_t> Run(const Checkpoint& checkpoint) {
    PutKeys(checkpoint);
    std::vector<TensorSlot<const Tensor>> slots;
    for (const auto& slot : TensorSlots(checkpoint)) {
      if (!slot.tensor->empty()) slots.push_back(slot);
    }
    const Tensor factors = RopeFactors(checkpoint.config);
    if (!factors.empty()) slots.push_back({"rope_freqs.weight", &factors, 1, factors.cols, true, false});
    const std::vector<uint8_t> keys = std::move(out_);
    out_.clear();
    Raw("GGUF", 4);
    Put(uint32_t{3});
    Put(uint64_t{slots.size()});
    Put(key_count_);
    Raw(keys.data(), keys.size());
    PutDirectory(slots);
    for (const auto& slot : slots) {
      Pad();
      Raw(slot.tensor->data.data(), slot.tensor->data.size());
    }
    Pad();
    return std::move(out_);
  }

 private:
  void Raw(const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    out_.insert(out_.end(), bytes, bytes + size);
  }
  template <typename T>
  void Put(T value) {
    Raw(&value, sizeof value);
  }
  void PutString(std::string_view text) {
    Put(uint64_t{text.size()});
    Raw(text.data(), text.size());
  }
  void Pad() { out_.resize((out_.size() + kAlignment - 1) / kAlignment * kAlignment); }

  void Key(std::string_view name, GgufType type) {
    PutString(name);
    Put(static_cast<uint32_t>(type));
    ++key_count_;
  }
  void Key(std::string_view name, uint32_t value) {
    Key(name, GgufType::kU32);
    Put(value);
  }
  void Key(std::string_view name, float value) {
    Key(name, GgufType::kF32);
    Put(value);
  }
  void Key(std::string_view name, bool value) {
    Key(name, GgufType::kBool);
    Put(static_cast<uint8_t>(value));
  }
  void Key(std::string_view name, const std::string& value) {
    Key(name, GgufType::kString);
    PutString(value);
  }
  void ArrayKey(std::string_view name, GgufType element, size_t count) {
    Key(name, GgufType::kArray);
    Put(static_cast<uint32_t>(element));
    Put(uint64_t{count});
  }

  void PutKeys(const Checkpoint& checkpoint) {
    const ModelConfig& m = checkpoint.config;
    const DType type = checkpoint.layers.front().wq.type;
    Key("general.architecture", m.architecture);
    if (!m.name.empty()) Key("general.name", m.name);
    Key("general.file_type", FileType(type));
    if (BlockSize(type) > 1) Key("general.quantization_version", uint32_t{2});
    const std::string prefix = m.architecture + ".";
    Key(prefix + "context_length", m.context);
    Key(prefix + "embedding_length", m.dim);
    Key(prefix + "block_count", m.layers);
    Key(prefix + "feed_forward_length", m.hidden);
    Key(prefix + "rope.dimension_count", m.head_dim);
    Key(prefix + "rope.freq_base", m.rope_theta);
    if (LinearlyScaled(m)) {
      Key(prefix + "rope.scaling.type", std::string("linear"));
      Key(prefix + "rope.scaling.factor", m.rope_factors[0]);
    }
    Key(prefix + "attention.head_count", m.heads);
    Key(prefix + "attention.head_count_kv", m.kv_heads);
    if (m.window != 0) Key(prefix + "attention.sliding_window", m.window);
    if (m.heads * m.head_dim != m.dim) {
      Key(prefix + "attention.key_length", m.head_dim);
      Key(prefix + "attention.value_length", m.head_dim);
    }
    Key(prefix + "attention.layer_norm_rms_epsilon", m.norm_eps);
    Key(prefix + "vocab_size", m.vocab);
    if (!checkpoint.vocab.empty()) PutVocabulary(checkpoint.vocab);
  }

  void PutVocabulary(const Vocabulary& vocab) {
    Key("tokenizer.ggml.model", std::string(vocab.byte_level() ? "gpt2" : "llama"));
    if (vocab.byte_level()) Key("tokenizer.ggml.pre", std::string(PreTokenizerName(vocab.pre)));
    ArrayKey("tokenizer.ggml.tokens", GgufType::kString, vocab.pieces.size());
    for (size_t i = 0; i < vocab.pieces.size(); ++i) PutString(TokenToText(vocab, i));
    ArrayKey("tokenizer.ggml.scores", GgufType::kF32, vocab.scores.size());
    for (float score : vocab.scores) Put(score);
    ArrayKey("tokenizer.ggml.token_type", GgufType::kI32, vocab.kinds.size());
    for (TokenKind kind : vocab.kinds) Put(static_cast<int32_t>(kind));
    if (vocab.byte_level()) {
      ArrayKey("tokenizer.ggml.merges", GgufType::kString, vocab.merges.size());
      for (const Merge& merge : vocab.merges) {
        PutString(BytesToAlphabet(vocab.pieces[static_cast<size_t>(merge.left)]) + " " +
                  BytesToAlphabet(vocab.pieces[static_cast<size_t>(merge.right)]));
      }
    }
    // -1 becomes 0xffffffff, which is how the format says "none".
    Key("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(vocab.bos));
    Key("tokenizer.ggml.eos_token_id", static_cast<uint32_t>(vocab.eos));
    Key("tokenizer.ggml.unknown_token_id", static_cast<uint32_t>(vocab.unk));
    Key("tokenizer.ggml.add_bos_token", vocab.add_bos);
    Key("tokenizer.ggml.add_eos_token", vocab.add_eos);
    Key("tokenizer.ggml.add_space_prefix", vocab.add_space_prefix);
    if (!vocab.chat_template.empty()) Key("tokenizer.chat_template", vocab.chat_template);
  }

  void PutDirectory(const std::vector<TensorSlot<const Tensor>>& slots) {
    uint64_t offset = 0;
    for (const auto& slot : slots) {
      PutString(slot.name);
      Put(uint32_t{slot.vector ? 1u : 2u});
      Put(uint64_t{slot.cols});
      if (!slot.vector) Put(uint64_t{slot.rows});
      Put(static_cast<uint32_t>(slot.tensor->type));
      Put(offset);
      offset += (slot.tensor->data.size() + kAlignment - 1) / kAlignment * kAlignment;
    }
  }

  std::vector<uint8_t> out_;
  uint64_t key_count_ = 0;
};

}  // namespace

Result<std::vector<uint8_t>> GgufBytes(const Checkpoint& checkpoint) {
  if (auto bad = Validate(checkpoint)) return *bad;
  if (!FindArchitecture(checkpoint.config.architecture)->half_split_file) return Writer().Run(checkpoint);
  Checkpoint copy = checkpoint;
  ReorderHeads(&copy, RopeOrder::kInterleaved, RopeOrder::kHalfSplit);
  return Writer().Run(copy);
}

Status WriteGguf(const Checkpoint& checkpoint, const std::string& path) {
  Result<std::vector<uint8_t>> bytes = GgufBytes(checkpoint);
  if (!bytes) return bytes.error();
  return WriteFileAtomically(path, *bytes);
}

}  // namespace weft
