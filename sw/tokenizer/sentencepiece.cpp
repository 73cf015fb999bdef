#include "sw/tokenizer/sentencepiece.h"

#include <algorithm>

#include "sw/tokenizer/bpe.h"
#include "sw/tokenizer/utf8.h"

namespace weft {

SentencePieceBpe::SentencePieceBpe(const Vocabulary& vocab) : vocab_(vocab) {
  byte_tokens_.fill(-1);
  for (size_t id = 0; id < vocab.pieces.size(); ++id) {
    const std::string_view piece = vocab.pieces[id];
    if (piece.empty()) continue;
    if (vocab.kinds[id] == TokenKind::kByte) {
      int32_t& slot = byte_tokens_[static_cast<uint8_t>(piece[0])];
      if (slot < 0) slot = static_cast<int32_t>(id);
    } else if (vocab.kinds[id] == TokenKind::kNormal || vocab.kinds[id] == TokenKind::kUser) {
      index_.emplace(piece, static_cast<int32_t>(id));
    }
  }
}

int32_t SentencePieceBpe::Find(std::string_view piece) const {
  const auto found = index_.find(piece);
  return found == index_.end() ? -1 : found->second;
}

void SentencePieceBpe::AppendUnknown(std::string_view symbol, std::vector<int32_t>* ids) const {
  const bool bytes_known = std::all_of(symbol.begin(), symbol.end(),
                                       [&](char c) { return byte_tokens_[static_cast<uint8_t>(c)] >= 0; });
  if (bytes_known) {
    for (char c : symbol) ids->push_back(byte_tokens_[static_cast<uint8_t>(c)]);
  } else if (vocab_.unk >= 0) {
    ids->push_back(vocab_.unk);
  }
}

void SentencePieceBpe::Encode(std::string_view text, std::vector<int32_t>* ids) const {
  std::vector<BpeSymbol> symbols;
  while (!text.empty()) {
    bool incomplete = false;
    const std::string_view symbol = text.substr(0, std::max<size_t>(Utf8Length(text, &incomplete), 1));
    symbols.push_back({symbol, Find(symbol)});
    text.remove_prefix(symbol.size());
  }
  MergeSymbols(&symbols, [&](const BpeSymbol& left, const BpeSymbol& right) -> std::optional<BpeMerge> {
    const int32_t id = Find({left.text.data(), left.text.size() + right.text.size()});
    if (id < 0) return {};
    return BpeMerge{-static_cast<double>(vocab_.scores[static_cast<size_t>(id)]), id};
  });
  bool unknown = false;  // a run of unknown characters is one unknown token
  for (const BpeSymbol& symbol : symbols) {
    if (symbol.id >= 0) {
      ids->push_back(symbol.id);
      unknown = false;
      continue;
    }
    const size_t before = ids->size();
    AppendUnknown(symbol.text, ids);
    const bool now = ids->size() > before && ids->back() == vocab_.unk;
    if (now && unknown) ids->pop_back();
    unknown = now;
  }
}

}  // namespace weft
