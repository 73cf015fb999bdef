// The pico engine as an instruction set simulator that checks the static schedule.
//
//   Simulator sim;
//   sim.Load(program.words);
//   sim.PushUart({0x55});
//   if (sim.Run(10000) == Simulator::Stop::kFault) std::puts(sim.fault().c_str());
//
// It keeps the pipeline's time: the cycle in which each instruction is in stage D, in which its result takes the write
// port, in which the multiplier takes inputs. A program that reads a register too early, writes two results in one cycle
// or out of order, or feeds the multiplier twice stops with a fault; so does a program that runs or jumps out of its
// words. Results are the hardware's, bit for bit.
//
// Waiting is approximate. The engine freezes as a whole, so how long a freeze lasts changes no result; `Timing` says how
// fast the surroundings are. GETH and GETW freeze until the stream has their bytes; they, DOT, DGET, SMEM, SFLASH and
// SEEK until the dot unit is done, which runs beside all others. UPUT freezes while the sender is busy, the CRC
// instructions while a byte is shifted in. That the stream takes the memory port from LD and ST is left out.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "sw/pico/isa.h"

namespace weft::pico {

class Simulator {
 public:
  struct Timing {
    uint32_t flash_cycles_per_byte = 2;
    uint32_t flash_seek_cycles = 40;  // from SEEK to the first byte
    uint32_t flash_fifo_bytes = 16;
    uint32_t memory_bytes_per_cycle = 4;
    uint32_t dot_drain_cycles = 3;  // from the last byte to the sums
    uint32_t uart_cycles_per_byte = 240;
    uint32_t crc_cycles_per_byte = 8;
  };
  enum class Stop { kCycles, kPc, kFault };

  Simulator() : Simulator(Timing{}) {}
  explicit Simulator(const Timing& timing);

  // The program, and the state after reset: registers zero, at address 0, cycle 0, the stream from the flash at byte 0. The
  // memory, flash and activations stay.
  void Load(const std::vector<uint32_t>& words);
  // Until `cycles` more have passed, the instruction at `pc` is next, or a fault. A fault is final until Load.
  Stop Run(uint64_t cycles, std::optional<uint32_t> pc = {});
  const std::string& fault() const { return fault_; }

  uint32_t pc() const { return pc_; }
  uint64_t cycles() const { return engine_ + frozen_; }
  uint64_t frozen_cycles() const { return frozen_; }
  uint64_t instructions() const { return instructions_; }
  // Cycles spent at each program address, waits and freezes included.
  const std::vector<uint64_t>& profile() const { return profile_; }
  uint32_t leds() const { return leds_; }

  uint32_t reg(int index) const { return registers_[index]; }
  void set_reg(int index, uint32_t value) { registers_[index] = value; }

  // Byte addresses wrap at the memory's size; words are little endian and aligned.
  uint32_t MemoryWord(uint32_t address) const;
  uint8_t MemoryByte(uint32_t address) const { return memory_[address % kMemoryBytes]; }
  void SetMemoryWord(uint32_t address, uint32_t value);
  void SetMemory(uint32_t address, const std::vector<uint8_t>& bytes);
  // Flash behind the last byte set reads as 0xff.
  void SetFlash(uint32_t address, const std::vector<uint8_t>& bytes);
  int8_t act(int column, uint32_t word) const { return act_[column][word]; }
  void SetAct(int column, uint32_t word, int8_t value) { act_[column][word] = value; }

  void PushUart(const std::vector<uint8_t>& bytes);  // for UGET, at once
  std::vector<uint8_t> TakeUart();                   // what UPUT has sent

 private:
  bool Check(const Instruction& i, uint32_t address);  // false: fault_ says why
  bool Execute(const Instruction& i);  // true: a taken branch, jump, call or return
  void Fail(uint32_t address, const Instruction& i, const std::string& why);
  void FreezeUntil(uint64_t cycle);
  // Takes one byte of the stream at `cycle` or as soon as there is one; sets `cycle` to when that is.
  uint8_t StreamByte(uint64_t& cycle);
  uint32_t StreamBytes(int count);
  void Seek(uint32_t address);
  void Dot(uint32_t act, uint32_t count, int weights);
  void CrcByte(uint8_t byte);

  Timing timing_;
  std::vector<Instruction> program_;
  std::vector<uint64_t> profile_;
  std::string fault_;

  // Time: cycles in which the engine ran, and in which it was frozen. The schedule is in the former.
  uint64_t engine_ = 0, frozen_ = 0, instructions_ = 0;
  uint32_t pc_ = 0;  // the next instruction's; it comes into D in cycle engine_
  std::array<uint32_t, kRegisters> registers_{};
  std::array<uint64_t, kRegisters> landed_{};  // the cycle after the newest result's write
  std::vector<uint64_t> port_;                 // per cycle modulo its size: the last cycle with a write there
  std::vector<uint64_t> multiplier_;           // the same for multiplier inputs

  std::vector<uint8_t> memory_, flash_;
  std::vector<int8_t> act_[kColumns];
  uint32_t leds_ = 0;

  bool from_memory_ = false;
  uint32_t memory_next_ = 0;  // byte addresses
  uint32_t flash_next_ = 0;
  uint64_t memory_count_ = 0, memory_start_ = 0;
  uint64_t flash_arrival_ = 0;      // of the newest byte taken
  std::deque<uint64_t> flash_taken_;  // when the last bytes of one FIFO length were
  std::array<int32_t, kColumns> sums_{};
  uint64_t dot_done_ = 0, uart_done_ = 0, crc_done_ = 0;
  uint32_t crc_ = 0;
  std::deque<uint8_t> uart_in_;
  std::vector<uint8_t> uart_out_;
};

}  // namespace weft::pico
