// weft: the command line. Errors are one sentence and exit code 2.
#include <cstdio>
#include <exception>
#include <new>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"

namespace {

using namespace weft::cli;

bool IsCommand(const CLI::App& app, const std::string& word) {
  const auto commands = app.get_subcommands([&](const CLI::App* command) { return command->check_name(word); });
  return !commands.empty();
}

int RunCommandLine(int argc, char** argv) {
  CLI::App app("Weft, an open LLM inference chip: run models on it, simulated.", "weft");
  app.set_version_flag("--version", "weft " WEFT_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  int code = kOk;
  SetupRun(app, &code);
  SetupInfo(app, &code);
  SetupCompile(app, &code);
  SetupConvert(app, &code);
  SetupPerplexity(app, &code);
  SetupCompare(app, &code);
  SetupTokenize(app, &code);
  SetupBench(app, &code);
  SetupMakeModel(app, &code);
  SetupConfigs(app, &code);
  SetupBoards(app, &code);
  SetupFlash(app, &code);
  SetupDisasm(app, &code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
  } catch (const CLI::CallForVersion& version) {
    std::printf("%s\n", version.what());
  } catch (const CLI::ParseError& error) {
    if (argc > 1 && argv[1][0] != '-' && !IsCommand(app, argv[1])) {
      return BadInput(std::string("there is no command '") + argv[1] + "'; see weft --help");
    }
    if (argc > 1) return BadInput(std::string(error.what()) + "; see weft --help");
    std::fputs(app.help().c_str(), stdout);
    return kBadInput;
  }
  return code;
}

}  // namespace

// The program's edge: what the standard library throws ends here.
int main(int argc, char** argv) {
  try {
    return RunCommandLine(argc, argv);
  } catch (const std::bad_alloc&) {
    return BadInput("there is not enough memory for this model");
  } catch (const std::exception& error) {
    return BadInput(error.what());
  }
}
