// weft disasm: a tape, instruction by instruction.
#include "sw/compiler/disasm.h"

#include <cstdio>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"

namespace weft::cli {

namespace {

int Run(const ModelOptions& o) {
  const auto program = Open(o);
  if (!program) return BadInput(program.error().message);
  const auto text = Disassemble(*program->tape, program->hw);
  if (!text) return BadInput(program->name + ": " + text.error().message);
  std::fputs(text->c_str(), stdout);
  return kOk;
}

}  // namespace

void SetupDisasm(CLI::App& app, int* code) {
  auto options = std::make_shared<ModelOptions>();
  CLI::App* command = app.add_subcommand("disasm", "print a model's tape, instruction by instruction");
  AddModelOptions(command, options.get());
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
