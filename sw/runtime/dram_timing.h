// When a DRAM behind the memory port delivers: latency, bandwidth, refresh, row misses, turnaround.
//
// A controller with open pages serves reads in order. It knows the addresses that wait, and opens the row of
// each as soon as no earlier read uses the bank, so that a sequential stream hides its row misses. Refresh
// stops everything and closes every row. Writes are posted; each burst takes its time on the data bus and
// turns the bus around twice. What has been read waits in a buffer until the port takes it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/result.h"

namespace weft {

// One memory of configs/configs.json, section "memories". As wide as the chip's port: a wider port has more
// devices side by side, so that bandwidth and page are given in beats.
struct DramConfig {
  std::string name;
  std::string about;
  uint32_t clock_mhz = 0;            // of the chip: turns nanoseconds into cycles
  uint32_t bandwidth_percent = 0;    // of a beat a cycle
  uint32_t latency_ns = 0;           // from an address to its first beat, row open
  uint32_t row_miss_ns = 0;          // precharge and activate
  uint32_t page_beats = 0;           // of a row
  uint32_t banks = 0;                // consecutive pages lie in consecutive banks
  uint32_t refresh_interval_ns = 0;  // tREFI
  uint32_t refresh_ns = 0;           // tRFC
  uint32_t turnaround_ns = 0;        // of the data bus, each way
  uint32_t buffer_beats = 0;         // read ahead of the port

  uint32_t Cycles(uint32_t ns) const {
    return static_cast<uint32_t>((uint64_t{ns} * clock_mhz + 999) / 1000);
  }
  // Beats a cycle of an endless sequential read: the bandwidth less refresh and the row that is opened after
  // it.
  double StreamRate() const;

  bool operator==(const DramConfig&) const = default;
};

// The memories of a text like configs/configs.json, and of the built-in one. A wrong name lists the right
// ones.
Result<std::vector<DramConfig>> ParseMemories(std::string_view json);
Result<std::vector<DramConfig>> AllMemories();
Result<DramConfig> FindMemory(std::string_view name);

class DramTiming {
 public:
  DramTiming(const DramConfig& config, uint32_t port_bytes);

  // A read burst whose address is accepted in cycle `now`.
  void Read(uint64_t now, uint64_t address, uint32_t beats);
  // A write burst whose data is complete; the cycle in which it is in the array.
  uint64_t Write(uint64_t now, uint64_t address, uint32_t beats);
  // Once a cycle: moves at most one beat into the buffer.
  void Cycle(uint64_t now);
  bool ready() const { return buffered_ > 0; }
  // The port takes a beat.
  void Take() { --buffered_; }

 private:
  struct Access {
    uint32_t bank = 0;
    uint32_t beats = 0;  // left
    uint64_t due = 0;    // not before: latency, row
    bool waits = false;  // for the bank, which an earlier access uses with another row
  };
  struct Bank {
    uint64_t row = kNoRow;  // open, once every queued access is served
    uint32_t queued = 0;    // accesses
  };
  static constexpr uint64_t kNoRow = ~uint64_t{0};

  void Refresh(uint64_t now);
  void Finish(uint64_t now);
  uint64_t Page(uint64_t address) const { return address / page_bytes_; }

  uint32_t percent_, latency_, row_miss_, refresh_interval_, refresh_, turnaround_, buffer_beats_;
  uint64_t page_bytes_;
  std::vector<Bank> banks_;
  std::deque<Access> reads_;
  uint64_t bus_free_ = 0;   // cycle
  uint64_t write_end_ = 0;  // bus_free_ as the last write left it
  uint64_t next_refresh_;
  uint32_t credit_ = 0;  // hundredths of a beat that the bandwidth allows
  uint32_t buffered_ = 0;
};

}  // namespace weft
