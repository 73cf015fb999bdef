#include "sw/board/flash.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "sw/formats/file_io.h"

namespace weft {

namespace {

std::string Hex(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

Status CheckTapeFits(const Board& board, uint64_t tape_bytes) {
  if (tape_bytes <= board.tape_room()) return {};
  return Error{"the tape has " + std::to_string(tape_bytes) + " bytes, the " + board.tape_storage() + " of " +
               board.title + " has room for " + std::to_string(board.tape_room())};
}

Status CheckBitstream(const Board& board, const std::string& path) {
  const auto bytes = ReadFile(path);
  if (!bytes) return bytes.error();
  const uint64_t room =
      (board.tape_in_memory() ? board.flash_bytes : board.tape_offset) - board.bitstream_offset;
  if (bytes->size() > room) {
    return Error{path + ": has " + std::to_string(bytes->size()) + " bytes, a bitstream of " + board.title +
                 " has room for " + std::to_string(room)};
  }
  // Every bitstream starts with its maker's word, behind a comment.
  struct Format {
    const char *fpga, *name, *tool;
    std::string_view preamble;
  };
  constexpr Format kFormats[] = {{"iCE40", "iCE40", "a .bin file of icepack", "\x7E\xAA\x99\x7E"},
                                 {"LFE5", "ECP5", "a .bit file of ecppack", "\xFF\xFF\xBD\xB3"},
                                 {"GW", "Gowin", "a .fs file of gowin_pack", "1010010111000011"}};
  for (const Format& format : kFormats) {
    if (board.fpga.rfind(format.fpga, 0) != 0) continue;
    const auto end = bytes->begin() + static_cast<ptrdiff_t>(std::min<size_t>(bytes->size(), 4096));
    const auto same = [](uint8_t byte, char wanted) { return byte == static_cast<uint8_t>(wanted); };
    if (std::search(bytes->begin(), end, format.preamble.begin(), format.preamble.end(), same) == end) {
      return Error{path + ": is no " + format.name + " bitstream, want " + format.tool};
    }
  }
  return {};
}

std::vector<FlashWrite> PlanFlash(const Board& board, const std::string& bitstream, const std::string& tape) {
  std::vector<FlashWrite> writes;
  if (!bitstream.empty()) {
    writes.push_back({"the bitstream", FlashCommand(board, board.bitstream_offset, bitstream)});
  }
  if (!board.tape_in_memory()) writes.push_back({"the tape", FlashCommand(board, board.tape_offset, tape)});
  return writes;
}

Status VerifyTape(link::Client& client, std::span<const uint8_t> tape) {
  const auto crc = client.Crc(client.board().tape_base, static_cast<uint32_t>(tape.size()));
  if (!crc) return crc.error();
  const uint32_t want = link::Crc32(tape);
  if (*crc == want) return {};
  return Error{client.port() + ": the board's tape has checksum " + Hex(*crc) + ", want " + Hex(want) +
               "; flash it again"};
}

}  // namespace weft
