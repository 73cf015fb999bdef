// weft info: what is in a model or an image, and how it fits a configuration.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/tokenizer/chat.h"
#include "sw/tokenizer/pretokenizer.h"

namespace weft::cli {

namespace {

struct InfoOptions {
  ModelOptions model;
  bool json = false;
};

uint64_t CountWeights(const Checkpoint& checkpoint) {
  uint64_t count = 0;
  for (const auto& slot : TensorSlots(checkpoint)) {
    if (!slot.tensor->empty()) count += uint64_t{slot.tensor->rows} * slot.tensor->cols;
  }
  return count;
}

std::string DescribeTokenizer(const Vocabulary& vocab) {
  if (vocab.empty()) return "none";
  if (!vocab.byte_level()) return "SentencePiece BPE";
  return std::string("byte-level BPE, ") + PreTokenizerName(vocab.pre);
}

std::string DescribeChat(const Vocabulary& vocab) {
  if (vocab.chat_template.empty()) return "none";
  const auto family = RecogniseChat(vocab.chat_template);
  return family ? ChatFamilyName(*family) : "an unknown template";
}

nlohmann::ordered_json Describe(const Program& program) {
  const ModelConfig& m = program.model;
  const Tape& tape = *program.tape;
  nlohmann::ordered_json json = {{"file", program.name},
                                 {"kind", program.checkpoint ? "checkpoint" : "image"},
                                 {"name", m.name},
                                 {"architecture", m.architecture},
                                 {"dim", m.dim},
                                 {"hidden", m.hidden},
                                 {"layers", m.layers},
                                 {"heads", m.heads},
                                 {"kv_heads", m.kv_heads},
                                 {"head_dim", m.head_dim},
                                 {"vocab", m.vocab},
                                 {"context", m.context},
                                 {"rope_theta", m.rope_theta},
                                 {"norm_eps", m.norm_eps},
                                 {"tokenizer", DescribeTokenizer(program.vocab)},
                                 {"chat", DescribeChat(program.vocab)}};
  if (program.checkpoint) {
    json["weights"] = CountWeights(*program.checkpoint);
    json["weight_type"] = DTypeName(program.checkpoint->token_embd.type);
    json["tied"] = program.checkpoint->tied();
  }
  json["config"] = program.hw.name;
  json["tape_bytes"] = tape.bytes.size();
  json["tape_context"] = tape.context;
  json["slots"] = tape.slots;
  json["kv_bytes"] = tape.kv_bytes;
  json["rows_per_step"] = tape.max_rows;
  json["needed_bytes_per_token"] = tape.needs.weight_bytes + tape.needs.gain_bytes + tape.needs.embed_bytes_per_row +
                                   tape.needs.kv_bytes_per_row;
  json["macs_per_token"] = tape.needs.macs_per_row;
  return json;
}

int Run(const InfoOptions& o) {
  const auto program = Open(o.model);
  if (!program) return BadInput(program.error().message);
  const auto json = Describe(*program);
  if (o.json) {
    std::printf("%s\n", json.dump(2).c_str());
    return kOk;
  }
  for (const auto& [key, value] : json.items()) {
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (value.is_number_unsigned()) text = Thousands(value.get<uint64_t>());
    if (value.is_number_float()) text = Fixed(value.get<double>(), value.get<double>() < 1 ? 7 : 1);
    if (value.is_boolean()) text = value.get<bool>() ? "yes" : "no";
    std::string name = key;
    for (char& c : name) c = c == '_' ? ' ' : c;
    std::printf("%-24s %s\n", name.c_str(), text.c_str());
  }
  return kOk;
}

}  // namespace

void SetupInfo(CLI::App& app, int* code) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* command = app.add_subcommand("info", "show what a model or an image holds");
  AddModelOptions(command, &options->model);
  command->add_flag("--json", options->json, "one JSON object");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
