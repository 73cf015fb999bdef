// A model made ready for a device: from a checkpoint file, compiled here, or from a compiled image.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/model/checkpoint.h"

namespace weft {

struct ProgramSource {
  std::string path;       // .gguf, .bin or .weft; empty: the model inside the program
  std::string tokenizer;  // for a model that carries none
  std::string config;     // empty: `base`, or what an image was compiled for
  CompileOptions compile;
};

struct Program {
  std::string name;  // of the file, without folders
  HwConfig hw;
  ModelConfig model;
  Vocabulary vocab;  // may be empty
  std::shared_ptr<const Tape> tape;
  std::shared_ptr<const Checkpoint> checkpoint;  // null for an image
};

// Whether the file at `path` is an image.
bool IsImage(const std::string& path);

// The checkpoint that a source names.
Result<Checkpoint> OpenCheckpoint(const ProgramSource& source);

Result<Program> OpenProgram(const ProgramSource& source);

}  // namespace weft
