// The inside of libweft_rtl_<config>.so: copies pins to and from the Verilated top.
#include <algorithm>
#include <cstring>
#include <memory>

#include "Vweft_top.h"
#include "sw/runtime/rtl_pins.h"
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
#endif

namespace {

constexpr uint32_t kPort = WEFT_CFG_PORT_BYTES;

struct Chip {
  VerilatedContext context;
  std::unique_ptr<Vweft_top> top;
#if VM_TRACE_FST
  std::unique_ptr<VerilatedFstC> waveform;
  uint64_t time = 0;
#endif
};

void* Create(const char* waveform) {
  auto chip = std::make_unique<Chip>();
#if VM_TRACE_FST
  chip->context.traceEverOn(true);
#endif
  chip->top = std::make_unique<Vweft_top>(&chip->context);
#if VM_TRACE_FST
  if (waveform) {
    chip->waveform = std::make_unique<VerilatedFstC>();
    chip->top->trace(chip->waveform.get(), 99);
    chip->waveform->open(waveform);
    if (!chip->waveform->isOpen()) return nullptr;
  }
#else
  if (waveform) return nullptr;
#endif
  chip->top->clk_i = 0;
  chip->top->rst_ni = 0;
  chip->top->eval();
  return chip.release();
}

void Destroy(void* handle) {
  std::unique_ptr<Chip> chip(static_cast<Chip*>(handle));
#if VM_TRACE_FST
  if (chip->waveform) chip->waveform->close();
#endif
  chip->top->final();
}

void Drive(Vweft_top& top, const WeftRtlInputs& in) {
  top.rst_ni = in.rst_n;
  top.s_awvalid_i = in.s_awvalid;
  top.s_awaddr_i = in.s_awaddr;
  top.s_wvalid_i = in.s_wvalid;
  top.s_wdata_i = in.s_wdata;
  top.s_wstrb_i = 0xF;
  top.s_bready_i = in.s_bready;
  top.s_arvalid_i = in.s_arvalid;
  top.s_araddr_i = in.s_araddr;
  top.s_rready_i = in.s_rready;
  top.m_arready_i = in.m_arready;
  top.m_rvalid_i = in.m_rvalid;
  top.m_rlast_i = in.m_rlast;
  top.m_rresp_i = in.m_rresp;
  if (in.m_rvalid) std::memcpy(&top.m_rdata_i, in.m_rdata, kPort);
  top.m_awready_i = in.m_awready;
  top.m_wready_i = in.m_wready;
  top.m_bvalid_i = in.m_bvalid;
  top.m_bresp_i = in.m_bresp;
}

void Sample(const Vweft_top& top, WeftRtlOutputs* out) {
  out->irq = top.irq_o;
  out->s_awready = top.s_awready_o;
  out->s_wready = top.s_wready_o;
  out->s_bvalid = top.s_bvalid_o;
  out->s_bresp = top.s_bresp_o;
  out->s_arready = top.s_arready_o;
  out->s_rvalid = top.s_rvalid_o;
  out->s_rresp = top.s_rresp_o;
  out->s_rdata = top.s_rdata_o;
  out->m_arvalid = top.m_arvalid_o;
  out->m_araddr = top.m_araddr_o;
  out->m_arlen = top.m_arlen_o;
  out->m_arsize = top.m_arsize_o;
  out->m_arburst = top.m_arburst_o;
  out->m_rready = top.m_rready_o;
  out->m_awvalid = top.m_awvalid_o;
  out->m_awaddr = top.m_awaddr_o;
  out->m_awlen = top.m_awlen_o;
  out->m_awsize = top.m_awsize_o;
  out->m_awburst = top.m_awburst_o;
  out->m_wvalid = top.m_wvalid_o;
  out->m_wlast = top.m_wlast_o;
  out->m_bready = top.m_bready_o;
  if (top.m_wvalid_o) {
    std::memcpy(out->m_wdata, &top.m_wdata_o, kPort);
    std::memcpy(out->m_wstrb, &top.m_wstrb_o, std::max(kPort / 8, 1u));
  }
  out->trace_valid = top.trace_valid_o;
  if (top.trace_valid_o) {
    out->trace_instr = top.trace_instr_o;
    out->trace_row = top.trace_row_o;
    out->trace_n = top.trace_n_o;
    out->trace_v0 = top.trace_v0_o;
    out->trace_v1 = top.trace_v1_o;
  }
  out->activity = top.activity_o;
}

void Dump([[maybe_unused]] Chip& chip) {
#if VM_TRACE_FST
  if (chip.waveform) chip.waveform->dump(chip.time++);
#endif
}

void Cycle(void* handle, const WeftRtlInputs* in, WeftRtlOutputs* out) {
  Chip& chip = *static_cast<Chip*>(handle);
  Vweft_top& top = *chip.top;
  Drive(top, *in);
  top.clk_i = 0;
  top.eval();
  Dump(chip);
  Sample(top, out);
  top.clk_i = 1;
  top.eval();
  Dump(chip);
}

}  // namespace

// The one name that the library shows, so that two chips can live in one process.
extern "C" __attribute__((visibility("default"))) const WeftRtlApi* weft_rtl_api() {
  static const WeftRtlApi api = {kWeftRtlAbi, kPort, WEFT_CFG_NAME, VM_TRACE_FST, Create, Destroy, Cycle};
  return &api;
}
