#include "sw/runtime/rtl_device.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "sw/compiler/tape.h"
#include "sw/runtime/rtl_registers.h"

namespace weft {

namespace {

constexpr uint32_t kRegisterTimeout = 1000;  // cycles
constexpr int kResetCycles = 16;

// Of this thread: what a busy machine gives to others does not count.
double ProcessorSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::string Hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", value);
  return text;
}

}  // namespace

Result<std::unique_ptr<RtlDevice>> RtlDevice::Make(std::shared_ptr<const Tape> tape, const HwConfig& hw,
                                                   const RtlOptions& options) {
  if (hw.micro()) {
    return Error{"configuration '" + hw.name + "' has a microcoded engine, which --device rtl does not run; want golden"};
  }
  auto library = RtlLibrary::Load(hw.name, !options.waveform.empty(), options.library_folder);
  if (!library) return library.error();
  void* chip = (*library)->api().create(options.waveform.empty() ? nullptr : options.waveform.c_str());
  if (!chip) return Error{options.waveform + ": cannot be written"};
  std::unique_ptr<RtlDevice> device(new RtlDevice(std::move(tape), hw, options, *library, chip));
  if (Status failed = device->Start()) return *failed;
  return device;
}

RtlDevice::RtlDevice(std::shared_ptr<const Tape> tape, const HwConfig& hw, const RtlOptions& options,
                     std::shared_ptr<const RtlLibrary> library, void* chip)
    : tape_(std::move(tape)),
      hw_(hw),
      options_(options),
      library_(std::move(library)),
      chip_(chip),
      map_(*tape_),
      memory_(map_.bytes, hw.port, options.timing) {
  const auto bytes = memory_.bytes();
  std::copy(tape_->bytes.begin(), tape_->bytes.end(), bytes.begin());
  if (options.kv_fill != 0) {
    std::fill(bytes.begin() + map_.kv_base, bytes.begin() + map_.logit_base, options.kv_fill);
  }
}

RtlDevice::~RtlDevice() { library_->api().destroy(chip_); }

Status RtlDevice::FlipTapeBit(uint64_t address, uint32_t bit) {
  if (address >= tape_->bytes.size() || bit > 7) {
    return Error{"tape address " + std::to_string(address) + ", bit " + std::to_string(bit) +
                 " does not exist; the tape has " + std::to_string(tape_->bytes.size()) + " bytes of 8"};
  }
  memory_.bytes()[address] ^= static_cast<uint8_t>(1u << bit);
  return {};
}

Status RtlDevice::Start() {
  for (int i = 0; i < kResetCycles; ++i) Cycle();
  in_.rst_n = 1;
  for (int i = 0; i < kResetCycles; ++i) Cycle();
  if (Status failed = CheckIdentity()) return failed;
  if (Status failed = WriteRegister(reg::kBoot, tape_->boot_count)) return failed;
  if (Status failed = WriteRegister64(reg::kTapeBase, 0)) return failed;
  if (Status failed = WriteRegister64(reg::kKvBase, map_.kv_base)) return failed;
  if (Status failed = WriteRegister64(reg::kLogitBase, map_.logit_base)) return failed;
  if (Status failed = WriteRegister(reg::kLogitStride, tape_->logit_stride)) return failed;
  seconds_ = 0;
  cycles_ = 0;
  return {};
}

Status RtlDevice::CheckIdentity() {
  const auto id = ReadRegister(reg::kId);
  if (!id) return id.error();
  const auto version = ReadRegister(reg::kVersion);
  if (!version) return version.error();
  const auto config = ReadRegister(reg::kConfig);
  if (!config) return config.error();
  if (*id != reg::kIdValue || *version != kTapeVersion) {
    return Error{"the chip calls itself " + Hex(*id) + ", tape version " + std::to_string(*version) + ", want " +
                 Hex(reg::kIdValue) + ", version " + std::to_string(kTapeVersion)};
  }
  const uint32_t want = (hw_.port & 255) | (hw_.columns & 255) << 8 | (hw_.panel_rows & 255) << 16 |
                        (hw_.max_rows & 255) << 24;
  if (*config != want) {
    return Error{"the chip's configuration register is " + Hex(*config) + ", '" + hw_.name + "' wants " +
                 Hex(want) + "; build it again with: make config NAME=" + hw_.name};
  }
  return {};
}

void RtlDevice::Cycle() {
  memory_.Drive(&in_);
  library_->api().cycle(chip_, &in_, &out_);
  if (activity_) Report();
  memory_.Observe(in_, out_);
  ++cycles_;
  if (out_.trace_valid && trace_) {
    (*trace_)({out_.trace_instr, out_.trace_row, out_.trace_n, out_.trace_v0, out_.trace_v1});
  }
}

// Before the memory takes the handshakes of the cycle: its addresses are those of the beats that move now.
void RtlDevice::Report() {
  Activity cycle;
  cycle.bits = out_.activity;
  if (!cycle.running()) return;
  cycle.traced = out_.trace_valid;
  cycle.trace_instr = out_.trace_instr;
  if (cycle.mem_read()) cycle.read_address = memory_.read_address();
  if (cycle.mem_write()) cycle.write_address = memory_.write_address();
  activity_(cycle);
}

Status RtlDevice::WriteRegister(uint32_t address, uint32_t value) {
  in_.s_awvalid = in_.s_wvalid = in_.s_bready = 1;
  in_.s_awaddr = static_cast<uint16_t>(address);
  in_.s_wdata = value;
  for (uint32_t i = 0; i < kRegisterTimeout; ++i) {
    Cycle();
    if (in_.s_awvalid && out_.s_awready) in_.s_awvalid = 0;
    if (in_.s_wvalid && out_.s_wready) in_.s_wvalid = 0;
    if (out_.s_bvalid) {
      in_.s_bready = 0;
      if (in_.s_awvalid || in_.s_wvalid) return Error{"the chip acknowledged a register write too early"};
      if (out_.s_bresp != 0) return Error{"the chip refused a write of register " + Hex(address)};
      return {};
    }
  }
  in_.s_awvalid = in_.s_wvalid = in_.s_bready = 0;
  return Stuck("writing register " + Hex(address));
}

Status RtlDevice::WriteRegister64(uint32_t address, uint64_t value) {
  if (Status failed = WriteRegister(address, static_cast<uint32_t>(value))) return failed;
  return WriteRegister(address + 4, static_cast<uint32_t>(value >> 32));
}

Result<uint32_t> RtlDevice::ReadRegister(uint32_t address) {
  in_.s_arvalid = in_.s_rready = 1;
  in_.s_araddr = static_cast<uint16_t>(address);
  for (uint32_t i = 0; i < kRegisterTimeout; ++i) {
    Cycle();
    const bool answered = out_.s_rvalid;
    if (in_.s_arvalid && out_.s_arready) in_.s_arvalid = 0;
    if (answered) {
      in_.s_arvalid = in_.s_rready = 0;
      if (out_.s_rresp != 0) return Error{"the chip refused a read of register " + Hex(address)};
      return out_.s_rdata;
    }
  }
  in_.s_arvalid = in_.s_rready = 0;
  return Stuck("reading register " + Hex(address));
}

Result<StepResult> RtlDevice::Step(std::span<const StepRow> rows, const TraceSink* trace) {
  if (Status bad = CheckRows(*tape_, rows)) return *bad;
  const double begin = ProcessorSeconds();
  trace_ = trace;
  const auto run = [&]() -> Result<StepResult> {
    if (Status failed = WriteRows(rows)) return *failed;
    if (Status failed = WriteRegister(reg::kControl, reg::kControlStart)) return *failed;
    if (Status failed = RunToInterrupt()) return *failed;
    if (Status failed = CheckStatus()) return *failed;
    if (Status failed = ReadCounters()) return *failed;
    return ReadResults(rows);
  };
  auto result = run();
  trace_ = nullptr;
  seconds_ += ProcessorSeconds() - begin;
  return result;
}

// Only what changed is written: in decode, a token and a position.
Status RtlDevice::WriteRows(std::span<const StepRow> rows) {
  row_registers_.resize(std::max(row_registers_.size(), rows.size() * reg::kRowWords + 1), ~0u);
  if (row_registers_[0] != rows.size()) {
    if (Status failed = WriteRegister(reg::kRows, static_cast<uint32_t>(rows.size()))) return failed;
    row_registers_[0] = static_cast<uint32_t>(rows.size());
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    const StepRow& row = rows[r];
    const uint32_t flags = row.slot | (row.want ? reg::kFlagWant : 0) | (row.dump ? reg::kFlagDump : 0);
    const uint32_t words[reg::kRowWords] = {static_cast<uint32_t>(row.token), row.position, flags,
                                            std::bit_cast<uint32_t>(row.z),   row.top_k,    row.seed};
    for (uint32_t w = 0; w < reg::kRowWords; ++w) {
      uint32_t& written = row_registers_[1 + r * reg::kRowWords + w];
      const uint32_t address = reg::kRow + static_cast<uint32_t>(r) * reg::kRowStride + 4 * w;
      // ~0 marks a register that was never written; a value of ~0 is simply written every time.
      if (written == words[w] && written != ~0u) continue;
      if (Status failed = WriteRegister(address, words[w])) return failed;
      written = words[w];
    }
  }
  return {};
}

Status RtlDevice::RunToInterrupt() {
  memory_.NoteProgress();
  while (!out_.irq) {
    Cycle();
    if (memory_.idle_cycles() > options_.stuck_cycles) return Stuck("a step");
    if (options_.interrupted && *options_.interrupted) return Error{"the step was interrupted"};
  }
  return {};
}

Status RtlDevice::CheckStatus() {
  const auto status = ReadRegister(reg::kStatus);
  if (!status) return status.error();
  if (*status & reg::kStatusError) {
    const uint32_t code = *status >> 8 & 255;
    std::string why = "code " + std::to_string(code);
    if (code == reg::kErrorOpcode) why = "an instruction that this chip does not have";
    if (code == reg::kErrorBus) why = "an error on the memory port";
    if (!memory_.error().empty()) why += "; " + memory_.error();
    memory_.ClearError();
    return Error{"the chip stopped with " + why};
  }
  if (!memory_.error().empty()) return Error{memory_.error()};
  if (!(*status & reg::kStatusDone) || (*status & reg::kStatusBusy)) {
    return Error{"the chip raised its interrupt with status " + Hex(*status) + ", want done and not busy"};
  }
  return {};
}

Status RtlDevice::ReadCounters() {
  uint64_t values[kChipCounters];
  for (uint32_t i = 0; i < kChipCounters; ++i) {
    const auto low = ReadRegister(reg::kCounters + 8 * i);
    if (!low) return low.error();
    const auto high = ReadRegister(reg::kCounters + 8 * i + 4);
    if (!high) return high.error();
    values[i] = *low | uint64_t{*high} << 32;
  }
  std::memcpy(&counters_, values, sizeof values);
  return {};
}

Result<StepResult> RtlDevice::ReadResults(std::span<const StepRow> rows) {
  StepResult result;
  for (size_t r = 0; r < rows.size(); ++r) {
    int32_t token = -1;
    if (rows[r].want) {
      const auto value = ReadRegister(reg::kRow + static_cast<uint32_t>(r) * reg::kRowStride + reg::kRowResult);
      if (!value) return value.error();
      token = static_cast<int32_t>(*value);
    }
    result.tokens.push_back(token);
    if (!rows[r].dump) continue;
    const uint8_t* logits = memory_.bytes().data() + map_.logit_base + r * tape_->logit_stride;
    const size_t at = result.logits.size();
    result.logits.resize(at + tape_->vocab);
    std::memcpy(result.logits.data() + at, logits, tape_->vocab * sizeof(float));
  }
  return result;
}

Error RtlDevice::Stuck(const std::string& doing) const {
  return Error{"the chip makes no progress in " + doing + ": nothing has moved for " +
               std::to_string(memory_.idle_cycles()) + " cycles, " + memory_.Outstanding()};
}

}  // namespace weft
