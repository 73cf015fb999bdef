// weft run: a prompt in, a text out.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/cli/prompt.h"
#include "sw/cli/report.h"
#include "sw/runtime/session.h"
#include "sw/tokenizer/chat.h"
#include "sw/tokenizer/utf8.h"

namespace weft::cli {

namespace {

// Cycles a second of the simulated chip that an estimate counts on, and the seconds a token that are worth a
// word before the run.
constexpr double kAssumedSpeed = 500e3;
constexpr double kSlowSeconds = 2;

struct RunOptions {
  ModelOptions model;
  DeviceOptions device;
  std::optional<std::string> prompt;
  std::string prompt_ids;
  bool chat = false;
  std::string system;
  int64_t tokens = 128;
  double temperature = 0;
  std::optional<int64_t> top_k;  // none: 40, or what the configuration has
  uint32_t seed = 0;
  uint32_t block_rows = 0;
  bool ignore_end = false;
  bool json = false;
};

Status CheckOptions(const RunOptions& o, const Program& program) {
  if (o.tokens < 0 || o.tokens > INT32_MAX) {
    return Error{"-n is " + std::to_string(o.tokens) + ", want 0 (as many as fit) or more"};
  }
  if (!(o.temperature == 0 || (o.temperature >= 0.01 && o.temperature <= 100))) {
    return Error{"--temp is " + Fixed(o.temperature, 3) + ", want 0 (greedy) or 0.01 to 100"};
  }
  if (o.top_k && (*o.top_k < 1 || *o.top_k > program.hw.max_topk)) {
    return Error{"--top-k is " + std::to_string(*o.top_k) + ", configuration " + program.hw.name + " has 1 to " +
                 std::to_string(program.hw.max_topk)};
  }
  if (!o.chat && !o.system.empty()) return Error{"--system is for --chat"};
  if (o.chat && !o.prompt_ids.empty()) return Error{"--chat writes around a text, want -p instead of --prompt-ids"};
  return {};
}

// What to feed; the text of a chat's run is the answer alone.
Result<ChatPrompt> FindIds(const RunOptions& o, const Program& program,
                                       const std::optional<Tokenizer>& tokenizer) {
  if (!o.prompt_ids.empty()) {
    auto ids = ParseIds(o.prompt_ids);
    if (!ids) return ids.error();
    if (ids->empty()) return Error{"the prompt is empty, want at least one token id"};
    for (const int32_t id : *ids) {
      if (id < 0 || static_cast<uint32_t>(id) >= program.model.vocab) {
        return Error{"token id " + std::to_string(id) + " is out of range, the vocabulary has ids 0 to " +
                     std::to_string(program.model.vocab - 1)};
      }
    }
    return ChatPrompt{std::move(*ids)};
  }
  const auto prompt = FindPrompt(o.prompt);
  if (!prompt) return prompt.error();
  if (prompt->empty()) return Error{"the prompt is empty, want some text"};
  if (o.chat) return FormatChat(*tokenizer, *prompt, o.system);
  return ChatPrompt{tokenizer->Encode(*prompt)};
}

void AnnounceSlowRun(const RunOptions& o, const Program& program) {
  if (o.device.device != "rtl" || o.json) return;
  const double seconds = static_cast<double>(program.tape->bytes.size()) / program.hw.port / kAssumedSpeed;
  if (seconds < kSlowSeconds) return;
  std::fprintf(stderr,
               "Simulating the chip takes about %.0f s a token for this model; --device golden gives the same "
               "text faster.\n",
               seconds);
}

// Prints and keeps the text as tokens come.
class TextOut {
 public:
  TextOut(const std::optional<Tokenizer>& tokenizer, bool print) : tokenizer_(tokenizer), print_(print) {}

  void Add(int32_t token) {
    if (!tokenizer_) return;
    Put(utf8_.Push(tokenizer_->Decode(token, previous_)));
    previous_ = token;
  }
  void Finish() {
    Put(utf8_.Flush());
    if (print_) std::fputs("\n", stdout);
  }
  const std::string& text() const { return text_; }

 private:
  void Put(const std::string& piece) {
    text_ += piece;
    if (!print_) return;
    std::fputs(piece.c_str(), stdout);
    std::fflush(stdout);
  }

  const std::optional<Tokenizer>& tokenizer_;
  bool print_;
  Utf8Stream utf8_;
  int32_t previous_ = -1;
  std::string text_;
};

int Finish(const RunOptions& o, const Device& device, RunReport* report) {
  ProgressLine("");
  Measure(device, report);
  if (o.json) {
    std::printf("%s\n", ToJson(*report).dump(2).c_str());
  } else {
    PrintSummary(*report);
  }
  if (!report->failure) return kOk;
  std::fprintf(stderr, "weft: %s\n", report->failure->message.c_str());
  return kFailed;
}

int Run(const RunOptions& o) {
  auto program = Open(o.model, o.device.device);
  if (!program) return BadInput(program.error().message);
  if (Status bad = CheckOptions(o, *program)) return BadInput(bad->message);
  std::optional<Tokenizer> tokenizer;
  if (!program->vocab.empty()) tokenizer.emplace(program->vocab);
  if (!tokenizer && o.prompt_ids.empty()) return BadInput(MakeTokenizer(*program).error().message);
  const auto prompt = FindIds(o, *program, tokenizer);
  if (!prompt) return BadInput(prompt.error().message);
  const std::vector<int32_t>& ids = prompt->ids;
  if (ids.size() > program->tape->context) {
    return BadInput("the prompt has " + std::to_string(ids.size()) + " tokens, the context holds " +
                    std::to_string(program->tape->context));
  }
  auto device = MakeDevice(o.device, *program);
  if (!device) return BadInput(device.error().message);
  AnnounceSlowRun(o, *program);

  // The cycle model makes placeholders: there is no text.
  const bool has_text = o.device.device != "perf";
  const std::optional<Tokenizer> none;
  TextOut out(has_text ? tokenizer : none, !o.json && has_text);
  if (!o.chat) {
    for (const int32_t id : ids) out.Add(id);
  }
  GenerateOptions options;
  options.max_tokens = static_cast<uint32_t>(o.tokens);
  const int64_t top_k = o.top_k.value_or(std::min<int64_t>(40, program->hw.max_topk));
  options.sampling = {static_cast<float>(o.temperature), static_cast<uint32_t>(top_k), o.seed};
  options.block_rows = o.block_rows;
  options.stop_at_end = !o.ignore_end;
  if (tokenizer) {
    options.eos = tokenizer->eos();
    options.bos = tokenizer->bos();
  }
  options.end_of_turn = prompt->end_of_turn;
  options.interrupted = &CatchInterrupts();
  options.on_token = [&](int32_t token) { out.Add(token); };
  options.on_prefill = [&](uint32_t done, uint32_t total) {
    if (total > (*device)->max_rows()) {
      ProgressLine(done == total ? "" : "reading the prompt: " + std::to_string(done) + " of " +
                                            std::to_string(total) + " tokens");
    }
  };

  RunReport report;
  report.program = &*program;
  report.device = (*device)->name();
  report.checked = (o.device.device == "rtl" || SerialPath(o.device.device)) && o.device.check;
  const auto done = Generate(**device, *program->tape, ids, options, &report.generation);
  if (!done) report.failure = done.error();
  out.Finish();
  report.text = out.text();
  return Finish(o, **device, &report);
}

}  // namespace

void SetupRun(CLI::App& app, int* code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "let a model continue a prompt");
  AddModelOptions(command, &options->model);
  AddDeviceOptions(command, &options->device);
  command->add_option("-p,--prompt", options->prompt,
                      "text to continue; - reads stdin (default: stdin if it is piped, else \"Once upon a time\")");
  command->add_option("--prompt-ids", options->prompt_ids, "token ids instead of text, \"1 2 3\"");
  command->add_flag("--chat", options->chat, "write the prompt as the model's chat template wants a user's turn");
  command->add_option("--system", options->system, "what the model is told before the turn, with --chat");
  command->add_option("-n", options->tokens, "tokens to write; 0: until the text ends or the context is full")
      ->capture_default_str();
  command->add_option("--temp", options->temperature, "temperature; 0: always the likeliest token")
      ->capture_default_str();
  command->add_option("--top-k", options->top_k,
                      "likeliest tokens to choose from, with --temp above 0 (default: 40, or the most there is)");
  command->add_option("--seed", options->seed, "of the choice; the same seed writes the same text")
      ->capture_default_str();
  command->add_option("--block", options->block_rows, "prompt tokens of one step (default: as many as fit)");
  command->add_option("--timeline", options->device.timeline,
                      "write what every unit does, cycle by cycle, as JSON for Perfetto or chrome://tracing (rtl)");
  command->add_flag("--ignore-end", options->ignore_end, "go on when the model ends its text");
  command->add_flag("--json", options->json, "one JSON object on stdout and nothing else");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
