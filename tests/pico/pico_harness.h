// The firmware on the checking simulator, spoken to with frames as a host does.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sw/compiler/compiler.h"
#include "sw/link/frame.h"
#include "sw/pico/firmware/firmware.h"
#include "sw/pico/simulator.h"
#include "sw/runtime/device.h"
#include "sw/runtime/rtl_registers.h"

namespace weft::pico {

inline const Program& FirmwareProgram() {
  static const Program program = [] {
    Assembler as;
    BuildFirmware(as);
    const Result<Program> built = as.Finish();
    if (!built) ADD_FAILURE() << built.error().message;
    return built ? *built : Program{};
  }();
  return program;
}

class PicoHarness {
 public:
  static constexpr uint32_t kTapeAddress = 0x100000;

  explicit PicoHarness(const Simulator::Timing& timing = {}) : sim(timing) {
    sim.Load(FirmwareProgram().words);
  }

  // Sends bytes and runs until an answer has come, or for `cycles`.
  std::vector<link::Answer> Exchange(const std::vector<uint8_t>& bytes, uint64_t cycles = 200'000'000) {
    sim.PushUart(bytes);
    std::vector<link::Answer> answers;
    const uint64_t end = sim.cycles() + cycles;
    while (answers.empty() && sim.cycles() < end) {
      if (sim.Run(500) == Simulator::Stop::kFault) {
        ADD_FAILURE() << sim.fault();
        break;
      }
      parser_.Push(sim.TakeUart(), &answers);
    }
    return answers;
  }
  link::Answer Ask(link::Op op, uint32_t address, uint8_t len, std::vector<uint32_t> words = {}) {
    const link::Request request = {++seq_, op, len, address, std::move(words)};
    const auto answers = Exchange(link::Encode(request));
    EXPECT_EQ(answers.size(), 1u) << "op " << static_cast<int>(op);
    if (answers.empty()) return {};
    EXPECT_EQ(answers[0].seq, seq_);
    return answers[0];
  }
  void Write(uint32_t address, std::vector<uint32_t> words) {
    const auto len = static_cast<uint8_t>(words.size());
    EXPECT_EQ(Ask(link::Op::kWrite, address, len, std::move(words)).code, link::Code::kOk);
  }
  uint32_t Read(uint32_t address) {
    const link::Answer answer = Ask(link::Op::kRead, address, 1);
    EXPECT_EQ(answer.words.size(), 1u);
    return answer.words.empty() ? 0 : answer.words[0];
  }

  void Place(const Tape& tape) {
    sim.SetFlash(kTapeAddress, tape.bytes);
    logits_ = static_cast<uint32_t>((tape.kv_bytes + 3) / 4 * 4);
    vocab_ = tape.vocab;
    Write(reg::kBoot, {tape.boot_count});
    Write(reg::kLogitBase, {logits_});
  }
  // STATUS, and the cycles of the step.
  std::pair<uint32_t, uint32_t> Step(const StepRow& row) {
    const uint32_t flags = (row.want ? reg::kFlagWant : 0) | (row.dump ? reg::kFlagDump : 0);
    Write(reg::kRow, {static_cast<uint32_t>(row.token), row.position, flags, std::bit_cast<uint32_t>(row.z),
                      row.top_k, row.seed});
    const link::Answer answer = Ask(link::Op::kStep, 0, 0);
    EXPECT_EQ(answer.words.size(), 2u);
    if (answer.words.size() != 2) return {};
    return {answer.words[0], answer.words[1]};
  }
  uint32_t token() { return Read(reg::kRow + reg::kRowResult); }
  std::vector<uint32_t> logits() const {
    std::vector<uint32_t> all;
    for (uint32_t n = 0; n < vocab_; ++n) all.push_back(sim.MemoryWord(logits_ + 4 * n));
    return all;
  }

  Simulator sim;

 private:
  link::Parser<link::Answer> parser_;
  uint8_t seq_ = 0;
  uint32_t logits_ = 0, vocab_ = 0;
};

}  // namespace weft::pico
