// A board whose chip is Verilated RTL: what a PtyBridge puts behind a pseudo-terminal when no board is at
// hand.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sw/base/result.h"
#include "sw/board/boards.h"
#include "sw/board/pty_bridge.h"
#include "sw/board/rtl_board_api.h"

namespace weft {

class RtlBoard : public BoardModel {
 public:
  // With this tape in its flash or SDRAM; an empty one leaves the SDRAM as it powers up. Loads
  // lib/libweft_board_<config>.so from `folder`, by default beside the program.
  static Result<std::unique_ptr<RtlBoard>> Make(const Board& board, std::span<const uint8_t> tape,
                                                const std::string& folder = "");
  ~RtlBoard() override;
  RtlBoard(const RtlBoard&) = delete;
  RtlBoard& operator=(const RtlBoard&) = delete;

  bool Push(uint8_t byte) override;
  std::optional<uint8_t> Pop() override;
  bool Advance() override;

  // Since reset.
  uint64_t cycles() const { return api_->cycles(board_); }
  // Empty, or the first thing that the chip did wrong on the pins of its flash or SDRAM.
  std::string memory_error() const { return api_->error(board_); }

 private:
  RtlBoard(void* library, const WeftBoardApi* api, void* board)
      : library_(library), api_(api), board_(board) {}

  void* library_;
  const WeftBoardApi* api_;
  void* board_;
  uint64_t active_until_ = 0;  // the chip may still be at work until this cycle
  bool started_ = false;       // a request is under way, its answer has not begun
};

}  // namespace weft
