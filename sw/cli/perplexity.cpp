// weft perplexity: how likely a model finds a text, teacher-forced.
#include <chrono>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/cli/texts.h"
#include "sw/runtime/scoring.h"

namespace weft::cli {

namespace {

struct PerplexityOptions {
  ModelOptions model;
  DeviceOptions device;
  TextOptions texts;
  bool json = false;
};

void Report(const PerplexityOptions& o, const Program& program, const Device& device, const Texts& texts,
            const Score& score, double seconds) {
  if (o.json) {
    nlohmann::ordered_json json = {{"model", program.name},
                                   {"device", device.name()},
                                   {"perplexity", score.Perplexity()},
                                   {"tokens", score.tokens},
                                   {"sequences", texts.sequences.size()}};
    if (texts.bytes > 0) {
      json["bytes"] = texts.bytes;
      json["bits_per_byte"] = score.BitsPerByte(texts.bytes);
    }
    json["seconds"] = seconds;
    if (score.counters.cycles > 0) json["cycles"] = score.counters.cycles;
    json["checked_logits"] = device.checked_logits();
    json["mismatches"] = device.mismatches();
    std::printf("%s\n", json.dump(2).c_str());
    return;
  }
  std::printf("perplexity %.4f over %s tokens of %zu texts", score.Perplexity(), Thousands(score.tokens).c_str(),
              texts.sequences.size());
  if (texts.bytes > 0) std::printf(", %.4f bits per byte", score.BitsPerByte(texts.bytes));
  std::printf(" (%s, %s, %.1f s)\n", program.name.c_str(), device.name().c_str(), seconds);
  if (device.checked_logits() > 0) {
    std::printf("bit-exact: %s logits checked\n", Thousands(device.checked_logits()).c_str());
  }
}

int Run(const PerplexityOptions& o) {
  if (Status bad = WantsResults(o.device)) return BadInput(bad->message);
  const auto program = Open(o.model, o.device.device);
  if (!program) return BadInput(program.error().message);
  auto texts = ReadTexts(o.texts, *program);
  if (!texts) return BadInput(texts.error().message);
  auto device = MakeDevice(o.device, *program);
  if (!device) return BadInput(device.error().message);

  const auto begin = std::chrono::steady_clock::now();
  const auto& interrupted = CatchInterrupts();
  const auto progress = [&](size_t done) {
    ProgressLine(std::to_string(done) + " of " + std::to_string(texts->sequences.size()) + " texts");
  };
  const auto score = ScoreSequences(**device, *program->tape, texts->sequences, progress, &interrupted);
  ProgressLine("");
  if (!score) {
    // Ids were checked before the first step: what fails now is the device.
    std::fprintf(stderr, "weft: %s\n", score.error().message.c_str());
    return (*device)->mismatches() > 0 ? kFailed : kBadInput;
  }
  if (interrupted) {
    std::fprintf(stderr, "weft: interrupted after %s tokens; the figures are of those\n",
                 Thousands(score->tokens).c_str());
    texts->bytes = 0;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  Report(o, *program, **device, *texts, *score, seconds);
  return interrupted ? kFailed : kOk;
}

}  // namespace

void SetupPerplexity(CLI::App& app, int* code) {
  auto options = std::make_shared<PerplexityOptions>();
  options->device.device = "golden";
  CLI::App* command = app.add_subcommand("perplexity", "score a text, teacher-forced");
  AddModelOptions(command, &options->model);
  AddDeviceOptions(command, &options->device);
  AddTextOptions(command, &options->texts);
  command->add_flag("--json", options->json, "one JSON object on stdout and nothing else");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
