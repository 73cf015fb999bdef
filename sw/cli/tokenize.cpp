// weft tokenize: what a model's tokenizer makes of a text.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/cli/prompt.h"
#include "sw/formats/file_io.h"
#include "sw/formats/tokenizer_file.h"
#include "sw/tokenizer/tokenizer.h"
#include "sw/tokenizer/utf8.h"

namespace weft::cli {

namespace {

struct TokenizeOptions {
  ProgramSource source;
  std::string file;
  std::optional<std::string> text;
  bool control = false;
  bool json = false;
};

// A model's, or that of a tokenizer file by itself.
Result<Vocabulary> OpenVocabulary(const ProgramSource& source) {
  if (source.tokenizer.empty() && IsTokenizerFile(source.path)) return LoadTokenizerFile(source.path, 0);
  if (IsImage(source.path)) {
    auto program = OpenProgram(source);
    if (!program) return program.error();
    return std::move(program->vocab);
  }
  auto checkpoint = OpenCheckpoint(source);
  if (!checkpoint) return checkpoint.error();
  return std::move(checkpoint->vocab);
}

Result<std::string> FindText(const TokenizeOptions& o) {
  if (o.file.empty()) return FindPrompt(o.text.value_or("-"));
  if (o.text) return Error{"want either TEXT or -f FILE"};
  const auto bytes = ReadFile(o.file);
  if (!bytes) return bytes.error();
  return std::string(bytes->begin(), bytes->end());
}

// A piece as text that any terminal and JSON takes; parts of characters become U+FFFD.
std::string Printable(const std::string& piece) {
  Utf8Stream stream;
  const std::string text = stream.Push(piece);
  return text + stream.Flush();
}

std::string Hex(const std::string& bytes) {
  std::string out;
  for (const char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<uint8_t>(byte));
    out += digits;
  }
  return out;
}

int Run(const TokenizeOptions& o) {
  auto vocab = OpenVocabulary(o.source);
  if (!vocab) return BadInput(vocab.error().message);
  if (vocab->empty()) return BadInput(o.source.path + " carries no tokenizer; give --tokenizer FILE");
  const auto text = FindText(o);
  if (!text) return BadInput(text.error().message);
  const Tokenizer tokenizer(std::move(*vocab));
  const Vocabulary& v = tokenizer.vocabulary();
  const TextPart part = {*text, o.control};
  std::vector<int32_t> ids = tokenizer.Encode({&part, 1}, v.add_bos);
  if (v.add_eos && v.eos >= 0) ids.push_back(v.eos);

  nlohmann::ordered_json tokens = nlohmann::ordered_json::array();
  for (const int32_t id : ids) {
    const std::string& piece = v.pieces[static_cast<size_t>(id)];
    const std::string printable = Printable(piece);
    tokens.push_back({{"id", id}, {"piece", printable}});
    if (printable != piece) tokens.back()["bytes"] = Hex(piece);
  }
  if (o.json) {
    const nlohmann::ordered_json json = {{"count", ids.size()}, {"ids", ids}, {"tokens", tokens}};
    std::printf("%s\n", json.dump(2).c_str());
    return kOk;
  }
  for (const auto& token : tokens) {
    std::printf("%7d  %s%s\n", token["id"].get<int32_t>(), token["piece"].dump().c_str(),
                token.contains("bytes") ? ("  " + token["bytes"].get<std::string>()).c_str() : "");
  }
  return kOk;
}

}  // namespace

void SetupTokenize(CLI::App& app, int* code) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = app.add_subcommand("tokenize", "the token ids of a text, and their pieces");
  command
      ->add_option("MODEL", options->source.path, "a model, or a tokenizer.json or SentencePiece .model file")
      ->required();
  command->add_option("TEXT", options->text, "text; - or none reads stdin");
  command->add_option("--tokenizer", options->source.tokenizer, "tokenizer file of a model without one");
  command->add_option("-f,--file", options->file, "file with the text");
  command->add_flag("--control", options->control, "read control tokens that are spelt in the text as such");
  command->add_flag("--json", options->json, "one JSON object on stdout and nothing else");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
