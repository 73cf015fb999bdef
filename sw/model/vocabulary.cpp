#include "sw/model/vocabulary.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace weft {
namespace {

Status CheckCount(const char* what, size_t found, size_t want) {
  if (found == want) return {};
  return Error{std::string("the vocabulary has ") + std::to_string(found) + " " + what + ", wanted " +
               std::to_string(want)};
}

Status CheckSpecial(const char* what, int32_t id, size_t count) {
  if (id >= -1 && id < static_cast<int64_t>(count)) return {};
  return Error{std::string("the vocabulary's ") + what + " token is " + std::to_string(id) +
               ", wanted -1 or an id below " + std::to_string(count)};
}

Status CheckToken(const Vocabulary& vocab, size_t id) {
  const std::string token = "token " + std::to_string(id);
  if (std::isnan(vocab.scores[id])) return Error{token + " has score NaN, wanted a number"};
  const uint32_t kind = static_cast<uint32_t>(vocab.kinds[id]);
  if (kind < 1 || kind > 6) return Error{token + " has kind " + std::to_string(kind) + ", wanted 1 to 6"};
  if (vocab.kinds[id] == TokenKind::kByte && vocab.pieces[id].size() != 1) {
    return Error{"byte " + token + " has " + std::to_string(vocab.pieces[id].size()) + " bytes, wanted 1"};
  }
  return {};
}

// Without an unknown token, some text would vanish from a vocabulary that cannot spell every byte. A
// byte-level one may lack bytes that its makers' text never had.
Status CheckSpelling(const Vocabulary& vocab) {
  if (vocab.unk >= 0 || vocab.byte_level()) return {};
  std::array<bool, 256> has_byte{};
  for (size_t id = 0; id < vocab.pieces.size(); ++id) {
    if (vocab.kinds[id] == TokenKind::kByte) has_byte[static_cast<uint8_t>(vocab.pieces[id][0])] = true;
  }
  const auto bytes = std::count(has_byte.begin(), has_byte.end(), true);
  if (bytes == 256) return {};
  return Error{"the vocabulary has no unknown token and " + std::to_string(bytes) +
               " different byte tokens, wanted all 256 or an unknown token"};
}

}  // namespace

Status ValidateVocabulary(const Vocabulary& vocab) {
  const size_t count = vocab.pieces.size();
  if (count == 0) return {};
  if (auto bad = CheckCount("scores", vocab.scores.size(), count)) return bad;
  if (auto bad = CheckCount("token kinds", vocab.kinds.size(), count)) return bad;
  if (auto bad = CheckSpecial("begin-of-text", vocab.bos, count)) return bad;
  if (auto bad = CheckSpecial("end-of-text", vocab.eos, count)) return bad;
  if (auto bad = CheckSpecial("unknown", vocab.unk, count)) return bad;
  for (size_t id = 0; id < count; ++id) {
    if (auto bad = CheckToken(vocab, id)) return bad;
  }
  if (static_cast<uint8_t>(vocab.pre) >= kPreTokenizers) {
    return Error{"the vocabulary's pre-tokenizer is number " +
                 std::to_string(static_cast<uint8_t>(vocab.pre)) + ", wanted a number below " +
                 std::to_string(kPreTokenizers)};
  }
  if (!vocab.byte_level() && !vocab.merges.empty()) {
    return Error{"the vocabulary has " + std::to_string(vocab.merges.size()) +
                 " merges and no pre-tokenizer, wanted both or neither"};
  }
  for (size_t i = 0; i < vocab.merges.size(); ++i) {
    for (const int32_t id : {vocab.merges[i].left, vocab.merges[i].right}) {
      if (id >= 0 && id < static_cast<int64_t>(count)) continue;
      return Error{"merge " + std::to_string(i) + " is of token " + std::to_string(id) + ", wanted 0 to " +
                   std::to_string(count - 1)};
    }
  }
  return CheckSpelling(vocab);
}

Status PadVocabulary(Vocabulary* vocab, uint32_t size) {
  if (vocab->pieces.size() > size) {
    return Error{"the vocabulary has " + std::to_string(vocab->pieces.size()) +
                 " tokens, wanted at most the model's " + std::to_string(size)};
  }
  while (vocab->pieces.size() < size) {
    vocab->pieces.push_back("[PAD" + std::to_string(vocab->pieces.size()) + "]");
    vocab->scores.push_back(0);
    vocab->kinds.push_back(TokenKind::kUnused);
  }
  return {};
}

}  // namespace weft
