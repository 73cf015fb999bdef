// The C interface between the program and one Verilated chip, built as libweft_rtl_<config>.so.
//
// The library knows nothing but the chip's pins; registers and memory are modelled on the other side
// (rtl_device). Loading it at run time lets a new configuration be added without linking the program again.
#pragma once

#include <cstdint>

extern "C" {

enum { kWeftRtlAbi = 3, kWeftMaxPort = 128 };

// Levels of one clock cycle. Inputs are set before a cycle; outputs are those just before its rising edge,
// so that a handshake happened when valid and ready of the same cycle are both set.
struct WeftRtlInputs {
  uint8_t rst_n;
  // AXI-Lite
  uint8_t s_awvalid, s_wvalid, s_bready, s_arvalid, s_rready;
  uint16_t s_awaddr, s_araddr;
  uint32_t s_wdata;
  // AXI4
  uint8_t m_arready, m_rvalid, m_rlast, m_rresp, m_awready, m_wready, m_bvalid, m_bresp;
  const uint8_t* m_rdata;  // port bytes; read when m_rvalid
};

struct WeftRtlOutputs {
  uint8_t irq;
  uint8_t s_awready, s_wready, s_bvalid, s_bresp, s_arready, s_rvalid, s_rresp;
  uint32_t s_rdata;
  uint8_t m_arvalid, m_arlen, m_arsize, m_arburst, m_rready;
  uint8_t m_awvalid, m_awlen, m_awsize, m_awburst, m_wvalid, m_wlast, m_bready;
  uint64_t m_araddr, m_awaddr;
  uint8_t m_wdata[kWeftMaxPort];  // read when m_wvalid
  uint8_t m_wstrb[kWeftMaxPort / 8];
  // One pair of results of an instruction, for finding the first that differs.
  uint8_t trace_valid, trace_row;
  uint16_t trace_instr;
  uint32_t trace_n, trace_v0, trace_v1;
  // What every unit does in this cycle: sw/runtime/activity.h.
  uint32_t activity;
};

struct WeftRtlApi {
  uint32_t abi;  // kWeftRtlAbi of the build
  uint32_t port_bytes;
  const char* config;
  uint32_t traces;  // 1: waveforms can be written
  // A chip held in no particular state; `waveform` is a path for an FST file or null. Null on failure.
  void* (*create)(const char* waveform);
  void (*destroy)(void* chip);
  // One clock cycle.
  void (*cycle)(void* chip, const struct WeftRtlInputs* in, struct WeftRtlOutputs* out);
};

const struct WeftRtlApi* weft_rtl_api(void);
}
