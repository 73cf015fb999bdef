#include "sw/tokenizer/byte_level.h"

#include <string>

#include "sw/tokenizer/bpe.h"

namespace weft {
namespace {

uint64_t PairKey(int32_t left, int32_t right) {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

}  // namespace

ByteLevelBpe::ByteLevelBpe(const Vocabulary& vocab) : vocab_(vocab), cutter_(vocab.pre) {
  byte_tokens_.fill(-1);
  for (size_t id = 0; id < vocab.pieces.size(); ++id) {
    const bool text = vocab.kinds[id] == TokenKind::kNormal || vocab.kinds[id] == TokenKind::kUser;
    if (text && !vocab.pieces[id].empty()) index_.emplace(vocab.pieces[id], static_cast<int32_t>(id));
  }
  for (size_t byte = 0; byte < byte_tokens_.size(); ++byte) {
    const char c = static_cast<char>(byte);
    if (const auto found = index_.find({&c, 1}); found != index_.end()) byte_tokens_[byte] = found->second;
  }
  for (size_t rank = 0; rank < vocab.merges.size(); ++rank) {
    const Merge& merge = vocab.merges[rank];
    const std::string joined =
        vocab.pieces[static_cast<size_t>(merge.left)] + vocab.pieces[static_cast<size_t>(merge.right)];
    const auto result = index_.find(joined);
    if (result == index_.end()) continue;
    rules_.emplace(PairKey(merge.left, merge.right), Rule{static_cast<uint32_t>(rank), result->second});
  }
}

void ByteLevelBpe::EncodeWord(std::string_view word, std::vector<int32_t>* ids) const {
  if (vocab_.ignore_merges) {
    if (const auto found = index_.find(word); found != index_.end()) return ids->push_back(found->second);
  }
  std::vector<BpeSymbol> symbols;
  for (size_t i = 0; i < word.size(); ++i) {
    symbols.push_back({word.substr(i, 1), byte_tokens_[static_cast<uint8_t>(word[i])]});
  }
  MergeSymbols(&symbols, [&](const BpeSymbol& left, const BpeSymbol& right) -> std::optional<BpeMerge> {
    const auto rule = rules_.find(PairKey(left.id, right.id));
    if (rule == rules_.end()) return {};
    return BpeMerge{static_cast<double>(rule->second.rank), rule->second.result};
  });
  for (const BpeSymbol& symbol : symbols) {
    const int32_t id = symbol.id >= 0 ? symbol.id : vocab_.unk;
    if (id >= 0) ids->push_back(id);
  }
}

void ByteLevelBpe::Encode(std::string_view text, std::vector<int32_t>* ids) const {
  cutter_.Cut(text, [&](std::string_view word) { EncodeWord(word, ids); });
}

}  // namespace weft
