// What every unit of the chip did, as a Chrome trace (Perfetto, chrome://tracing): one track a unit.
//
// Busy cycles of a unit that follow each other within a few cycles become one event; its arguments say how
// many of its cycles were busy. One cycle is one microsecond of the trace. Only cycles of steps count, one
// step behind the other.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sw/base/result.h"
#include "sw/runtime/activity.h"
#include "sw/runtime/device.h"
#include "sw/runtime/trace_diff.h"

namespace weft {

class Timeline {
 public:
  enum Track : uint32_t {
    kSteps,
    kMemory,
    kWaits,
    kArray,
    kDequant,
    kDrain,
    kEpilogue,
    kSoftmax,
    kQuantizer,
    kKvWrites,
    kSampler,
    kTracks
  };
  static const char* TrackName(Track track);

  Timeline(std::shared_ptr<const Tape> tape, const HwConfig& hw);

  void BeginStep(std::span<const StepRow> rows);
  void Cycle(const Activity& activity);
  void EndStep();

  // Events are sorted by their start, and those of a track do not overlap.
  std::string ToJson() const;

 private:
  struct Event {
    uint32_t name = 0;  // of names_
    uint64_t start = 0, end = 0;
    uint64_t busy = 0;
  };
  // The event that grows, and those that are over.
  struct Lane {
    bool open = false;
    Event current;
    std::vector<Event> events;
  };

  void Busy(Track track, uint32_t name);
  void Close(Lane& lane);
  uint32_t Id(const std::string& name);
  // What lies at an address of the chip's memory.
  uint32_t PlaceOf(uint64_t address) const;
  void FollowArray(const Activity& activity);

  std::string config_;
  std::array<Lane, kTracks> lanes_;
  std::vector<std::string> names_;
  uint64_t now_ = 0;
  uint64_t step_start_ = 0;

  // Names by number of the instruction; of matmuls in order, the attention behind each, and K and V of it.
  std::vector<uint32_t> instructions_;
  struct Matmul {
    uint32_t name = 0;
    uint32_t k = 0, v = 0;
  };
  std::vector<Matmul> matmuls_;
  uint32_t embed_ = 0, scores_ = 0, results_ = 0, other_ = 0, running_ = 0;
  std::array<uint32_t, kPortCauses> causes_{};

  // Of the array in this step.
  bool starts_ = false;
  uint32_t matmuls_started_ = 0;
  uint32_t in_array_ = 0;  // name

  // Regions of memory by their start, ascending.
  std::vector<std::pair<uint64_t, uint32_t>> places_;
};

// A device whose steps go onto a timeline, which is written to a file in the end.
class TimelineDevice : public Device {
 public:
  // Fails where the device simulates no cycles, or the file cannot be written.
  static Result<std::unique_ptr<Device>> Make(std::unique_ptr<Device> inner, std::shared_ptr<const Tape> tape,
                                              const HwConfig& hw, const std::string& path);
  ~TimelineDevice() override;

  std::string name() const override { return inner_->name(); }
  uint32_t max_rows() const override { return inner_->max_rows(); }
  Result<StepResult> Step(std::span<const StepRow> rows, const TraceSink* trace = nullptr) override;
  ChipCounters counters() const override { return inner_->counters(); }
  double seconds() const override { return inner_->seconds(); }
  uint64_t simulated_cycles() const override { return inner_->simulated_cycles(); }
  uint64_t checked_logits() const override { return inner_->checked_logits(); }
  uint64_t mismatches() const override { return inner_->mismatches(); }

 private:
  TimelineDevice(std::unique_ptr<Device> inner, std::shared_ptr<const Tape> tape, const HwConfig& hw)
      : timeline_(std::move(tape), hw), inner_(std::move(inner)) {}

  Timeline timeline_;
  std::string path_;  // empty: nothing is written
  std::unique_ptr<Device> inner_;
};

}  // namespace weft
