#include "sw/tokenizer/tokenizer.h"

#include <algorithm>
#include <queue>

#include "sw/tokenizer/utf8.h"

namespace weft {
namespace {

// A piece of the text on its way to a token, linked to its neighbours; -1 ends the list.
struct Symbol {
  std::string_view text;  // empty once merged into its left neighbour
  int32_t previous;
  int32_t next;
  bool frozen;  // takes no part in merges
};

// Two neighbours that may merge. Out of date when either has changed since.
struct Pair {
  float score;
  int32_t left;
  int32_t right;
  size_t length;  // bytes of both
};

// Orders the queue: highest score first, then the leftmost.
struct Later {
  bool operator()(const Pair& a, const Pair& b) const {
    return a.score < b.score || (a.score == b.score && a.left > b.left);
  }
};

}  // namespace

Tokenizer::Tokenizer(Vocabulary vocab) : vocab_(std::move(vocab)) {
  byte_tokens_.fill(-1);
  for (int32_t id = 0; id < size(); ++id) {
    const std::string_view piece = vocab_.pieces[id];
    if (piece.empty()) continue;
    switch (vocab_.kinds[id]) {
      case TokenKind::kByte: {
        int32_t& slot = byte_tokens_[static_cast<uint8_t>(piece[0])];
        if (slot < 0) slot = id;
        break;
      }
      case TokenKind::kUser:
        user_pieces_.push_back(piece);
        [[fallthrough]];
      case TokenKind::kNormal:
        index_.emplace(piece, id);
        break;
      case TokenKind::kUnknown:
      case TokenKind::kControl:
      case TokenKind::kUnused:
        break;
    }
  }
  std::stable_sort(user_pieces_.begin(), user_pieces_.end(),
                   [](std::string_view a, std::string_view b) { return a.size() > b.size(); });
}

int32_t Tokenizer::Find(std::string_view piece) const {
  const auto found = index_.find(piece);
  return found == index_.end() ? -1 : found->second;
}

size_t Tokenizer::SymbolLength(std::string_view text, bool* frozen) const {
  for (std::string_view piece : user_pieces_) {
    if (text.substr(0, piece.size()) != piece) continue;
    *frozen = true;
    return piece.size();
  }
  *frozen = false;
  bool incomplete = false;
  return std::max<size_t>(Utf8Length(text, &incomplete), 1);
}

// One token if the vocabulary has the symbol; else one for each byte; else the unknown token.
void Tokenizer::Append(std::string_view symbol, std::vector<int32_t>* ids) const {
  if (const int32_t id = Find(symbol); id >= 0) return ids->push_back(id);
  const bool bytes_known = std::all_of(symbol.begin(), symbol.end(),
                                       [&](char c) { return byte_tokens_[static_cast<uint8_t>(c)] >= 0; });
  if (bytes_known) {
    for (char c : symbol) ids->push_back(byte_tokens_[static_cast<uint8_t>(c)]);
  } else if (vocab_.unk >= 0) {
    ids->push_back(vocab_.unk);
  }
}

std::vector<int32_t> Tokenizer::Encode(std::string_view text, bool add_bos) const {
  std::vector<int32_t> ids;
  if (add_bos && vocab_.bos >= 0) ids.push_back(vocab_.bos);
  if (text.empty()) return ids;
  const std::string whole = (vocab_.add_space_prefix ? " " : "") + std::string(text);

  std::vector<Symbol> symbols;
  for (size_t at = 0; at < whole.size();) {
    bool frozen = false;
    const std::string_view rest = std::string_view(whole).substr(at);
    const size_t length = SymbolLength(rest, &frozen);
    const int32_t index = static_cast<int32_t>(symbols.size());
    symbols.push_back({rest.substr(0, length), index - 1, index + 1, frozen});
    at += length;
  }
  symbols.back().next = -1;

  std::priority_queue<Pair, std::vector<Pair>, Later> queue;
  const auto offer = [&](int32_t left, int32_t right) {
    if (left < 0 || right < 0 || symbols[left].frozen || symbols[right].frozen) return;
    // Neighbours lie side by side in `whole`.
    const std::string_view joined(symbols[left].text.data(),
                                  symbols[left].text.size() + symbols[right].text.size());
    if (const int32_t id = Find(joined); id >= 0) queue.push({vocab_.scores[id], left, right, joined.size()});
  };
  for (int32_t i = 1; i < static_cast<int32_t>(symbols.size()); ++i) offer(i - 1, i);
  while (!queue.empty()) {
    const Pair pair = queue.top();
    queue.pop();
    Symbol& left = symbols[pair.left];
    Symbol& right = symbols[pair.right];
    // A symbol only grows or becomes empty, so unchanged lengths mean unchanged symbols.
    if (left.text.empty() || right.text.empty() || left.text.size() + right.text.size() != pair.length)
      continue;
    left.text = {left.text.data(), pair.length};
    right.text = {};
    left.next = right.next;
    if (left.next >= 0) symbols[left.next].previous = pair.left;
    offer(left.previous, pair.left);
    offer(pair.left, left.next);
  }
  for (int32_t i = 0; i >= 0; i = symbols[i].next) Append(symbols[i].text, &ids);
  return ids;
}

std::string Tokenizer::Decode(int32_t token, int32_t previous) const {
  if (token < 0 || token >= size() || vocab_.kinds[token] == TokenKind::kControl) return {};
  const std::string& piece = vocab_.pieces[token];
  const bool first = previous < 0 || previous == vocab_.bos;
  const bool padded = first && vocab_.add_space_prefix && vocab_.kinds[token] != TokenKind::kByte;
  return padded && !piece.empty() && piece[0] == ' ' ? piece.substr(1) : piece;
}

}  // namespace weft
