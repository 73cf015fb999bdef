#include "sw/tokenizer/chat.h"

namespace weft {
namespace {

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::string Trimmed(const std::string& text) {
  constexpr const char* kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

// A text under construction: what the family writes, and what people wrote.
class Turns {
 public:
  Turns& Markup(std::string text) { return Add(std::move(text), true); }
  Turns& Text(std::string text) { return Add(std::move(text), false); }

  std::vector<int32_t> Encode(const Tokenizer& tokenizer, bool bos) const {
    std::vector<TextPart> parts;
    for (const auto& [text, control] : parts_) parts.push_back({text, control});
    return tokenizer.Encode(parts, bos);
  }

 private:
  Turns& Add(std::string text, bool control) {
    parts_.emplace_back(std::move(text), control);
    return *this;
  }
  std::vector<std::pair<std::string, bool>> parts_;
};

// The system text that a ChatML template puts in when nobody gives one: it stands there in one piece.
std::string DefaultSystem(std::string_view chat_template) {
  constexpr std::string_view kBegin = "<|im_start|>system", kEnd = "<|im_end|>";
  for (size_t at = chat_template.find(kBegin); at != chat_template.npos;
       at = chat_template.find(kBegin, at + 1)) {
    std::string_view rest = chat_template.substr(at + kBegin.size());
    if (rest.starts_with("\\n")) {
      rest.remove_prefix(2);
    } else if (rest.starts_with("\n")) {
      rest.remove_prefix(1);
    } else {
      continue;
    }
    const std::string_view text = rest.substr(0, rest.find(kEnd));
    const bool literal =
        text.size() < rest.size() && !text.empty() && text.find_first_of("'\"{}\\") == text.npos;
    if (literal) return std::string(text);
  }
  return {};
}

Turns ChatMl(std::string_view chat_template, const std::string& user, const std::string& system) {
  Turns turns;
  const std::string first = system.empty() ? DefaultSystem(chat_template) : system;
  if (!first.empty()) turns.Markup("<|im_start|>system\n").Text(first).Markup("<|im_end|>\n");
  turns.Markup("<|im_start|>user\n").Text(user).Markup("<|im_end|>\n<|im_start|>assistant\n");
  return turns;
}

Turns Llama2(const std::string& user, const std::string& system) {
  Turns turns;
  turns.Markup("[INST] ");
  if (!system.empty()) turns.Markup("<<SYS>>\n").Text(system).Markup("\n<</SYS>>\n\n");
  turns.Text(Trimmed(user)).Markup(" [/INST]");
  return turns;
}

Turns Llama3(const std::string& user, const std::string& system) {
  Turns turns;
  const auto turn = [&](const char* role, const std::string& text) {
    turns.Markup(std::string("<|start_header_id|>") + role + "<|end_header_id|>\n\n");
    turns.Text(Trimmed(text)).Markup("<|eot_id|>");
  };
  if (!system.empty()) turn("system", system);
  turn("user", user);
  turns.Markup("<|start_header_id|>assistant<|end_header_id|>\n\n");
  return turns;
}

// Has no system role: that text opens the user's turn. Versions differ in the spaces around the marks.
Turns Mistral(std::string_view chat_template, const std::string& user, const std::string& system) {
  Turns turns;
  turns.Markup(Contains(chat_template, "[INST] ") ? "[INST] " : "[INST]");
  if (!system.empty()) turns.Text(system).Markup("\n\n");
  turns.Text(user).Markup(Contains(chat_template, " [/INST]") ? " [/INST]" : "[/INST]");
  return turns;
}

Turns Zephyr(const std::string& end, const std::string& user, const std::string& system) {
  Turns turns;
  if (!system.empty()) turns.Markup("<|system|>\n").Text(system).Markup(end + "\n");
  turns.Markup("<|user|>\n").Text(user).Markup(end + "\n<|assistant|>\n");
  return turns;
}

}  // namespace

const char* ChatFamilyName(ChatFamily family) {
  switch (family) {
    case ChatFamily::kChatMl:
      return "ChatML";
    case ChatFamily::kLlama2:
      return "Llama 2";
    case ChatFamily::kLlama3:
      return "Llama 3";
    case ChatFamily::kMistral:
      return "Mistral";
    case ChatFamily::kZephyr:
      return "Zephyr";
  }
  return "";
}

Result<ChatFamily> RecogniseChat(std::string_view chat_template) {
  if (chat_template.empty()) return Error{"the model carries no chat template, wanted one for a chat"};
  const auto has = [&](std::string_view part) { return Contains(chat_template, part); };
  if (has("<|im_start|>")) return ChatFamily::kChatMl;
  if (has("<|start_header_id|>") && has("<|eot_id|>")) return ChatFamily::kLlama3;
  if (has("[INST]") && has("<<SYS>>")) return ChatFamily::kLlama2;
  if (has("[INST]") && !has("[SYSTEM_PROMPT]")) return ChatFamily::kMistral;
  if (has("<|user|>") && has("<|assistant|>") && has("eos_token")) return ChatFamily::kZephyr;
  return Error{
      "the model's chat template is of no known family, wanted that of ChatML, Llama 2, Llama 3, Mistral or "
      "Zephyr"};
}

Result<ChatPrompt> FormatChat(const Tokenizer& tokenizer, const std::string& user,
                              const std::string& system) {
  const Vocabulary& vocab = tokenizer.vocabulary();
  const std::string& chat_template = vocab.chat_template;
  const auto family = RecogniseChat(chat_template);
  if (!family) return family.error();
  Turns turns;
  std::vector<std::string> needed;  // special tokens, the one that ends a turn first
  switch (*family) {
    case ChatFamily::kChatMl:
      turns = ChatMl(chat_template, user, system);
      needed = {"<|im_end|>", "<|im_start|>"};
      break;
    case ChatFamily::kLlama2:
      turns = Llama2(user, system);
      break;
    case ChatFamily::kLlama3:
      turns = Llama3(user, system);
      needed = {"<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"};
      break;
    case ChatFamily::kMistral:
      turns = Mistral(chat_template, user, system);
      break;
    case ChatFamily::kZephyr:
      if (tokenizer.eos() < 0)
        return Error{"the vocabulary has no end-of-text token, which Zephyr's chat template wants"};
      turns = Zephyr(vocab.pieces[static_cast<size_t>(tokenizer.eos())], user, system);
      break;
  }
  for (const std::string& text : needed) {
    if (tokenizer.Special(text) >= 0) continue;
    return Error{std::string("the vocabulary has no special token '") + text + "', which the " +
                 ChatFamilyName(*family) + " chat template wants"};
  }
  ChatPrompt prompt;
  prompt.ids = turns.Encode(tokenizer, vocab.add_bos || Contains(chat_template, "bos_token"));
  prompt.end_of_turn = needed.empty() ? tokenizer.eos() : tokenizer.Special(needed[0]);
  return prompt;
}

}  // namespace weft
