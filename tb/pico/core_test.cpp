// weft_pico_core against the simulator (sw/pico/simulator.h): random programs between surroundings that make
// it wait at random, and the latencies of sw/pico/isa.h cycle by cycle.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "Vweft_pico_core.h"
#include "sw/pico/assembler.h"
#include "sw/pico/simulator.h"
#include "tb/lib/bench.h"
#include "tb/prim/operands.h"
#include "tests/pico/random_program.h"

namespace weft::bench {
namespace {

using namespace pico;

// How the surroundings behave: percentages of the cycles, and the longest waits.
struct Pace {
  int memory_taken = 0;
  int send_ready = 100;
  uint32_t get_delay = 0;
  uint32_t dot_cycles = 0;
};

// Program, memory, stream, dot unit and serial line around the core. What a wire carries while it means
// nothing is noise.
class Board {
 public:
  Board(const std::vector<uint32_t>& words, const Pace& pace, uint32_t seed)
      : pace_(pace), stall_(seed), program_(words) {
    program_.resize(kProgramWords, 0xffffffff);
    memory.resize(kMemoryBytes);
  }

  std::vector<uint8_t> memory, flash, uart_in, uart_out;
  std::vector<int8_t> act[kColumns] = {std::vector<int8_t>(kActWords), std::vector<int8_t>(kActWords),
                                       std::vector<int8_t>(kActWords), std::vector<int8_t>(kActWords)};

  // Until the word at `end` was fetched three times (a jump to itself), and a little longer.
  bool Run(uint32_t end, uint32_t limit) {
    int seen = 0;
    for (uint32_t cycle = 0; cycle < limit; ++cycle) {
      Cycle();
      if (fetched_ == end && ++seen == 3) {
        for (int k = 0; k < 20; ++k) Cycle();
        return true;
      }
    }
    return false;
  }

  void Cycles(uint32_t count) {
    while (count-- > 0) Cycle();
  }

  void Reset() {
    dut_->rst_ni = 0;
    Cycle();
    dut_->rst_ni = 1;
    from_memory_ = false;
    flash_next_ = memory_next_ = 0;
    uart_out.clear();
    uart_at_ = 0;
    busy_ = 0;
    for (int32_t& sum : sums_) sum = 0;
  }

  uint32_t leds() { return dut_->led_o; }

 private:
  uint32_t Noise() { return static_cast<uint32_t>(stall_.engine()()); }
  uint32_t UpTo(uint32_t most) { return most == 0 ? 0 : Noise() % (most + 1); }

  uint8_t Peek(uint32_t k) const {
    if (from_memory_) return memory[(memory_next_ + k) % kMemoryBytes];
    return flash_next_ + k < flash.size() ? flash[flash_next_ + k] : 0xff;
  }
  uint8_t Take() {
    const uint8_t byte = Peek(0);
    ++(from_memory_ ? memory_next_ : flash_next_);
    return byte;
  }

  void Cycle() {
    const bool taken = stall_.Go(pace_.memory_taken);
    dut_->rom_data_i = rom_data_;
    dut_->mem_taken_i = taken;
    dut_->mem_rdata_i = read_.value_or(Noise());
    dut_->dot_busy_i = busy_ > 0;
    dut_->get_ready_i = 0;
    dut_->get_data_i = Noise();
    dut_->dot_sum_i = Noise();
    dut_->rx_valid_i = uart_at_ < uart_in.size();
    dut_->rx_data_i = uart_at_ < uart_in.size() ? uart_in[uart_at_] : 0;
    dut_->tx_ready_i = stall_.Go(pace_.send_ready);
    dut_.Settle();
    bool got = false;
    if (dut_->get_o) {
      if (!get_left_) get_left_ = UpTo(pace_.get_delay);
      if (*get_left_ == 0) {
        const uint32_t half = Peek(0) | uint32_t{Peek(1)} << 8;
        dut_->get_ready_i = 1;
        dut_->get_data_i = dut_->get_word_o ? half | uint32_t{Peek(2)} << 16 | uint32_t{Peek(3)} << 24 : half;
        got = true;
      } else {
        --*get_left_;
      }
    }
    if (busy_ == 0) dut_->dot_sum_i = 0x4b400000u + static_cast<uint32_t>(sums_[dut_->dot_mode_o]);
    dut_.Settle();

    const bool working = dut_->rst_ni;
    if (working && busy_ > 0) {
      EXPECT_FALSE(dut_->get_o || dut_->dot_start_o || dut_->smem_o || dut_->sflash_o || dut_->seek_o)
          << "the dot unit is busy";
    }
    if (busy_ > 0) --busy_;
    if (got) {
      for (int k = dut_->get_word_o ? 4 : 2; k > 0; --k) Take();
      get_left_.reset();
    }
    if (working) Units();
    read_.reset();
    if (working && dut_->mem_valid_o && !taken) Access();
    fetched_.reset();
    if (dut_->rom_re_o) {
      fetched_ = dut_->rom_addr_o;
      rom_data_ = program_[dut_->rom_addr_o];
    }
    dut_.Tick();
  }

  void Access() {
    // Whose memory the base says it is, the address says too, unless the offset leads across.
    const uint32_t word = dut_->mem_addr_o;
    if (((word + 256) & 0x1fffffff) >= 512) {
      EXPECT_EQ(dut_->mem_own_o, word >> 29);
    }
    const uint32_t address = word * 4 % kMemoryBytes;
    if (dut_->mem_we_o == 0) {
      read_ = memory[address] | uint32_t{memory[address + 1]} << 8 | uint32_t{memory[address + 2]} << 16 |
              uint32_t{memory[address + 3]} << 24;
    }
    for (uint32_t k = 0; k < 4; ++k) {
      if (dut_->mem_we_o >> k & 1) memory[address + k] = static_cast<uint8_t>(dut_->mem_wdata_o >> 8 * k);
    }
  }

  void Units() {
    if (dut_->smem_o) {
      from_memory_ = true;
      memory_next_ = dut_->seek_addr_o;
    }
    if (dut_->sflash_o) from_memory_ = false;
    if (dut_->seek_o) flash_next_ = dut_->seek_addr_o;
    for (int c = 0; c < kColumns; ++c) {
      if (dut_->act_mask_o >> c & 1) act[c][dut_->dot_addr_o] = static_cast<int8_t>(dut_->act_data_o);
    }
    if (dut_->dot_start_o) Dot();
    if (dut_->rx_ready_o && uart_at_ < uart_in.size()) ++uart_at_;
    if (dut_->tx_valid_o) {
      EXPECT_TRUE(dut_->tx_ready_i);
      uart_out.push_back(dut_->tx_data_o);
    }
  }

  void Dot() {
    for (int32_t& sum : sums_) sum = 0;
    for (uint32_t k = 0; k < dut_->dot_count_o; ++k) {
      const uint8_t byte = Take();
      for (int c = 0; c < kColumns; ++c) {
        int32_t weight = static_cast<int8_t>(byte);
        if (dut_->dot_mode_o == 1) weight = (byte >> 4 * (c % 2) & 15) - 8;
        if (dut_->dot_mode_o == 2) weight = (byte >> 2 * c & 3) - 1;
        sums_[c] += weight * act[dut_->dot_mode_o == 0 ? c : 0][(dut_->dot_addr_o + k) % kActWords];
      }
    }
    busy_ = 1 + UpTo(pace_.dot_cycles);
  }

  const Pace pace_;
  Stall stall_;
  Clocked<Vweft_pico_core> dut_;
  std::vector<uint32_t> program_;
  uint32_t rom_data_ = 0xffffffff;
  std::optional<uint32_t> read_, get_left_, fetched_;
  bool from_memory_ = false;
  uint32_t memory_next_ = 0, flash_next_ = 0, busy_ = 0;
  int32_t sums_[kColumns] = {};
  size_t uart_at_ = 0;
};

constexpr uint32_t kFirst = 512;  // where registers come from; they go to 0

// All registers out of the memory; what a program may use, then, and all registers into the memory.
Program Wrapped(std::mt19937& rng, const RandomProgramOptions& options) {
  Assembler as;
  for (int k = 0; k < kRegisters; ++k) as.Named("r" + std::to_string(k));
  const Reg zero{0}, base{1}, began{2}, ended{3};
  as.Li(zero, 0);
  for (uint8_t k = 1; k < kRegisters; ++k) as.Ld(Reg{k}, zero, static_cast<int32_t>(kFirst + 4 * k));
  as.CrcInit();
  if (options.timed) as.Cycles(began);
  RandomBody(as, rng, options);
  if (options.timed) {
    as.Cycles(ended);
    as.Sub(ended, ended, began);
    as.Li(began, 0);
  }
  for (uint8_t k = 0; k < 32; ++k) as.St(Reg{k}, zero, 4 * k);
  as.Li(base, 128);
  for (uint8_t k = 32; k < kRegisters; ++k) as.St(Reg{k}, base, 4 * (k - 32));
  const Label end = as.Here("end");
  as.J(end);
  Result<Program> program = as.Finish();
  EXPECT_TRUE(program.ok()) << program.error().message;
  return std::move(*program);
}

void Compare(uint32_t seed, const Pace& pace, RandomProgramOptions options, bool reset) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 rng(seed);
  Operands operands(seed);
  options.chip = true;
  options.pool = {6, 11, 23, 36, 48, 63};
  const Program program = Wrapped(rng, options);
  const uint32_t end = program.labels.at("end");

  Board board(program.words, pace, seed + 1);
  std::vector<uint8_t> memory(kMemoryBytes);
  for (size_t at = 0; at < memory.size(); at += 4) {
    const uint32_t word = operands.Float();
    for (int k = 0; k < 4; ++k) memory[at + k] = static_cast<uint8_t>(word >> 8 * k);
  }
  board.flash.resize(4096);
  for (uint8_t& byte : board.flash) byte = static_cast<uint8_t>(rng());
  for (uint32_t k = rng() % 40; k > 0; --k) board.uart_in.push_back(static_cast<uint8_t>(rng()));
  Simulator::Timing timing;
  timing.uart_cycles_per_byte = 1;
  Simulator sim(timing);
  sim.Load(program.words);
  sim.SetMemory(0, memory);
  sim.SetFlash(0, board.flash);
  sim.PushUart(board.uart_in);
  for (int c = 0; c < kColumns; ++c) {
    for (uint32_t at = 0; at < kActWords; ++at) {
      const auto value = static_cast<int8_t>(rng());
      board.act[c][at] = value;
      sim.SetAct(c, at, value);
    }
  }
  if (reset) {  // in the middle of something
    std::vector<int8_t> kept[kColumns];
    std::copy(std::begin(board.act), std::end(board.act), std::begin(kept));
    board.memory = memory;
    board.Cycles(rng() % 2000);
    board.Reset();
    std::copy(std::begin(kept), std::end(kept), std::begin(board.act));
  }
  board.memory = memory;

  ASSERT_TRUE(board.Run(end, 1'000'000)) << program.listing;
  ASSERT_EQ(sim.Run(1'000'000, end), Simulator::Stop::kPc) << sim.fault();
  for (uint32_t at = 0; at < kMemoryBytes; at += 4) {
    uint32_t word = 0;
    for (int k = 3; k >= 0; --k) word = word << 8 | board.memory[at + k];
    ASSERT_EQ(word, sim.MemoryWord(at)) << (at < 256 ? "register " : "memory word ") << at / 4 << "\n"
                                        << program.listing;
  }
  for (int c = 0; c < kColumns; ++c) {
    for (uint32_t at = 0; at < kActWords; ++at)
      ASSERT_EQ(board.act[c][at], sim.act(c, at)) << c << ", " << at;
  }
  ASSERT_EQ(board.uart_out, sim.TakeUart());
  ASSERT_EQ(board.leds(), sim.leds());
}

uint32_t Rounds() { return Long() ? 20000 : 400; }

TEST(PicoCoreTest, ProgramsWithoutWaiting) {
  for (uint32_t round = 0; round < Rounds() && !HasFailure(); ++round)
    Compare(Seed() * 100000 + round, {}, {}, false);
}

TEST(PicoCoreTest, ProgramsWithFreezes) {
  const Pace paces[] = {{50, 50, 4, 40}, {90, 3, 60, 200}, {10, 90, 1, 3}};
  for (uint32_t round = 0; round < Rounds() && !HasFailure(); ++round) {
    Compare(Seed() * 100000 + 50000 + round, paces[round % 3], {}, round % 4 == 3);
  }
}

// Cycle for cycle, where nothing outside decides: waits, branches taken and not, calls.
TEST(PicoCoreTest, ProgramsTakeTheCyclesOfTheSimulator) {
  RandomProgramOptions options;
  options.timed = true;
  for (uint32_t round = 0; round < Rounds() && !HasFailure(); ++round) {
    Compare(Seed() * 100000 + 90000 + round, {}, options, false);
  }
}

// A result is there for a reader in D one cycle behind its write, and not before: neither later than
// sw/pico/isa.h says nor earlier.
TEST(PicoCoreTest, ResultsLandInTheirCycle) {
  constexpr uint32_t kOld = 0xdeadbeef, kOut = 64;
  for (int number = 0; number < kOps; ++number) {
    const Op op = static_cast<Op>(number);
    const OpInfo& info = Info(op);
    if (!info.d || info.flow != Flow::kNext) continue;
    for (const int early : {0, 1}) {
      SCOPED_TRACE(std::string(info.name) + (early ? ", a cycle early" : ""));
      std::vector<Instruction> code = {{Op::kLi, 0},
                                       {Op::kNop, 0, 0, 0, 0, 7},
                                       {Op::kLd, 1, 0, 0, 4},
                                       {Op::kLd, 2, 0, 0, 8},
                                       {Op::kLd, 3, 0, 0, 12},
                                       {Op::kCrci},
                                       {Op::kNop, 0, 0, 0, 0, 7}};
      Instruction i{op, 2, info.a ? uint8_t{1} : uint8_t{0}, info.b ? uint8_t{3} : uint8_t{0}};
      if (op == Op::kLi || op == Op::kLui || op == Op::kAddi || op == Op::kAndi) i.value = 5;
      code.push_back(i);
      code.push_back({Op::kSt, 0, 0, 2, kOut, info.port - early});
      code.push_back({Op::kJ, 0, 0, 0, static_cast<int32_t>(code.size())});
      std::vector<uint32_t> words;
      for (const Instruction& each : code) words.push_back(Encode(each));
      Board board(words, {}, 1);
      const auto word = [&](uint32_t at, uint32_t value) {
        for (int k = 0; k < 4; ++k) board.memory[at + k] = static_cast<uint8_t>(value >> 8 * k);
      };
      word(4, 0x3fc01234);
      word(8, kOld);
      word(12, 0x40001235);
      board.flash = {1, 2, 3, 4};
      ASSERT_TRUE(board.Run(static_cast<uint32_t>(words.size()) - 1, 1000));
      uint32_t got = 0;
      for (int k = 3; k >= 0; --k) got = got << 8 | board.memory[kOut + k];
      if (early) {
        EXPECT_EQ(got, kOld);
      } else {
        EXPECT_NE(got, kOld);
      }
    }
  }
}

}  // namespace
}  // namespace weft::bench
