// weft run on a board: the built program against a simulated one behind a pseudo-terminal.
#include "tests/cli/process.h"

#include <nlohmann/json.hpp>

#include "sw/runtime/program.h"
#include "tests/link/rig.h"

namespace weft::testing {
namespace {

using nlohmann::json;

class SerialRun : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(Weft({"make-model", "-o", Model(), "--dim", "64", "--hidden", "96", "--layers", "2", "--vocab", "300",
                    "--context", "64"})
                  .code,
              0);
    ProgramSource source;
    source.path = Model();
    source.config = "mini";
    source.compile.slots = 1;
    rig_.tape = Must(OpenProgram(source)).tape;
    rig_.options.flash = rig_.tape->bytes;
    rig_.Start();
  }
  std::string Model() { return folder_ / "model.gguf"; }
  std::string Serial() const { return "serial:" + rig_.bridge->path(); }
  Outcome Run(std::vector<std::string> more, const std::string& device) {
    std::vector<std::string> words = {"run", Model(), "-p", "hello", "-n", "6", "--ignore-end", "--device", device};
    words.insert(words.end(), more.begin(), more.end());
    return Weft(words);
  }
  json RunJson(std::vector<std::string> more, const std::string& device) {
    more.push_back("--json");
    const Outcome outcome = Run(more, device);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
  }

  TempFolder folder_;
  BoardRig rig_;
};

TEST_F(SerialRun, TakesTheBoardsConfigurationAndWritesGoldensText) {
  const json board = RunJson({}, Serial());
  EXPECT_EQ(board["config"], "mini");
  EXPECT_EQ(board["device"], Serial());
  EXPECT_EQ(board["checked_tokens"], 6);
  EXPECT_EQ(board["checked_logits"], 0);
  EXPECT_EQ(board["mismatches"], 0);
  EXPECT_GT(board["decode_cycles_per_token"].get<double>(), 0);
  const json golden = RunJson({}, "golden");
  EXPECT_EQ(board["tokens"], golden["tokens"]);
  EXPECT_EQ(board["text"], golden["text"]);
}

TEST_F(SerialRun, SaysWhatWasChecked) {
  EXPECT_NE(Run({}, Serial()).err.find("the tokens of golden: 6 checked"), std::string::npos);
  const json logits = RunJson({"--check-logits"}, Serial());
  EXPECT_EQ(logits["checked_logits"].get<uint64_t>(), 300 * (logits["prompt_tokens"].get<uint64_t>() + 5));
  const json none = RunJson({"--no-check"}, Serial());
  EXPECT_EQ(none["checked_tokens"], 0);
}

TEST_F(SerialRun, WrongOptionsAreRefused) {
  const auto expect = [&](std::vector<std::string> more, const std::string& device, const std::string& message) {
    const Outcome outcome = Run(more, device);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  };
  expect({}, "serial:/dev/weft-none", "/dev/weft-none: there is no such port");
  expect({}, "serial:", "serial: names no port");
  expect({}, Serial() + "@x", "is 'x', want a number from 300 to 12000000");
  expect({"--trace", "x.fst"}, Serial(), "--trace, --fault and --memory are for --device rtl");
  expect({"--check-logits"}, "golden", "--check-logits is for --device serial:PATH or board:NAME, not golden");
  expect({"--check-logits", "--no-check"}, Serial(), "--check-logits and --no-check exclude each other");
  expect({"--config", "base"}, Serial(), "the board is of configuration 'mini', the model is compiled for 'base'");
  expect({"--context", "32"}, Serial(), "the board's flash does not hold this model's tape");
}

TEST_F(SerialRun, PerplexityReadsTheLogitsBack) {
  WriteText(folder_ / "text.txt", "hello there");
  const auto score = [&](const std::string& device) {
    const Outcome outcome = Weft({"perplexity", Model(), "-f", folder_ / "text.txt", "--device", device, "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
  };
  const json board = score(Serial()), golden = score("golden");
  EXPECT_EQ(board["perplexity"], golden["perplexity"]);
  EXPECT_GT(board["checked_logits"].get<uint64_t>(), 0u);
}

}  // namespace
}  // namespace weft::testing
