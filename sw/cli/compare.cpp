// weft compare: how far apart two devices or quantizations are over a text.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "sw/cli/commands.h"
#include "sw/cli/common.h"
#include "sw/cli/texts.h"
#include "sw/runtime/comparison.h"

namespace weft::cli {

namespace {

// One of the two.
struct Side {
  std::string path;
  std::string quant = "q8_0";
  DeviceOptions device;
};

struct CompareOptions {
  ModelOptions model;  // what both share: tokenizer, configuration, context
  Side a, b;
  TextOptions texts;
  bool json = false;
};

Result<Program> OpenSide(const CompareOptions& o, const Side& side) {
  ModelOptions model = o.model;
  model.source.path = side.path;
  model.quant = side.quant;
  return Open(model, side.device.device);
}

// Ids mean the same in both models, as far as they say what ids mean.
Status CheckVocabularies(const Program& a, const Program& b) {
  if (a.vocab.empty() || b.vocab.empty() || a.vocab.pieces == b.vocab.pieces) return {};
  return Error{b.name + " has another vocabulary than " + a.name + ", want the same"};
}

// The reference device computes with the file's weights as they are.
bool Quantizes(const Side& side) { return side.device.device != "reference"; }

nlohmann::ordered_json SideJson(const Program& program, const Side& side, const Device& device,
                                const Score& score) {
  nlohmann::ordered_json json = {
      {"model", program.name}, {"device", device.name()}, {"perplexity", score.Perplexity()}};
  if (Quantizes(side)) json["quant"] = side.quant;
  if (score.counters.cycles > 0) json["cycles"] = score.counters.cycles;
  json["mismatches"] = device.mismatches();
  return json;
}

void PrintSide(const char* label, const Program& program, const Side& side, const Device& device,
               const Score& score) {
  std::printf("%s  perplexity %.4f  %s on %s%s\n", label, score.Perplexity(), program.name.c_str(),
              device.name().c_str(), Quantizes(side) ? (", " + side.quant).c_str() : "");
}

int Run(const CompareOptions& o) {
  for (const Side* side : {&o.a, &o.b}) {
    if (Status bad = WantsResults(side->device)) return BadInput(bad->message);
  }
  const auto a = OpenSide(o, o.a);
  if (!a) return BadInput(a.error().message);
  // The same file twice is compiled once.
  const bool shared = o.a.path == o.b.path && o.a.quant == o.b.quant;
  const auto b = shared ? a : OpenSide(o, o.b);
  if (!b) return BadInput(b.error().message);
  if (Status bad = CheckVocabularies(*a, *b)) return BadInput(bad->message);
  const auto texts = ReadTexts(o.texts, *a);
  if (!texts) return BadInput(texts.error().message);
  const auto device_a = MakeDevice(o.a.device, *a);
  if (!device_a) return BadInput(device_a.error().message);
  const auto device_b = MakeDevice(o.b.device, *b);
  if (!device_b) return BadInput(device_b.error().message);

  const auto& interrupted = CatchInterrupts();
  const auto progress = [&](size_t done) {
    ProgressLine(std::to_string(done) + " of " + std::to_string(texts->sequences.size()) + " texts");
  };
  const auto result =
      CompareSequences(**device_a, *a->tape, **device_b, *b->tape, texts->sequences, progress, &interrupted);
  ProgressLine("");
  if (!result) {
    std::fprintf(stderr, "weft: %s\n", result.error().message.c_str());
    return (*device_a)->mismatches() + (*device_b)->mismatches() > 0 ? kFailed : kBadInput;
  }
  if (o.json) {
    const nlohmann::ordered_json json = {{"a", SideJson(*a, o.a, **device_a, result->a)},
                                         {"b", SideJson(*b, o.b, **device_b, result->b)},
                                         {"tokens", result->tokens},
                                         {"kl_mean", result->MeanDivergence()},
                                         {"kl_max", result->divergence_max},
                                         {"top1_agreement", result->TopAgreement()}};
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    PrintSide("A", *a, o.a, **device_a, result->a);
    PrintSide("B", *b, o.b, **device_b, result->b);
    std::printf(
        "KL divergence of B from A: mean %.3g nats, at most %.3g; the same likeliest token at %.2f %% of "
        "%s\n",
        result->MeanDivergence(), result->divergence_max, 100 * result->TopAgreement(),
        Thousands(result->tokens).c_str());
  }
  if (interrupted) std::fprintf(stderr, "weft: interrupted; the figures are of the tokens before\n");
  return interrupted ? kFailed : kOk;
}

}  // namespace

void SetupCompare(CLI::App& app, int* code) {
  auto options = std::make_shared<CompareOptions>();
  options->a.device.device = options->b.device.device = "golden";
  CLI::App* command = app.add_subcommand("compare", "how far apart two models or devices are over a text");
  command->add_option("A", options->a.path, "the model to compare with")->required();
  command->add_option("B", options->b.path, "the other; may be the same file")->required();
  AddSharedModelOptions(command, &options->model);
  for (Side* side : {&options->a, &options->b}) {
    const std::string name = side == &options->a ? "a" : "b";
    command->add_option("--device-" + name, side->device.device, "golden, reference, rtl or serial:PATH")
        ->capture_default_str();
    command->add_option("--quant-" + name, side->quant, "as --quant of weft run")->capture_default_str();
  }
  AddTextOptions(command, &options->texts);
  command->add_flag("--json", options->json, "one JSON object on stdout and nothing else");
  command->callback([options, code] { *code = Run(*options); });
}

}  // namespace weft::cli
