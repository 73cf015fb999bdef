// What the bench of the array expects: shapes of the ports, group sums, words and embedding beats.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "Vweft_matrix.h"
#include "tb/matrix/transfers.h"

namespace weft::bench {

// The port width may be overridden: it shows in the widths of the ports.
inline constexpr int kWordBytes = sizeof(Vweft_matrix::a_wr_data_i);
inline constexpr int kSubRows = sizeof(Vweft_matrix::chunk_i) / 32;
inline constexpr int kPort = kSubRows > 1 ? 32 * kSubRows : kWordBytes;
inline constexpr int kWpc = 32 / kWordBytes;
inline constexpr int kScaleWords = sizeof(Vweft_matrix::scale_i) / 2;
inline constexpr int kColumns = WEFT_CFG_COLUMNS;
inline constexpr int kPanelRows = WEFT_CFG_PANEL_ROWS;
inline constexpr int kPasses = WEFT_CFG_MAX_VROWS / WEFT_CFG_COLUMNS;
inline constexpr int kChunks =
    std::min(WEFT_CFG_ACT_WORDS / kWpc, 256);  // activation chunks of a column that are used
inline constexpr int kSumWidth = 21;
inline constexpr int kAccSpacing = 6;   // cycles between sums for one panel accumulator
inline constexpr int kOutSpacing = 12;  // and for one attention accumulator

// weft_pkg::array_state_e
enum ArrayState : uint32_t {
  kArrayBusy, kArrayNone, kArrayData, kArrayLanes, kArrayResults, kArrayPanel, kArraySoftmax, kArrayOut, kArraySpacing
};

struct Sum {
  std::array<int32_t, kSubRows> value{};
  std::array<uint64_t, kSubRows> scale{};
  uint64_t scale_mask = 0;
  uint32_t sa = 0;
  GroupCtx ctx;
};

// A word on its way to column 0, and the dependencies it must have waited for.
struct Word {
  bool wait_idle = false;  // the first of a transfer that waits
  int wait_group = -1;     // W that waits: the group that the word reads in the first panel
  bool wait_ends = false;  // W that waits: the last word of the first panel
  bool takes_panel = false;
  bool takes_probabilities = false;
  bool takes_outs = false;
};

struct EmbBeat {
  std::array<uint8_t, 32> data{};
  uint16_t scale = 0;
  uint32_t row = 0, g = 0, last = 0;
};

using Chunk = std::array<int8_t, 32>;
using Entry = std::array<uint8_t, 32 * kSubRows>;
using ScaleEntry = std::array<uint16_t, kScaleWords>;

// What column c makes of a slot: int8, or its part of 2 int4 (nibble - 8) or 4 ternary (two bits - 1) chunks.
inline Chunk Part(const uint8_t* slot, uint32_t parts_log2, int c) {
  Chunk chunk;
  for (int m = 0; m < 32; ++m) {
    chunk[m] = parts_log2 == 0   ? static_cast<int8_t>(slot[m])
               : parts_log2 == 1 ? static_cast<int8_t>((slot[m] >> (4 * (c % 2)) & 15) - 8)
                                 : static_cast<int8_t>((slot[m] >> (2 * (c % 4)) & 3) - 1);
  }
  return chunk;
}

}  // namespace weft::bench
