// The chip's registers: docs/microarchitecture.md, "Registers".
#pragma once

#include <cstdint>

namespace weft::reg {

inline constexpr uint32_t kId = 0x000;
inline constexpr uint32_t kVersion = 0x004;
inline constexpr uint32_t kConfig = 0x008;  // port, columns, panel_rows, max_rows, 8 bits each
inline constexpr uint32_t kControl = 0x00C;
inline constexpr uint32_t kStatus = 0x010;
inline constexpr uint32_t kBoot = 0x014;
inline constexpr uint32_t kTapeBase = 0x018;
inline constexpr uint32_t kKvBase = 0x020;
inline constexpr uint32_t kLogitBase = 0x028;
inline constexpr uint32_t kLogitStride = 0x030;
inline constexpr uint32_t kRows = 0x034;
inline constexpr uint32_t kCounters = 0x100;  // 8 bytes each, low word first
inline constexpr uint32_t kRow = 0x400;
inline constexpr uint32_t kRowStride = 0x20;

inline constexpr uint32_t kIdValue = 0x54464557;
inline constexpr uint32_t kControlStart = 1;
inline constexpr uint32_t kStatusBusy = 1, kStatusDone = 2, kStatusError = 4;
inline constexpr uint32_t kErrorOpcode = 1, kErrorBus = 2;

// Words of a row.
inline constexpr uint32_t kRowToken = 0x00, kRowPosition = 0x04, kRowFlags = 0x08, kRowZ = 0x0C, kRowTopK = 0x10,
                          kRowSeed = 0x14, kRowResult = 0x18;
inline constexpr uint32_t kRowWords = 6;  // written by the host
inline constexpr uint32_t kFlagWant = 1 << 8, kFlagDump = 1 << 9;

}  // namespace weft::reg
