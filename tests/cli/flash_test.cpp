// weft flash, with stand-ins for the tools that write flashes.
#include "tests/cli/process.h"

#include <sys/stat.h>

#include "sw/board/boards.h"
#include "sw/runtime/program.h"
#include "tests/link/rig.h"

namespace weft::testing {
namespace {

class FlashCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(Weft({"make-model", "-o", Model(), "--dim", "64", "--hidden", "96", "--layers", "2", "--vocab", "300",
                    "--context", "64"})
                  .code,
              0);
    WriteText(Bitstream(), std::string("\xff\x00\x00\xff\x7e\xaa\x99\x7e", 8) + std::string(1000, 'x'));
    Tool("openFPGALoader", "echo \"$@\" >> '" + (folder_ / "calls") + "'\ncp \"$6\" '" + (folder_ / "flash-") + "'$5\n");
    setenv("PATH", (folder_.path() + ":" + path_).c_str(), 1);
  }
  void TearDown() override { setenv("PATH", path_.c_str(), 1); }

  std::string Model() { return folder_ / "model.gguf"; }
  std::string Bitstream() { return folder_ / "weft.bin"; }
  void Tool(const std::string& name, const std::string& script) {
    WriteText(folder_ / name, "#!/bin/sh\n" + script);
    chmod((folder_ / name).c_str(), 0755);
  }
  Outcome Flash(std::vector<std::string> more) {
    std::vector<std::string> words = {"flash", Model(), "--board", "icebreaker"};
    words.insert(words.end(), more.begin(), more.end());
    return Weft(words);
  }
  void Refused(std::vector<std::string> more, const std::string& message) {
    const Outcome outcome = Flash(more);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
    EXPECT_EQ(ReadText(folder_ / "calls"), "") << "nothing may have been written";
  }
  std::shared_ptr<const Tape> Compiled() {
    ProgramSource source;
    source.path = Model();
    source.config = "pico";
    source.compile.slots = 1;
    return Must(OpenProgram(source)).tape;
  }
  static std::string Text(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

  const std::string path_ = std::getenv("PATH");
  TempFolder folder_;
};

TEST_F(FlashCommandTest, WritesBitstreamAndTape) {
  const Outcome outcome = Flash({"--bitstream", Bitstream()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const std::string calls = ReadText(folder_ / "calls");
  EXPECT_EQ(calls.rfind("-b ice40_generic -f -o 0x0 " + Bitstream() + "\n-b ice40_generic -f -o 0x100000 ", 0), 0u)
      << calls;
  EXPECT_EQ(ReadText(folder_ / "flash-0x0"), ReadText(Bitstream()));
  EXPECT_EQ(ReadText(folder_ / "flash-0x100000"), Text(Compiled()->bytes));
  // The temporary file is gone.
  const std::string tape = calls.substr(calls.rfind(' ') + 1, calls.size() - calls.rfind(' ') - 2);
  EXPECT_FALSE(std::filesystem::exists(tape)) << tape;
}

TEST_F(FlashCommandTest, TapeOnlyLeavesTheBitstream) {
  EXPECT_EQ(Flash({"--tape-only", "--tape", folder_ / "tape.bin"}).code, 0);
  EXPECT_EQ(ReadText(folder_ / "calls"), "-b ice40_generic -f -o 0x100000 " + (folder_ / "tape.bin") + "\n");
  EXPECT_EQ(ReadText(folder_ / "tape.bin"), Text(Compiled()->bytes));
}

TEST_F(FlashCommandTest, DryRunPrintsAndWritesTheFile) {
  const Outcome outcome = Flash({"--bitstream", Bitstream(), "--dry-run", "--tape", folder_ / "tape.bin"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(ReadText(folder_ / "calls"), "");
  EXPECT_NE(outcome.out.find("\nopenFPGALoader -b ice40_generic -f -o 0x0 " + Bitstream() + "\n"), std::string::npos);
  EXPECT_NE(outcome.out.find("\nopenFPGALoader -b ice40_generic -f -o 0x100000 " + (folder_ / "tape.bin") + "\n"),
            std::string::npos)
      << outcome.out;
  EXPECT_EQ(ReadText(folder_ / "tape.bin"), Text(Compiled()->bytes));
}

TEST_F(FlashCommandTest, AnImageWillDo) {
  ASSERT_EQ(Weft({"compile", Model(), "--config", "pico", "-o", folder_ / "model.weft"}).code, 0);
  const Outcome outcome =
      Weft({"flash", folder_ / "model.weft", "--board", "icebreaker", "--tape-only", "--tape", folder_ / "tape.bin"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(ReadText(folder_ / "tape.bin"), Text(Compiled()->bytes));
}

TEST_F(FlashCommandTest, TheBoardChecksItsTape) {
  BoardRig rig;
  rig.hw = Must(FindConfig("pico"));
  rig.tape = Compiled();
  rig.options.flash = rig.tape->bytes;
  rig.Start();
  const std::string device = "serial:" + rig.bridge->path();
  const Outcome right = Flash({"--tape-only", "--device", device});
  EXPECT_EQ(right.code, 0) << right.err;
  EXPECT_NE(right.out.find("the board reads the tape back with the right checksum"), std::string::npos) << right.out;
  const Outcome wrong = Flash({"--tape-only", "--context", "32", "--device", device});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("the board's tape has checksum 0x"), std::string::npos) << wrong.err;
}

TEST_F(FlashCommandTest, AToolThatFailsIsNamed) {
  Tool("openFPGALoader", "exit 3\n");
  const Outcome failed = Flash({"--bitstream", Bitstream()});
  EXPECT_EQ(failed.code, 1);
  EXPECT_NE(failed.err.find("weft: writing the bitstream: openFPGALoader ended with exit code 3, want 0"),
            std::string::npos)
      << failed.err;
  std::filesystem::remove(folder_ / "openFPGALoader");
  setenv("PATH", folder_.path().c_str(), 1);
  const Outcome missing = Flash({"--tape-only"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find("openFPGALoader is not installed, want it: apt install openfpgaloader"), std::string::npos)
      << missing.err;
}

TEST_F(FlashCommandTest, WrongOptionsAreRefused) {
  Refused({"--bitstream", Model()}, "model.gguf: is no iCE40 bitstream");
  Refused({"--bitstream", folder_ / "none"}, "none: ");
  Refused({"--bitstream", Bitstream(), "--tape-only"}, "--tape-only and --bitstream exclude each other");
  Refused({"--tape-only", "--device", "rtl"}, "--device is 'rtl', want serial:PATH, such as serial:/dev/ttyUSB1");
  Refused({"--tape-only", "--config", "base"}, "--config is base, iCEBreaker 1.0 is of configuration pico");
  Refused({"--tape-only", "--tape", folder_ / "no/folder"}, "no/folder");
  const Outcome board = Weft({"flash", Model(), "--board", "spartan"});
  EXPECT_EQ(board.code, 2);
  EXPECT_NE(board.err.find("there is no board 'spartan', want one of icebreaker"), std::string::npos) << board.err;
}

// The ULX3S keeps the tape in its SDRAM: the bitstream alone is flashed.
TEST_F(FlashCommandTest, ATapeInMemoryGoesOverTheLink) {
  const std::string bitstream = folder_ / "weft.bit";
  WriteText(bitstream, std::string("\xff\x00\x00\xff\xff\xff\xbd\xb3", 8) + std::string(1000, 'x'));
  const Outcome outcome = Weft({"flash", Model(), "--board", "ulx3s", "--bitstream", bitstream});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(ReadText(folder_ / "calls"), "-b ulx3s -f -o 0x0 " + bitstream + "\n");
  EXPECT_NE(outcome.out.find("of the SDRAM's room\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("weft run loads it over the link\n"), std::string::npos) << outcome.out;
  const Outcome tape = Weft({"flash", Model(), "--board", "ulx3s", "--tape-only"});
  EXPECT_EQ(tape.code, 2);
  EXPECT_NE(tape.err.find("--tape-only is for boards with their tape in flash; that of ULX3S 85F goes into its SDRAM, over "
                          "the link, with weft run"),
            std::string::npos)
      << tape.err;
}

}  // namespace
}  // namespace weft::testing
