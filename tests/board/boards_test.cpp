// The board data: what is in it, and what a wrong file is told.
#include "sw/board/boards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace weft {
namespace {

TEST(BoardsTest, TheBuiltInBoardsAreSound) {
  const auto boards = AllBoards();
  ASSERT_TRUE(boards.ok()) << boards.error().message;
  ASSERT_GE(boards->size(), 3u);
  for (const Board& board : *boards) {
    EXPECT_FALSE(board.title.empty()) << board.name;
    EXPECT_GE(board.chip_hz / board.baud, 4u) << board.name << ": the UART needs 4 clocks a bit";
    const auto has = [&](const char* word) {
      return std::count(board.flash_command.begin(), board.flash_command.end(), word);
    };
    EXPECT_EQ(has("{offset}"), 1) << board.name;
    EXPECT_EQ(has("{file}"), 1) << board.name;
    if (board.tape_in_memory()) {
      EXPECT_EQ(board.tape_room(), board.sdram_bytes) << board.name;
      EXPECT_EQ(board.sdram_hz % 1000000, 0u) << board.name << ": SDRAM timing is counted in whole MHz";
    } else {
      // A UP5K's bitstream has 104,090 bytes.
      EXPECT_GE(board.tape_offset, board.bitstream_offset + 104090) << board.name;
    }
    // Half a per cent of a bit each byte may be off.
    const double clocks = static_cast<double>(board.chip_hz) / board.baud;
    EXPECT_NEAR(clocks, std::round(clocks), 0.005 * clocks) << board.name;
  }
}

TEST(BoardsTest, FindsByNameAndListsTheOthers) {
  const auto board = FindBoard("icebreaker");
  ASSERT_TRUE(board.ok()) << board.error().message;
  EXPECT_EQ(board->title, "iCEBreaker 1.0");
  EXPECT_EQ(board->tape_room(), 15u << 20);
  const auto none = FindBoard("icebraker");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message.rfind("there is no board 'icebraker', want one of icebreaker, ", 0), 0u)
      << none.error().message;
}

TEST(BoardsTest, TheFlashCommandNamesOffsetAndFile) {
  const auto words = FlashCommand(*FindBoard("icebreaker"), 0x100000, "tape file.bin");
  EXPECT_EQ(words, (std::vector<std::string>{"openFPGALoader", "-b", "ice40_generic", "-f", "-o", "0x100000",
                                             "tape file.bin"}));
}

constexpr const char* kOne = R"({"b": {"title": "B", "config": "pico", "fpga": "F", "package": "P",
  "oscillator_hz": 1, "chip_hz": 2, "serial": {"baud": 3, "port": "/dev/x", "usb": ""},
  "flash": {"part": "W", "bytes": 100, "bitstream": "w.bin", "bitstream_offset": 0, "tape_offset": 50, "command": ["t", "{file}"],
  "package": ""}, "pins": {"clk": 35, "led": "A1"}, "notes": ""}})";

std::string Replaced(const std::string& from, const std::string& to) {
  std::string text = kOne;
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(BoardsTest, PinsAreNumbersOrNames) {
  const auto boards = ParseBoards(kOne);
  ASSERT_TRUE(boards.ok()) << boards.error().message;
  EXPECT_EQ(boards->front().pins.at("clk"), "35");
  EXPECT_EQ(boards->front().pins.at("led"), "A1");
}

TEST(BoardsTest, ATapeInMemoryHasNoOffset) {
  const std::string sdram = R"("sdram": {"part": "M", "bytes": 1000, "width": 16, "hz": 5}, "flash")";
  const auto boards = ParseBoards(Replaced("\"flash\"", sdram));
  ASSERT_TRUE(boards.ok()) << boards.error().message;
  EXPECT_TRUE(boards->front().tape_in_memory());
  EXPECT_EQ(boards->front().tape_room(), 1000u);
  EXPECT_EQ(boards->front().tape_part(), "M");
  EXPECT_EQ(boards->front().tape_offset, 0u);
}

TEST(BoardsTest, WrongDataIsNamed) {
  const auto message = [](const std::string& text) {
    const auto boards = ParseBoards(text);
    return boards.ok() ? std::string("accepted") : boards.error().message;
  };
  EXPECT_EQ(message("[]"), "the boards are no JSON object, want {name: {field: value}}");
  EXPECT_EQ(message(R"({"b": 1})"), "board 'b' is no JSON object, want its fields");
  EXPECT_EQ(message(Replaced("\"title\"", "\"titel\"")), "board 'b' has no field 'title'");
  EXPECT_EQ(message(Replaced("\"chip_hz\": 2", "\"chip_hz\": -2")),
            "board 'b': chip_hz is -2, want a whole number from 1 on");
  EXPECT_EQ(message(Replaced("\"config\": \"pico\"", "\"config\": 7")), "board 'b': config is 7, want a text");
  EXPECT_EQ(message(Replaced("[\"t\", \"{file}\"]", "[]")), "board 'b': command is [], want a list of texts");
  EXPECT_EQ(message(Replaced("[\"t\", \"{file}\"]", "[1]")), "board 'b': command is 1, want a text");
  EXPECT_EQ(message(Replaced("\"clk\": 35", "\"clk\": []")), "board 'b': pin clk is [], want a pin");
  EXPECT_EQ(message(Replaced("\"tape_offset\": 50", "\"tape_offset\": 100")),
            "board 'b': tape_offset is 100, want less than the 100 bytes of the flash");
}

}  // namespace
}  // namespace weft
