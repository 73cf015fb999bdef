// How much of the chip a run used: bytes and MACs that the model needs, over what the cycles could have moved.
//
// Needs come from the checkpoint's own shape (StepNeeds), never from the padded tape, so that padding, gathers
// and instructions count as waste.
#pragma once

#include <cstdint>
#include <span>

#include "sw/compiler/compiler.h"
#include "sw/compiler/config.h"
#include "sw/runtime/session.h"

namespace weft {

struct Work {
  uint64_t bytes = 0;  // read and written
  uint64_t macs = 0;
};
Work operator+(const Work& a, const Work& b);

// One step: rows of a slot are adjacent, as for Device::Step.
Work RowsWork(const StepNeeds& needs, std::span<const StepRow> rows);

// A step of `rows` rows of one user at positions first, first + 1, ..., of which `wanted` ask for a token or
// logits.
Work StepWork(const StepNeeds& needs, uint32_t first, uint32_t rows, uint32_t wanted);

// All steps of a generation.
Work PrefillWork(const StepNeeds& needs, uint32_t prompt_tokens, uint32_t block_rows, bool all_logits);
Work DecodeWork(const StepNeeds& needs, uint32_t first_position, uint32_t steps);

struct Utilization {
  double bytes_per_cycle = 0;  // needed bytes
  double port = 0;             // of the peak, 0 to 1
  double mac = 0;              // of the int8 multipliers, 0 to 1
};
Utilization Utilize(const Work& work, uint64_t cycles, const HwConfig& hw);

// What the memory can bring at most: the port's width; for the micro engine with its memory inside half a byte, a quad SPI flash at
// the chip's clock.
inline double PeakBytesPerCycle(const HwConfig& hw) { return hw.memory_bytes != 0 ? 0.5 : hw.port; }

// int8 multipliers: every column takes the whole port's bytes each cycle.
inline uint64_t MacsPerCycle(const HwConfig& hw) { return uint64_t{hw.port} * hw.columns; }

}  // namespace weft
