#include "sw/runtime/program.h"

#include <fstream>

#include "sw/formats/load.h"
#include "sw/image/image.h"
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

Result<Program> FromImage(const ProgramSource& source) {
  auto image = ReadImage(source.path);
  if (!image) return image.error();
  const auto refuse = [&](const std::string& option, const std::string& has) {
    return Error{source.path + ": is an image compiled with " + has + ", " + option +
                 " is for compiling a checkpoint"};
  };
  if (!source.config.empty() && source.config != image->hw.name) {
    return refuse("--config " + source.config, "configuration " + image->hw.name);
  }
  if (source.compile.context != 0 && source.compile.context != image->tape.context) {
    return refuse("--context " + std::to_string(source.compile.context),
                  "a context of " + std::to_string(image->tape.context));
  }
  if (!source.tokenizer.empty()) return refuse("--tokenizer", "its tokenizer inside");
  Program program;
  program.name = FileName(source.path);
  program.hw = image->hw;
  program.model = image->model;
  program.vocab = std::move(image->vocab);
  program.tape = Share(std::move(image->tape));
  return program;
}

}  // namespace

bool IsImage(const std::string& path) {
  uint8_t start[16] = {};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(start), sizeof start);
  return LooksLikeImage({start, static_cast<size_t>(file.gcount())});
}

Result<Checkpoint> OpenCheckpoint(const ProgramSource& source) {
  if (!source.path.empty()) return LoadCheckpoint(source.path, source.tokenizer);
  if (DefaultModel().empty()) return Error{"this build carries no model of its own; name a model file"};
  return LoadCheckpointBytes(DefaultModel(), DefaultModelName());
}

Result<Program> OpenProgram(const ProgramSource& source) {
  return !source.path.empty() && IsImage(source.path) ? FromImage(source) : FromCheckpoint(source);
}

}  // namespace weft
