#include "sw/formats/merges.h"

#include "sw/formats/cursor.h"
#include "sw/formats/piece_text.h"

namespace weft {

MergeReader::MergeReader(Vocabulary* vocab) : vocab_(vocab) {
  for (size_t id = 0; id < vocab->pieces.size(); ++id) {
    const bool text = vocab->kinds[id] == TokenKind::kNormal || vocab->kinds[id] == TokenKind::kUser;
    if (text) ids_.emplace(vocab->pieces[id], static_cast<int32_t>(id));
  }
}

Status MergeReader::Add(std::string_view left, std::string_view right) {
  const auto refuse = [&](std::string_view piece) {
    return Error{"merge " + std::to_string(vocab_->merges.size()) + " is of " + Quoted(left) + " and " +
                 Quoted(right) + ", and " + Quoted(piece) + " is no token"};
  };
  const auto left_bytes = BytesFromAlphabet(left);
  const auto right_bytes = BytesFromAlphabet(right);
  const auto left_id = left_bytes ? ids_.find(*left_bytes) : ids_.end();
  if (left_id == ids_.end()) return refuse(left);
  const auto right_id = right_bytes ? ids_.find(*right_bytes) : ids_.end();
  if (right_id == ids_.end()) return refuse(right);
  if (!ids_.contains(*left_bytes + *right_bytes)) return refuse(std::string(left) + std::string(right));
  vocab_->merges.push_back({left_id->second, right_id->second});
  return {};
}

Status MergeReader::Add(std::string_view pair) {
  const size_t space = pair.find(' ');
  if (space == pair.npos || space == 0 || space + 1 == pair.size()) {
    return Error{"merge " + std::to_string(vocab_->merges.size()) + " is " + Quoted(pair) +
                 ", wanted two pieces with a space between"};
  }
  return Add(pair.substr(0, space), pair.substr(space + 1));
}

}  // namespace weft
