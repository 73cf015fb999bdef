#include "sw/image/vocabulary.h"

#include <cmath>
#include <cstring>

#include "sw/formats/cursor.h"
#include "sw/image/append.h"

namespace weft {
namespace {

constexpr uint32_t kMaxTokens = 1u << 24;
constexpr uint32_t kTokenBytes = 9;  // of a token without its text

Status CheckSpecial(const char* what, int32_t id, uint32_t count) {
  if (id >= -1 && id < static_cast<int64_t>(count)) return {};
  return Error{std::string("the vocabulary's ") + what + " token is " + std::to_string(id) +
               ", wanted -1 or an id below " + std::to_string(count)};
}

Status CheckToken(uint32_t id, float score, uint8_t kind, size_t length) {
  if (std::isnan(score)) return Error{"token " + std::to_string(id) + " has score NaN, wanted a number"};
  if (kind < 1 || kind > 6) {
    return Error{"token " + std::to_string(id) + " has kind " + std::to_string(kind) + ", wanted 1 to 6"};
  }
  if (static_cast<TokenKind>(kind) == TokenKind::kByte && length != 1) {
    return Error{"byte token " + std::to_string(id) + " has " + std::to_string(length) + " bytes, wanted 1"};
  }
  return {};
}

}  // namespace

std::vector<uint8_t> EncodeVocabulary(const Vocabulary& vocab) {
  std::vector<uint8_t> out;
  Append(out, static_cast<uint32_t>(vocab.pieces.size()));
  Append(out, vocab.bos);
  Append(out, vocab.eos);
  Append(out, vocab.unk);
  Append(out, static_cast<uint8_t>(vocab.add_bos));
  Append(out, static_cast<uint8_t>(vocab.add_space_prefix));
  for (size_t i = 0; i < vocab.pieces.size(); ++i) {
    Append(out, vocab.scores[i]);
    Append(out, static_cast<uint8_t>(vocab.kinds[i]));
    Append(out, static_cast<uint32_t>(vocab.pieces[i].size()));
    out.insert(out.end(), vocab.pieces[i].begin(), vocab.pieces[i].end());
  }
  return out;
}

Result<Vocabulary> DecodeVocabulary(std::span<const uint8_t> bytes) {
  Cursor in(bytes);
  Vocabulary vocab;
  const uint32_t count = in.Read<uint32_t>("the vocabulary's size");
  vocab.bos = in.Read<int32_t>("the begin-of-text token");
  vocab.eos = in.Read<int32_t>("the end-of-text token");
  vocab.unk = in.Read<int32_t>("the unknown token");
  vocab.add_bos = in.Read<uint8_t>("a flag") != 0;
  vocab.add_space_prefix = in.Read<uint8_t>("a flag") != 0;
  if (!in.ok()) return *in.status();
  if (count > kMaxTokens || uint64_t{count} * kTokenBytes > in.left()) {
    return Error{"the vocabulary states " + std::to_string(count) + " tokens, wanted at most " +
                 std::to_string(in.left() / kTokenBytes) + " for its " + std::to_string(bytes.size()) +
                 " bytes"};
  }
  vocab.pieces.reserve(count);
  for (uint32_t id = 0; id < count; ++id) {
    const float score = in.Read<float>("a token's score");
    const uint8_t kind = in.Read<uint8_t>("a token's kind");
    const uint32_t length = in.Read<uint32_t>("a token's length");
    const auto text = in.Text(length, "a token's text");
    if (!in.ok()) return *in.status();
    if (auto bad = CheckToken(id, score, kind, length)) return *bad;
    vocab.pieces.emplace_back(text);
    vocab.scores.push_back(score);
    vocab.kinds.push_back(static_cast<TokenKind>(kind));
  }
  if (in.left() != 0) {
    return Error{"the vocabulary has " + std::to_string(in.left()) +
                 " bytes after its last token, wanted none"};
  }
  if (count == 0) return vocab;
  if (auto bad = CheckSpecial("begin-of-text", vocab.bos, count)) return *bad;
  if (auto bad = CheckSpecial("end-of-text", vocab.eos, count)) return *bad;
  if (auto bad = CheckSpecial("unknown", vocab.unk, count)) return *bad;
  return vocab;
}

}  // namespace weft
