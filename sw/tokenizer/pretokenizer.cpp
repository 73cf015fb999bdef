#include "sw/tokenizer/pretokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace weft {
namespace {

struct Family {
  PreTokenizer pre;
  std::vector<const char*> names;  // the one that is written first
  std::vector<std::string> patterns;
};

const std::vector<Family>& Families() {
  static const std::string kGpt2 =
      R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
  static const std::vector<Family> kFamilies = {
      {PreTokenizer::kGpt2, {"gpt-2"}, {kGpt2}},
      {PreTokenizer::kLlama3,
       {"llama-bpe", "llama3", "llama-v3"},
       {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"}},
      {PreTokenizer::kQwen2,
       {"qwen2", "deepseek-r1-qwen"},
       {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"}},
      {PreTokenizer::kSmolLm, {"smollm"}, {R"(\p{N})", kGpt2}},
  };
  return kFamilies;
}

// PCRE2's \s counts U+180E, which has not been white space since Unicode 6.3 and is none to the tokenizers
// these expressions come from. Spells \s and \S out, inside brackets and outside.
std::string WithUnicodeSpaces(const std::string& pattern) {
  const std::string spaces = R"(\p{Z}\t-\r\x{85})";
  std::string out;
  bool bracket = false;
  for (size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '\\') {
      bracket = pattern[at] == '[' || (bracket && pattern[at] != ']');
      out += pattern[at];
      continue;
    }
    const char escaped = pattern[++at];
    if (escaped == 's') {
      out += bracket ? spaces : "[" + spaces + "]";
    } else if (escaped == 'S' && !bracket) {
      out += "[^" + spaces + "]";
    } else {
      out += {'\\', escaped};
    }
  }
  return out;
}

}  // namespace

Result<PreTokenizer> PreTokenizerByName(std::string_view name) {
  std::string known;
  for (const Family& family : Families()) {
    for (const char* known_name : family.names) {
      if (name == known_name) return family.pre;
    }
    known += (known.empty() ? "" : ", ") + std::string(family.names[0]);
  }
  return Error{"wanted one of " + known};
}

const char* PreTokenizerName(PreTokenizer pre) {
  for (const Family& family : Families()) {
    if (family.pre == pre) return family.names[0];
  }
  return "";
}

const std::vector<std::string>& PreTokenizerPatterns(PreTokenizer pre) {
  static const std::vector<std::string> kNone;
  for (const Family& family : Families()) {
    if (family.pre == pre) return family.patterns;
  }
  return kNone;
}

std::optional<PreTokenizer> PreTokenizerByPattern(std::string_view pattern) {
  for (const Family& family : Families()) {
    if (family.patterns.size() == 1 && family.patterns[0] == pattern) return family.pre;
  }
  // GPT-2's own spelling of its contractions.
  if (pattern == R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)") {
    return PreTokenizer::kGpt2;
  }
  return {};
}

struct TextCutter::Code {
  explicit Code(const std::string& pattern) {
    const std::string text = WithUnicodeSpaces(pattern);
    int error = 0;
    PCRE2_SIZE at = 0;
    code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                         PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &error, &at, nullptr);
    WEFT_CHECK(code != nullptr, "the table's expressions compile");
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // only faster
  }
  ~Code() { pcre2_code_free(code); }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  pcre2_code* code;
};

TextCutter::TextCutter(PreTokenizer pre) {
  for (const std::string& pattern : PreTokenizerPatterns(pre))
    stages_.push_back(std::make_shared<Code>(pattern));
  WEFT_CHECK(!stages_.empty(), "byte-level vocabularies name a pre-tokenizer");
}

void TextCutter::Cut(std::string_view text, const std::function<void(std::string_view)>& word) const {
  Cut(text, 0, word);
}

void TextCutter::Cut(std::string_view text, size_t stage,
                     const std::function<void(std::string_view)>& word) const {
  if (text.empty()) return;
  if (stage == stages_.size()) return word(text);
  pcre2_code* code = stages_[stage]->code;
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  size_t done = 0;
  while (done < text.size()) {
    const int found = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), done, 0,
                                  match.get(), nullptr);
    if (found < 0) break;
    const PCRE2_SIZE* span = pcre2_get_ovector_pointer(match.get());
    Cut(text.substr(done, span[0] - done), stage + 1, word);
    Cut(text.substr(span[0], span[1] - span[0]), stage + 1, word);
    done = span[1];
  }
  Cut(text.substr(done), stage + 1, word);
}

}  // namespace weft
