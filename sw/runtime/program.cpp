#include "sw/runtime/program.h"

#include <fstream>

#include "sw/formats/load.h"
#include "sw/runtime/default_model.h"

namespace weft {

namespace {

std::string FileName(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

std::shared_ptr<Tape> Share(Tape tape) { return std::make_shared<Tape>(std::move(tape)); }

Result<Program> FromCheckpoint(const ProgramSource& source) {
  Program program;
  auto hw = FindConfig(source.config.empty() ? "base" : source.config);
  if (!hw) return hw.error();
  auto checkpoint = OpenCheckpoint(source);
  if (!checkpoint) return checkpoint.error();
  auto tape = Compile(*checkpoint, *hw, source.compile);
  const std::string name = source.path.empty() ? DefaultModelName() : source.path;
  if (!tape) return Error{name + ": " + tape.error().message};
  program.name = FileName(name);
  program.hw = *hw;
  program.model = checkpoint->config;
  program.vocab = checkpoint->vocab;
  program.tape = Share(std::move(*tape));
  program.checkpoint = std::make_shared<const Checkpoint>(std::move(*checkpoint));
  return program;
}

}  // namespace

bool IsImage(const std::string& path) {
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::string(magic, 4) == "WEFT";
}

Result<Checkpoint> OpenCheckpoint(const ProgramSource& source) {
  if (!source.path.empty()) return LoadCheckpoint(source.path, source.tokenizer);
  if (DefaultModel().empty()) return Error{"this build carries no model of its own; name a model file"};
  return LoadCheckpointBytes(DefaultModel(), DefaultModelName());
}

Result<Program> OpenProgram(const ProgramSource& source) {
  if (!source.path.empty() && IsImage(source.path)) {
    return Error{source.path + ": images cannot be read by this build"};
  }
  return FromCheckpoint(source);
}

}  // namespace weft
