// weft make-model: random weights of given dimensions as a GGUF file, for timing and tests.
#include <cstdio>
#include <map>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/formats/gguf.h"
#include "sw/runtime/random_model.h"

namespace weft::cli {

namespace {

struct MakeModelOptions {
  RandomModelOptions model;
  std::string type = "q8_0";
  std::string output;
  bool untied = false;
};

int Run(const MakeModelOptions& o) {
  RandomModelOptions model = o.model;
  model.tied = !o.untied;
  const std::map<std::string, DType> types = {{"f32", DType::kF32},
                                              {"f16", DType::kF16},
                                              {"q8_0", DType::kQ8_0},
                                              {"q4_0", DType::kQ4_0},
                                              {"tq2_0", DType::kTQ2_0}};
  model.mixed = o.type == "mixed";
  if (const auto type = types.find(o.type); type != types.end()) {
    model.type = type->second;
  } else if (!model.mixed) {
    return BadInput("--type is '" + o.type + "', want f32, f16, q8_0, q4_0, tq2_0 or mixed");
  }
  const auto checkpoint = RandomModel(model);
  if (!checkpoint) return BadInput(checkpoint.error().message);
  if (Status failed = WriteGguf(*checkpoint, o.output)) return BadInput(failed->message);
  std::printf("%s: random %s weights, %s, dim %u, hidden %u, %u layers, %u heads, %u KV heads, vocab %u, context %u\n",
              o.output.c_str(), o.type.c_str(), model.architecture.c_str(), model.dim, model.hidden, model.layers, model.heads, model.kv_heads,
              model.vocab, model.context);
  return kOk;
}

}  // namespace

void SetupMakeModel(CLI::App& app, int* code) {
  auto options = std::make_shared<MakeModelOptions>();
  RandomModelOptions& m = options->model;
  CLI::App* command = app.add_subcommand("make-model", "write a model of random weights");
  command->add_option("-o,--output", options->output, "GGUF file to write")->required();
  command->add_option("--dim", m.dim, "embedding length")->capture_default_str();
  command->add_option("--hidden", m.hidden, "feed-forward length")->capture_default_str();
  command->add_option("--layers", m.layers)->capture_default_str();
  command->add_option("--heads", m.heads, "query heads")->capture_default_str();
  command->add_option("--kv-heads", m.kv_heads, "key and value heads; divides --heads")->capture_default_str();
  command->add_option("--head-dim", m.head_dim, "elements of a head (default: dim / heads)");
  command->add_option("--arch", m.architecture, "llama, qwen2 or qwen3")->capture_default_str();
  command->add_option("--vocab", m.vocab)->capture_default_str();
  command->add_option("--context", m.context, "positions")->capture_default_str();
  command->add_option("--type", options->type, "of the matrices: f32, f16, q8_0, q4_0, tq2_0, or mixed")->capture_default_str();
  command->add_option("--seed", m.seed)->capture_default_str();
  command->add_flag("--untied", options->untied, "an output matrix of its own");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
