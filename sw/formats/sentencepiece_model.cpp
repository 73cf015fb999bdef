#include "sw/formats/sentencepiece_model.h"

#include <bit>

#include "sw/formats/cursor.h"
#include "sw/formats/file_io.h"
#include "sw/formats/piece_text.h"

namespace weft {
namespace {

// Field numbers of sentencepiece_model.proto.
namespace model {
enum : uint32_t { kPiece = 1, kTrainer = 2, kNormalizer = 3 };
}
namespace piece {
enum : uint32_t { kText = 1, kScore = 2, kKind = 3 };
}
namespace trainer {
enum : uint32_t { kModelType = 3, kSpaceAsSuffix = 24, kUnk = 40, kBos = 41, kEos = 42 };
}
namespace normalizer {
enum : uint32_t { kCharsMap = 2, kAddDummyPrefix = 3, kRemoveExtraSpaces = 4 };
}
constexpr uint64_t kBpe = 2;  // value of model_type

// One field of a message: a number, or bytes.
struct Field {
  uint32_t number = 0;
  uint64_t value = 0;              // varint, or the bits of a fixed 32 or 64-bit field
  std::span<const uint8_t> bytes;  // of a string or message
};

uint64_t ReadVarint(Cursor* in) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = in->Read<uint8_t>("a number");
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  in->Fail("a number of the SentencePiece model has more than 10 bytes, wanted at most 10");
  return 0;
}

Field ReadField(Cursor* in) {
  Field field;
  const uint64_t key = ReadVarint(in);
  field.number = static_cast<uint32_t>(key >> 3);
  switch (key & 7) {
    case 0:
      field.value = ReadVarint(in);
      break;
    case 1:
      field.value = in->Read<uint64_t>("a number");
      break;
    case 2:
      field.bytes = in->Take(ReadVarint(in), "a field of the SentencePiece model");
      break;
    case 5:
      field.value = in->Read<uint32_t>("a number");
      break;
    default:
      in->Fail("field " + std::to_string(field.number) + " of the SentencePiece model has wire type " +
               std::to_string(key & 7) + ", wanted 0, 1, 2 or 5");
  }
  return field;
}

// Calls `use` with each field of a message.
template <typename Use>
Status ForEachField(std::span<const uint8_t> message, Use use) {
  Cursor in(message);
  while (in.ok() && in.left() > 0) {
    const Field field = ReadField(&in);
    if (!in.ok()) break;
    if (Status bad = use(field)) return bad;
  }
  return in.status();
}

class Reader {
 public:
  Result<Vocabulary> Run(std::span<const uint8_t> bytes) {
    const Status bad = ForEachField(bytes, [&](const Field& field) -> Status {
      if (field.number == model::kPiece) return Piece(field.bytes);
      if (field.number == model::kTrainer) return Trainer(field.bytes);
      if (field.number == model::kNormalizer) return Normalizer(field.bytes);
      return {};
    });
    if (bad) return *bad;
    if (vocab_.empty()) return Error{"holds no pieces, wanted a SentencePiece model"};
    if (type_ != kBpe) {
      return Error{"is a SentencePiece model of type " + std::to_string(type_) +
                   (type_ == 1 ? " (Unigram)" : "") + ", wanted 2 (BPE)"};
    }
    if (remove_spaces_)
      return Error{"is a SentencePiece model that removes extra spaces, wanted one that keeps them"};
    for (int32_t* id : {&vocab_.bos, &vocab_.eos, &vocab_.unk}) {
      if (*id < 0) *id = -1;
    }
    if (Status invalid = ValidateVocabulary(vocab_)) return *invalid;
    return std::move(vocab_);
  }

 private:
  Status Piece(std::span<const uint8_t> message) {
    std::string_view text;
    float score = 0;
    uint64_t kind = 1;
    const Status bad = ForEachField(message, [&](const Field& field) -> Status {
      if (field.number == piece::kText)
        text = {reinterpret_cast<const char*>(field.bytes.data()), field.bytes.size()};
      if (field.number == piece::kScore) score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
      if (field.number == piece::kKind) kind = field.value;
      return {};
    });
    if (bad) return bad;
    const std::string token = "token " + std::to_string(vocab_.pieces.size());
    if (kind < 1 || kind > 6) return Error{token + " has kind " + std::to_string(kind) + ", wanted 1 to 6"};
    vocab_.kinds.push_back(static_cast<TokenKind>(kind));
    vocab_.scores.push_back(score);
    if (vocab_.kinds.back() != TokenKind::kByte) {
      vocab_.pieces.push_back(PieceFromText(text));
    } else if (const auto byte = ByteFromText(text)) {
      vocab_.pieces.push_back(std::string(1, static_cast<char>(*byte)));
    } else {
      return Error{"byte " + token + " is " + Quoted(text) + ", wanted '<0x00>' to '<0xFF>'"};
    }
    return {};
  }

  Status Trainer(std::span<const uint8_t> message) {
    return ForEachField(message, [&](const Field& field) -> Status {
      const int32_t id = static_cast<int32_t>(field.value);
      if (field.number == trainer::kModelType) type_ = field.value;
      if (field.number == trainer::kUnk) vocab_.unk = id;
      if (field.number == trainer::kBos) vocab_.bos = id;
      if (field.number == trainer::kEos) vocab_.eos = id;
      if (field.number == trainer::kSpaceAsSuffix && field.value != 0) {
        return Error{"is a SentencePiece model with spaces behind words, wanted them in front"};
      }
      return {};
    });
  }

  Status Normalizer(std::span<const uint8_t> message) {
    return ForEachField(message, [&](const Field& field) -> Status {
      if (field.number == normalizer::kAddDummyPrefix) vocab_.add_space_prefix = field.value != 0;
      if (field.number == normalizer::kRemoveExtraSpaces) remove_spaces_ = field.value != 0;
      if (field.number == normalizer::kCharsMap && !field.bytes.empty()) {
        return Error{"is a SentencePiece model with normalization rules, wanted none ('identity')"};
      }
      return {};
    });
  }

  Vocabulary vocab_;
  uint64_t type_ = 1;  // the message's defaults
  bool remove_spaces_ = true;
};

}  // namespace

Result<Vocabulary> ReadSentencePieceModel(std::span<const uint8_t> bytes) { return Reader().Run(bytes); }

Result<Vocabulary> LoadSentencePieceModel(const std::string& path) {
  const auto bytes = ReadFile(path);
  if (!bytes) return bytes.error();
  auto vocab = ReadSentencePieceModel(*bytes);
  if (!vocab) return Error{path + ": " + vocab.error().message};
  return vocab;
}

}  // namespace weft
