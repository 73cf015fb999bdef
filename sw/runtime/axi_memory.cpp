#include "sw/runtime/axi_memory.h"

#include <bit>
#include <cstdio>
#include <cstring>

namespace weft {

namespace {

constexpr uint8_t kOkay = 0, kSlaveError = 2;
constexpr uint8_t kIncr = 1;
constexpr uint64_t kPage = 4096;  // bursts never cross one

std::string Hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

AxiMemory::AxiMemory(uint64_t bytes, uint32_t port_bytes, const AxiTiming& timing)
    : bytes_(bytes),
      port_(port_bytes),
      size_code_(static_cast<uint32_t>(std::countr_zero(port_bytes))),
      timing_(timing),
      engine_(timing.seed),
      zeros_(port_bytes) {
  if (timing.dram) dram_.emplace(*timing.dram, port_bytes);
}

void AxiMemory::Drive(WeftRtlInputs* in) {
  in->m_arready = !reads_.full() && Go();
  if (const bool due = ReadDue(); !read_offered_ && due && Go()) read_offered_ = true;
  in->m_rvalid = read_offered_;
  if (read_offered_) {
    const Burst& burst = reads_.front();
    in->m_rdata = burst.bad ? zeros_.data() : bytes_.data() + burst.address;
    in->m_rlast = burst.beats == 1;
    in->m_rresp = burst.bad ? kSlaveError : kOkay;
  }

  in->m_awready = !writes_.full() && Go();
  in->m_wready = !writes_.empty() && !responses_.full() && Go();
  if (!response_offered_ && !responses_.empty() && now_ >= responses_.front().due && Go()) {
    response_offered_ = true;
  }
  in->m_bvalid = response_offered_;
  in->m_bresp = response_offered_ && responses_.front().bad ? kSlaveError : kOkay;
}

void AxiMemory::Observe(const WeftRtlInputs& in, const WeftRtlOutputs& out) {
  if (in.m_rvalid && out.m_rready) {
    last_move_ = now_;
    read_offered_ = false;
    if (dram_) dram_->Take();
    Burst& burst = reads_.front();
    burst.address += port_;
    if (--burst.beats == 0) reads_.pop();
  }
  if (in.m_arready && out.m_arvalid) {
    last_move_ = now_;
    reads_.push(Accept("read", out.m_araddr, out.m_arlen, out.m_arsize, out.m_arburst));
    if (dram_) dram_->Read(now_, out.m_araddr, uint32_t{out.m_arlen} + 1);
    // The address costs latency; beats behind it then follow each other without a gap.
  }
  if (in.m_bvalid && out.m_bready) {
    last_move_ = now_;
    response_offered_ = false;
    responses_.pop();
  }
  if (in.m_wready && out.m_wvalid) {
    last_move_ = now_;
    Write(out);
  }
  if (in.m_awready && out.m_awvalid) {
    last_move_ = now_;
    writes_.push(Accept("write", out.m_awaddr, out.m_awlen, out.m_awsize, out.m_awburst));
  }
  ++now_;
}

AxiMemory::Burst AxiMemory::Accept(const char* what, uint64_t address, uint8_t len, uint8_t size,
                                   uint8_t burst) {
  Burst result;
  result.address = address;
  result.beats = uint32_t{len} + 1;
  result.due = now_ + timing_.read_latency;
  const uint64_t last = address + uint64_t{result.beats} * port_ - 1;
  std::string why;
  if (size != size_code_ || burst != kIncr) {
    why = "has size code " + std::to_string(size) + " and burst type " + std::to_string(burst) + ", want " +
          std::to_string(size_code_) + " and 1";
  } else if (address % port_ != 0) {
    why = "is not a multiple of the port's " + std::to_string(port_) + " bytes";
  } else if (address / kPage != last / kPage) {
    why = "has " + std::to_string(result.beats) + " beats and crosses a 4 KB boundary";
  } else if (last >= bytes_.size()) {
    why = "ends at " + Hex(last) + ", the memory has " + Hex(bytes_.size()) + " bytes";
  }
  if (!why.empty()) {
    result.bad = true;
    if (error_.empty()) error_ = std::string("the chip's ") + what + " of address " + Hex(address) + " " + why;
  }
  return result;
}

void AxiMemory::Write(const WeftRtlOutputs& out) {
  Burst& burst = writes_.front();
  if (out.m_wlast != (burst.beats == 1)) {
    burst.bad = true;
    if (error_.empty()) {
      error_ = "the chip's write near address " + Hex(burst.address) + " has its last beat " +
               std::to_string(burst.beats - 1) + " beats before the end";
    }
  }
  if (!burst.bad) {
    for (uint32_t i = 0; i < port_; ++i) {
      if (out.m_wstrb[i / 8] >> (i % 8) & 1) bytes_[burst.address + i] = out.m_wdata[i];
    }
  }
  burst.address += port_;
  if (--burst.beats == 0) {
    burst.due = (dram_ ? dram_->Write(now_, burst.address - port_, 1) : now_) + timing_.write_latency;
    responses_.push(burst);
    writes_.pop();
  }
}

std::string AxiMemory::Outstanding() const {
  std::string text = std::to_string(reads_.size()) + " reads";
  if (!reads_.empty()) text += " (next " + Hex(reads_.front().address) + ")";
  text += " and " + std::to_string(writes_.size()) + " writes outstanding";
  return text;
}

}  // namespace weft
