// An AXI4 read slave over a byte vector: in order, with random latency, that checks what the master asks.
//
// Each cycle: Drive() before the clock edge sets the slave's outputs from its state, Sample() after the
// outputs have settled sees what moved. Bytes beyond the vector read as zero.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <vector>

namespace weft::bench {

// Copies a port of any width: Verilator keeps bytes in little-endian order.
template <typename Port>
std::vector<uint8_t> PortBytes(const Port& port, size_t bytes) {
  std::vector<uint8_t> out(bytes);
  std::memcpy(out.data(), &port, bytes);
  return out;
}
template <typename Port>
void SetPort(Port& port, const uint8_t* bytes, size_t count) {
  std::memcpy(&port, bytes, count);
}

template <typename Dut>
class ReadMemory {
 public:
  struct Options {
    int latency = 4;           // cycles from address to first data
    int jitter = 0;            // up to so many more
    int accept_percent = 100;  // addresses taken
    int offer_percent = 100;   // data offered when due
  };

  ReadMemory(Dut* dut, uint32_t port, uint64_t base, std::vector<uint8_t> bytes, Options options,
             uint32_t seed)
      : dut_(dut), port_(port), base_(base), bytes_(std::move(bytes)), options_(options), engine_(seed) {}

  std::vector<uint8_t>& bytes() { return bytes_; }
  void FailBeat(uint64_t number) { fail_beat_ = number; }

  void Drive() {
    dut_->m_arready_i = Go(options_.accept_percent);
    if (!offering_ && !beats_.empty() && beats_.front().due <= now_ && Go(options_.offer_percent))
      offering_ = true;
    dut_->m_rvalid_i = offering_;
    if (!offering_) return;
    std::vector<uint8_t> data(port_);
    for (uint32_t i = 0; i < port_; ++i) {
      const uint64_t at = beats_.front().addr + i - base_;
      data[i] = at < bytes_.size() ? bytes_[at] : 0;
    }
    SetPort(dut_->m_rdata_i, data.data(), port_);
    dut_->m_rlast_i = beats_.front().last;
    dut_->m_rresp_i = taken_ == fail_beat_ ? 2 : 0;
  }

  // Call with outputs settled, before the clock edge.
  void Sample() {
    if (stalled_ && (!dut_->m_arvalid_o || dut_->m_araddr_o != addr_ || dut_->m_arlen_o != len_)) {
      error_ = "a stalled address changed";
    }
    stalled_ = dut_->m_arvalid_o && !dut_->m_arready_i;
    addr_ = dut_->m_araddr_o;
    len_ = dut_->m_arlen_o;
    if (dut_->m_arvalid_o && dut_->m_arready_i) Accept();
    if (dut_->m_rvalid_i && dut_->m_rready_o) {
      beats_.pop_front();
      offering_ = false;
      ++taken_;
    }
    ++now_;
  }

  uint64_t taken() const { return taken_; }
  size_t most_under_way() const { return most_; }
  size_t most_bursts() const { return most_bursts_; }
  const std::string& error() const { return error_; }

 private:
  struct Beat {
    uint64_t addr;
    uint64_t due;
    bool last;
  };

  bool Go(int percent) { return static_cast<int>(engine_() % 100) < percent; }

  void Accept() {
    const uint64_t bytes = (len_ + 1ull) * port_;
    if (len_ > 63) error_ = "a burst is longer than 64 beats";
    if (addr_ % port_ != 0) error_ = "a burst is not aligned";
    if (addr_ / 4096 != (addr_ + bytes - 1) / 4096) error_ = "a burst crosses 4 KB";
    if ((1u << dut_->m_arsize_o) != port_ || dut_->m_arburst_o != 1)
      error_ = "not an INCR burst of whole beats";
    uint64_t due = now_ + options_.latency + (options_.jitter ? engine_() % (options_.jitter + 1) : 0);
    for (uint32_t i = 0; i <= len_; ++i) beats_.push_back({addr_ + i * port_, due++, i == len_});
    most_ = std::max(most_, beats_.size());
    size_t bursts = 0;
    for (const Beat& beat : beats_) bursts += beat.last;
    most_bursts_ = std::max(most_bursts_, bursts);
  }

  Dut* dut_;
  uint32_t port_;
  uint64_t base_;
  std::vector<uint8_t> bytes_;
  Options options_;
  std::mt19937 engine_;
  std::deque<Beat> beats_;
  std::string error_;
  uint64_t now_ = 0, taken_ = 0, fail_beat_ = ~0ull, addr_ = 0;
  uint32_t len_ = 0;
  size_t most_ = 0, most_bursts_ = 0;
  bool offering_ = false, stalled_ = false;
};

}  // namespace weft::bench
