#include "sw/formats/tokenizer_json_rules.h"

#include <vector>

#include "sw/formats/cursor.h"
#include "sw/tokenizer/pretokenizer.h"

namespace weft {
namespace {

using nlohmann::json;

constexpr const char* kSpaceMark = "\xe2\x96\x81";  // U+2581

// The steps of a component: those of a Sequence, itself, or none.
std::vector<json> Steps(const json& component, const char* list) {
  if (!component.is_object()) return {};
  if (JsonText(component, "type") != "Sequence") return {component};
  const json& steps = JsonMember(component, list);
  return steps.is_array() ? steps.get<std::vector<json>>() : std::vector<json>{};
}

std::string Names(const std::vector<json>& steps) {
  std::string names;
  for (const json& step : steps) names += (names.empty() ? "" : ", ") + JsonText(step, "type", "?");
  return steps.size() > 1 ? "a sequence of " + names : names.empty() ? "nothing" : names;
}

Error Refusal(const char* what, const std::vector<json>& steps, const std::string& wanted) {
  return Error{std::string("the ") + what + " is " + Names(steps) + ", wanted " + wanted};
}

// Byte-level steps: what cuts, then what turns bytes into the alphabet.
Result<PreTokenizer> ByteLevelFamily(const std::vector<json>& steps) {
  const json& last = steps.back();
  if (JsonFlag(last, "add_prefix_space", true)) {
    return Error{"the ByteLevel pre-tokenizer adds a space in front, wanted add_prefix_space false"};
  }
  const bool gpt2_cuts = JsonFlag(last, "use_regex", true);
  if (steps.size() == 1 && gpt2_cuts) return PreTokenizer::kGpt2;
  if (steps.size() == 2) {
    const json& first = steps[0];
    const std::string type = JsonText(first, "type");
    if (type == "Digits" && JsonFlag(first, "individual_digits", false) && gpt2_cuts)
      return PreTokenizer::kSmolLm;
    if (type == "Split" && !gpt2_cuts && JsonText(first, "behavior") == "Isolated" &&
        !JsonFlag(first, "invert", false)) {
      const std::string pattern = JsonText(JsonMember(first, "pattern"), "Regex");
      if (const auto pre = PreTokenizerByPattern(pattern)) return *pre;
      return Error{"the pre-tokenizer splits by the unknown expression " + Quoted(pattern) +
                   ", wanted that of GPT-2, Llama 3 or Qwen 2"};
    }
  }
  return Refusal("pre-tokenizer", steps, "that of GPT-2, Llama 3, Qwen 2 or SmolLM");
}

Result<TextRules> ByteLevelRules(const std::vector<json>& cutters, const std::vector<json>& normalizers) {
  // NFC leaves the text alone that people type; it is not applied here.
  for (const json& step : normalizers) {
    if (JsonText(step, "type") != "NFC")
      return Refusal("normalizer", normalizers, "NFC or none before bytes");
  }
  const auto pre = ByteLevelFamily(cutters);
  if (!pre) return pre.error();
  TextRules rules;
  rules.pre = *pre;
  return rules;
}

Result<TextRules> SentencePieceRules(const std::vector<json>& cutters, const std::vector<json>& normalizers) {
  TextRules rules;
  bool marks_spaces = false;
  for (const json& step : normalizers) {
    const std::string type = JsonText(step, "type");
    if (type == "Prepend" && JsonText(step, "prepend") == kSpaceMark) {
      rules.add_space_prefix = rules.prefix_after_control = true;
    } else if (type == "Replace" && JsonText(JsonMember(step, "pattern"), "String") == " " &&
               JsonText(step, "content") == kSpaceMark) {
      marks_spaces = true;
    } else {
      return Refusal("normalizer", normalizers, "a space mark put in front and in place of spaces, or none");
    }
  }
  for (const json& step : cutters) {
    // Gemma splits at spaces that its normalizer has already replaced.
    if (marks_spaces && JsonText(step, "type") == "Split" && JsonText(JsonMember(step, "pattern"), "String") == " ") {
      continue;
    }
    if (JsonText(step, "type") != "Metaspace" || JsonText(step, "replacement") != kSpaceMark ||
        cutters.size() != 1) {
      return Refusal("pre-tokenizer", cutters, "Metaspace, a known byte-level one, or none");
    }
    const std::string scheme =
        JsonText(step, "prepend_scheme", JsonFlag(step, "add_prefix_space", true) ? "always" : "never");
    marks_spaces = true;
    rules.add_space_prefix = scheme != "never";
    rules.prefix_after_control = scheme == "always";
    rules.words_apart = JsonFlag(step, "split", true);
  }
  if (!marks_spaces) {
    return Refusal("pre-tokenizer", cutters,
                   "Metaspace, a known byte-level one, or a normalizer that marks spaces");
  }
  return rules;
}

}  // namespace

const json& JsonMember(const json& object, const char* key) {
  static const json kNull;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? kNull : *found;
}

std::string JsonText(const json& object, const char* key, const std::string& fallback) {
  const json& member = JsonMember(object, key);
  return member.is_string() ? member.get<std::string>() : fallback;
}

bool JsonFlag(const json& object, const char* key, bool fallback) {
  const json& member = JsonMember(object, key);
  return member.is_boolean() ? member.get<bool>() : fallback;
}

Result<TextRules> ReadTextRules(const json& file) {
  const std::vector<json> cutters = Steps(JsonMember(file, "pre_tokenizer"), "pretokenizers");
  const std::vector<json> normalizers = Steps(JsonMember(file, "normalizer"), "normalizers");
  const bool bytes = !cutters.empty() && JsonText(cutters.back(), "type") == "ByteLevel";
  return bytes ? ByteLevelRules(cutters, normalizers) : SentencePieceRules(cutters, normalizers);
}

}  // namespace weft
