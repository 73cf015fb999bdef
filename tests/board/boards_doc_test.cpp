// The table of docs/boards.md is made from fpga/boards.json; this fails when it is stale. WEFT_UPDATE=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "sw/board/boards.h"

namespace weft {
namespace {

constexpr const char* kBegin = "<!-- made by tests/board/boards_doc_test.cpp: begin -->\n";
constexpr const char* kEnd = "<!-- end -->\n";

std::string Megabytes(uint64_t bytes) { return std::to_string(bytes >> 20) + " MB"; }

std::string BoardTable(const std::vector<Board>& boards) {
  std::string table =
      "| board | | FPGA | configuration, clock | flash | room for the tape | written by | serial port |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const Board& board : boards) {
    table += "| `" + board.name + "` | " + board.title + " | " + board.fpga + "-" + board.package + " | `" + board.config +
             "`, " + std::to_string(board.chip_hz / 1000000) + " MHz | " + board.flash_part + ", " +
             Megabytes(board.flash_bytes) + " | " + Megabytes(board.tape_room()) + " | " + board.flash_tool() + " | " +
             board.port + " |\n";
  }
  table += "\n";
  for (const Board& board : boards) table += "- " + board.title + ": " + board.notes + "\n";
  return table;
}

TEST(BoardsDocTest, TheDocumentIsWhatTheDataSay) {
  const std::string path = std::string(WEFT_SOURCE_DIR) + "/docs/boards.md";
  std::ifstream in(path);
  std::string text(std::istreambuf_iterator<char>(in), {});
  const auto boards = AllBoards();
  ASSERT_TRUE(boards.ok()) << boards.error().message;
  const std::string table = BoardTable(*boards);
  const size_t begin = text.find(kBegin);
  ASSERT_NE(begin, text.npos) << path << " has no mark";
  const size_t from = begin + std::string(kBegin).size();
  const size_t end = text.find(kEnd, from);
  ASSERT_NE(end, text.npos) << path << " has a mark without an end";
  if (std::getenv("WEFT_UPDATE") != nullptr) {
    std::ofstream(path) << text.replace(from, end - from, table);
  } else {
    EXPECT_EQ(text.substr(from, end - from), table) << "WEFT_UPDATE=1 board_boards_doc_test writes it";
  }
}

}  // namespace
}  // namespace weft
