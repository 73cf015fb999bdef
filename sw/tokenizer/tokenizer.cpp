#include "sw/tokenizer/tokenizer.h"

namespace weft {
namespace {

std::variant<SentencePieceBpe, ByteLevelBpe> MakeBpe(const Vocabulary& vocab) {
  if (vocab.byte_level()) return ByteLevelBpe(vocab);
  return SentencePieceBpe(vocab);
}

}  // namespace

Tokenizer::Tokenizer(Vocabulary vocab)
    : vocab_(std::make_unique<const Vocabulary>(std::move(vocab))), bpe_(MakeBpe(*vocab_)) {
  for (int32_t id = 0; id < size(); ++id) {
    if (vocab_->kinds[id] == TokenKind::kUser) user_.Add(vocab_->pieces[id], id);
    if (vocab_->kinds[id] == TokenKind::kControl) control_.Add(vocab_->pieces[id], id);
  }
}

void Tokenizer::EncodeStretch(std::string_view text, bool first, std::vector<int32_t>* ids) const {
  if (text.empty()) return;
  const bool space =
      !vocab_->byte_level() && vocab_->add_space_prefix && (first || vocab_->prefix_after_control);
  const std::string whole = (space ? " " : "") + std::string(text);
  user_.Split(
      whole, [&](std::string_view run) { std::visit([&](const auto& bpe) { bpe.Encode(run, ids); }, bpe_); },
      [&](int32_t id) { ids->push_back(id); });
}

std::vector<int32_t> Tokenizer::Encode(std::span<const TextPart> parts, bool add_bos) const {
  std::vector<int32_t> ids;
  std::string stretch;
  const auto flush = [&] {
    EncodeStretch(stretch, ids.empty(), &ids);
    stretch.clear();
  };
  for (const TextPart& part : parts) {
    if (!part.control) {
      stretch += part.text;
      continue;
    }
    control_.Split(
        part.text, [&](std::string_view run) { stretch += run; },
        [&](int32_t id) {
          flush();
          ids.push_back(id);
        });
  }
  flush();
  const bool has_bos = !ids.empty() && ids[0] == vocab_->bos;
  if (add_bos && vocab_->bos >= 0 && !has_bos) ids.insert(ids.begin(), vocab_->bos);
  return ids;
}

std::vector<int32_t> Tokenizer::Encode(std::string_view text, bool add_bos) const {
  const TextPart part = {text, false};
  return Encode({&part, 1}, add_bos);
}

std::string Tokenizer::Decode(int32_t token, int32_t previous) const {
  if (token < 0 || token >= size() || vocab_->kinds[token] == TokenKind::kControl) return {};
  const std::string& piece = vocab_->pieces[token];
  if (vocab_->byte_level() || !vocab_->add_space_prefix) return piece;
  const bool after_control = previous >= 0 && previous < size() &&
                             vocab_->kinds[previous] == TokenKind::kControl && vocab_->prefix_after_control;
  const bool first = previous < 0 || previous == vocab_->bos || after_control;
  const bool padded = first && vocab_->kinds[token] != TokenKind::kByte;
  return padded && !piece.empty() && piece[0] == ' ' ? piece.substr(1) : piece;
}

}  // namespace weft
