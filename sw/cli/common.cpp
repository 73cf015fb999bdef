#include "sw/cli/common.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <unistd.h>

#include "sw/cli/commands.h"
#include "sw/compiler/conversion_notes.h"
#include "sw/runtime/checked_device.h"
#include "sw/runtime/dram_timing.h"
#include "sw/runtime/golden_device.h"
#include "sw/runtime/perf_device.h"
#include "sw/runtime/reference_device.h"
#include "sw/runtime/rtl_device.h"
#include "sw/runtime/timeline.h"

namespace weft::cli {

namespace {

std::atomic<bool> interrupted{false};

void OnInterrupt(int) {
  interrupted = true;
  std::signal(SIGINT, SIG_DFL);
}

Status ApplyFault(const std::string& fault, RtlDevice& device) {
  if (fault.empty()) return {};
  char* end = nullptr;
  const uint64_t address = std::strtoull(fault.c_str(), &end, 0);
  if (*end != ':' || end[1] < '0' || end[1] > '7' || end[2] != '\0') {
    return Error{"--fault is '" + fault + "', want ADDRESS:BIT with a bit of 0 to 7"};
  }
  return device.FlipTapeBit(address, static_cast<uint32_t>(end[1] - '0'));
}

Result<std::unique_ptr<Device>> MakeRtl(const DeviceOptions& options, const Program& program) {
  RtlOptions rtl;
  rtl.waveform = options.waveform;
  if (options.latency) rtl.timing.read_latency = *options.latency;
  if (options.memory != "ideal") {
    if (options.latency) return Error{"--latency is of the ideal memory, --memory " + options.memory + " has its own"};
    auto memory = FindMemory(options.memory);
    if (!memory) return memory.error();
    rtl.timing.dram = *memory;
  }
  rtl.interrupted = &interrupted;
  auto device = RtlDevice::Make(program.tape, program.hw, rtl);
  if (!device) return device.error();
  if (Status bad = ApplyFault(options.fault, **device)) return *bad;
  if (!options.check) return std::unique_ptr<Device>(std::move(*device));
  auto golden = GoldenDevice::Make(program.tape, program.hw);
  if (!golden) return golden.error();
  return std::unique_ptr<Device>(std::make_unique<CheckedDevice>(std::move(*golden), std::move(*device),
                                                                 program.tape, program.hw));
}

}  // namespace

int BadInput(const std::string& message) {
  ProgressLine("");
  std::fprintf(stderr, "weft: %s\n", message.c_str());
  return kBadInput;
}

void PrintNotes(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) std::fprintf(stderr, "weft: note: %s\n", note.c_str());
}

void AddModelOptions(CLI::App* command, ModelOptions* options) {
  command->add_option("MODEL", options->source.path,
                      "model: .gguf, llama2.c .bin, Hugging Face folder or .weft image (default: the model inside the program)");
  AddSharedModelOptions(command, options);
  command->add_option("--quant", options->quant,
                      "how float matrices are quantized: q8_0 or q4_0 (blocks of 32 with an fp16 scale), or tq2_0 "
                      "(ternary, blocks of 256)")
      ->capture_default_str();
}

void AddSharedModelOptions(CLI::App* command, ModelOptions* options) {
  command->add_option("--tokenizer", options->source.tokenizer,
                      "tokenizer.json, SentencePiece .model or llama2.c file, for a model without one");
  command->add_option("--config", options->source.config, "chip configuration; weft configs lists them (default: base)");
  command->add_option("--context", options->source.compile.context,
                      "positions of a text, also beyond what the model states (default: that, as far as the chip holds it)");
}

Result<ProgramSource> SourceOf(const ModelOptions& options) {
  const std::map<std::string, WeightType> quants = {
      {"q8_0", WeightType::kInt8}, {"q4_0", WeightType::kInt4}, {"tq2_0", WeightType::kTernary}};
  const auto quant = quants.find(options.quant);
  if (quant == quants.end()) return Error{"--quant is '" + options.quant + "', want q8_0, q4_0 or tq2_0"};
  ProgramSource source = options.source;
  source.compile.quant = quant->second;
  return source;
}

Result<Program> Open(const ModelOptions& options) {
  auto source = SourceOf(options);
  if (!source) return source.error();
  if (source->compile.slots == 0) source->compile.slots = 1;
  auto program = OpenProgram(*source);
  if (program && program->checkpoint) {
    PrintNotes(program->checkpoint->notes);
    PrintNotes(ConversionNotes(*program->checkpoint));
  }
  return program;
}

void AddDeviceOptions(CLI::App* command, DeviceOptions* options) {
  command->add_option("--device", options->device, "rtl: the Verilated chip; golden: its bit-exact model; perf: its cycles alone; reference: fp32; "
                      "serial:PATH[@BAUD]: a board; board:NAME: one whose chip is simulated")
      ->capture_default_str();
  command->add_flag("--check,!--no-check", options->check,
                    "compare every logit and token of the rtl, every token of a board, with golden (default: on)");
  command->add_flag("--check-logits", options->check_logits, "compare every logit of a board too (serial)");
  command->add_option("--trace", options->waveform, "write the chip's waveforms to this FST file (rtl)");
  command->add_option("--memory", options->memory, "ideal, or a DRAM with refresh and row misses; weft configs lists them (rtl)")
      ->capture_default_str();
  command->add_option("--latency", options->latency,
                      "cycles from an address to its first data, ideal memory (rtl, perf; default: 16)");
  command->add_option("--fault", options->fault, "ADDRESS:BIT: invert a bit of the chip's tape (rtl)")->group("");
}

Status WantsResults(const DeviceOptions& options) {
  if (options.device != "perf") return {};
  return Error{"--device perf computes no logits, want rtl, golden or reference"};
}

namespace {

Result<std::unique_ptr<Device>> MakePlainDevice(const DeviceOptions& options, const Program& program) {
  if (options.device != "rtl" && (!options.waveform.empty() || !options.fault.empty() || options.memory != "ideal")) {
    return Error{"--trace, --fault and --memory are for --device rtl, not " + options.device};
  }
  if (SerialPath(options.device) || BoardName(options.device)) return MakeSerial(options, program);
  if (options.check_logits) return Error{"--check-logits is for --device serial:PATH or board:NAME, not " + options.device};
  if (options.device == "rtl") return MakeRtl(options, program);
  if (options.device == "golden") {
    auto golden = GoldenDevice::Make(program.tape, program.hw);
    if (!golden) return golden.error();
    return std::unique_ptr<Device>(std::move(*golden));
  }
  if (options.device == "perf") {
    AxiTiming timing;
    if (options.latency) timing.read_latency = *options.latency;
    auto perf = PerfDevice::Make(program.tape, program.hw, timing);
    if (!perf) return perf.error();
    return std::unique_ptr<Device>(std::move(*perf));
  }
  if (options.device == "reference") {
    if (!program.checkpoint) {
      return Error{program.name + " is a compiled image; --device reference needs the checkpoint"};
    }
    return std::unique_ptr<Device>(
        std::make_unique<ReferenceDevice>(*program.checkpoint, program.tape, program.hw.max_topk));
  }
  return Error{"--device is '" + options.device + "', want rtl, golden, perf, reference, serial:PATH or board:NAME"};
}

}  // namespace

Result<std::unique_ptr<Device>> MakeDevice(const DeviceOptions& options, const Program& program) {
  auto device = MakePlainDevice(options, program);
  if (!device || options.timeline.empty()) return device;
  return TimelineDevice::Make(std::move(*device), program.tape, program.hw, options.timeline);
}

const std::atomic<bool>& CatchInterrupts() {
  std::signal(SIGINT, OnInterrupt);
  return interrupted;
}

bool StderrIsTerminal() { return isatty(STDERR_FILENO) != 0; }

void ProgressLine(const std::string& text) {
  static bool shown = false;
  if (!StderrIsTerminal() || (text.empty() && !shown)) return;
  shown = !text.empty();
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  std::fflush(stderr);
}

Result<Tokenizer> MakeTokenizer(const Program& program) {
  if (program.vocab.empty()) {
    return Error{program.name + " carries no tokenizer; give --tokenizer FILE"};
  }
  return Tokenizer(program.vocab);
}

std::string Thousands(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string Fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace weft::cli
