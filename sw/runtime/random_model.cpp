#include "sw/runtime/random_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "sw/model/half.h"
#include "sw/model/quantize.h"

namespace weft {

namespace {

// splitmix64: uniform, seekable, the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // In [-1, 1), 24 bits.
  float Symmetric() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return static_cast<float>(static_cast<int64_t>(z >> 40) - (1 << 23)) * 0x1p-23f;
  }

 private:
  uint64_t state_;
};

// Rows of unit length on average, so that activations neither die nor grow.
Tensor RandomRows(uint32_t rows, uint32_t cols, DType type, Random& random) {
  Tensor tensor;
  tensor.type = type == DType::kF16 ? DType::kF16 : DType::kF32;
  tensor.rows = rows;
  tensor.cols = cols;
  const size_t count = size_t{rows} * cols, width = tensor.type == DType::kF16 ? 2 : 4;
  tensor.data.resize(count * width);
  const float scale = std::sqrt(3.0f / static_cast<float>(cols));
  for (size_t i = 0; i < count; ++i) {
    const float value = scale * random.Symmetric();
    if (width == 2) {
      const uint16_t half = FloatToHalf(value);
      std::memcpy(&tensor.data[i * 2], &half, 2);
    } else {
      std::memcpy(&tensor.data[i * 4], &value, 4);
    }
  }
  switch (type) {
    case DType::kQ8_0:
      return QuantizeQ8_0(tensor, cols);
    case DType::kQ4_0:
      return QuantizeQ4_0(tensor, cols);
    case DType::kTQ2_0:
      return QuantizeTQ2_0(tensor, cols);
    default:
      return tensor;
  }
}

// One of the types that rows of this length may have, by turns.
DType MixedType(uint32_t cols, uint32_t turn) {
  constexpr DType kTypes[] = {DType::kQ4_0, DType::kTQ2_0, DType::kQ8_0, DType::kF16};
  const DType type = kTypes[turn % std::size(kTypes)];
  return cols % BlockSize(type) == 0 ? type : cols % BlockSize(DType::kQ4_0) == 0 ? DType::kQ4_0 : DType::kF16;
}

// In pieces: a large matrix in fp32 would not fit a small machine.
Tensor RandomMatrix(uint32_t rows, uint32_t cols, DType type, Random& random) {
  constexpr uint32_t kPiece = 1024;
  Tensor tensor;
  for (uint32_t row = 0; row < rows; row += kPiece) {
    Tensor piece = RandomRows(std::min(kPiece, rows - row), cols, type, random);
    if (row == 0) {
      tensor = std::move(piece);
    } else {
      tensor.data.insert(tensor.data.end(), piece.data.begin(), piece.data.end());
    }
  }
  tensor.rows = rows;
  return tensor;
}

// Around 1 for gains, around 0 for biases.
Tensor RandomVector(uint32_t cols, float middle, Random& random) {
  Tensor tensor;
  tensor.rows = 1;
  tensor.cols = cols;
  tensor.data.resize(size_t{cols} * 4);
  for (uint32_t i = 0; i < cols; ++i) {
    const float value = middle + 0.25f * random.Symmetric();
    std::memcpy(&tensor.data[size_t{i} * 4], &value, 4);
  }
  return tensor;
}

// A word of its own for each number: " ba", " be", ... " babe", ...
std::string Word(uint32_t number) {
  constexpr char kConsonants[] = "bcdfghjklmnprstvwz", kVowels[] = "aeiou";
  constexpr uint32_t kSyllables = 18 * 5;
  std::string word = " ";
  do {
    const uint32_t syllable = number % kSyllables;
    word += kConsonants[syllable / 5];
    word += kVowels[syllable % 5];
    number /= kSyllables;
  } while (number-- > 0);
  return word;
}

Vocabulary RandomVocabulary(uint32_t size) {
  constexpr uint32_t kSpecial = 3, kBytes = 256;
  Vocabulary vocab;
  const auto add = [&](std::string piece, float score, TokenKind kind) {
    if (vocab.pieces.size() >= size) return;
    vocab.pieces.push_back(std::move(piece));
    vocab.scores.push_back(score);
    vocab.kinds.push_back(kind);
  };
  add("<unk>", 0, TokenKind::kUnknown);
  add("<s>", 0, TokenKind::kControl);
  add("</s>", 0, TokenKind::kControl);
  if (size >= kSpecial + kBytes) {
    for (uint32_t byte = 0; byte < kBytes; ++byte) {
      add(std::string(1, static_cast<char>(byte)), 0, TokenKind::kByte);
    }
  }
  add(" ", 1, TokenKind::kNormal);  // in front of every text
  for (uint32_t i = 0; vocab.pieces.size() < size; ++i) add(Word(i), -static_cast<float>(i), TokenKind::kNormal);
  return vocab;
}

Status CheckOptions(const RandomModelOptions& o) {
  if (o.head_dim == 0 && (o.heads == 0 || o.dim % o.heads != 0)) {
    return Error{"dim " + std::to_string(o.dim) + " does not divide into " + std::to_string(o.heads) +
                 " heads; give --head-dim"};
  }
  if (const uint32_t block = BlockSize(o.type); block > 1 && !o.mixed) {
    const uint64_t width = uint64_t{o.heads} * (o.head_dim ? o.head_dim : o.dim / o.heads);
    for (const uint64_t cols : {uint64_t{o.dim}, uint64_t{o.hidden}, width}) {
      if (cols % block != 0) {
        return Error{std::string(DTypeName(o.type)) + " rows of " + std::to_string(cols) +
                     " elements are no multiple of " + std::to_string(block) + "; use --type f16"};
      }
    }
  }
  return {};
}

}  // namespace

Result<Checkpoint> RandomModel(const RandomModelOptions& o) {
  if (Status bad = CheckOptions(o)) return *bad;
  Checkpoint checkpoint;
  ModelConfig& c = checkpoint.config;
  c.architecture = o.architecture;
  c.name = "random";
  c.dim = o.dim;
  c.hidden = o.hidden;
  c.layers = o.layers;
  c.heads = o.heads;
  c.kv_heads = o.kv_heads;
  c.head_dim = o.head_dim ? o.head_dim : o.dim / o.heads;
  c.vocab = o.vocab;
  c.context = o.context;
  if (Status bad = ValidateConfig(c)) return *bad;

  Random random(o.seed);
  checkpoint.layers.resize(o.layers);
  uint32_t turn = 0;
  for (const auto& slot : TensorSlots(checkpoint)) {
    if (slot.optional && o.tied) continue;
    if (slot.vector) {
      *slot.tensor = RandomVector(slot.cols, slot.name.ends_with(".bias") ? 0.0f : 1.0f, random);
      continue;
    }
    const DType type = o.mixed ? MixedType(slot.cols, o.seed + turn++) : o.type;
    *slot.tensor = RandomMatrix(slot.rows, slot.cols, type, random);
  }
  checkpoint.vocab = RandomVocabulary(o.vocab);
  if (Status bad = Validate(checkpoint)) return *bad;
  return checkpoint;
}

}  // namespace weft
