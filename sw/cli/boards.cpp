// weft boards: the FPGA boards that this program knows.
#include <cstdio>

#include "sw/board/boards.h"
#include "sw/cli/commands.h"
#include "sw/cli/common.h"

namespace weft::cli {

namespace {

struct BoardsOptions {
  bool names = false;
};

int Run(const BoardsOptions& o) {
  const auto boards = AllBoards();
  if (!boards) return BadInput(boards.error().message);
  for (const Board& board : *boards) {
    if (o.names) {
      std::printf("%s\n", board.name.c_str());
      continue;
    }
    std::printf("%-13s %s: %s, configuration %s at %s MHz\n", board.name.c_str(), board.title.c_str(),
                board.fpga.c_str(), board.config.c_str(), Fixed(board.chip_hz / 1e6, 0).c_str());
    std::printf("              room for a tape of %s bytes in the %s (%s), %s by %s\n", Thousands(board.tape_room()).c_str(),
                board.tape_storage().c_str(), board.tape_part().c_str(),
                board.tape_in_memory() ? "bitstream written" : "written", board.flash_tool().c_str());
    std::printf("              serial port %s at %s baud. %s\n", board.port.c_str(), Thousands(board.baud).c_str(),
                board.notes.c_str());
  }
  return kOk;
}

}  // namespace

void SetupBoards(CLI::App& app, int* code) {
  auto options = std::make_shared<BoardsOptions>();
  CLI::App* command = app.add_subcommand("boards", "list the FPGA boards");
  command->add_flag("--names", options->names, "names alone, one a line");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
