// What goes into a board's flash and the commands that write it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/board/boards.h"
#include "sw/link/client.h"

namespace weft {

// Refuses a tape that is larger than the room behind its offset, or than the memory.
Status CheckTapeFits(const Board& board, uint64_t tape_bytes);

// Refuses a file that is no bitstream of the board's FPGA, or that is larger than the room before the tape.
Status CheckBitstream(const Board& board, const std::string& path);

struct FlashWrite {
  std::string what;  // "the bitstream"
  std::vector<std::string> command;
};
// In order; an empty bitstream is left as it is. A tape in memory is the host link's matter.
std::vector<FlashWrite> PlanFlash(const Board& board, const std::string& bitstream, const std::string& tape);

// Asks the board for the checksum of what its flash holds.
Status VerifyTape(link::Client& client, std::span<const uint8_t> tape);

}  // namespace weft
