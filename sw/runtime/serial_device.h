// A board behind the host link (docs/reference/link.md): the chip's registers and memory, one frame at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/link/client.h"
#include "sw/runtime/device.h"

namespace weft {

struct SerialDeviceOptions {
  // Of loading a tape into the memory of a board that keeps it there: bytes done, of all.
  std::function<void(uint64_t, uint64_t)> on_load;
};

class SerialDevice : public Device {
 public:
  // Refuses a board of another configuration, one too small for the tape, and one whose flash holds another tape. Where
  // the tape lies in memory it is loaded, unless it is there already.
  static Result<std::unique_ptr<SerialDevice>> Make(std::unique_ptr<link::Client> client,
                                                    std::shared_ptr<const Tape> tape, const HwConfig& hw,
                                                    const SerialDeviceOptions& options = {});

  std::string name() const override { return "serial:" + client_->port(); }
  uint32_t max_rows() const override { return tape_->max_rows; }
  // Boards have no trace port.
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) override;
  // Cycles and steps alone.
  ChipCounters counters() const override { return counters_; }

  const link::Client& client() const { return *client_; }

 private:
  SerialDevice(std::unique_ptr<link::Client> client, std::shared_ptr<const Tape> tape, const HwConfig& hw);

  Status CheckRoom() const;
  Status PlaceTape(const SerialDeviceOptions& options);
  Result<bool> TapeIsThere();
  Status LoadTape(const SerialDeviceOptions& options);
  Status WriteSettings();
  Status WriteRows(std::span<const StepRow> rows);
  Status CheckStatus(uint32_t status) const;
  Result<StepResult> ReadResults(std::span<const StepRow> rows);

  std::unique_ptr<link::Client> client_;
  std::shared_ptr<const Tape> tape_;
  HwConfig hw_;
  // Byte addresses in the chip's memory, and the end of what it must hold.
  uint64_t kv_base_ = 0, logit_base_ = 0, memory_end_ = 0;
  uint32_t rows_ = 0;  // as last written
  ChipCounters counters_;
};

}  // namespace weft
