#include <cstring>

#include "sw/formats/cursor.h"
#include "sw/formats/gguf_llama.h"
#include "sw/formats/piece_text.h"

namespace weft {
namespace {

constexpr uint32_t kNoToken = 0xffffffffu;  // how writers say "none"

template <typename T>
T Element(const GgufValue& array, size_t index) {
  T value;
  std::memcpy(&value, array.raw.data() + index * sizeof(T), sizeof(T));
  return value;
}

int32_t SpecialToken(GgufKeys* keys, const std::string& key, uint32_t fallback, size_t vocab) {
  const uint32_t id = keys->Count(key, fallback);
  if (id == kNoToken) return -1;
  if (id >= vocab) {
    keys->Fail("key '" + key + "' is " + std::to_string(id) + ", wanted an id below " +
               std::to_string(vocab));
    return -1;
  }
  return static_cast<int32_t>(id);
}

// Fills pieces and kinds of token `id`.
void AddToken(GgufKeys* keys, size_t id, std::string_view text, int32_t kind, Vocabulary* vocab) {
  if (kind < 1 || kind > 6) {
    return keys->Fail("token " + std::to_string(id) + " has kind " + std::to_string(kind) +
                      ", wanted 1 to 6");
  }
  vocab->kinds.push_back(static_cast<TokenKind>(kind));
  if (vocab->kinds.back() != TokenKind::kByte) {
    vocab->pieces.push_back(PieceFromText(text));
    return;
  }
  const auto byte = ByteFromText(text);
  if (!byte)
    return keys->Fail("byte token " + std::to_string(id) + " is " + Quoted(text) +
                      ", wanted '<0x00>' to '<0xFF>'");
  vocab->pieces.push_back(std::string(1, static_cast<char>(*byte)));
}

// For files without token kinds: what SentencePiece's own numbering implies.
int32_t ImpliedKind(const Vocabulary& vocab, size_t id, std::string_view text) {
  const int32_t token = static_cast<int32_t>(id);
  TokenKind kind = ByteFromText(text) ? TokenKind::kByte : TokenKind::kNormal;
  if (token == vocab.bos || token == vocab.eos) kind = TokenKind::kControl;
  if (token == vocab.unk) kind = TokenKind::kUnknown;
  return static_cast<int32_t>(kind);
}

}  // namespace

Vocabulary LlamaVocabulary(GgufKeys* keys) {
  Vocabulary vocab;
  const std::string prefix = "tokenizer.ggml.";
  const std::string_view model = keys->Text(prefix + "model", "");
  if (model.empty()) return vocab;
  if (model != "llama") {
    keys->Fail("key 'tokenizer.ggml.model' is " + Quoted(model) + ", wanted 'llama' (SentencePiece)");
    return vocab;
  }
  const GgufValue* tokens = keys->Array(prefix + "tokens", GgufType::kString, true);
  const GgufValue* scores = keys->Array(prefix + "scores", GgufType::kF32, true);
  const GgufValue* kinds = keys->Array(prefix + "token_type", GgufType::kI32, false);
  if (keys->status()) return vocab;
  const size_t count = tokens->count;
  if (count == 0) {
    keys->Fail("key 'tokenizer.ggml.tokens' has 0 elements, wanted at least 1");
    return vocab;
  }
  for (const GgufValue* array : {scores, kinds}) {
    if (array == nullptr || array->count == count) continue;
    keys->Fail("key '" + prefix + (array == scores ? "scores" : "token_type") + "' has " +
               std::to_string(array->count) + " elements, wanted one for each of the " +
               std::to_string(count) + " tokens");
    return vocab;
  }
  vocab.bos = SpecialToken(keys, prefix + "bos_token_id", count > 1 ? 1 : kNoToken, count);
  vocab.eos = SpecialToken(keys, prefix + "eos_token_id", count > 2 ? 2 : kNoToken, count);
  vocab.unk = SpecialToken(keys, prefix + "unknown_token_id", 0, count);
  vocab.add_bos = keys->Flag(prefix + "add_bos_token", true);
  vocab.add_space_prefix = keys->Flag(prefix + "add_space_prefix", true);
  for (size_t id = 0; id < count && !keys->status(); ++id) {
    const std::string_view text = tokens->strings[id];
    AddToken(keys, id, text, kinds != nullptr ? Element<int32_t>(*kinds, id) : ImpliedKind(vocab, id, text),
             &vocab);
    vocab.scores.push_back(Element<float>(*scores, id));
  }
  return vocab;
}

}  // namespace weft
