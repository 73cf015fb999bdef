#include "sw/board/rtl_board.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "sw/compiler/config.h"
#include "sw/link/client.h"
#include "sw/runtime/plugin.h"

namespace weft {
namespace {

constexpr uint64_t kBoot = 10'000;     // cycles until the chip listens; a host plugs in later
constexpr uint64_t kSlice = 2000;      // cycles between two looks at the host
constexpr uint64_t kLinger = 100'000;  // cycles that an idle chip is clocked on after a byte

}  // namespace

Result<std::unique_ptr<RtlBoard>> RtlBoard::Make(const Board& board, std::span<const uint8_t> tape,
                                                 const std::string& folder) {
  const std::string target = "weft_board_" + board.config;
  const std::string path = PluginPath(folder, "lib" + target + ".so");
  const std::string command = "cmake --build build --target " + target;
  if (!std::filesystem::exists(path)) {
    return Error{"the simulated board of configuration '" + board.config +
                 "' is not built; build it with: " + command};
  }
  if (tape.size() > board.tape_room()) {
    return Error{"the tape is " + std::to_string(tape.size()) + " bytes, wanted at most " +
                 std::to_string(board.tape_room()) + " in the " + board.tape_storage() + " of board '" + board.name + "'"};
  }
  const auto plugin = LoadPlugin(path, "weft_board_api", kWeftBoardAbi, command);
  if (!plugin) return plugin.error();
  const auto* api = static_cast<const WeftBoardApi*>(plugin->api);
  std::vector<uint8_t> storage(board.tape_offset + tape.size(), 0xff);
  std::copy(tape.begin(), tape.end(), storage.begin() + static_cast<ptrdiff_t>(board.tape_offset));
  const auto hw = FindConfig(board.config);
  if (!hw) return hw.error();
  const WeftBoardSetup setup = {storage.data(), storage.size(), link::ConfigCrc(*hw)};
  void* chip = api->create(&setup);
  api->run(chip, kBoot);
  return std::unique_ptr<RtlBoard>(new RtlBoard(plugin->handle, api, chip));
}

RtlBoard::~RtlBoard() {
  api_->destroy(board_);
  dlclose(library_);
}

bool RtlBoard::Push(uint8_t byte) {
  if (!api_->push(board_, byte)) return false;
  started_ = true;
  active_until_ = cycles() + kLinger;
  return true;
}

std::optional<uint8_t> RtlBoard::Pop() {
  const int byte = api_->pop(board_);
  if (byte < 0) return {};
  started_ = false;
  active_until_ = cycles() + kLinger;
  return static_cast<uint8_t>(byte);
}

// While a byte travels, the slice is a byte's time, so that bytes from the host follow each other on the
// line.
bool RtlBoard::Advance() {
  api_->run(board_, started_ && cycles() + kLinger - 4 * kSlice > active_until_ ? kSlice : 240);
  return started_ || cycles() < active_until_;
}

}  // namespace weft
