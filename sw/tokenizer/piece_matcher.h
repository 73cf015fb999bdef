// Finding the tokens that are matched whole in a text, before anything else looks at it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string_view>
#include <unordered_map>

namespace weft {

class PieceMatcher {
 public:
  // Refers to `piece`; the first of two equal ones counts.
  void Add(std::string_view piece, int32_t id) {
    if (piece.empty()) return;
    ids_.emplace(piece, id);
    lengths_[static_cast<uint8_t>(piece[0])].insert(piece.size());
  }

  // The token of `piece`, or -1.
  int32_t Find(std::string_view piece) const {
    const auto found = ids_.find(piece);
    return found == ids_.end() ? -1 : found->second;
  }

  // Calls `text` with what lies between pieces (never empty) and `piece` with each, leftmost first, the
  // longest of those that start at one place.
  template <typename OnText, typename OnPiece>
  void Split(std::string_view whole, OnText text, OnPiece piece) const {
    size_t begin = 0;
    for (size_t at = 0; at < whole.size();) {
      const std::string_view found = Longest(whole.substr(at));
      if (found.empty()) {
        ++at;
        continue;
      }
      if (at > begin) text(whole.substr(begin, at - begin));
      piece(Find(found));
      begin = at += found.size();
    }
    if (begin < whole.size()) text(whole.substr(begin));
  }

 private:
  // The longest piece at the start of `text`; empty: none.
  std::string_view Longest(std::string_view text) const {
    for (const size_t length : lengths_[static_cast<uint8_t>(text[0])]) {
      if (length <= text.size() && ids_.contains(text.substr(0, length))) return text.substr(0, length);
    }
    return {};
  }

  std::unordered_map<std::string_view, int32_t> ids_;
  std::array<std::set<size_t, std::greater<>>, 256> lengths_;  // of the pieces, by their first byte
};

}  // namespace weft
