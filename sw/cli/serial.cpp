// --device serial:PATH[@BAUD]: a board at a serial port; --device board:NAME: its Verilated chip behind a
// pseudo-terminal.
#include "sw/board/rtl_board.h"
#include "sw/cli/common.h"
#include "sw/link/client.h"
#include "sw/link/serial_port.h"
#include "sw/runtime/checked_device.h"
#include "sw/runtime/golden_device.h"
#include "sw/runtime/serial_device.h"

namespace weft::cli {

std::optional<std::string> SerialPath(const std::string& device) {
  const std::string prefix = "serial:";
  if (device.rfind(prefix, 0) != 0) return {};
  return device.substr(prefix.size());
}

std::optional<std::string> BoardName(const std::string& device) {
  const std::string prefix = "board:";
  if (device.rfind(prefix, 0) != 0) return {};
  return device.substr(prefix.size());
}

namespace {

Result<std::unique_ptr<link::Client>> Connect(const link::SerialAddress& address, uint32_t slowness) {
  auto port = link::SerialPort::Open(address);
  if (!port) return port.error();
  link::ClientOptions options;
  options.slowness = slowness;
  options.interrupted = &CatchInterrupts();
  return link::Client::Connect(std::move(*port), options);
}

}  // namespace

Result<std::unique_ptr<link::Client>> ConnectSerial(const std::string& device) {
  const auto address = link::ParseSerialAddress(*SerialPath(device));
  if (!address) return address.error();
  return Connect(*address, 1);
}

Result<Program> Open(const ModelOptions& options, const std::string& device) {
  const bool image = !options.source.path.empty() && IsImage(options.source.path);
  if (image || !options.source.config.empty()) return Open(options);
  if (const auto name = BoardName(device)) {
    const auto board = FindBoard(*name);
    if (!board) return board.error();
    ModelOptions with_config = options;
    with_config.source.config = board->config;
    return Open(with_config);
  }
  if (!SerialPath(device)) return Open(options);
  const auto client = ConnectSerial(device);
  if (!client) return client.error();
  const auto hw = link::ConfigOf((*client)->board(), (*client)->port());
  if (!hw) return hw.error();
  ModelOptions with_config = options;
  with_config.source.config = hw->name;
  return Open(with_config);
}

namespace {

// The board behind the client, beside golden if asked for.
Result<std::unique_ptr<Device>> MakeBehind(std::unique_ptr<link::Client> client, const DeviceOptions& options,
                                           const Program& program) {
  SerialDeviceOptions serial;
  serial.on_load = [](uint64_t done, uint64_t total) {
    ProgressLine(
        done == total ? "" : "loading the tape: " + Thousands(done) + " of " + Thousands(total) + " bytes");
  };
  auto device = SerialDevice::Make(std::move(client), program.tape, program.hw, serial);
  if (!device) return device.error();
  if (!options.check) return std::unique_ptr<Device>(std::move(*device));
  auto golden = GoldenDevice::Make(program.tape, program.hw);
  if (!golden) return golden.error();
  return std::unique_ptr<Device>(
      std::make_unique<CheckedDevice>(std::move(*golden), std::move(*device), program.tape, program.hw,
                                      options.check_logits ? CheckDepth::kLogits : CheckDepth::kTokens));
}

// Keeps the simulated board running while its device lives.
class SimulatedBoard : public Device {
 public:
  SimulatedBoard(std::string name, std::unique_ptr<RtlBoard> board, std::unique_ptr<PtyBridge> bridge,
                 std::unique_ptr<Device> device)
      : name_(std::move(name)),
        board_(std::move(board)),
        bridge_(std::move(bridge)),
        device_(std::move(device)) {}
  ~SimulatedBoard() override {
    device_.reset();
    bridge_.reset();
  }

  std::string name() const override { return name_; }
  uint32_t max_rows() const override { return device_->max_rows(); }
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace) override {
    auto result = device_->Step(rows, trace);
    if (const std::string error = board_->memory_error(); result && !error.empty())
      return Error{error};
    return result;
  }
  ChipCounters counters() const override { return device_->counters(); }
  uint64_t checked_logits() const override { return device_->checked_logits(); }
  uint64_t mismatches() const override { return device_->mismatches(); }

 private:
  std::string name_;
  std::unique_ptr<RtlBoard> board_;
  std::unique_ptr<PtyBridge> bridge_;
  std::unique_ptr<Device> device_;
};

// Simulated time is slower than the board's by at most this.
constexpr uint32_t kSlowness = 100;

}  // namespace

Result<std::unique_ptr<Device>> MakeSerial(const DeviceOptions& options, const Program& program) {
  if (options.check_logits && !options.check)
    return Error{"--check-logits and --no-check exclude each other"};
  const auto name = BoardName(options.device);
  if (!name) {
    auto client = ConnectSerial(options.device);
    if (!client) return client.error();
    return MakeBehind(std::move(*client), options, program);
  }
  const auto board = FindBoard(*name);
  if (!board) return board.error();
  if (program.hw.name != board->config) {
    return Error{"the model is compiled for configuration '" + program.hw.name + "', wanted '" +
                 board->config + "', that of board '" + board->name + "'"};
  }
  auto chip = RtlBoard::Make(*board, program.tape->bytes);
  if (!chip) return chip.error();
  auto bridge = PtyBridge::Start(**chip);
  if (!bridge) return bridge.error();
  auto client = Connect({(*bridge)->path(), board->baud}, kSlowness);
  if (!client) return client.error();
  auto device = MakeBehind(std::move(*client), options, program);
  if (!device) return device.error();
  return std::unique_ptr<Device>(std::make_unique<SimulatedBoard>(options.device, std::move(*chip),
                                                                  std::move(*bridge), std::move(*device)));
}

}  // namespace weft::cli
