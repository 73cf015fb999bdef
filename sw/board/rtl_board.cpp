#include "sw/board/rtl_board.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <vector>

namespace weft {
namespace {

constexpr uint64_t kBoot = 10'000;     // cycles until the chip listens; a host plugs in later
constexpr uint64_t kSlice = 2000;      // cycles between two looks at the host
constexpr uint64_t kLinger = 100'000;  // cycles that an idle chip is clocked on after a byte

std::string ProgramFolder() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string(".") : path.parent_path().string();
}

}  // namespace

Result<std::unique_ptr<RtlBoard>> RtlBoard::Make(const Board& board, std::span<const uint8_t> tape,
                                                 const std::string& folder) {
  const std::string target = "weft_board_" + board.config;
  const std::string path = (folder.empty() ? ProgramFolder() + "/lib" : folder) + "/lib" + target + ".so";
  const std::string command = "cmake --build build --target " + target;
  if (!std::filesystem::exists(path)) {
    return Error{"the simulated board of configuration '" + board.config +
                 "' is not built; build it with: " + command};
  }
  if (tape.size() > board.tape_room()) {
    return Error{"the tape is " + std::to_string(tape.size()) + " bytes, wanted at most " +
                 std::to_string(board.tape_room()) + " in the flash of board '" + board.name + "'"};
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return Error{path + " cannot be loaded: " + dlerror()};
  using Entry = const WeftBoardApi* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, "weft_board_api"));
  const WeftBoardApi* api = entry ? entry() : nullptr;
  if (!api || api->abi != kWeftBoardAbi) {
    dlclose(library);
    return Error{path + " is of another version of the program; build it again with: " + command};
  }
  std::vector<uint8_t> flash(board.tape_offset + tape.size(), 0xff);
  std::copy(tape.begin(), tape.end(), flash.begin() + static_cast<ptrdiff_t>(board.tape_offset));
  void* chip = api->create(flash.data(), flash.size());
  api->run(chip, kBoot);
  return std::unique_ptr<RtlBoard>(new RtlBoard(library, api, chip));
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
