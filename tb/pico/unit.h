// Drives the float units of pico: no reset, and a clock enable that freezes everything.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tb/lib/bench.h"
#include "tb/prim/operands.h"

namespace weft::bench {

// A module with clk_i and no reset.
template <typename Dut>
class Unit {
 public:
  Unit() : dut_(std::make_unique<Dut>()) {
    dut_->clk_i = 0;
    dut_->eval();
  }
  ~Unit() { dut_->final(); }
  Dut* operator->() { return dut_.get(); }

  // Inputs as they are, one rising edge; afterwards outputs are those of the new cycle.
  void Tick() {
    dut_->clk_i = 1;
    dut_->eval();
    dut_->clk_i = 0;
    dut_->eval();
  }

 private:
  std::unique_ptr<Dut> dut_;
};

// What one output of a fixed-latency unit has to show: each result `latency` enabled clock edges after its operands went
// in, and from then on until the next.
class Expected {
 public:
  explicit Expected(int latency) : pipe_(latency) {}

  // An enabled clock edge: whether operands went in, and what they have to become.
  void Edge(bool valid, uint32_t result) {
    pipe_[at_] = {valid, result};
    at_ = (at_ + 1) % pipe_.size();
    if (!pipe_[at_].valid) return;
    seen_ = true;
    value_ = pipe_[at_].result;
  }
  bool seen() const { return seen_; }  // false before the first result: the output means nothing yet
  uint32_t value() const { return value_; }

 private:
  struct Slot {
    bool valid = false;
    uint32_t result = 0;
  };
  std::vector<Slot> pipe_;
  size_t at_ = 0;
  bool seen_ = false;
  uint32_t value_ = 0;
};

// How a run is disturbed: percent of the cycles that are enabled, percent of those with operands.
struct Gaps {
  int enabled, valid;
};

}  // namespace weft::bench
