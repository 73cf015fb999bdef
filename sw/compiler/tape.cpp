#include "sw/compiler/tape.h"

#include <algorithm>
#include <deque>
#include <string>

namespace weft {
namespace {

struct Queued {
  Instr instr;
  uint64_t offset;
};

std::string At(size_t number) { return "instruction " + std::to_string(number); }

Status CheckMatmul(const MatmulInstr& m, const HwConfig& hw, size_t number) {
  if (m.epilogue > Epilogue::kLogits) {
    return Error{At(number) + " has epilogue " + std::to_string(static_cast<int>(m.epilogue)) +
                 ", wanted 0 to 5"};
  }
  if (m.wtype < WeightType::kInt8 || m.wtype > WeightType::kTernary) {
    return Error{At(number) + " has weight type " + std::to_string(static_cast<int>(m.wtype)) +
                 ", wanted 1 (int8), 2 (int4) or 3 (ternary)"};
  }
  if (m.src_copies_log2 < PartsLog2(m.wtype) || m.src_copies_log2 > 2 || m.dst_copies_log2 > 2 ||
      1u << std::max(m.src_copies_log2, m.dst_copies_log2) > hw.columns) {
    return Error{At(number) + " has rows in " + std::to_string(1u << m.src_copies_log2) + " columns and writes them to " +
                 std::to_string(1u << m.dst_copies_log2) + ", wanted " + std::to_string(1u << PartsLog2(m.wtype)) +
                 " to 4 of the " + std::to_string(hw.columns) + " there are"};
  }
  if (m.n == 0 || m.groups == 0 || m.tail == 0 || m.tail > 32) {
    return Error{At(number) + " has " + std::to_string(m.n) + " outputs of " + std::to_string(m.groups) +
                 " groups with a tail of " + std::to_string(m.tail) +
                 " bytes, wanted 1 or more, tail 1 to 32"};
  }
  const uint64_t panels = CeilDiv(m.n, hw.panel_rows << PartsLog2(m.wtype));
  if (m.panels != panels) {
    return Error{At(number) + " has " + std::to_string(m.panels) + " panels, wanted " + std::to_string(panels) + " for " + std::to_string(m.n) + " outputs"};
  }
  return {};
}

Status CheckInstr(const Instr& instr, const HwConfig& hw, size_t number) {
  if (instr.op() > Op::kAttn) {
    return Error{At(number) + " has opcode " + std::to_string(static_cast<int>(instr.op())) +
                 ", wanted 0 to 7 (8 to 11 are reserved)"};
  }
  if (instr.op() == Op::kMatmul) return CheckMatmul(MatmulInstr::Decode(instr), hw, number);
  if (instr.op() == Op::kEmbed) {
    const auto e = EmbedInstr::Decode(instr);
    if (e.n == 0 || e.n % 2 != 0 || e.groups != CeilDiv(e.n, 32) || e.tail == 0 || e.tail > 32) {
      return Error{At(number) + " gathers rows of " + std::to_string(e.n) + " elements in " +
                   std::to_string(e.groups) + " groups, wanted an even length in groups of 32"};
    }
  }
  return {};
}

}  // namespace

PanelLayout MatmulLayout(const MatmulInstr& m, const HwConfig& hw) {
  return PanelLayout(hw.port, hw.panel_rows, m.n, (m.groups - 1) * 32 + m.tail, m.wtype);
}

PanelLayout EmbedLayout(const EmbedInstr& e, uint32_t rows, const HwConfig& hw) {
  return PanelLayout(hw.port, hw.panel_rows, rows, (e.groups - 1) * 32 + e.tail, WeightType::kInt8);
}

uint64_t PayloadBytes(const Instr& instr, const HwConfig& hw) {
  switch (instr.op()) {
    case Op::kLoadi:
      return AlignUp(uint64_t{LoadiInstr::Decode(instr).count} * kInstrBytes, hw.port);
    case Op::kVec:
      return AlignUp(uint64_t{VecInstr::Decode(instr).count} * 4, hw.port);
    case Op::kMatmul:
      return MatmulLayout(MatmulInstr::Decode(instr), hw).bytes();
    default:
      return 0;
  }
}

Result<std::vector<TapeStep>> WalkTape(std::span<const uint8_t> tape, uint32_t boot_count,
                                       const HwConfig& hw) {
  std::vector<TapeStep> steps;
  std::deque<Queued> queue;  // the instructions that are resident
  const auto enqueue = [&](uint64_t offset, uint64_t count) -> Status {
    if (count > kInstrQueue || queue.size() + count > kInstrQueue) {
      return Error{"the tape wants " + std::to_string(queue.size() + count) +
                   " instructions resident, wanted at most " + std::to_string(kInstrQueue)};
    }
    if (offset + count * kInstrBytes > tape.size()) {
      return Error{"the tape holds " + std::to_string(tape.size()) +
                   " bytes, wanted instructions up to byte " + std::to_string(offset + count * kInstrBytes)};
    }
    for (uint64_t i = 0; i < count; ++i, offset += kInstrBytes) {
      queue.push_back({Instr::Load(&tape[offset]), offset});
    }
    return {};
  };
  if (auto bad = enqueue(0, boot_count)) return *bad;
  uint64_t at = AlignUp(uint64_t{boot_count} * kInstrBytes, hw.port);
  while (!queue.empty()) {
    const Queued next = queue.front();
    queue.pop_front();
    if (auto bad = CheckInstr(next.instr, hw, steps.size())) return *bad;
    const uint64_t bytes = PayloadBytes(next.instr, hw);
    if (bytes > tape.size() || at > tape.size() - bytes) {
      return Error{"the tape holds " + std::to_string(tape.size()) + " bytes, wanted " +
                   std::to_string(at + bytes) + " for the payload of " + At(steps.size())};
    }
    steps.push_back({next.instr, next.offset, at, bytes});
    if (next.instr.op() == Op::kEnd) return steps;
    if (next.instr.op() == Op::kLoadi) {
      if (auto bad = enqueue(at, LoadiInstr::Decode(next.instr).count)) return *bad;
    }
    at += bytes;
  }
  return Error{"the tape runs out after " + std::to_string(steps.size()) + " instructions, wanted END"};
}

}  // namespace weft
