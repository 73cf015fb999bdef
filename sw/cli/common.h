// What the subcommands share: options for models and devices, messages, interruption.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "sw/base/result.h"
#include "sw/link/client.h"
#include "sw/runtime/device.h"
#include "sw/runtime/program.h"
#include "sw/tokenizer/tokenizer.h"

namespace weft::cli {

// Prints "weft: <message>." to stderr; the exit code of bad input.
int BadInput(const std::string& message);

// Sentences for the user, each a line "weft: note: ..." on stderr.
void PrintNotes(const std::vector<std::string>& notes);

struct ModelOptions {
  ProgramSource source;
  std::string quant = "q8_0";
};
// MODEL, --quant, and those of AddSharedModelOptions: --tokenizer, --config, --context.
void AddModelOptions(CLI::App* command, ModelOptions* options);
void AddSharedModelOptions(CLI::App* command, ModelOptions* options);
// What the options name, or the sentence about a --quant that is none.
Result<ProgramSource> SourceOf(const ModelOptions& options);
// With room for one user in the KV cache, unless the options say otherwise. Notes what was changed in the model.
Result<Program> Open(const ModelOptions& options);

struct DeviceOptions {
  std::string device = "rtl";
  bool check = true;      // beside golden; of `rtl`, `serial:...` and `board:...`
  bool check_logits = false;  // of a serial device, whose tokens alone are checked otherwise
  std::string waveform;   // FST file
  std::string timeline;   // JSON file
  std::string fault;      // ADDR:BIT of the tape to invert in the chip's memory
  std::string memory = "ideal";
  std::optional<uint32_t> latency;  // of the ideal memory, cycles
};
// --device, --check/--no-check, --check-logits, --trace, --memory, --latency and the hidden --fault.
void AddDeviceOptions(CLI::App* command, DeviceOptions* options);
// Refuses the cycle model, for commands that look at logits.
Status WantsResults(const DeviceOptions& options);
// --device alone, for commands that only score.
Result<std::unique_ptr<Device>> MakeDevice(const DeviceOptions& options, const Program& program);

// The path, with its baud rate if given, of --device serial:PATH[@BAUD].
std::optional<std::string> SerialPath(const std::string& device);
// The name of --device board:NAME, a board whose chip is simulated.
std::optional<std::string> BoardName(const std::string& device);
// The same, for the configuration of the board where the device is one and the options name none.
Result<Program> Open(const ModelOptions& options, const std::string& device);
Result<std::unique_ptr<link::Client>> ConnectSerial(const std::string& device);
Result<std::unique_ptr<Device>> MakeSerial(const DeviceOptions& options, const Program& program);

// Set by the first Ctrl-C; the second one ends the program.
const std::atomic<bool>& CatchInterrupts();

// Whether progress lines make sense.
bool StderrIsTerminal();
// Rewrites one line on the terminal; empty text clears it. Silent when stderr is a file.
void ProgressLine(const std::string& text);

// Fails when the model has no vocabulary.
Result<Tokenizer> MakeTokenizer(const Program& program);

// 1234567 -> "1,234,567"
std::string Thousands(uint64_t value);
std::string Fixed(double value, int digits);

}  // namespace weft::cli
