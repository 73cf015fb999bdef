// The chip's counters: events, and two partitions of the busy cycles by cause. docs/reference/counters.md.
#pragma once

#include <array>
#include <cstdint>

namespace weft {

// What a cycle of the memory port was: a beat moved, or the first thing that kept one from moving.
// rtl/weft_pkg.sv, port_cause_e.
enum class PortCause : uint8_t {
  kRead,
  kWrite,
  kMemory,
  kFence,
  kWalk,
  kTail,
  kGain,
  kArray,
  kDrain,
  kEpilogue,
  kQuantizer,
  kNorm,
  kPanel,
  kSoftmax,
  kOut,
  kOther
};
inline constexpr uint32_t kPortCauses = 16;
// What a cycle of the array was: array_cause_e.
enum class ArrayCause : uint8_t {
  kBusy,
  kNone,
  kData,
  kDrain,
  kEpilogue,
  kQuantizer,
  kNorm,
  kPanel,
  kSoftmax,
  kOut,
  kSpacing
};
inline constexpr uint32_t kArrayCauses = 11;

// One word or two each, for tables and JSON keys.
const char* Name(PortCause cause);
const char* Name(ArrayCause cause);

// Since the chip was made, by the order of their registers.
struct ChipCounters {
  uint64_t cycles = 0;
  uint64_t steps = 0;
  uint64_t write_beats = 0;
  uint64_t drain_busy = 0;
  uint64_t softmax_busy = 0;
  std::array<uint64_t, kPortCauses> port{};    // sums to cycles
  std::array<uint64_t, kArrayCauses> array{};  // sums to cycles

  uint64_t operator[](PortCause cause) const { return port[static_cast<uint32_t>(cause)]; }
  uint64_t operator[](ArrayCause cause) const { return array[static_cast<uint32_t>(cause)]; }
  uint64_t read_beats() const { return (*this)[PortCause::kRead]; }
  uint64_t array_busy() const { return (*this)[ArrayCause::kBusy]; }
};
inline constexpr uint32_t kChipCounters = sizeof(ChipCounters) / sizeof(uint64_t);

ChipCounters operator-(const ChipCounters& a, const ChipCounters& b);
ChipCounters operator+(const ChipCounters& a, const ChipCounters& b);

}  // namespace weft
