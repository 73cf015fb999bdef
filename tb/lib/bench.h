// What every bench needs: a clocked DUT, reset, seeds and random stalls.
//
//   weft::bench::Clocked<Vweft_fifo> dut;   // held in reset for a few cycles, then released
//   dut->in_valid_i = 1;                    // drive inputs
//   dut.Settle();                           // outputs now follow the inputs, before the clock edge
//   if (dut->in_ready_o) ...
//   dut.Tick();                             // the clock edge
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>

#include <verilated.h>

namespace weft::bench {

// WEFT_SEED, or 1: a run without it is repeatable.
inline uint32_t Seed() {
  const char* text = std::getenv("WEFT_SEED");
  return text ? static_cast<uint32_t>(std::strtoul(text, nullptr, 0)) : 1u;
}

// WEFT_LONG=1 asks for the long vectors.
inline bool Long() { return std::getenv("WEFT_LONG") != nullptr; }

// A module with clk_i and rst_ni.
template <typename Dut>
class Clocked {
 public:
  explicit Clocked(int reset_cycles = 4) : dut_(std::make_unique<Dut>()) {
    dut_->clk_i = 0;
    dut_->rst_ni = 0;
    dut_->eval();
    for (int i = 0; i < reset_cycles; ++i) Tick();
    dut_->rst_ni = 1;
    Settle();
  }
  ~Clocked() { dut_->final(); }

  Dut* operator->() { return dut_.get(); }
  Dut& operator*() { return *dut_; }

  // Lets outputs follow the inputs, without a clock edge.
  void Settle() { dut_->eval(); }

  // Inputs as they are, one rising edge; afterwards outputs are those of the new cycle.
  void Tick() {
    dut_->clk_i = 0;
    dut_->eval();
    dut_->clk_i = 1;
    dut_->eval();
    dut_->clk_i = 0;
    dut_->eval();
    ++cycles_;
  }

  uint64_t cycles() const { return cycles_; }

 private:
  std::unique_ptr<Dut> dut_;
  uint64_t cycles_ = 0;
};

// True with probability percent/100: whether a handshake's driver offers, or its sink accepts, this cycle.
class Stall {
 public:
  explicit Stall(uint32_t seed) : engine_(seed) {}
  bool Go(int percent) { return static_cast<int>(engine_() % 100) < percent; }
  std::mt19937& engine() { return engine_; }

 private:
  std::mt19937 engine_;
};

}  // namespace weft::bench
