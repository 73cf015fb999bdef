// What a user may get wrong: one sentence on stderr that names it, exit code 2, nothing on stdout, no file left.
#include <algorithm>

#include "tests/cli/process.h"

namespace weft::testing {
namespace {

class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    ASSERT_EQ(Weft({"make-model", "-o", Path("good.gguf"), "--dim", "64", "--hidden", "64", "--layers", "1", "--vocab",
                   "300", "--context", "40"})
                  .code,
              0);
    ASSERT_EQ(Weft({"compile", Path("good.gguf"), "-o", Path("good.weft")}).code, 0);
    const std::string gguf = ReadText(Path("good.gguf")), image = ReadText(Path("good.weft"));
    WriteText(Path("empty.gguf"), "");
    WriteText(Path("text.gguf"), "This is no model at all, just some text that is long enough.");
    WriteText(Path("short.gguf"), gguf.substr(0, gguf.size() - 100));
    WriteText(Path("head.gguf"), gguf.substr(0, 40));
    WriteText(Path("version.gguf"), "GGUF\x63" + gguf.substr(5));
    WriteText(Path("counts.gguf"), gguf.substr(0, 8) + std::string(16, '\xff') + gguf.substr(24));
    WriteText(Path("short.weft"), image.substr(0, image.size() / 2));
    WriteText(Path("flip.weft"), Flipped(image, image.size() - 20));
    WriteText(Path("head_flip.weft"), Flipped(image, 20));
    WriteText(Path("version.weft"), image.substr(0, 4) + "\x63" + image.substr(5));
    WriteText(Path("huge.bin"), std::string(28, '\x7f'));
    WriteText(Path("odd.ids"), "12345");
    WriteText(Path("range.ids"), std::string("\x02\0\0\0\x01\0\0\0\xff\xff\0\0", 12));
    WriteText(Path("none.txt"), " \n");
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string Flipped(std::string bytes, size_t at) {
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    return bytes;
  }
  static std::string Path(const std::string& name) { return *folder_ / name; }

  // `says` must be part of the sentence.
  static void Expect(const std::vector<std::string>& arguments, const std::string& says) {
    std::string line;
    for (const std::string& argument : arguments) line += " " + argument;
    const Outcome outcome = Weft(arguments);
    EXPECT_EQ(outcome.code, 2) << line << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, "") << line;
    EXPECT_EQ(outcome.err.rfind("weft: ", 0), 0u) << line << "\n" << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << line << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << line << "\n" << outcome.err;
  }

  static TempFolder* folder_;
};

TempFolder* BadInput::folder_ = nullptr;

TEST_F(BadInput, Files) {
  for (const std::string command : {"run", "info", "disasm"}) {
    Expect({command, Path("absent.gguf")}, "absent.gguf");
    Expect({command, folder_->path()}, folder_->path());
    Expect({command, Path("empty.gguf")}, "empty.gguf");
    Expect({command, Path("text.gguf")}, "text.gguf");
    Expect({command, Path("short.gguf")}, "short.gguf");
    Expect({command, Path("head.gguf")}, "head.gguf");
    Expect({command, Path("version.gguf")}, "version");
    Expect({command, Path("counts.gguf")}, "counts.gguf");
    Expect({command, Path("short.weft")}, "short.weft");
    Expect({command, Path("flip.weft")}, "flip.weft");
    Expect({command, Path("head_flip.weft")}, "head_flip.weft");
    Expect({command, Path("version.weft")}, "version.weft");
    Expect({command, Path("huge.bin")}, "huge.bin");
  }
}

TEST_F(BadInput, EveryPrefixOfAnImageIsRefused) {
  const std::string image = ReadText(Path("good.weft"));
  for (size_t length = 0; length < image.size(); length += 1 + image.size() / 40) {
    WriteText(Path("cut.weft"), image.substr(0, length));
    Expect({"info", Path("cut.weft")}, "cut.weft");
  }
}

TEST_F(BadInput, AFlippedBitAnywhereInAnImageIsCaught) {
  const std::string image = ReadText(Path("good.weft"));
  for (size_t at = 0; at < image.size(); at += 1 + image.size() / 40) {
    WriteText(Path("bit.weft"), Flipped(image, at));
    Expect({"info", Path("bit.weft")}, "bit.weft");
  }
}

TEST_F(BadInput, Prompts) {
  const std::string model = Path("good.gguf");
  const auto run = [&](std::vector<std::string> more, const std::string& says) {
    std::vector<std::string> arguments = {"run", model, "--device", "golden"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Expect(arguments, says);
  };
  run({"-p", ""}, "the prompt is empty");
  run({"-p", "-"}, "the prompt is empty");  // stdin is
  run({"-p", std::string(100, 'x')}, "the context holds 40");
  run({"--prompt-ids", "1 300"}, "token id 300 is out of range, the vocabulary has ids 0 to 299");
  run({"--prompt-ids", "1 -1"}, "token id -1");
  run({"--prompt-ids", "1 two"}, "no id near 'two'");
  run({"--prompt-ids", " "}, "the prompt is empty");
  run({"--prompt-ids", "99999999999999999999"}, "no id");
}

TEST_F(BadInput, Options) {
  const std::string model = Path("good.gguf");
  Expect({"run", "--config", "nope"}, "'nope'");
  Expect({"run", "--device", "tpu"}, "--device is 'tpu', want rtl, golden, perf, reference, serial:PATH or board:NAME");
  Expect({"run", model, "--device", "golden", "-n", "-1"}, "-n is -1");
  Expect({"run", model, "--device", "golden", "-n", "many"}, "many");
  Expect({"run", model, "--device", "golden", "--temp", "-0.5"}, "--temp is -0.5");
  Expect({"run", model, "--device", "golden", "--temp", "nan"}, "--temp is");
  Expect({"run", model, "--device", "golden", "--top-k", "0"}, "--top-k is 0");
  Expect({"run", model, "--device", "golden", "--top-k", "65"}, "1 to 64");
  Expect({"run", model, "--device", "golden", "--trace", "x.fst"}, "--device rtl");
  Expect({"run", model, "--quant", "q2_k"}, "--quant is 'q2_k'");
  Expect({"run", model, "--context", "99999999"}, "99999999");
  Expect({"run", model, "--bogus"}, "--bogus");
  Expect({"run", model, "second.gguf"}, "second.gguf");
  Expect({"explode"}, "explode");
  Expect({"run", Path("good.weft"), "--config", "edge"}, "configuration base");
  Expect({"perplexity", model, "-f", Path("none.txt"), "--device", "perf"}, "--device perf computes no logits");
  Expect({"run", Path("good.weft"), "--device", "reference"}, "needs the checkpoint");
  Expect({"run", model, "--fault", "12"}, "want ADDRESS:BIT");
  Expect({"run", model, "--fault", "999999999:1"}, "does not exist");
}

TEST_F(BadInput, Bench) {
  const std::string model = Path("good.gguf");
  Expect({"bench", "--case", "nope"}, "there is no case 'nope'");
  Expect({"bench", "--case", "all", "--at", "5"}, "--case says what is measured");
  Expect({"bench", "--shape", "dim=64,depth=3"}, "--shape has 'depth=3'");
  Expect({"bench", model, "--shape", "dim=64"}, "--shape is of a model of random weights");
  Expect({"bench", model, "--at", "39", "--steps", "2"}, "take 41 positions, the model has 40");
  Expect({"bench", model, "--steps", "0"}, "--steps is 0");
  Expect({"bench", model, "--batch", "0"}, "--batch is 0");
  Expect({"bench", model, "--at", "5", "--batch", "300"}, "300");
  Expect({"bench", model, "--at", "5", "--device", "golden"}, "counts no cycles");
  Expect({"bench", model, "--at", "5", "--json", "--csv"}, "want one");
  Expect({"bench", model, "--at", "5", "--memory", "core"}, "there is no memory 'core', wanted one of ideal, ddr3, lpddr4");
  Expect({"bench", model, "--at", "5", "--memory", "ddr3", "--latency", "9"}, "--latency is of the ideal memory");
  Expect({"bench", model, "--at", "5", "--plot", Path("no/folder/x.svg")}, "no/folder/x.svg: cannot be written");
  Expect({"run", model, "--timeline", Path("no/folder/x.json")}, "no/folder/x.json: cannot be written");
  Expect({"run", model, "--device", "golden", "--timeline", Path("new.json")}, "which --device golden does not simulate");
}

TEST_F(BadInput, Perplexity) {
  const std::string model = Path("good.gguf");
  Expect({"perplexity", model}, "want either -f TEXT or --ids FILE");
  Expect({"perplexity", model, "-f", Path("absent.txt")}, "absent.txt");
  Expect({"perplexity", model, "-f", Path("none.txt")}, "holds no text");
  Expect({"perplexity", model, "--ids", Path("odd.ids")}, "odd.ids");
  Expect({"perplexity", model, "--ids", Path("range.ids")}, "token id 65535");
}

TEST_F(BadInput, Compare) {
  const std::string model = Path("good.gguf");
  Expect({"compare", model}, "B");
  Expect({"compare", model, model}, "want either -f TEXT or --ids FILE");
  Expect({"compare", model, Path("absent.gguf"), "--ids", Path("range.ids")}, "absent.gguf");
  Expect({"compare", model, model, "--ids", Path("range.ids")}, "token id 65535");
  Expect({"compare", model, model, "--ids", Path("range.ids"), "--device-b", "tpu"}, "--device is 'tpu'");
  Expect({"compare", model, model, "--ids", Path("range.ids"), "--quant-b", "q2_k"}, "--quant is 'q2_k'");
}

TEST_F(BadInput, TokenizersAndChats) {
  const std::string model = Path("good.gguf");
  Expect({"tokenize"}, "MODEL");
  Expect({"tokenize", Path("absent.gguf"), "x"}, "absent.gguf");
  Expect({"tokenize", model, "x", "-f", model}, "want either TEXT or -f FILE");
  Expect({"tokenize", model, "-f", Path("absent.txt")}, "absent.txt");
  WriteText(Path("bad.json"), "{\"model\": {\"type\": \"WordPiece\"}}");
  Expect({"tokenize", Path("bad.json"), "x"}, "bad.json: the tokenizer's model is 'WordPiece', wanted 'BPE'");
  Expect({"run", model, "--device", "golden", "--chat", "-p", "x"}, "carries no chat template");
  Expect({"run", model, "--device", "golden", "--system", "x"}, "--system is for --chat");
  Expect({"run", model, "--device", "golden", "--chat", "--prompt-ids", "1 2"}, "instead of --prompt-ids");
}

TEST_F(BadInput, NothingIsLeftOfAFailedOutput) {
  Expect({"compile", Path("short.gguf"), "-o", Path("new.weft")}, "short.gguf");
  Expect({"compile", Path("good.weft"), "-o", Path("new.weft")}, "is an image already");
  Expect({"make-model", "--dim", "33", "-o", Path("new.gguf")}, "33");
  Expect({"make-model", "--type", "q9", "-o", Path("new.gguf")}, "--type is 'q9'");
  Expect({"make-model", "--layers", "0", "-o", Path("new.gguf")}, "0");
  Expect({"compile", Path("good.gguf"), "-o", Path("no/folder/x.weft")}, "no/folder");
  Expect({"make-model", "-o", Path("no/folder/x.gguf")}, "no/folder");
  for (const auto& entry : std::filesystem::directory_iterator(folder_->path())) {
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(name.rfind("new", 0), std::string::npos) << name;
    EXPECT_EQ(name.find("tmp"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace weft::testing
