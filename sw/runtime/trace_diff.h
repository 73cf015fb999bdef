// Finding the first result that differs between two runs of one step, and naming the instruction that made it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sw/base/result.h"
#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/runtime/device.h"

namespace weft {

// One instruction, as a person would name it.
struct InstrName {
  std::string what;  // "layer 3 wq"
  std::string unit;  // the block whose result the trace shows
  uint32_t outputs = 0;  // beyond them the second value of a pair means nothing; 0: every value counts
};

// Names of all instructions of a step, by number; empty if the tape cannot be walked.
std::vector<InstrName> NameInstructions(const Tape& tape, const HwConfig& hw);

// One value that differs.
struct TraceDifference {
  uint32_t instr = 0;
  uint32_t row = 0;
  uint32_t n = 0;
  std::optional<uint32_t> expected;  // fp32 bits; nothing: no such result
  std::optional<uint32_t> got;
};

// Equal bits, or both NaN.
bool SameFloat(uint32_t a, uint32_t b);

// The first by instruction, then row, then element. The order within an instruction is not compared.
std::optional<TraceDifference> FirstDifference(std::vector<TraceEvent> expected, std::vector<TraceEvent> got,
                                               const std::vector<InstrName>& names);

// "0x3f800000 (1)"
std::string FloatText(uint32_t bits);

}  // namespace weft
