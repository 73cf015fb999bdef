#include <algorithm>

#include "sw/formats/cursor.h"
#include "sw/formats/llama2c.h"
#include "sw/formats/piece_text.h"

namespace weft {

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
