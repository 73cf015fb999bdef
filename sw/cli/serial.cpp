// --device serial:PATH[@BAUD]: a board at a serial port.
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

Result<std::unique_ptr<link::Client>> ConnectSerial(const std::string& device) {
  const auto address = link::ParseSerialAddress(*SerialPath(device));
  if (!address) return address.error();
  auto port = link::SerialPort::Open(*address);
  if (!port) return port.error();
  link::ClientOptions options;
  options.interrupted = &CatchInterrupts();
  return link::Client::Connect(std::move(*port), options);
}

Result<Program> Open(const ModelOptions& options, const std::string& device) {
  const bool image = !options.source.path.empty() && IsImage(options.source.path);
  if (!SerialPath(device) || image || !options.source.config.empty()) return Open(options);
  const auto client = ConnectSerial(device);
  if (!client) return client.error();
  const auto hw = link::ConfigOf((*client)->board(), (*client)->port());
  if (!hw) return hw.error();
  ModelOptions with_config = options;
  with_config.source.config = hw->name;
  return Open(with_config);
}

Result<std::unique_ptr<Device>> MakeSerial(const DeviceOptions& options, const Program& program) {
  if (options.check_logits && !options.check) return Error{"--check-logits and --no-check exclude each other"};
  auto client = ConnectSerial(options.device);
  if (!client) return client.error();
  SerialDeviceOptions serial;
  serial.on_load = [](uint64_t done, uint64_t total) {
    ProgressLine(done == total ? "" : "loading the tape: " + Thousands(done) + " of " + Thousands(total) + " bytes");
  };
  auto device = SerialDevice::Make(std::move(*client), program.tape, program.hw, serial);
  if (!device) return device.error();
  if (!options.check) return std::unique_ptr<Device>(std::move(*device));
  auto golden = GoldenDevice::Make(program.tape, program.hw);
  if (!golden) return golden.error();
  return std::unique_ptr<Device>(std::make_unique<CheckedDevice>(
      std::move(*golden), std::move(*device), program.tape, program.hw,
      options.check_logits ? CheckDepth::kLogits : CheckDepth::kTokens));
}

}  // namespace weft::cli
