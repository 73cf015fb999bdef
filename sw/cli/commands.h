// The subcommands. Each file has an options struct, a Setup that registers it, and a Run that takes the struct.
#pragma once

#include <CLI/CLI.hpp>

namespace weft::cli {

// Exit codes. A subcommand's callback stores its own in *code.
enum Exit { kOk = 0, kFailed = 1, kBadInput = 2 };

void SetupRun(CLI::App& app, int* code);
void SetupInfo(CLI::App& app, int* code);
void SetupCompile(CLI::App& app, int* code);
void SetupConvert(CLI::App& app, int* code);
void SetupPerplexity(CLI::App& app, int* code);
void SetupCompare(CLI::App& app, int* code);
void SetupTokenize(CLI::App& app, int* code);
void SetupBench(CLI::App& app, int* code);
void SetupMakeModel(CLI::App& app, int* code);
void SetupConfigs(CLI::App& app, int* code);
void SetupBoards(CLI::App& app, int* code);
void SetupFlash(CLI::App& app, int* code);
void SetupDisasm(CLI::App& app, int* code);

}  // namespace weft::cli
