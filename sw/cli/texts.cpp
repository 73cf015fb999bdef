#include "sw/cli/texts.h"

#include "sw/cli/common.h"
#include "sw/formats/file_io.h"
#include "sw/runtime/scoring.h"

namespace weft::cli {

namespace {

Result<Texts> ReadIds(const TextOptions& o) {
  const auto bytes = ReadFile(o.ids);
  if (!bytes) return bytes.error();
  auto sequences = ParseIdSequences(*bytes);
  if (!sequences) return Error{o.ids + ": " + sequences.error().message};
  if (o.limit != 0 && sequences->size() > o.limit) sequences->resize(o.limit);
  return Texts{std::move(*sequences), 0};
}

Result<Texts> ReadText(const TextOptions& o, const Program& program) {
  const auto tokenizer = MakeTokenizer(program);
  if (!tokenizer) return tokenizer.error();
  const auto file = ReadFile(o.text);
  if (!file) return file.error();
  Texts texts;
  for (const std::string& part : SplitTexts({reinterpret_cast<const char*>(file->data()), file->size()})) {
    if (o.limit != 0 && texts.sequences.size() == o.limit) break;
    std::vector<int32_t> ids = tokenizer->Encode(part, /*add_bos=*/true);
    texts.bytes += part.size();
    // Without BOS the text's own first token is the one that is not scored.
    if (tokenizer->bos() < 0 && !ids.empty()) texts.bytes -= tokenizer->Decode(ids[0], -1).size();
    texts.sequences.push_back(std::move(ids));
  }
  if (texts.sequences.empty()) return Error{o.text + ": holds no text"};
  return texts;
}

}  // namespace

void AddTextOptions(CLI::App* command, TextOptions* options) {
  command->add_option("-f,--file", options->text, "text to score; lines of <|endoftext|> separate texts");
  command->add_option("--ids", options->ids,
                      "token ids to score: [int32 count, count x int32] with BOS first");
  command->add_option("--limit", options->limit, "score only the first so many texts");
}

Result<Texts> ReadTexts(const TextOptions& options, const Program& program) {
  if (options.text.empty() == options.ids.empty()) return Error{"want either -f TEXT or --ids FILE"};
  return options.ids.empty() ? ReadText(options, program) : ReadIds(options);
}

}  // namespace weft::cli
