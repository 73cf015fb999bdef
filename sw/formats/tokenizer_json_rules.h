// Which of the known ways of cutting text a tokenizer.json describes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sw/base/result.h"
#include "sw/model/vocabulary.h"

namespace weft {

struct TextRules {
  PreTokenizer pre = PreTokenizer::kNone;  // kNone: SentencePiece's habits
  bool add_space_prefix = false;
  bool prefix_after_control = false;
  bool words_apart = false;  // no merge across a space
};

// Reads "normalizer" and "pre_tokenizer"; refuses what is not known by name.
Result<TextRules> ReadTextRules(const nlohmann::json& file);

// Members of an object that may be absent or of another type, which count as the fallback.
std::string JsonText(const nlohmann::json& object, const char* key, const std::string& fallback = "");
bool JsonFlag(const nlohmann::json& object, const char* key, bool fallback);
// The member, or null.
const nlohmann::json& JsonMember(const nlohmann::json& object, const char* key);

}  // namespace weft
