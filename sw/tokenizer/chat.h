// Chat: how an instruction-tuned model wants a user's turn written. A checkpoint carries that as a Jinja
// template; the known families are recognised by their text and written here without Jinja.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"
#include "sw/tokenizer/tokenizer.h"

namespace weft {

enum class ChatFamily { kChatMl, kLlama2, kLlama3, kMistral, kZephyr };
const char* ChatFamilyName(ChatFamily family);

// The family of a template; refuses an empty or unknown one.
Result<ChatFamily> RecogniseChat(std::string_view chat_template);

struct ChatPrompt {
  std::vector<int32_t> ids;  // up to where the model's turn begins
  int32_t end_of_turn = -1;  // the token that ends it, -1: only EOS does
};

// One turn of a user, after a system text (empty: the template's own, if it has one). Control tokens come
// from the family alone: what a user types is text. Refuses a vocabulary without the family's tokens.
Result<ChatPrompt> FormatChat(const Tokenizer& tokenizer, const std::string& user, const std::string& system);

}  // namespace weft
