// The memory on the other side of the chip's AXI4 port: flat, in order, one beat a cycle, or as a DRAM delivers.
//
// Protocol errors (a burst across 4 KB, an odd size, an address beyond the end) are recorded as a sentence and
// answered with an error response; nothing here aborts or waits.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "sw/runtime/dram_timing.h"
#include "sw/runtime/rtl_pins.h"

namespace weft {

struct AxiTiming {
  uint32_t read_latency = 16;  // cycles from an accepted address to its first beat
  uint32_t write_latency = 8;  // cycles from the last beat to the response
  uint32_t stall_percent = 0;  // chance of a stall on each channel, each cycle: for tests
  uint32_t seed = 1;
  std::optional<DramConfig> dram = std::nullopt;  // instead of the read latency; none: ideal
};

class AxiMemory {
 public:
  AxiMemory(uint64_t bytes, uint32_t port_bytes, const AxiTiming& timing);

  std::span<uint8_t> bytes() { return bytes_; }

  // Sets the memory's inputs to the chip for the cycle that comes.
  void Drive(WeftRtlInputs* in);
  // Takes the handshakes of the cycle that was.
  void Observe(const WeftRtlInputs& in, const WeftRtlOutputs& out);

  // Of the beats that are offered by the memory, and awaited by it; only while there are any.
  uint64_t read_address() const { return reads_.front().address; }
  uint64_t write_address() const { return writes_.front().address; }

  // Cycles since anything moved.
  uint64_t idle_cycles() const { return now_ - last_move_; }
  void NoteProgress() { last_move_ = now_; }
  // The first protocol error, or empty.
  const std::string& error() const { return error_; }
  void ClearError() { error_.clear(); }
  // Addresses accepted whose data has not all moved, for messages.
  std::string Outstanding() const;

 private:
  struct Burst {
    uint64_t address = 0;
    uint32_t beats = 0;  // left
    uint64_t due = 0;    // cycle of the first beat
    bool bad = false;
  };
  // Bursts in order of acceptance.
  class Queue {
   public:
    bool empty() const { return count_ == 0; }
    bool full() const { return count_ == kDepth; }
    uint32_t size() const { return count_; }
    Burst& front() { return ring_[head_]; }
    const Burst& front() const { return ring_[head_]; }
    void push(const Burst& burst) { ring_[(head_ + count_++) % kDepth] = burst; }
    void pop() {
      head_ = (head_ + 1) % kDepth;
      --count_;
    }

   private:
    static constexpr uint32_t kDepth = 64;
    std::array<Burst, kDepth> ring_;
    uint32_t head_ = 0, count_ = 0;
  };

  // Whether the first beat that waits may be offered in this cycle.
  bool ReadDue() {
    if (!dram_) return !reads_.empty() && now_ >= reads_.front().due;
    dram_->Cycle(now_);
    return dram_->ready();
  }
  bool Go() { return timing_.stall_percent == 0 || engine_() % 100 >= timing_.stall_percent; }
  Burst Accept(const char* what, uint64_t address, uint8_t len, uint8_t size, uint8_t burst);
  void Write(const WeftRtlOutputs& out);

  std::vector<uint8_t> bytes_;
  uint32_t port_;
  uint32_t size_code_;
  AxiTiming timing_;
  std::mt19937 engine_;
  uint64_t now_ = 0;
  uint64_t last_move_ = 0;
  std::string error_;

  std::optional<DramTiming> dram_;
  Queue reads_, writes_, responses_;
  bool read_offered_ = false;  // rvalid is up and stays so until taken
  bool response_offered_ = false;
  std::vector<uint8_t> zeros_;
};

}  // namespace weft
