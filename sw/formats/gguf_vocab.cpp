#include <cstring>

#include "sw/formats/cursor.h"
#include "sw/formats/gguf_llama.h"
#include "sw/formats/merges.h"
#include "sw/formats/piece_text.h"
#include "sw/tokenizer/pretokenizer.h"

namespace weft {
namespace {

constexpr uint32_t kNoToken = 0xffffffffu;  // how writers say "none"
const std::string kPrefix = "tokenizer.ggml.";

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

// A piece as the file spells it, back to bytes; a token that cannot be spelt counts as unused or fails.
void AddToken(GgufKeys* keys, size_t id, std::string_view text, int32_t kind, Vocabulary* vocab) {
  const std::string token = "token " + std::to_string(id);
  if (kind < 1 || kind > 6) {
    return keys->Fail(token + " has kind " + std::to_string(kind) + ", wanted 1 to 6");
  }
  vocab->kinds.push_back(static_cast<TokenKind>(kind));
  if (vocab->kinds.back() == TokenKind::kByte) {
    const auto byte = ByteFromText(text);
    if (!byte || vocab->byte_level()) {
      return keys->Fail("byte " + token + " is " + Quoted(text) + ", wanted " +
                        (vocab->byte_level() ? "no byte tokens beside merges" : "'<0x00>' to '<0xFF>'"));
    }
    vocab->pieces.push_back(std::string(1, static_cast<char>(*byte)));
  } else if (!vocab->byte_level()) {
    vocab->pieces.push_back(PieceFromText(text));
  } else if (vocab->kinds.back() != TokenKind::kNormal) {
    vocab->pieces.push_back(std::string(text));
  } else if (auto bytes = BytesFromAlphabet(text)) {
    vocab->pieces.push_back(std::move(*bytes));
  } else {  // no bytes can become it
    vocab->pieces.push_back(std::string(text));
    vocab->kinds.back() = TokenKind::kUnused;
  }
}

// For files without token kinds: what SentencePiece's own numbering implies.
int32_t ImpliedKind(const Vocabulary& vocab, size_t id, std::string_view text) {
  const int32_t token = static_cast<int32_t>(id);
  TokenKind kind = ByteFromText(text) ? TokenKind::kByte : TokenKind::kNormal;
  if (token == vocab.bos || token == vocab.eos) kind = TokenKind::kControl;
  if (token == vocab.unk) kind = TokenKind::kUnknown;
  return static_cast<int32_t>(kind);
}

// The pre-tokenizer of a byte-level vocabulary; kNone for SentencePiece.
PreTokenizer ReadPreTokenizer(GgufKeys* keys, std::string_view model) {
  if (model == "llama") return PreTokenizer::kNone;
  if (model != "gpt2") {
    keys->Fail("key 'tokenizer.ggml.model' is " + Quoted(model) +
               ", wanted 'llama' (SentencePiece) or 'gpt2' (byte-level BPE)");
    return PreTokenizer::kNone;
  }
  const std::string_view name = keys->Text(kPrefix + "pre");
  if (keys->status()) return PreTokenizer::kNone;
  const auto pre = PreTokenizerByName(name);
  if (!pre) keys->Fail("key 'tokenizer.ggml.pre' is " + Quoted(name) + ", " + pre.error().message);
  return pre ? *pre : PreTokenizer::kNone;
}

// What the file says about the ends of a text; what it leaves out is the family's habit.
void ReadSpecials(GgufKeys* keys, size_t count, Vocabulary* vocab) {
  const bool bytes = vocab->byte_level();
  const auto fallback = [&](uint32_t id) { return bytes || count <= id ? kNoToken : id; };
  vocab->bos = SpecialToken(keys, kPrefix + "bos_token_id", fallback(1), count);
  vocab->eos = SpecialToken(keys, kPrefix + "eos_token_id", fallback(2), count);
  vocab->unk = SpecialToken(keys, kPrefix + "unknown_token_id", fallback(0), count);
  vocab->add_bos = keys->Flag(kPrefix + "add_bos_token", !bytes || vocab->pre == PreTokenizer::kLlama3);
  vocab->add_eos = keys->Flag(kPrefix + "add_eos_token", false);
  vocab->add_space_prefix = keys->Flag(kPrefix + "add_space_prefix", !bytes);
  vocab->ignore_merges = vocab->pre == PreTokenizer::kLlama3;
  vocab->chat_template = keys->Text("tokenizer.chat_template", "");
}

}  // namespace

Vocabulary LlamaVocabulary(GgufKeys* keys) {
  Vocabulary vocab;
  const std::string_view model = keys->Text(kPrefix + "model", "");
  if (model.empty()) return vocab;
  vocab.pre = ReadPreTokenizer(keys, model);
  if (keys->status()) return vocab;
  const GgufValue* tokens = keys->Array(kPrefix + "tokens", GgufType::kString, true);
  const GgufValue* scores = keys->Array(kPrefix + "scores", GgufType::kF32, !vocab.byte_level());
  const GgufValue* kinds = keys->Array(kPrefix + "token_type", GgufType::kI32, vocab.byte_level());
  const GgufValue* merges =
      vocab.byte_level() ? keys->Array(kPrefix + "merges", GgufType::kString, true) : nullptr;
  if (keys->status()) return vocab;
  const size_t count = tokens->count;
  if (count == 0) {
    keys->Fail("key 'tokenizer.ggml.tokens' has 0 elements, wanted at least 1");
    return vocab;
  }
  for (const GgufValue* array : {scores, kinds}) {
    if (array == nullptr || array->count == count) continue;
    keys->Fail("key '" + kPrefix + (array == scores ? "scores" : "token_type") + "' has " +
               std::to_string(array->count) + " elements, wanted one for each of the " +
               std::to_string(count) + " tokens");
    return vocab;
  }
  ReadSpecials(keys, count, &vocab);
  for (size_t id = 0; id < count && !keys->status(); ++id) {
    const std::string_view text = tokens->strings[id];
    AddToken(keys, id, text, kinds != nullptr ? Element<int32_t>(*kinds, id) : ImpliedKind(vocab, id, text),
             &vocab);
    vocab.scores.push_back(scores != nullptr ? Element<float>(*scores, id) : 0.0f);
  }
  if (keys->status() || merges == nullptr) return vocab;
  MergeReader reader(&vocab);
  for (size_t i = 0; i < merges->count && !keys->status(); ++i) {
    if (auto bad = reader.Add(merges->strings[i])) keys->Fail("key 'tokenizer.ggml.merges': " + bad->message);
  }
  return vocab;
}

}  // namespace weft
