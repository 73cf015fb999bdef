// A QSPI flash of the W25Q family on the pins of weft_pico_flash, one call a system clock. Header only: the
// benches and the simulated board share it.
//
// It knows what a real one insists on, and keeps the first breach as a sentence: asleep until 0xAB and then
// silent for a while, quad mode only after a volatile write enable and bit QE, whole bytes in a command, CS
// high between commands, mode bits that stay out of continuous read, nobody else on a pin that it drives.
// Pins that nobody drives read as noise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft::board {

class QspiFlash {
 public:
  struct Options {
    size_t size = 1u << 24;     // addresses wrap here; bytes behind the contents read as 0xFF
    int wake_clocks = 72;       // tRES1: 3 us at 24 MHz
    int rest_clocks = 2;        // tSHSL2: CS high before the next command, 50 ns
    int sample_delay = 1;       // input registers on the pads
    bool asleep = true;         // so iCE40 leaves it after configuration
    bool quad_enabled = false;  // QE in the non-volatile register
  };
  // What the reader drives in one cycle. With sck_en, SCK rises in its middle and falls at its end.
  struct Pins {
    bool cs_n = true;
    bool sck_en = false;
    uint8_t io = 0;
    uint8_t oe = 0;
  };

  QspiFlash(std::vector<uint8_t> contents, Options options)
      : contents_(std::move(contents)),
        options_(options),
        asleep_(options.asleep),
        quad_(options.quad_enabled) {
    for (uint8_t& late : late_) late = Noise();
  }

  std::vector<uint8_t>& contents() { return contents_; }
  // Empty, or the first thing done wrong.
  const std::string& error() const { return error_; }
  bool quad_enabled() const { return quad_; }
  uint32_t reads() const { return reads_; }        // read commands that got as far as data
  uint32_t last_read() const { return address_; }  // the address of the last one

  // io_i of this cycle: what falling edges before it put out.
  uint8_t Io() const { return late_[options_.sample_delay]; }

  // The end of the cycle.
  void Clock(const Pins& pins) {
    ++now_;
    const bool falls = selected_ && pins.cs_n, rises = !selected_ && !pins.cs_n;
    if (falls) Deselect();
    if (rises) Select();
    selected_ = !pins.cs_n;
    if (pins.sck_en && !selected_) Breach("SCK pulses while CS is high");
    if (selected_ && pins.sck_en) Pulse(pins);
    if (driving_ && pins.oe != 0) Breach("two drivers on an io pin");
    if (selected_ && !quad_ && (pins.oe & pins.io & 0xC) != 0xC)
      Breach("write protect or hold is low before quad mode");
    for (int i = kLatest; i > 0; --i) late_[i] = late_[i - 1];
    const uint8_t noise = Noise();
    late_[0] = driving_ ? out_ : noise;
  }

 private:
  static constexpr int kLatest = 3;

  void Breach(const std::string& what) {
    if (error_.empty()) error_ = "flash, clock " + std::to_string(now_) + ": " + what;
  }
  uint8_t Noise() {
    noise_ = noise_ * 1664525u + 1013904223u;
    return noise_ >> 28;
  }
  uint8_t Byte(uint32_t at) const {
    at %= static_cast<uint32_t>(options_.size);
    return at < contents_.size() ? contents_[at] : 0xFF;
  }

  void Select() {
    if (now_ - deselected_at_ < options_.rest_clocks)
      Breach("CS was high for " + std::to_string(now_ - deselected_at_) + " clocks, want " +
             std::to_string(options_.rest_clocks));
    clocks_ = 0;
    shift_ = 0;
    command_ = 0;
  }

  void Deselect() {
    deselected_at_ = now_;
    driving_ = false;
    if (clocks_ < 8) return;  // a command cut short is none
    const bool enabled = write_enabled_;
    write_enabled_ = false;
    if (command_ == 0xAB) {
      if (asleep_) awake_at_ = now_ + options_.wake_clocks;
      asleep_ = false;
      if (clocks_ != 8) Breach("0xAB with " + std::to_string(clocks_) + " clocks, want 8");
    } else if (command_ == 0x50) {
      write_enabled_ = true;
      if (clocks_ != 8) Breach("0x50 with " + std::to_string(clocks_) + " clocks, want 8");
    } else if (command_ == 0x31) {
      if (clocks_ != 16) Breach("0x31 with " + std::to_string(clocks_) + " clocks, want 16");
      if (!enabled) Breach("0x31 without 0x50");
      quad_ = (shift_ & 2) != 0;
    }
  }

  // The rising edge takes what the reader drives, the falling edge puts out the next half byte.
  void Pulse(const Pins& pins) {
    const int clock = clocks_++;
    if (clock < 8) {
      if ((pins.oe & 1) == 0 || (pins.oe & 2) != 0) Breach("a command takes io[0] driven and io[1] free");
      command_ = static_cast<uint8_t>(command_ << 1 | (pins.io & 1));
      if (clock == 7) Command();
    } else if (command_ == 0x31) {
      shift_ = shift_ << 1 | (pins.io & 1);
    } else if (command_ == 0xEB) {
      Read(pins, clock - 8);
    }
  }

  void Command() {
    if (asleep_ && command_ != 0xAB) Breach("command " + Hex(command_) + " while asleep");
    if (now_ < awake_at_) Breach("command " + Hex(command_) + " while it wakes");
    if (command_ == 0xEB && !quad_) Breach("a quad read without QE");
    if (command_ != 0xAB && command_ != 0x50 && command_ != 0x31 && command_ != 0xEB)
      Breach("unknown command " + Hex(command_));
  }

  void Read(const Pins& pins, int clock) {
    if (clock < 8) {  // six half bytes of the address, two of mode
      if (pins.oe != 0xF) Breach("address or mode bits that nobody drives");
      shift_ = shift_ << 4 | (pins.io & 0xF);
      if (clock == 7 && (shift_ & 0x30) == 0x20) Breach("mode bits ask for continuous read");
      if (clock == 7) address_ = shift_ >> 8;
    } else if (clock >= 11) {  // the falling edge of the fourth dummy clock brings the first half byte
      if (clock == 11) ++reads_;
      const uint32_t half = static_cast<uint32_t>(clock - 11);
      const uint8_t byte = Byte(address_ + half / 2);
      out_ = half % 2 == 0 ? byte >> 4 : byte & 0xF;
      driving_ = true;
    }
  }

  static std::string Hex(uint8_t value) {
    static const char* const kDigits = "0123456789ABCDEF";
    return std::string("0x") + kDigits[value >> 4] + kDigits[value & 15];
  }

  std::vector<uint8_t> contents_;
  Options options_;
  std::string error_;
  int64_t now_ = 0, deselected_at_ = -1000, awake_at_ = 0;
  bool asleep_, quad_, write_enabled_ = false, selected_ = false, driving_ = false;
  int clocks_ = 0;  // SCK pulses since CS fell
  uint8_t command_ = 0, out_ = 0;
  uint32_t shift_ = 0, address_ = 0, reads_ = 0, noise_ = 1;
  uint8_t late_[kLatest + 1];
};

}  // namespace weft::board
