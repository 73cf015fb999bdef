#include "sw/pico/simulator.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "sw/golden/fp_env.h"
#include "sw/pico/assembler.h"
#include "sw/pico/float_ops.h"

namespace weft::pico {
namespace {

// Reservations reach at most this far into the future.
constexpr uint64_t kHorizon = 32;
constexpr uint64_t kNever = ~uint64_t{0};
constexpr uint64_t kMaxSends = 1u << 20;  // bytes that nobody took

}  // namespace

Simulator::Simulator(const Timing& timing) : timing_(timing), memory_(kMemoryBytes) {
  for (auto& column : act_) column.resize(kActWords);
  Load({});
}

void Simulator::Load(const std::vector<uint32_t>& words) {
  program_.clear();
  for (const uint32_t word : words) program_.push_back(Decode(word));
  profile_.assign(words.size(), 0);
  fault_.clear();
  engine_ = frozen_ = instructions_ = 0;
  pc_ = 0;
  registers_ = {};
  landed_ = {};
  port_.assign(kHorizon, kNever);
  multiplier_.assign(kHorizon, kNever);
  leds_ = 0;
  from_memory_ = false;
  memory_next_ = 0;
  Seek(0);
  sums_ = {};
  dot_done_ = uart_done_ = crc_done_ = 0;
  crc_ = 0;
  uart_in_.clear();
  uart_out_.clear();
}

uint32_t Simulator::MemoryWord(uint32_t address) const {
  address = address % kMemoryBytes & ~3u;
  uint32_t word = 0;
  for (int k = 3; k >= 0; --k) word = word << 8 | memory_[address + k];
  return word;
}

void Simulator::SetMemoryWord(uint32_t address, uint32_t value) {
  address = address % kMemoryBytes & ~3u;
  for (int k = 0; k < 4; ++k) memory_[address + k] = static_cast<uint8_t>(value >> 8 * k);
}

void Simulator::SetMemory(uint32_t address, const std::vector<uint8_t>& bytes) {
  for (size_t k = 0; k < bytes.size(); ++k) memory_[(address + k) % kMemoryBytes] = bytes[k];
}

void Simulator::SetFlash(uint32_t address, const std::vector<uint8_t>& bytes) {
  if (flash_.size() < address + bytes.size()) flash_.resize(address + bytes.size(), 0xff);
  std::copy(bytes.begin(), bytes.end(), flash_.begin() + address);
}

void Simulator::PushUart(const std::vector<uint8_t>& bytes) { uart_in_.insert(uart_in_.end(), bytes.begin(), bytes.end()); }

std::vector<uint8_t> Simulator::TakeUart() { return std::exchange(uart_out_, {}); }

void Simulator::Fail(uint32_t address, const Instruction& i, const std::string& why) {
  char where[16];
  std::snprintf(where, sizeof where, "0x%03x", address);
  fault_ = "at " + std::string(where) + ", " + Disassemble(i) + ", cycle " + std::to_string(cycles()) + ": " + why;
}

bool Simulator::Check(const Instruction& i, uint32_t address) {
  const OpInfo& info = Info(i.op);
  const auto late = [&](uint8_t r) {
    Fail(address, i, "reads r" + std::to_string(r) + " " + std::to_string(landed_[r] - engine_) + " cycles too early");
    return false;
  };
  if (info.a && landed_[i.a] > engine_) return late(i.a);
  if (info.b && landed_[i.b] > engine_) return late(i.b);
  for (uint64_t k = 0; k < kHorizon; ++k) {
    if ((info.multiplier >> k & 1) == 0) continue;
    uint64_t& slot = multiplier_[(engine_ + k) % kHorizon];
    if (slot == engine_ + k) {
      Fail(address, i, "the multiplier is taken in the cycle " + std::to_string(k) + " after this one");
      return false;
    }
    slot = engine_ + k;
  }
  if (!info.d) return true;
  const uint64_t write = engine_ + static_cast<uint64_t>(info.port);
  if (port_[write % kHorizon] == write) {
    Fail(address, i, "the write port is taken in the cycle " + std::to_string(info.port) + " after this one");
    return false;
  }
  if (landed_[i.d] > write) {
    Fail(address, i, "writes r" + std::to_string(i.d) + " before an earlier result has landed there");
    return false;
  }
  port_[write % kHorizon] = write;
  landed_[i.d] = write + 1;
  return true;
}

Simulator::Stop Simulator::Run(uint64_t cycles, std::optional<uint32_t> stop_pc) {
  const golden::FpEnv env;
  const uint64_t end = this->cycles() + cycles;
  for (;;) {
    if (!fault_.empty()) return Stop::kFault;
    if (stop_pc && pc_ == *stop_pc) return Stop::kPc;
    if (this->cycles() >= end) return Stop::kCycles;
    if (pc_ >= program_.size()) {
      fault_ = "the program has " + std::to_string(program_.size()) + " words, but the next address is " + std::to_string(pc_);
      return Stop::kFault;
    }
    const uint32_t address = pc_;
    const Instruction& i = program_[address];
    const uint64_t start = this->cycles();
    engine_ += static_cast<uint64_t>(i.wait);
    if (!Check(i, address)) return Stop::kFault;
    ++instructions_;
    pc_ = address + 1;
    engine_ += Execute(i) ? kTakenCycles : 1;
    profile_[address] += this->cycles() - start;
  }
}

void Simulator::FreezeUntil(uint64_t cycle) {
  if (cycle > cycles()) frozen_ += cycle - cycles();
}

void Simulator::Seek(uint32_t address) {
  flash_next_ = address & 0xffffffu;
  flash_arrival_ = cycles() + timing_.flash_seek_cycles;
  flash_taken_.clear();
}

uint8_t Simulator::StreamByte(uint64_t& cycle) {
  if (from_memory_) {
    cycle = std::max(cycle, memory_start_ + memory_count_++ / std::max(1u, timing_.memory_bytes_per_cycle));
    return MemoryByte(memory_next_++);
  }
  // A byte leaves the flash after the one before it, and when the FIFO has room.
  if (flash_taken_.size() >= std::max(1u, timing_.flash_fifo_bytes)) {
    flash_arrival_ = std::max(flash_arrival_, flash_taken_.front());
    flash_taken_.pop_front();
  }
  flash_arrival_ += timing_.flash_cycles_per_byte;
  cycle = std::max(cycle, flash_arrival_);
  flash_taken_.push_back(cycle);
  const uint32_t at = flash_next_++;
  return at < flash_.size() ? flash_[at] : 0xff;
}

uint32_t Simulator::StreamBytes(int count) {
  FreezeUntil(dot_done_);
  uint64_t cycle = cycles();
  uint32_t value = 0;
  for (int k = 0; k < count; ++k) value |= uint32_t{StreamByte(cycle)} << 8 * k;
  FreezeUntil(cycle);
  return value;
}

void Simulator::Dot(uint32_t act, uint32_t count, int weights) {
  FreezeUntil(dot_done_);
  sums_ = {};
  uint64_t cycle = cycles();
  for (uint32_t k = 0; k < count; ++k) {
    ++cycle;
    const uint8_t byte = StreamByte(cycle);
    for (int c = 0; c < kColumns; ++c) {
      int32_t weight = static_cast<int8_t>(byte);
      if (weights == 1) weight = (byte >> 4 * (c % 2) & 15) - 8;
      if (weights == 2) weight = (byte >> 2 * c & 3) - 1;
      // Packed weights meet the activations of column 0 in all columns.
      sums_[c] += weight * act_[weights == 0 ? c : 0][(act + k) % kActWords];
    }
  }
  dot_done_ = cycle + timing_.dot_drain_cycles;
}

void Simulator::CrcByte(uint8_t byte) {
  FreezeUntil(crc_done_);
  crc_ ^= byte;
  for (int k = 0; k < 8; ++k) crc_ = crc_ >> 1 ^ (crc_ & 1 ? 0xedb88320u : 0);
  crc_done_ = cycles() + timing_.crc_cycles_per_byte;
}

bool Simulator::Execute(const Instruction& i) {
  const uint32_t a = registers_[i.a], b = registers_[i.b];
  const uint32_t value = static_cast<uint32_t>(i.value);
  uint32_t& d = registers_[i.d];
  const auto branch = [&](bool taken) {
    if (taken) pc_ = value;
    return taken;
  };
  switch (i.op) {
    case Op::kNop: break;
    case Op::kAdd: d = a + b; break;
    case Op::kSub: d = a - b; break;
    case Op::kAnd: d = a & b; break;
    case Op::kOr: d = a | b; break;
    case Op::kXor: d = a ^ b; break;
    case Op::kFmax: d = FloatGreater(a, b) ? a : b; break;
    case Op::kFmin: d = FloatGreater(a, b) ? b : a; break;
    case Op::kFgt: d = FloatGreater(a, b); break;
    case Op::kAmax: d = AbsoluteMax(a, b); break;
    case Op::kAddi: d = a + value; break;
    case Op::kAndi: d = a & value; break;
    case Op::kLi: d = value; break;
    case Op::kLui: d = value << 16; break;
    case Op::kSrl1: d = a >> 1; break;
    case Op::kRor8: d = a >> 8 | a << 24; break;
    case Op::kPack: d = (a & 0xff) << 23 | (b & 0x7fffff); break;
    case Op::kExpo: d = a >> 23 & 0xff; break;
    case Op::kHa: d = HalfFirst(a); break;
    case Op::kHb: d = HalfSecond(a); break;
    case Op::kLd: d = MemoryWord(a + value); break;
    case Op::kSt: SetMemoryWord(a + value, b); break;
    case Op::kStb: memory_[(a + value) % kMemoryBytes] = static_cast<uint8_t>(b); break;
    case Op::kSta:
      for (int c = 0; c < kColumns; ++c) {
        if ((value | a >> 10) >> c & 1) act_[c][a % kActWords] = static_cast<int8_t>(b);
      }
      break;
    case Op::kFadd: d = FloatAdd(a, b); break;
    case Op::kFsub: d = FloatAdd(a, b ^ 0x80000000u); break;
    case Op::kFaddt: d = FloatAddTruncated(a, b); break;
    case Op::kFmul: d = FloatMultiply(a, b); break;
    case Op::kSpec: d = SpecialFraction(i.value & 3, a); break;
    case Op::kGeth: d = StreamBytes(2); break;
    case Op::kGetw: d = StreamBytes(4); break;
    case Op::kDot: Dot(a, b, i.value); break;
    case Op::kDget:
      FreezeUntil(dot_done_);
      d = 0x4b400000u + static_cast<uint32_t>(sums_[i.value & 3]);
      break;
    case Op::kSmem:
      FreezeUntil(dot_done_);
      from_memory_ = true;
      memory_next_ = a;
      memory_start_ = cycles() + 2;
      memory_count_ = 0;
      break;
    case Op::kSflash:
      FreezeUntil(dot_done_);
      from_memory_ = false;
      break;
    case Op::kSeek:
      FreezeUntil(dot_done_);
      Seek(a);
      break;
    case Op::kUget:
      d = 0;
      if (!uart_in_.empty()) {
        d = 0x100u | uart_in_.front();
        uart_in_.pop_front();
      }
      break;
    case Op::kUput:
      FreezeUntil(uart_done_);
      uart_done_ = cycles() + timing_.uart_cycles_per_byte;
      if (uart_out_.size() < kMaxSends) uart_out_.push_back(static_cast<uint8_t>(a));
      break;
    case Op::kCrci:
      FreezeUntil(crc_done_);
      crc_ = 0xffffffffu;
      break;
    case Op::kCrcb: CrcByte(static_cast<uint8_t>(a)); break;
    case Op::kCrcg:
      FreezeUntil(crc_done_);
      d = ~crc_;
      break;
    case Op::kCyc: d = static_cast<uint32_t>(cycles()); break;
    case Op::kBz: return branch(a == 0);
    case Op::kBnz: return branch(a != 0);
    case Op::kBlt: return branch(a >> 31);
    case Op::kBge: return branch(!(a >> 31));
    case Op::kBnan: return branch(FloatIsNan(a));
    case Op::kDjnz:
      d = a - 1;
      return branch(d != 0);
    case Op::kJ: return branch(true);
    case Op::kJal:
      d = pc_;
      return branch(true);
    case Op::kJr:
      pc_ = a & 0x7ffu;
      return true;
    case Op::kLed: leds_ = a & 7; break;
  }
  return false;
}

}  // namespace weft::pico
