#include "sw/image/vocabulary.h"

#include "sw/formats/cursor.h"
#include "sw/image/append.h"

namespace weft {
namespace {

constexpr uint32_t kMaxTokens = 1u << 24;
constexpr uint32_t kTokenBytes = 9;  // of a token without its text

// Bits of the flags byte.
enum Flag : uint8_t {
  kAddBos = 1,
  kAddEos = 2,
  kSpacePrefix = 4,
  kPrefixAfterControl = 8,
  kIgnoreMerges = 16
};

uint8_t Flags(const Vocabulary& vocab) {
  return static_cast<uint8_t>((vocab.add_bos ? kAddBos : 0) | (vocab.add_eos ? kAddEos : 0) |
                              (vocab.add_space_prefix ? kSpacePrefix : 0) |
                              (vocab.prefix_after_control ? kPrefixAfterControl : 0) |
                              (vocab.ignore_merges ? kIgnoreMerges : 0));
}

void AppendText(std::vector<uint8_t>& out, const std::string& text) {
  Append(out, static_cast<uint32_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
}

// A count of records of `bytes` each; fails when the section cannot hold them.
uint32_t ReadCount(Cursor* in, const char* what, uint32_t bytes) {
  const uint32_t count = in->Read<uint32_t>(what);
  if (in->ok() && uint64_t{count} * bytes > in->left()) {
    in->Fail(std::string("the vocabulary states ") + std::to_string(count) + " " + what +
             ", wanted at most " + std::to_string(in->left() / bytes) + " for the " +
             std::to_string(in->left()) + " bytes that follow");
    return 0;
  }
  return count;
}

void ReadTokens(Cursor* in, uint32_t count, Vocabulary* vocab) {
  vocab->pieces.reserve(count);
  for (uint32_t id = 0; id < count && in->ok(); ++id) {
    vocab->scores.push_back(in->Read<float>("a token's score"));
    vocab->kinds.push_back(static_cast<TokenKind>(in->Read<uint8_t>("a token's kind")));
    vocab->pieces.emplace_back(in->Text(in->Read<uint32_t>("a token's length"), "a token's text"));
  }
}

}  // namespace

std::vector<uint8_t> EncodeVocabulary(const Vocabulary& vocab) {
  std::vector<uint8_t> out;
  Append(out, static_cast<uint32_t>(vocab.pieces.size()));
  Append(out, vocab.bos);
  Append(out, vocab.eos);
  Append(out, vocab.unk);
  Append(out, static_cast<uint8_t>(vocab.pre));
  Append(out, Flags(vocab));
  for (size_t i = 0; i < vocab.pieces.size(); ++i) {
    Append(out, vocab.scores[i]);
    Append(out, static_cast<uint8_t>(vocab.kinds[i]));
    AppendText(out, vocab.pieces[i]);
  }
  Append(out, static_cast<uint32_t>(vocab.merges.size()));
  for (const Merge& merge : vocab.merges) {
    Append(out, merge.left);
    Append(out, merge.right);
  }
  AppendText(out, vocab.chat_template);
  return out;
}

Result<Vocabulary> DecodeVocabulary(std::span<const uint8_t> bytes) {
  Cursor in(bytes);
  Vocabulary vocab;
  const uint32_t count = ReadCount(&in, "tokens", kTokenBytes);
  if (count > kMaxTokens) {
    return Error{"the vocabulary states " + std::to_string(count) + " tokens, wanted at most " +
                 std::to_string(kMaxTokens)};
  }
  vocab.bos = in.Read<int32_t>("the begin-of-text token");
  vocab.eos = in.Read<int32_t>("the end-of-text token");
  vocab.unk = in.Read<int32_t>("the unknown token");
  vocab.pre = static_cast<PreTokenizer>(in.Read<uint8_t>("the pre-tokenizer"));
  const uint8_t flags = in.Read<uint8_t>("the flags");
  vocab.add_bos = flags & kAddBos;
  vocab.add_eos = flags & kAddEos;
  vocab.add_space_prefix = flags & kSpacePrefix;
  vocab.prefix_after_control = flags & kPrefixAfterControl;
  vocab.ignore_merges = flags & kIgnoreMerges;
  ReadTokens(&in, count, &vocab);
  const uint32_t merges = ReadCount(&in, "merges", sizeof(Merge));
  for (uint32_t i = 0; i < merges && in.ok(); ++i) {
    const int32_t left = in.Read<int32_t>("a merge");
    vocab.merges.push_back({left, in.Read<int32_t>("a merge")});
  }
  vocab.chat_template = in.Text(in.Read<uint32_t>("the chat template's length"), "the chat template");
  if (!in.ok()) return *in.status();
  if (in.left() != 0) {
    return Error{"the vocabulary has " + std::to_string(in.left()) + " bytes after its end, wanted none"};
  }
  if (auto bad = ValidateVocabulary(vocab)) return *bad;
  return vocab;
}

}  // namespace weft
