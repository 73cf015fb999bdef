#include "sw/board/boards.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace weft {

extern const char kBoardsJson[];  // fpga/boards.json, embedded by the build

namespace {

using Json = nlohmann::ordered_json;

// Reads the fields of one board; the first that is missing or of the wrong kind becomes the error.
class Reader {
 public:
  explicit Reader(const std::string& board) : board_(board) {}

  void Text(const Json& object, const char* key, std::string* into) {
    if (const Json* value = Find(object, key)) {
      if (!value->is_string()) return Refuse(key, value->dump(), "a text");
      *into = value->get<std::string>();
    }
  }
  template <typename T>
  void Number(const Json& object, const char* key, uint64_t low, T* into) {
    if (const Json* value = Find(object, key)) {
      if (!value->is_number_unsigned() || value->get<uint64_t>() < low || value->get<uint64_t>() > UINT32_MAX) {
        return Refuse(key, value->dump(), "a whole number from " + std::to_string(low) + " on");
      }
      *into = static_cast<T>(value->get<uint64_t>());
    }
  }
  const Json& Object(const Json& object, const char* key) {
    static const Json none = Json::object();
    const Json* value = Find(object, key);
    if (value && value->is_object()) return *value;
    if (value) Refuse(key, value->dump(), "an object");
    return none;
  }
  void Texts(const Json& object, const char* key, std::vector<std::string>* into) {
    if (const Json* value = Find(object, key)) {
      if (!value->is_array() || value->empty()) return Refuse(key, value->dump(), "a list of texts");
      for (const Json& item : *value) {
        if (!item.is_string()) return Refuse(key, item.dump(), "a text");
        into->push_back(item.get<std::string>());
      }
    }
  }
  // A pin is a number or, in ball grids, a name.
  void Pins(const Json& object, std::map<std::string, std::string>* into) {
    for (const auto& [port, pin] : Object(object, "pins").items()) {
      if (!pin.is_string() && !pin.is_number_unsigned()) return Refuse("pin " + port, pin.dump(), "a pin");
      (*into)[port] = pin.is_string() ? pin.get<std::string>() : pin.dump();
    }
  }
  void Refuse(const std::string& key, const std::string& found, const std::string& wanted) {
    if (!error_) error_ = Error{"board '" + board_ + "': " + key + " is " + found + ", want " + wanted};
  }
  const Status& error() const { return error_; }

 private:
  const Json* Find(const Json& object, const char* key) {
    if (error_) return nullptr;
    const auto found = object.find(key);
    if (found != object.end()) return &*found;
    error_ = Error{"board '" + board_ + "' has no field '" + key + "'"};
    return nullptr;
  }

  std::string board_;
  Status error_;
};

Result<Board> FromObject(const std::string& name, const Json& object) {
  if (!object.is_object()) return Error{"board '" + name + "' is no JSON object, want its fields"};
  Board board;
  board.name = name;
  Reader read(name);
  read.Text(object, "title", &board.title);
  read.Text(object, "config", &board.config);
  read.Text(object, "fpga", &board.fpga);
  read.Text(object, "package", &board.package);
  read.Number(object, "oscillator_hz", 1, &board.oscillator_hz);
  read.Number(object, "chip_hz", 1, &board.chip_hz);
  const Json& serial = read.Object(object, "serial");
  read.Number(serial, "baud", 1, &board.baud);
  read.Text(serial, "port", &board.port);
  read.Text(serial, "usb", &board.usb);
  const Json& flash = read.Object(object, "flash");
  read.Text(flash, "part", &board.flash_part);
  read.Number(flash, "bytes", 1, &board.flash_bytes);
  read.Number(flash, "bitstream_offset", 0, &board.bitstream_offset);
  read.Text(flash, "bitstream", &board.bitstream);
  read.Texts(flash, "command", &board.flash_command);
  read.Text(flash, "package", &board.flash_package);
  if (object.contains("sdram")) {
    const Json& sdram = read.Object(object, "sdram");
    read.Text(sdram, "part", &board.sdram_part);
    read.Number(sdram, "bytes", 1, &board.sdram_bytes);
    read.Number(sdram, "width", 1, &board.sdram_width);
    read.Number(sdram, "hz", 1, &board.sdram_hz);
  } else {
    read.Number(flash, "tape_offset", 0, &board.tape_offset);
  }
  read.Pins(object, &board.pins);
  read.Text(object, "notes", &board.notes);
  if (!read.error() && !board.tape_in_memory() && board.tape_offset >= board.flash_bytes) {
    read.Refuse("tape_offset", std::to_string(board.tape_offset),
                "less than the " + std::to_string(board.flash_bytes) + " bytes of the flash");
  }
  if (read.error()) return *read.error();
  return board;
}

}  // namespace

Result<std::vector<Board>> ParseBoards(std::string_view text) {
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return Error{"the boards are no JSON object, want {name: {field: value}}"};
  std::vector<Board> boards;
  for (const auto& [name, object] : root.items()) {
    auto board = FromObject(name, object);
    if (!board) return board.error();
    boards.push_back(std::move(*board));
  }
  return boards;
}

Result<std::vector<Board>> AllBoards() { return ParseBoards(kBoardsJson); }

Result<Board> FindBoard(std::string_view name) {
  auto boards = AllBoards();
  if (!boards) return boards.error();
  std::string names;
  for (const Board& board : *boards) {
    if (board.name == name) return board;
    names += (names.empty() ? "" : ", ") + board.name;
  }
  return Error{"there is no board '" + std::string(name) + "', want one of " + names};
}

std::vector<std::string> FlashCommand(const Board& board, uint64_t offset, const std::string& file) {
  char hex[32];
  std::snprintf(hex, sizeof hex, "0x%llx", static_cast<unsigned long long>(offset));
  std::vector<std::string> words;
  for (const std::string& word : board.flash_command) {
    words.push_back(word == "{offset}" ? hex : word == "{file}" ? file : word);
  }
  return words;
}

}  // namespace weft
