// weft compile: a checkpoint into a .weft image, ready for a configuration.
#include <cstdio>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/image/image.h"

namespace weft::cli {

namespace {

struct CompileCommandOptions {
  ModelOptions model;
  std::string output;
};

int Run(const CompileCommandOptions& o) {
  if (!o.model.source.path.empty() && IsImage(o.model.source.path)) {
    return BadInput(o.model.source.path + ": is an image already, want a checkpoint");
  }
  const auto program = Open(o.model);
  if (!program) return BadInput(program.error().message);
  const Image image = {program->hw, program->model, *program->tape, program->vocab};
  if (Status failed = WriteImage(o.output, image)) return BadInput(failed->message);
  std::printf("%s: a tape of %s bytes for configuration %s, context %u, slots %u\n", o.output.c_str(),
              Thousands(image.tape.bytes.size()).c_str(), image.hw.name.c_str(), image.tape.context,
              image.tape.slots);
  return kOk;
}

}  // namespace

void SetupCompile(CLI::App& app, int* code) {
  auto options = std::make_shared<CompileCommandOptions>();
  CLI::App* command = app.add_subcommand("compile", "compile a model into a .weft image");
  AddModelOptions(command, &options->model);
  command->add_option("-o,--output", options->output, ".weft file to write")->required();
  command->add_option("--slots", options->model.source.compile.slots, "users in the KV cache (default: 1)");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
