// The Verilated chip behind its own ports: AXI-Lite registers and an AXI4 memory that holds tape, KV cache and
// logits. Nothing else reaches into it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/runtime/axi_memory.h"
#include "sw/runtime/device.h"
#include "sw/runtime/memory_map.h"
#include "sw/runtime/rtl_library.h"

namespace weft {

struct RtlOptions {
  AxiTiming timing;
  std::string waveform;        // FST file to write; empty: none
  std::string library_folder;  // where libweft_rtl_<config>.so lies; empty: lib/ beside the program
  uint8_t kv_fill = 0;         // what fresh KV memory holds; tests try others
  uint64_t stuck_cycles = 200000;  // without progress: the step fails with a sentence
  const std::atomic<bool>* interrupted = nullptr;  // ends a step early, as an error
};

class RtlDevice : public Device {
 public:
  // Resets the chip and hands it the tape. Keeps a reference to `tape` only through the pointer.
  static Result<std::unique_ptr<RtlDevice>> Make(std::shared_ptr<const Tape> tape, const HwConfig& hw,
                                                 const RtlOptions& options = {});
  ~RtlDevice() override;

  std::string name() const override { return "rtl"; }
  uint32_t max_rows() const override { return tape_->max_rows; }
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) override;
  ChipCounters counters() const override { return counters_; }
  double seconds() const override { return seconds_; }
  uint64_t simulated_cycles() const override { return cycles_; }
  bool WatchActivity(ActivitySink sink) override {
    activity_ = std::move(sink);
    return true;
  }

  // Inverts one bit of the tape in the chip's memory, to show what a fault looks like.
  Status FlipTapeBit(uint64_t address, uint32_t bit);

 private:
  RtlDevice(std::shared_ptr<const Tape> tape, const HwConfig& hw, const RtlOptions& options,
            std::shared_ptr<const RtlLibrary> library, void* chip);

  Status Start();
  Status CheckIdentity();
  void Cycle();
  void Report();
  Status WriteRegister(uint32_t address, uint32_t value);
  Status WriteRegister64(uint32_t address, uint64_t value);
  Result<uint32_t> ReadRegister(uint32_t address);
  Status WriteRows(std::span<const StepRow> rows);
  Status RunToInterrupt();
  Status CheckStatus();
  Status ReadCounters();
  Result<StepResult> ReadResults(std::span<const StepRow> rows);
  Error Stuck(const std::string& doing) const;

  std::shared_ptr<const Tape> tape_;
  HwConfig hw_;
  RtlOptions options_;
  std::shared_ptr<const RtlLibrary> library_;
  void* chip_;
  MemoryMap map_;
  AxiMemory memory_;
  WeftRtlInputs in_{};
  WeftRtlOutputs out_{};
  const TraceSink* trace_ = nullptr;
  ActivitySink activity_;
  ChipCounters counters_;
  double seconds_ = 0;
  uint64_t cycles_ = 0;
  std::vector<uint32_t> row_registers_;  // as last written
};

}  // namespace weft
