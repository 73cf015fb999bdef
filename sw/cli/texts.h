// The texts that scoring commands read: a text file through the model's tokenizer, or ids.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/runtime/program.h"

namespace weft::cli {

struct TextOptions {
  std::string text, ids;
  uint32_t limit = 0;
};
// -f, --ids, --limit.
void AddTextOptions(CLI::App* command, TextOptions* options);

struct Texts {
  std::vector<std::vector<int32_t>> sequences;  // a token that is not scored, and those that are
  uint64_t bytes = 0;                           // of the scored texts; 0: only ids are known
};

// Fails unless one of the files is named and holds something.
Result<Texts> ReadTexts(const TextOptions& options, const Program& program);

}  // namespace weft::cli
