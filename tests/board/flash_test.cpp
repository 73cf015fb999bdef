// What goes into a flash, the commands that write it, and how their ends are told.
#include "sw/board/flash.h"

#include <gtest/gtest.h>

#include <fstream>

#include "sw/board/command.h"
#include "sw/board/speed.h"
#include "tests/cli/process.h"
#include "tests/link/rig.h"

namespace weft::testing {
namespace {

const Board& IceBreaker() {
  static const Board board = Must(FindBoard("icebreaker"));
  return board;
}

TEST(FlashTest, ATapeMustFitBehindTheBitstream) {
  EXPECT_EQ(Message(CheckTapeFits(IceBreaker(), 15u << 20)), "no error");
  EXPECT_EQ(Message(CheckTapeFits(IceBreaker(), (15u << 20) + 1)),
            "the tape has 15728641 bytes, the flash of iCEBreaker 1.0 has room for 15728640");
}

TEST(FlashTest, BitstreamsAreLookedAt) {
  const TempFolder folder;
  const std::string path = folder / "weft.bin";
  EXPECT_EQ(Message(CheckBitstream(IceBreaker(), path)).rfind(path + ": ", 0), 0u);
  WriteText(path, std::string("\xff\x00\x00\xff\x7e\xaa\x99\x7e", 8) + std::string(1000, 'x'));
  EXPECT_EQ(Message(CheckBitstream(IceBreaker(), path)), "no error");
  WriteText(path, std::string(1000, 'x'));
  EXPECT_EQ(Message(CheckBitstream(IceBreaker(), path)), path + ": is no iCE40 bitstream, want a .bin file of icepack");
  WriteText(path, std::string((1 << 20) + 1, 'x'));
  EXPECT_EQ(Message(CheckBitstream(IceBreaker(), path)),
            path + ": has 1048577 bytes, a bitstream of iCEBreaker 1.0 has room for 1048576");
  Board other = IceBreaker();  // others have other formats
  other.fpga = "another";
  WriteText(path, "x");
  EXPECT_EQ(Message(CheckBitstream(other, path)), "no error");
}

TEST(FlashTest, TheBitstreamIsWrittenFirst) {
  const auto both = PlanFlash(IceBreaker(), "w.bin", "t.bin");
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(CommandText(both[0].command), "openFPGALoader -b ice40_generic -f -o 0x0 w.bin");
  EXPECT_EQ(CommandText(both[1].command), "openFPGALoader -b ice40_generic -f -o 0x100000 t.bin");
  const auto tape = PlanFlash(IceBreaker(), "", "t.bin");
  ASSERT_EQ(tape.size(), 1u);
  EXPECT_EQ(tape[0].what, "the tape");
}

TEST(FlashTest, ATapeInMemoryIsNotFlashed) {
  const Board board = Must(FindBoard("ulx3s"));
  const auto writes = PlanFlash(board, "w.bit", "t.bin");
  ASSERT_EQ(writes.size(), 1u);
  EXPECT_EQ(CommandText(writes[0].command), "openFPGALoader -b ulx3s -f -o 0x0 w.bit");
  EXPECT_EQ(Message(CheckTapeFits(board, (32u << 20) + 1)),
            "the tape has 33554433 bytes, the SDRAM of ULX3S 85F has room for 33554432");
  const TempFolder folder;
  const std::string path = folder / "weft.bit";
  WriteText(path, std::string("\xff\x00\x00\xff\xff\xff\xbd\xb3", 8) + std::string(2000000, 'x'));
  EXPECT_EQ(Message(CheckBitstream(board, path)), "no error");
  WriteText(path, "x");
  EXPECT_EQ(Message(CheckBitstream(board, path)), path + ": is no ECP5 bitstream, want a .bit file of ecppack");
  const Board gowin = Must(FindBoard("tangnano20k"));
  EXPECT_EQ(Message(CheckBitstream(gowin, path)), path + ": is no Gowin bitstream, want a .fs file of gowin_pack");
  WriteText(path, "1111111111111111\n1010010111000011\n");
  EXPECT_EQ(Message(CheckBitstream(gowin, path)), "no error");
}

TEST(CommandTest, TextIsQuotedForAShell) {
  EXPECT_EQ(CommandText({"a", "b c", "", "d'e", "x=1/2:3"}), "a 'b c' '' 'd'\\''e' x=1/2:3");
}

TEST(CommandTest, EveryEndHasItsSentence) {
  EXPECT_EQ(Message(RunCommand({"true"}, "")), "no error");
  EXPECT_EQ(Message(RunCommand({"false"}, "")), "false ended with exit code 1, want 0; is the board plugged in?");
  EXPECT_EQ(Message(RunCommand({"sh", "-c", "kill -9 $$"}, "")), "sh was ended by signal 9");
  EXPECT_EQ(Message(RunCommand({"weft-no-such-tool"}, "tools")),
            "weft-no-such-tool is not installed, want it: apt install tools");
  EXPECT_EQ(Message(RunCommand({"weft-no-such-tool"}, "")), "weft-no-such-tool is not installed; it comes with the board");
  EXPECT_EQ(Message(RunCommand({"/dev/null"}, "")).rfind("/dev/null cannot be run: ", 0), 0u);
}

TEST(CommandTest, NoShellTakesWordsApart) {
  const TempFolder folder;
  const std::string odd = folder / "a; b $c";
  EXPECT_EQ(Message(RunCommand({"touch", odd}, "")), "no error");
  EXPECT_TRUE(std::filesystem::exists(odd));
}

TEST(FlashTest, TheBoardChecksItsTape) {
  BoardRig rig;
  rig.Start();
  const auto client = rig.Connect();
  EXPECT_EQ(Message(VerifyTape(*client, rig.tape->bytes)), "no error");
  std::vector<uint8_t> other = rig.tape->bytes;
  other[5] ^= 1;
  const std::string message = Message(VerifyTape(*client, other));
  EXPECT_EQ(message.rfind(rig.bridge->path() + ": the board's tape has checksum 0x", 0), 0u) << message;
}

TEST(SpeedTest, AStepReadsAtLeastTheWeights) {
  const BoardRig rig;
  const uint64_t bytes = Must(StepTapeBytes(*rig.tape, rig.hw));
  EXPECT_GE(bytes, rig.tape->needs.weight_bytes);
  EXPECT_LE(bytes, rig.tape->bytes.size());
  EXPECT_DOUBLE_EQ(TapeTokensPerSecond(1600000, Must(FindBoard("ulx3s")), Must(FindConfig("edge"))), 60);
  EXPECT_DOUBLE_EQ(TapeTokensPerSecond(1200000, IceBreaker(), Must(FindConfig("pico"))), 10);
}

}  // namespace
}  // namespace weft::testing
