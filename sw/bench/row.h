// One measured row of `weft bench`: cycles, what was needed, and where the rest went.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sw/bench/cases.h"
#include "sw/compiler/config.h"
#include "sw/runtime/counters.h"
#include "sw/runtime/utilization.h"

namespace weft {

// A share of all cycles, 0 to 1.
struct Part {
  std::string name;
  double share = 0;
};

// Numbers are per measurement, all its steps together. They are fractions where layers were continued from
// two measurements.
struct BenchRow {
  BenchCase c;
  HwConfig hw;
  std::string model;
  uint32_t steps = 0;
  uint32_t tokens = 0;  // of all users
  double cycles = 0;
  double bytes = 0;  // needed
  double macs = 0;   // useful
  std::array<double, kPortCauses> port{};
  std::array<double, kArrayCauses> array{};
  double stream_rate = 1;            // beats a cycle that the memory can stream
  double sim_cycles_per_second = 0;  // of a processor core
  bool continued = false;            // from steps of one and two layers

  void Add(const ChipCounters& counters);
  // To `layers` from this, measured with one, and `two`, with two.
  void Continue(const BenchRow& two, uint32_t layers);

  bool counted() const { return cycles > 0; }
  double intensity() const { return macs / bytes; }  // multiplies a byte
  double PortShare() const { return bytes / (cycles * hw.port); }
  double MacShare() const { return macs / (cycles * static_cast<double>(MacsPerCycle(hw))); }
  // Cycles that the memory's stream and the multipliers would take, the longer, of those it took.
  double RooflineShare() const;
  double Share(Metric metric) const;
  bool MemoryBound() const;

  // Both sum to 1: the useful share, what was moved or computed beside it, and lost cycles by cause. Empty
  // where the device counts no causes.
  std::vector<Part> PortParts() const;
  std::vector<Part> ArrayParts() const;
};

}  // namespace weft
