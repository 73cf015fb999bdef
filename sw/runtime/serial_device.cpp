#include "sw/runtime/serial_device.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>

#include "sw/compiler/layout.h"
#include "sw/runtime/memory_map.h"
#include "sw/runtime/rtl_registers.h"

namespace weft {

namespace {

std::string Hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", value);
  return text;
}

}  // namespace

Result<std::unique_ptr<SerialDevice>> SerialDevice::Make(std::unique_ptr<link::Client> client,
                                                         std::shared_ptr<const Tape> tape, const HwConfig& hw,
                                                         const SerialDeviceOptions& options) {
  std::unique_ptr<SerialDevice> device(new SerialDevice(std::move(client), std::move(tape), hw));
  if (Status bad = device->client_->CheckConfig(hw)) return *bad;
  if (Status bad = device->CheckRoom()) return *bad;
  if (Status failed = device->PlaceTape(options)) return *failed;
  if (Status failed = device->WriteSettings()) return *failed;
  return device;
}

SerialDevice::SerialDevice(std::unique_ptr<link::Client> client, std::shared_ptr<const Tape> tape, const HwConfig& hw)
    : client_(std::move(client)), tape_(std::move(tape)), hw_(hw) {
  const uint64_t logit_bytes = uint64_t{tape_->max_rows} * tape_->logit_stride;
  if (client_->board().storage == link::TapeStorage::kMemory) {
    const MemoryMap map(*tape_);
    kv_base_ = client_->board().tape_base + map.kv_base;
    logit_base_ = client_->board().tape_base + map.logit_base;
  } else {
    // Small memories: nothing is rounded up to pages.
    logit_base_ = AlignUp(tape_->kv_bytes, std::max(4u, hw.port));
  }
  memory_end_ = logit_base_ + logit_bytes;
}

Status SerialDevice::CheckRoom() const {
  const link::BoardInfo& board = client_->board();
  if (memory_end_ <= board.memory_bytes) return {};
  const bool with_tape = board.storage == link::TapeStorage::kMemory;
  return Error{client_->port() + ": the model takes " + std::to_string(memory_end_) + " bytes of memory for " +
               (with_tape ? "tape, KV cache and logits" : "KV cache and logits") + ", the board has " +
               std::to_string(board.memory_bytes) + "; a smaller --context takes less"};
}

Result<bool> SerialDevice::TapeIsThere() {
  const auto crc = client_->Crc(client_->board().tape_base, static_cast<uint32_t>(tape_->bytes.size()));
  if (!crc) return crc.error();
  return *crc == link::Crc32(tape_->bytes);
}

Status SerialDevice::PlaceTape(const SerialDeviceOptions& options) {
  auto there = TapeIsThere();
  if (!there) return there.error();
  if (*there) return {};
  if (client_->board().storage == link::TapeStorage::kFlash) {
    return Error{client_->port() + ": the board's flash does not hold this model's tape (" +
                 std::to_string(tape_->bytes.size()) + " bytes at " + Hex(client_->board().tape_base) +
                 "); write it with: weft flash --board BOARD MODEL, with the same --context and --quant"};
  }
  if (Status failed = LoadTape(options)) return failed;
  there = TapeIsThere();
  if (!there) return there.error();
  if (*there) return {};
  return Error{client_->port() + ": the tape that was loaded does not read back from the board's memory"};
}

Status SerialDevice::LoadTape(const SerialDeviceOptions& options) {
  const std::vector<uint8_t>& bytes = tape_->bytes;
  constexpr size_t kPart = 4 * link::kMaxWords;
  for (size_t at = 0; at < bytes.size(); at += kPart) {
    const size_t size = std::min(kPart, bytes.size() - at);
    std::vector<uint32_t> words((size + 3) / 4);
    std::memcpy(words.data(), bytes.data() + at, size);
    const uint32_t address = link::kMemory | (client_->board().tape_base + static_cast<uint32_t>(at));
    if (Status failed = client_->Write(address, words)) return failed;
    if (options.on_load) options.on_load(at + size, bytes.size());
  }
  return {};
}

Status SerialDevice::WriteSettings() {
  // BOOT to ROWS are neighbours: one frame.
  const uint32_t words[] = {tape_->boot_count,
                            client_->board().tape_base,
                            0,
                            static_cast<uint32_t>(kv_base_),
                            0,
                            static_cast<uint32_t>(logit_base_),
                            0,
                            tape_->logit_stride,
                            1};
  static_assert(reg::kRows == reg::kBoot + 4 * 8, "BOOT to ROWS are nine words");
  rows_ = 1;
  return client_->Write(reg::kBoot, words);
}

Result<StepResult> SerialDevice::Step(std::span<const StepRow> rows, const TraceSink* trace) {
  if (trace) return Error{name() + ": a board has no trace port"};
  if (Status bad = CheckRows(*tape_, rows)) return *bad;
  if (Status failed = WriteRows(rows)) return *failed;
  // Many times what the tape's bytes take, and something for attention.
  const double cycles = 64.0 * static_cast<double>(tape_->bytes.size()) * static_cast<double>(rows.size()) / hw_.port;
  const std::chrono::milliseconds patience(2000 + static_cast<int64_t>(1000 * cycles / client_->board().clock_hz));
  const auto step = client_->Step(patience);
  if (!step) return step.error();
  if (Status bad = CheckStatus(step->status)) return *bad;
  counters_.cycles += step->cycles;
  ++counters_.steps;
  return ReadResults(rows);
}

Status SerialDevice::WriteRows(std::span<const StepRow> rows) {
  if (rows.size() != rows_) {
    rows_ = static_cast<uint32_t>(rows.size());
    if (Status failed = client_->Write(reg::kRows, std::span(&rows_, 1))) return failed;
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    const StepRow& row = rows[r];
    const uint32_t flags = row.slot | (row.want ? reg::kFlagWant : 0) | (row.dump ? reg::kFlagDump : 0);
    const uint32_t words[reg::kRowWords] = {static_cast<uint32_t>(row.token), row.position, flags,
                                            std::bit_cast<uint32_t>(row.z),   row.top_k,    row.seed};
    const uint32_t address = reg::kRow + static_cast<uint32_t>(r) * reg::kRowStride;
    if (Status failed = client_->Write(address, words)) return failed;
  }
  return {};
}

Status SerialDevice::CheckStatus(uint32_t status) const {
  if (status & reg::kStatusError) {
    const uint32_t code = status >> 8 & 255;
    std::string why = "code " + std::to_string(code);
    if (code == reg::kErrorOpcode) why = "an instruction that this chip does not have";
    if (code == reg::kErrorBus) why = "an error on the memory port";
    return Error{client_->port() + ": the chip stopped with " + why + "; it needs a reset"};
  }
  if ((status & reg::kStatusDone) && !(status & reg::kStatusBusy)) return {};
  return Error{client_->port() + ": the step ended with status " + Hex(status) + ", want done and not busy"};
}

Result<StepResult> SerialDevice::ReadResults(std::span<const StepRow> rows) {
  StepResult result;
  for (size_t r = 0; r < rows.size(); ++r) {
    int32_t token = -1;
    if (rows[r].want) {
      const auto word = client_->Read(reg::kRow + static_cast<uint32_t>(r) * reg::kRowStride + reg::kRowResult, 1);
      if (!word) return word.error();
      token = static_cast<int32_t>(word->front());
    }
    result.tokens.push_back(token);
    if (!rows[r].dump) continue;
    const uint64_t base = logit_base_ + r * tape_->logit_stride;
    const auto words = client_->Read(link::kMemory | static_cast<uint32_t>(base), tape_->vocab);
    if (!words) return words.error();
    for (const uint32_t word : *words) result.logits.push_back(std::bit_cast<float>(word));
  }
  return result;
}

}  // namespace weft
