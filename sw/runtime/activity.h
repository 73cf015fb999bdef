// What every unit of the chip does in one cycle: activity_o of rtl/top/weft_top.sv, as the simulation hands
// it out.
#pragma once

#include <cstdint>
#include <functional>

#include "sw/runtime/counters.h"

namespace weft {

enum class ArrayMode : uint8_t { kWeights = 0, kK = 1, kV = 2, kEmbed = 3 };

// One cycle of a step.
struct Activity {
  uint32_t bits = 0;           // activity_o
  bool traced = false;         // the epilogue delivers a pair
  uint32_t trace_instr = 0;    // of which instruction
  uint64_t read_address = 0;   // of the beat taken, when mem_read()
  uint64_t write_address = 0;  // of the beat taken, when mem_write()

  bool mem_read() const { return bits & 1u; }
  bool mem_write() const { return bits >> 1 & 1u; }
  bool array() const { return bits >> 2 & 1u; }
  bool dequant() const { return bits >> 3 & 1u; }
  bool drain() const { return bits >> 4 & 1u; }
  bool softmax() const { return bits >> 5 & 1u; }
  bool quantizer() const { return bits >> 6 & 1u; }
  bool sampler() const { return bits >> 7 & 1u; }
  bool scores() const { return bits >> 8 & 1u; }           // with drain(): what is read are scores
  bool transfer_starts() const { return bits >> 9 & 1u; }  // its mode shows from the next cycle on
  ArrayMode mode() const { return static_cast<ArrayMode>(bits >> 10 & 3u); }
  bool running() const { return bits >> 12 & 1u; }  // a step runs
  PortCause port() const { return static_cast<PortCause>(bits >> 13 & 15u); }
  ArrayCause array_cause() const { return static_cast<ArrayCause>(bits >> 17 & 15u); }
};

using ActivitySink = std::function<void(const Activity&)>;

}  // namespace weft
