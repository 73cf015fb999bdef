// Walking a tape as the chip does: which instruction comes when, and where its payload lies.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sw/base/result.h"
#include "sw/compiler/config.h"
#include "sw/compiler/isa.h"
#include "sw/compiler/layout.h"

namespace weft {

inline constexpr uint32_t kTapeVersion = 1;

// One instruction of a step. Its number is its index in the walk.
struct TapeStep {
  Instr instr;
  uint64_t instr_offset = 0;
  uint64_t payload_offset = 0;  // where the stream stands; also for instructions without payload
  uint64_t payload_bytes = 0;
};

// Layout of the payload of a MATMUL, or of the table of an EMBED with `rows` rows.
PanelLayout MatmulLayout(const MatmulInstr& m, const HwConfig& hw);
PanelLayout EmbedLayout(const EmbedInstr& e, uint32_t rows, const HwConfig& hw);

// Bytes that the instruction takes from the stream.
uint64_t PayloadBytes(const Instr& instr, const HwConfig& hw);

// The instructions of one step, END included, in order of issue. Checks opcodes, bounds, panel counts and the
// length of the instruction queue.
Result<std::vector<TapeStep>> WalkTape(std::span<const uint8_t> tape, uint32_t boot_count,
                                       const HwConfig& hw);

}  // namespace weft
