// Byte-pair merging, whatever says which pair comes first.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <string_view>
#include <vector>

namespace weft {

// A piece of text on its way to a token. The symbols of a run lie side by side in one text.
struct BpeSymbol {
  std::string_view text;
  int32_t id;  // its token, -1: none
};

// What two neighbours would become.
struct BpeMerge {
  double rank;  // the smallest merges first, the leftmost of equals
  int32_t id;
};

// Merges neighbours until lookup(left, right), which returns an optional BpeMerge, has nothing more to offer.
// O(n log n) lookups in the number of symbols.
template <typename Lookup>
void MergeSymbols(std::vector<BpeSymbol>* symbols, Lookup lookup) {
  struct Pair {
    double rank;
    int32_t left, right, id;
    size_t length;  // bytes of both; out of date when they have other lengths since
    // Orders the queue, whose top is the largest.
    bool operator<(const Pair& other) const {
      return rank > other.rank || (rank == other.rank && left > other.left);
    }
  };
  struct Link {
    int32_t previous, next;  // -1 ends the list
  };
  std::vector<BpeSymbol>& s = *symbols;
  const int32_t count = static_cast<int32_t>(s.size());
  std::vector<Link> links(s.size());
  std::priority_queue<Pair> queue;
  const auto offer = [&](int32_t left, int32_t right) {
    if (left < 0 || right < 0) return;
    if (const std::optional<BpeMerge> merge = lookup(s[left], s[right])) {
      queue.push({merge->rank, left, right, merge->id, s[left].text.size() + s[right].text.size()});
    }
  };
  for (int32_t i = 0; i < count; ++i) {
    links[i] = {i - 1, i + 1 < count ? i + 1 : -1};
    offer(i - 1, i);
  }
  while (!queue.empty()) {
    const Pair pair = queue.top();
    queue.pop();
    BpeSymbol& left = s[pair.left];
    BpeSymbol& right = s[pair.right];
    // A symbol only grows or becomes empty, so unchanged lengths mean unchanged symbols.
    if (left.text.empty() || right.text.empty() || left.text.size() + right.text.size() != pair.length)
      continue;
    left = {{left.text.data(), pair.length}, pair.id};
    right.text = {};
    links[pair.left].next = links[pair.right].next;
    if (links[pair.left].next >= 0) links[links[pair.left].next].previous = pair.left;
    offer(links[pair.left].previous, pair.left);
    offer(pair.left, links[pair.left].next);
  }
  std::erase_if(s, [](const BpeSymbol& symbol) { return symbol.text.empty(); });
}

}  // namespace weft
