// weft flash: bitstream and tape into the flash of a board.
#include <cstdio>
#include <filesystem>
#include <optional>

#include "sw/base/temp_folder.h"
#include "sw/board/command.h"
#include "sw/board/flash.h"
#include "sw/board/speed.h"
#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/formats/file_io.h"

namespace weft::cli {

namespace {

struct FlashOptions {
  ModelOptions model;
  std::string board;
  std::string bitstream;
  bool tape_only = false;
  std::string tape;  // file to keep
  std::string device;
  bool dry_run = false;
};

// The bitstream that `make fpga` leaves beside the program.
std::string BuiltBitstream(const Board& board) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path() / "fpga" / board.name / board.bitstream).string();
}

Result<std::string> FindBitstream(const FlashOptions& o, const Board& board) {
  if (o.tape_only) {
    if (board.tape_in_memory()) {
      return Error{"--tape-only is for boards with their tape in flash; that of " + board.title +
                   " goes into its SDRAM, over the link, with weft run"};
    }
    if (o.bitstream.empty()) return std::string();
    return Error{"--tape-only and --bitstream exclude each other"};
  }
  const std::string path = o.bitstream.empty() ? BuiltBitstream(board) : o.bitstream;
  if (o.bitstream.empty() && !std::filesystem::exists(path)) {
    return Error{path + ": there is no bitstream yet; make fpga BOARD=" + board.name +
                 " builds it, --bitstream names another, --tape-only leaves the one in the flash"};
  }
  if (Status bad = CheckBitstream(board, path)) return *bad;
  return path;
}

Result<Program> OpenFor(const Board& board, const FlashOptions& o) {
  ModelOptions model = o.model;
  if (!model.source.config.empty() && model.source.config != board.config) {
    return Error{"--config is " + model.source.config + ", " + board.title + " is of configuration " + board.config};
  }
  model.source.config = board.config;
  return Open(model);
}

Status Verify(const std::string& device, const Board& board, const Program& program) {
  const auto client = ConnectSerial(device);
  if (!client) return client.error();
  if (Status bad = (*client)->CheckConfig(program.hw)) return bad;
  if (board.tape_in_memory()) return {};
  return VerifyTape(**client, program.tape->bytes);
}

int Run(const FlashOptions& o) {
  const auto board = FindBoard(o.board);
  if (!board) return BadInput(board.error().message);
  if (!o.device.empty() && !SerialPath(o.device)) {
    return BadInput("--device is '" + o.device + "', want serial:PATH, such as serial:" + board->port);
  }
  const auto bitstream = FindBitstream(o, *board);
  if (!bitstream) return BadInput(bitstream.error().message);
  const auto program = OpenFor(*board, o);
  if (!program) return BadInput(program.error().message);
  const std::vector<uint8_t>& tape = program->tape->bytes;
  if (Status bad = CheckTapeFits(*board, tape.size())) return BadInput(bad->message);

  std::optional<TempFolder> temporary;
  std::string path = o.tape;
  const bool in_memory = board->tape_in_memory();
  if (path.empty() && o.dry_run && !in_memory) path = "weft-tape-" + board->name + ".bin";
  if (path.empty() && !in_memory) {
    temporary.emplace();
    if (!temporary->ok()) return BadInput("there is no folder for temporary files, want TMPDIR to name one, or --tape FILE");
    path = *temporary / "weft-tape.bin";
  }
  if (!path.empty()) {
    if (Status failed = WriteFileAtomically(path, tape)) return BadInput(failed->message);
  }

  std::printf("%s on %s: a tape of %s bytes, %s of the %s's room\n", program->name.c_str(), board->title.c_str(),
              Thousands(tape.size()).c_str(), (Fixed(100.0 * tape.size() / board->tape_room(), 0) + " %").c_str(),
              board->tape_storage().c_str());
  if (const auto bytes = StepTapeBytes(*program->tape, program->hw)) {
    std::printf("the %s brings it %s times a second: the most tokens that are possible\n", board->tape_storage().c_str(),
                Fixed(TapeTokensPerSecond(*bytes, *board, program->hw), 1).c_str());
  }
  if (in_memory) std::printf("weft run loads it over the link\n");
  for (const FlashWrite& write : PlanFlash(*board, *bitstream, path)) {
    std::printf("%s\n", CommandText(write.command).c_str());
    std::fflush(stdout);
    if (o.dry_run) continue;
    if (Status failed = RunCommand(write.command, board->flash_package)) {
      std::fprintf(stderr, "weft: writing %s: %s\n", write.what.c_str(), failed->message.c_str());
      return kFailed;
    }
  }
  if (o.dry_run || o.device.empty()) return kOk;
  if (Status failed = Verify(o.device, *board, *program)) {
    std::fprintf(stderr, "weft: %s\n", failed->message.c_str());
    return kFailed;
  }
  std::printf(in_memory ? "the board answers, of the right configuration\n"
                        : "the board reads the tape back with the right checksum\n");
  return kOk;
}

}  // namespace

void SetupFlash(CLI::App& app, int* code) {
  auto options = std::make_shared<FlashOptions>();
  CLI::App* command = app.add_subcommand("flash", "write bitstream and tape into a board's flash");
  AddModelOptions(command, &options->model);
  command->add_option("--board", options->board, "the board; weft boards lists them")->required();
  command->add_option("--bitstream", options->bitstream, "bitstream file (default: the one of make fpga)");
  command->add_flag("--tape-only", options->tape_only, "leave the bitstream in the flash as it is");
  command->add_option("--tape", options->tape, "keep the tape in this file");
  command->add_option("--device", options->device, "serial:PATH[@BAUD]: afterwards, let the board check its tape");
  command->add_flag("--dry-run", options->dry_run, "write the tape's file and print the commands, without running them");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
