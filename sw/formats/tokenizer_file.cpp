#include "sw/formats/tokenizer_file.h"

#include <fstream>
#include <span>

#include "sw/formats/file_io.h"
#include "sw/formats/llama2c.h"
#include "sw/formats/sentencepiece_model.h"
#include "sw/formats/tokenizer_json.h"

namespace weft {
namespace {

// Starts with its first piece's message, whose first field is the text. A llama2.c tokenizer starts with the
// length of its longest piece, which would be 0xa000a or more.
bool LooksLikeSentencePiece(std::span<const uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 0x0a && bytes[2] == 0x0a;
}

Result<Vocabulary> ReadBinary(const std::vector<uint8_t>& bytes, uint32_t size) {
  if (LooksLikeSentencePiece(bytes)) return ReadSentencePieceModel(bytes);
  if (size == 0) return Error{"is neither a tokenizer.json nor a SentencePiece model, wanted one of them"};
  return ReadLlama2cTokenizer(bytes, size);
}

bool LooksLikeJson(std::span<const uint8_t> bytes) { return !bytes.empty() && bytes[0] == '{'; }

}  // namespace

bool IsTokenizerFile(const std::string& path) {
  uint8_t start[3] = {};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(start), sizeof start);
  const std::span<const uint8_t> bytes(start, static_cast<size_t>(file.gcount()));
  return LooksLikeJson(bytes) || LooksLikeSentencePiece(bytes);
}

Result<Vocabulary> LoadTokenizerFile(const std::string& path, uint32_t size) {
  const auto bytes = ReadFile(path);
  if (!bytes) return bytes.error();
  const bool json = LooksLikeJson(*bytes);
  auto vocab = json ? LoadTokenizerJson(path) : ReadBinary(*bytes, size);
  if (!vocab) return json ? vocab.error() : Error{path + ": " + vocab.error().message};
  if (size == 0) return vocab;
  if (auto bad = PadVocabulary(&*vocab, size)) return Error{path + ": " + bad->message};
  return vocab;
}

}  // namespace weft
