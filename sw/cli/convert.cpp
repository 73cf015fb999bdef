// weft convert: a model of any readable format as a GGUF file, with the weights in a type of choice.
#include "sw/model/convert.h"

#include <cstdio>
#include <map>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/cli/mixed.h"
#include "sw/cli/texts.h"
#include "sw/formats/file_io.h"
#include "sw/formats/gguf.h"

namespace weft::cli {

namespace {

struct ConvertOptions {
  ProgramSource source;
  std::string output, quant = "q8_0", head;
  uint64_t size = 0;  // of mixed
  TextOptions texts;  // likewise
};

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

Result<DType> ParseType(const std::string& option, const std::string& name) {
  std::string known;
  for (const DType type : kConvertTypes) {
    if (Lower(DTypeName(type)) == name) return type;
    known += Lower(DTypeName(type)) + ", ";
  }
  const bool quant = option == "--quant";  // which has one more
  return Error{option + " is '" + name + "', want one of " +
               (quant ? known + "mixed" : known.substr(0, known.size() - 2))};
}

// "15 matrices in Q4_0, 2 in Q8_0"
std::string Contents(const Checkpoint& checkpoint) {
  std::map<std::string, uint32_t> counts;
  for (const auto& slot : TensorSlots(checkpoint)) {
    if (!slot.vector && !slot.tensor->empty()) ++counts[DTypeName(slot.tensor->type)];
  }
  std::string text;
  for (const auto& [type, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " in " + type;
  }
  return "matrices " + text;
}

bool AnyLayerIn(DType type, const Checkpoint& checkpoint) {
  for (const auto& slot : TensorSlots(checkpoint)) {
    if (slot.name.starts_with("blk.") && !slot.vector && slot.tensor->type == type) return true;
  }
  return false;
}

// All matrices in one type, but for the embedding and the output.
Status ConvertUniformly(const ConvertOptions& o, Checkpoint* checkpoint) {
  const auto type = ParseType("--quant", o.quant);
  if (!type) return type.error();
  // Ternary values are too coarse for the embedding, unless someone insists.
  const std::string fallback = *type == DType::kTQ2_0 ? "q8_0" : o.quant;
  const auto head = ParseType("--head", o.head.empty() ? fallback : o.head);
  if (!head) return head.error();
  const auto notes = ConvertWeights(*type, *head, checkpoint);
  if (!AnyLayerIn(*type, *checkpoint)) {
    return Error{"no matrix of the layers has rows of a multiple of " + std::to_string(BlockSize(*type)) +
                 " elements, which " + o.quant + " wants"};
  }
  PrintNotes(notes);
  return {};
}

Status CheckMixedOptions(const ConvertOptions& o) {
  const bool mixed = o.quant == "mixed";
  if (mixed && o.size == 0) return Error{"--quant mixed wants --size, the most bytes that the file may have"};
  if (mixed && !o.head.empty())
    return Error{"--head is '" + o.head + "', want none with --quant mixed, which chooses"};
  if (!mixed && (o.size != 0 || !o.texts.text.empty() || !o.texts.ids.empty())) {
    return Error{"--size, -f and --ids are for --quant mixed, not " + o.quant};
  }
  return {};
}

int Run(const ConvertOptions& o) {
  if (Status bad = CheckMixedOptions(o)) return BadInput(bad->message);
  if (!o.source.path.empty() && IsImage(o.source.path)) {
    return BadInput(o.source.path + ": is a compiled image, want a checkpoint");
  }
  auto checkpoint = OpenCheckpoint(o.source);
  if (!checkpoint) return BadInput(checkpoint.error().message);
  PrintNotes(checkpoint->notes);
  const bool mixed = o.quant == "mixed";
  if (Status bad = mixed ? ConvertMixed(o.size, o.texts, &*checkpoint) : ConvertUniformly(o, &*checkpoint)) {
    return BadInput(bad->message);
  }
  if (Status bad = CheckFinite(*checkpoint)) {  // halves overflow where floats do not
    return BadInput("as " + Contents(*checkpoint) + ": " + bad->message);
  }
  const auto bytes = GgufBytes(*checkpoint);
  if (!bytes) return BadInput(bytes.error().message);
  if (Status failed = WriteFileAtomically(o.output, *bytes)) return BadInput(failed->message);
  std::printf("%s: %s bytes, %s\n", o.output.c_str(), Thousands(bytes->size()).c_str(),
              Contents(*checkpoint).c_str());
  return kOk;
}

}  // namespace

void SetupConvert(CLI::App& app, int* code) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = app.add_subcommand("convert", "write a model as a GGUF file");
  command->add_option(
      "MODEL", options->source.path,
      "model: .gguf, llama2.c .bin or Hugging Face folder (default: the model inside the program)");
  command->add_option("-o,--output", options->output, "GGUF file to write")->required();
  command
      ->add_option("--quant", options->quant,
                   "type of the matrices: f32, f16, q8_0, q4_0, tq2_0, or mixed: q8_0 or q4_0, "
                   "each as it costs a text least, within --size")
      ->capture_default_str();
  command->add_option("--size", options->size, "bytes that the file may have at most (mixed)");
  AddTextOptions(command, &options->texts);
  command->add_option(
      "--head", options->head,
      "type of the embedding and the output matrix (default: that of --quant; for tq2_0: q8_0)");
  command->add_option("--tokenizer", options->source.tokenizer,
                      "tokenizer.json, SentencePiece .model or llama2.c file, for a model without one");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
