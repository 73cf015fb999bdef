// The subcommands, through the built program.
#include "tests/cli/process.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "sw/formats/gguf.h"
#include "sw/tokenizer/tokenizer.h"
#include "tests/model/tiny_checkpoint.h"

namespace weft::testing {
namespace {

using nlohmann::json;

class Commands : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    ASSERT_EQ(Weft({"make-model", "-o", Model(), "--dim", "64", "--hidden", "96", "--layers", "2", "--vocab", "300",
                   "--context", "64"})
                  .code,
              0);
  }
  static void TearDownTestSuite() { delete folder_; }
  static std::string Model() { return *folder_ / "model.gguf"; }

  static json WeftJson(std::vector<std::string> arguments, const Invocation& call = {}) {
    Invocation invocation = call;
    arguments.push_back("--json");
    invocation.arguments = std::move(arguments);
    const Outcome outcome = Weft(invocation);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const json result = json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
    EXPECT_FALSE(result.is_discarded()) << outcome.out;
    return result;
  }

  static TempFolder* folder_;
};

TempFolder* Commands::folder_ = nullptr;

TEST_F(Commands, WeftJsonHasEveryKey) {
  const json result = WeftJson({"run", Model(), "--device", "golden", "-n", "10", "-p", "hello"});
  for (const char* key :
       {"text", "tokens", "prompt_tokens", "prefill_cycles", "decode_cycles_per_token", "port_bytes_per_cycle",
        "port_utilization", "mac_utilization", "sim_cycles_per_second", "tokens_per_second", "checked_logits",
        "mismatches"}) {
    EXPECT_TRUE(result.contains(key)) << key;
  }
  EXPECT_EQ(result["tokens"].size(), result["prompt_tokens"].get<size_t>() + result["generated_tokens"].get<size_t>());
  EXPECT_EQ(result["tokens"][0], 1);  // BOS
  EXPECT_EQ(result["text"].get<std::string>().rfind("hello", 0), 0u);
}

TEST_F(Commands, RunOnTheChipIsCheckedAndCounted) {
  const json result = WeftJson({"run", Model(), "-n", "6", "-p", "hello", "--ignore-end"});
  EXPECT_EQ(result["device"], "rtl");
  EXPECT_EQ(result["mismatches"], 0);
  // Every row's logits: the prompt's and five decode steps'.
  EXPECT_EQ(result["checked_logits"].get<uint64_t>(), 300 * (result["prompt_tokens"].get<uint64_t>() + 5));
  EXPECT_GT(result["prefill_cycles"].get<double>(), 0);
  EXPECT_GT(result["decode_cycles_per_token"].get<double>(), 0);
  EXPECT_GT(result["port_utilization"].get<double>(), 0);
  EXPECT_LE(result["port_utilization"].get<double>(), 1);
  EXPECT_LE(result["mac_utilization"].get<double>(), 1);
  const json golden = WeftJson({"run", Model(), "-n", "6", "-p", "hello", "--ignore-end", "--device", "golden"});
  EXPECT_EQ(golden["tokens"], result["tokens"]);
}

TEST_F(Commands, SameSeedSameText) {
  const std::vector<std::string> base = {"run", Model(),  "--device", "golden", "-n", "20", "--temp",
                                         "1",   "--seed", "5",        "--ignore-end"};
  const json one = WeftJson(base), two = WeftJson(base);
  EXPECT_EQ(one["tokens"], two["tokens"]);
  auto other = base;
  other[9] = "6";
  EXPECT_NE(WeftJson(other)["tokens"], one["tokens"]);
}

TEST_F(Commands, ThePromptComesFromWhereItIs) {
  const std::vector<std::string> base = {"run", Model(), "--device", "golden", "-n", "1"};
  const auto text = [&](std::vector<std::string> arguments, const Invocation& call) {
    return WeftJson(std::move(arguments), call)["text"].get<std::string>();
  };
  EXPECT_EQ(text(base, {{}, Stdin::kText, "from a pipe\n"}).rfind("from a pipe", 0), 0u);
  auto dash = base;
  dash.insert(dash.end(), {"-p", "-"});
  EXPECT_EQ(text(dash, {{}, Stdin::kText, "from a dash"}).rfind("from a dash", 0), 0u);
  // Nothing to read must not hold it up.
  EXPECT_EQ(text(base, {{}, Stdin::kNull}).rfind("Once upon a time", 0), 0u);
  EXPECT_EQ(text(base, {{}, Stdin::kClosed}).rfind("Once upon a time", 0), 0u);
  EXPECT_EQ(text(base, {{}, Stdin::kIdlePipe}).rfind("Once upon a time", 0), 0u);
  EXPECT_EQ(text(base, {{}, Stdin::kText, ""}).rfind("Once upon a time", 0), 0u);
}

TEST_F(Commands, SaysWhyItStopped) {
  const json full = WeftJson({"run", Model(), "--device", "golden", "-n", "0", "--ignore-end"});
  EXPECT_EQ(full["stop"], "context full");
  const json length = WeftJson({"run", Model(), "--device", "golden", "-n", "3", "--ignore-end"});
  EXPECT_EQ(length["stop"], "length");
  const Outcome person = Weft({"run", Model(), "--device", "golden", "-n", "0", "--ignore-end"});
  EXPECT_NE(person.err.find("the context is full"), std::string::npos) << person.err;
}

TEST_F(Commands, TheCycleModelCountsAndSaysNothing) {
  const json rtl = WeftJson({"run", Model(), "-n", "6", "-p", "hello", "--ignore-end", "--no-check"});
  const json perf = WeftJson({"run", Model(), "-n", "6", "-p", "hello", "--ignore-end", "--device", "perf"});
  EXPECT_EQ(perf["text"], "");
  EXPECT_NEAR(perf["prefill_cycles"].get<double>(), rtl["prefill_cycles"].get<double>(),
              0.01 * rtl["prefill_cycles"].get<double>());
  const Outcome person = Weft({"run", Model(), "-n", "3", "-p", "hello", "--device", "perf"});
  EXPECT_EQ(person.code, 0) << person.err;
  EXPECT_EQ(person.out, "");
  EXPECT_NE(person.err.find("the cycle model counts cycles and computes nothing"), std::string::npos) << person.err;
  const json bench = WeftJson({"bench", Model(), "--device", "perf", "--at", "16", "--steps", "4"});
  EXPECT_GT(bench["measurements"][0]["cycles"].get<uint64_t>(), 0u);
}

TEST_F(Commands, CtrlCStillPrintsTheSummary) {
  // Slow enough on any machine to be caught in the middle.
  const std::string big = *folder_ / "big.gguf";
  ASSERT_EQ(Weft({"make-model", "-o", big, "--dim", "512", "--hidden", "1024", "--layers", "4", "--heads", "8", "--vocab",
                 "2000", "--context", "512"})
                .code,
            0);
  Invocation call = {{"run", big, "-n", "0", "--ignore-end", "--no-check"}};
  call.interrupt_after_ms = 3000;
  const Outcome outcome = Weft(call);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("interrupted"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("big.gguf on rtl"), std::string::npos) << outcome.err;
}

TEST_F(Commands, AnImageIsTheCheckpoint) {
  const std::string image = *folder_ / "model.weft";
  ASSERT_EQ(Weft({"compile", Model(), "-o", image}).code, 0);
  const json one = WeftJson({"run", Model(), "--device", "golden", "-n", "20", "--ignore-end"});
  const json two = WeftJson({"run", image, "--device", "golden", "-n", "20", "--ignore-end"});
  EXPECT_EQ(one["tokens"], two["tokens"]);
  EXPECT_EQ(one["text"], two["text"]);
  const Outcome a = Weft({"disasm", Model()}), b = Weft({"disasm", image});
  EXPECT_EQ(a.code, 0);
  EXPECT_EQ(a.out, b.out);
  EXPECT_NE(a.out.find("MATMUL"), std::string::npos);
  EXPECT_EQ(WeftJson({"info", image})["kind"], "image");
  EXPECT_EQ(WeftJson({"info", image})["tokenizer"], "SentencePiece BPE");
  EXPECT_EQ(WeftJson({"info", image})["chat"], "none");
  EXPECT_EQ(WeftJson({"info", Model()})["dim"], 64);
}

TEST_F(Commands, PerplexityOfTextAndIds) {
  WriteText(*folder_ / "text.txt", "some words\n<|endoftext|>\nand some more words\n");
  const json text = WeftJson({"perplexity", Model(), "-f", *folder_ / "text.txt"});
  EXPECT_GT(text["perplexity"].get<double>(), 1);
  EXPECT_GT(text["bits_per_byte"].get<double>(), 0);
  EXPECT_EQ(text["bytes"], 29);
  const int32_t words[] = {4, 1, 20, 30, 40};
  WriteText(*folder_ / "words.ids", std::string(reinterpret_cast<const char*>(words), sizeof words));
  json results[3];
  const char* devices[] = {"golden", "rtl", "reference"};
  for (int i = 0; i < 3; ++i) {
    results[i] = WeftJson({"perplexity", Model(), "--ids", *folder_ / "words.ids", "--device", devices[i]});
    EXPECT_EQ(results[i]["tokens"], 3);
  }
  EXPECT_EQ(results[0]["perplexity"], results[1]["perplexity"]);
  EXPECT_EQ(results[1]["checked_logits"], 900);
  EXPECT_NEAR(results[0]["perplexity"].get<double>() / results[2]["perplexity"].get<double>(), 1, 0.1);
}

TEST_F(Commands, CompareOfAModelWithItselfAndWithFp32) {
  WriteText(*folder_ / "compare.txt", "some words and some more words\n");
  const std::vector<std::string> base = {"compare", Model(), Model(), "-f", *folder_ / "compare.txt"};
  const json same = WeftJson(base);
  EXPECT_EQ(same["kl_max"], 0);
  EXPECT_EQ(same["top1_agreement"], 1);
  EXPECT_EQ(same["a"]["perplexity"], same["b"]["perplexity"]);
  EXPECT_GT(same["tokens"], 10);
  auto chip = base;
  chip.insert(chip.end(), {"--device-b", "rtl"});
  const json exact = WeftJson(chip);
  EXPECT_EQ(exact["kl_max"], 0);
  EXPECT_EQ(exact["b"]["device"], "rtl");
  EXPECT_GT(exact["b"]["cycles"], 0);
  auto reference = base;
  reference.insert(reference.end(), {"--device-a", "reference"});
  const json rounded = WeftJson(reference);
  EXPECT_GT(rounded["kl_mean"].get<double>(), 0);
  EXPECT_LT(rounded["kl_mean"].get<double>(), 0.1);
  EXPECT_GE(rounded["kl_max"], rounded["kl_mean"]);
  EXPECT_NE(rounded["a"]["perplexity"], rounded["b"]["perplexity"]);
}

TEST_F(Commands, TokenizePrintsIdsAndPieces) {
  const json hello = WeftJson({"tokenize", Model(), "h\xc3\xa9"});
  EXPECT_EQ(hello["count"], 5);  // BOS, the space, three bytes
  EXPECT_EQ(hello["ids"][0], 1);
  EXPECT_EQ(hello["tokens"][0]["piece"], "<s>");
  EXPECT_EQ(hello["tokens"][2]["piece"], "h");
  EXPECT_EQ(hello["tokens"][3]["piece"], "\xef\xbf\xbd");
  EXPECT_EQ(hello["tokens"][3]["bytes"], "c3");
  WriteText(*folder_ / "tokenize.txt", "h\xc3\xa9");
  EXPECT_EQ(WeftJson({"tokenize", Model(), "-f", *folder_ / "tokenize.txt"})["ids"], hello["ids"]);
  EXPECT_EQ(WeftJson({"tokenize", Model()}, {{}, Stdin::kText, "h\xc3\xa9"})["ids"], hello["ids"]);
  const json control = WeftJson({"tokenize", Model(), "</s>", "--control"});
  EXPECT_EQ(control["ids"], json({1, 2}));
  EXPECT_GT(WeftJson({"tokenize", Model(), "</s>"})["count"], 2);
  const json own = WeftJson({"tokenize", WEFT_SOURCE_DIR "/tests/tokenizer/data/byte_level.json", "the chip"});
  EXPECT_EQ(own["tokens"][0]["piece"], "the");
  const Outcome lines = Weft({"tokenize", Model(), "h"});
  EXPECT_EQ(lines.out, "      1  \"<s>\"\n" + lines.out.substr(15));
}

TEST_F(Commands, ChatAnswersInTheModelsTemplate) {
  Checkpoint checkpoint = TinyCheckpoint({.context = 128});
  checkpoint.vocab.chat_template = "{{ bos_token + '[INST] ' + content + ' [/INST]' }} <<SYS>>";
  const std::string model = *folder_ / "chat.gguf";
  ASSERT_FALSE(WriteGguf(checkpoint, model).has_value());
  EXPECT_EQ(WeftJson({"info", model})["chat"], "Llama 2");
  const Tokenizer tokenizer(checkpoint.vocab);
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"run", model, "--device", "golden", "-n", "4", "--ignore-end"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return WeftJson(arguments);
  };
  const json chat = run({"--chat", "-p", "Hi"});
  std::vector<int32_t> want = tokenizer.Encode("[INST] Hi [/INST]");
  std::vector<int32_t> ids = chat["tokens"];
  ASSERT_EQ(ids.size(), want.size() + 4);
  EXPECT_TRUE(std::equal(want.begin(), want.end(), ids.begin()));
  EXPECT_EQ(chat["text"].get<std::string>().find("[INST]"), std::string::npos);  // the answer alone
  const json told = run({"--chat", "-p", "Hi", "--system", "Be brief."});
  want = tokenizer.Encode("[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]");
  ids = told["tokens"].get<std::vector<int32_t>>();
  EXPECT_TRUE(ids.size() > want.size() && std::equal(want.begin(), want.end(), ids.begin()));
}

TEST_F(Commands, BenchMeasuresBothPhases) {
  const json result = WeftJson({"bench", Model(), "--at", "20", "--steps", "4", "--prefill", "20"});
  ASSERT_EQ(result["measurements"].size(), 2u);
  EXPECT_EQ(result["measurements"][0]["phase"], "prefill");
  EXPECT_EQ(result["measurements"][1]["phase"], "decode");
  for (const json& row : result["measurements"]) {
    EXPECT_GT(row["sim_cycles_per_second"].get<double>(), 0);
    for (const char* partition : {"port", "array"}) {
      double sum = 0;
      for (const auto& [name, share] : row[partition].items()) sum += share.get<double>();
      EXPECT_NEAR(sum, 1, 1e-9) << partition;
      EXPECT_GT(row[partition]["useful"].get<double>(), 0);
    }
  }
}

TEST_F(Commands, BenchWritesTablesAndPictures) {
  const std::string plot = *folder_ / "roofline.svg";
  const std::vector<std::string> base = {"bench",   "--shape", "dim=64,hidden=96,layers=1,heads=2,kv_heads=1,vocab=64",
                                         "--batch", "2",       "--at", "33", "--steps", "1", "--memory", "ddr3", "--plot", plot};
  auto csv = base;
  csv.push_back("--csv");
  const Outcome table = Weft(base), lines = Weft(csv);
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("decode-33"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("memory ddr3"), std::string::npos) << table.out;
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 2);
  const size_t header = lines.out.find('\n');
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.begin() + static_cast<ptrdiff_t>(header), ','),
            std::count(lines.out.begin() + static_cast<ptrdiff_t>(header), lines.out.end(), ',') - 5);  // of the shape
  const std::string svg = ReadText(plot);
  EXPECT_EQ(svg.rfind("<svg", 0), 0u);
  EXPECT_NE(svg.find("decode-33"), std::string::npos);
}

TEST_F(Commands, ATimelineIsSortedAndItsTracksDoNotOverlap) {
  const std::string path = *folder_ / "timeline.json";
  const json run = WeftJson({"run", Model(), "-n", "3", "-p", "hello", "--ignore-end", "--no-check", "--timeline", path});
  const json trace = json::parse(ReadText(path), nullptr, /*allow_exceptions=*/false);
  ASSERT_FALSE(trace.is_discarded());
  std::map<uint64_t, std::string> tracks;
  std::map<std::string, uint64_t> end, busy;
  std::set<std::string> names;
  uint64_t last = 0;
  for (const json& event : trace["traceEvents"]) {
    if (event["ph"] == "M") {
      if (event["name"] == "thread_name") tracks[event["tid"]] = event["args"]["name"];
      continue;
    }
    ASSERT_EQ(event["ph"], "X");
    const std::string track = tracks[event["tid"]];
    const uint64_t start = event["ts"], length = event["dur"], cycles = event["args"]["busy_cycles"];
    EXPECT_GE(start, last);
    EXPECT_GE(start, end[track]) << track;
    EXPECT_GT(length, 0u);
    EXPECT_LE(cycles, length);
    last = start;
    end[track] = start + length;
    busy[track] += cycles;
    if (track == "array") names.insert(event["name"]);
  }
  for (const auto& [id, track] : tracks) EXPECT_GT(busy[track], 0u) << track;
  const json &prefill = run["counters"]["prefill"], &decode = run["counters"]["decode"];
  const auto both = [&](const char* group, const char* name) {
    return prefill[group][name].get<uint64_t>() + decode[group][name].get<uint64_t>();
  };
  EXPECT_EQ(busy["memory port"], both("port", "read"));
  EXPECT_EQ(busy["array"], both("array", "busy"));
  EXPECT_EQ(busy["steps"], prefill["cycles"].get<uint64_t>() + decode["cycles"].get<uint64_t>());
  EXPECT_EQ(busy["steps"], busy["memory port"] + busy["port waits for"] + both("port", "write"));
  for (const char* name : {"EMBED", "MATMUL layer 0 wk", "layer 1 attention: K", "layer 1 attention: V", "MATMUL layer 1 w_down",
                           "MATMUL LM head"}) {
    EXPECT_TRUE(names.count(name)) << name;
  }
}

TEST_F(Commands, CompilesForTheMicrocodedEngine) {
  const std::string image = *folder_ / "pico.weft";
  const Outcome compiled = Weft({"compile", Model(), "--config", "pico", "-o", image});
  EXPECT_EQ(compiled.code, 0) << compiled.err;
  EXPECT_NE(compiled.out.find("for configuration pico, context 64, slots 1"), std::string::npos) << compiled.out;
  const std::vector<std::string> run = {"--device", "golden", "-n", "20", "-p", "hello"};
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), run.begin(), run.end());
    return WeftJson(arguments)["tokens"];
  };
  EXPECT_EQ(with({"run", image}), with({"run", Model()}));
  const Outcome rtl = Weft({"run", image});
  EXPECT_EQ(rtl.code, 2);
  EXPECT_NE(rtl.err.find("has a microcoded engine"), std::string::npos) << rtl.err;
}

TEST_F(Commands, ConfigsAndVersion) {
  const Outcome names = Weft({"configs", "--names"});
  EXPECT_EQ(names.code, 0);
  EXPECT_NE(names.out.find("base\n"), std::string::npos);
  const json list = WeftJson({"configs"});
  EXPECT_GE(list.size(), 3u);
  const Outcome version = Weft({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_EQ(version.out.rfind("weft ", 0), 0u);
  EXPECT_EQ(Weft({"--help"}).code, 0);
  EXPECT_EQ(Weft({"run", "--help"}).code, 0);
}

TEST_F(Commands, AFaultIsReportedWithTheInstruction) {
  const Outcome listing = Weft({"disasm", Model()});
  const size_t line = listing.out.find("layer 1 wo");
  ASSERT_NE(line, std::string::npos);
  // "; ADDRESS +BYTES layer 1 wo": the exponent of the payload's first scale.
  const size_t at = listing.out.rfind("; ", line) + 2;
  const uint64_t address = std::stoull(listing.out.substr(at, 8), nullptr, 16) + 1;
  const Outcome outcome = Weft({"run", Model(), "-n", "4", "--fault", std::to_string(address) + ":3"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("MATMUL layer 1 wo"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("NOT bit-exact"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace weft::testing
