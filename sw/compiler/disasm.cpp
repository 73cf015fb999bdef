#include "sw/compiler/disasm.h"

#include <cinttypes>
#include <cstdio>
#include <iterator>

#include "sw/compiler/tape.h"

namespace weft {
namespace {

constexpr const char* kOps[] = {"END",    "LOADI", "MODEL",     "ROPE",      "EMBED",       "VEC",
                                "MATMUL", "ATTN",  "LINK_SEND", "LINK_RECV", "LINK_REDUCE", "EXPERT"};
constexpr const char* kEpilogues[] = {"Q", "K", "V", "RES", "GLU", "LOGITS", "O", "EMBED"};

std::string Hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%" PRIx64, value);
  return text;
}

std::string Number(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  return text;
}

// Fields in the order of the encoding.
class Line {
 public:
  explicit Line(std::string text) : text_(std::move(text)) {}
  Line& Add(const char* name, uint64_t value) { return Append(name, std::to_string(value)); }
  // Only where rows are copied.
  Line& Copies(const char* name, uint32_t log2) { return log2 == 0 ? *this : Add(name, uint64_t{1} << log2); }
  Line& Address(const char* name, uint64_t value) { return Append(name, Hex(value)); }
  Line& Float(const char* name, float value) { return Append(name, Number(value)); }
  std::string text() const { return text_; }

 private:
  Line& Append(const char* name, const std::string& value) {
    text_ += std::string(" ") + name + "=" + value;
    return *this;
  }
  std::string text_;
};

std::string Fields(std::string head, const ModelInstr& m) {
  Line line(std::move(head));
  line.Add("dim", m.dim)
      .Add("hidden", m.hidden)
      .Add("head_dim", m.head_dim)
      .Add("q_per_kv", m.q_per_kv)
      .Add("hs", m.hs)
      .Add("sets", m.sets)
      .Add("blocks", m.blocks)
      .Add("k_groups", m.k_groups)
      .Add("k_tail", m.k_tail)
      .Add("q_base", m.q_base)
      .Add("p_base", m.p_base)
      .Add("q_passes", m.q_passes)
      .Float("inv_dim", m.inv_dim)
      .Float("eps", m.eps);
  if (m.flags & kFlagQkNorm) line.Float("head_eps", m.head_eps);
  return line.text();
}

std::string Fields(std::string head, const MatmulInstr& m) {
  Line line(std::move(head));
  line.Add("n", m.n)
      .Add("groups", m.groups)
      .Add("tail", m.tail)
      .Add("panels", m.panels)
      .Add("src", m.src_base)
      .Copies("src_copies", m.src_copies_log2);
  if (m.epilogue == Epilogue::kRes || m.epilogue == Epilogue::kGlu) {
    line.Add("dst", m.dst_base).Add("dst_groups", m.dst_groups).Copies("dst_copies", m.dst_copies_log2);
  }
  if (m.epilogue == Epilogue::kK || m.epilogue == Epilogue::kV) line.Address("kv", m.address);
  if (m.epilogue != Epilogue::kLogits) line.Float("qs", m.qs);
  return line.text();
}

std::string Fields(std::string head, const EmbedInstr& e) {
  return Line(std::move(head))
      .Add("n", e.n)
      .Add("groups", e.groups)
      .Add("tail", e.tail)
      .Add("dst", e.dst_base)
      .Add("dst_groups", e.dst_groups)
      .Copies("dst_copies", e.dst_copies_log2)
      .Address("table", e.address)
      .Float("qs", e.qs)
      .text();
}

std::string Head(const Instr& instr) {
  std::string head = OpName(instr.op());
  if (instr.op() == Op::kMatmul) {
    const auto m = MatmulInstr::Decode(instr);
    head += std::string(" ") + EpilogueName(m.epilogue);
    if (m.wtype == WeightType::kInt4) head += " int4";
    if (m.wtype == WeightType::kTernary) head += " ternary";
  }
  if (instr.flags() & kFlagWait) head += " WAIT";
  if (instr.flags() & kFlagNorm) head += " NORM";
  if (instr.flags() & kFlagWant) head += " WANT";
  if (instr.flags() & kFlagBias) head += " BIAS";
  if (instr.flags() & kFlagQkNorm) head += " QKNORM";
  return head;
}

}  // namespace

const char* OpName(Op op) {
  const auto index = static_cast<size_t>(op);
  return index < std::size(kOps) ? kOps[index] : "unknown";
}

const char* EpilogueName(Epilogue epilogue) {
  const auto index = static_cast<size_t>(epilogue);
  return index < std::size(kEpilogues) ? kEpilogues[index] : "unknown";
}

std::string Disassemble(const Instr& instr) {
  std::string head = Head(instr);
  switch (instr.op()) {
    case Op::kLoadi:
      return Line(head).Add("count", LoadiInstr::Decode(instr).count).text();
    case Op::kModel:
      return Fields(head, ModelInstr::Decode(instr));
    case Op::kRope: {
      const auto r = RopeInstr::Decode(instr);
      return Line(head).Address("table", r.address).Add("stride", r.stride).text();
    }
    case Op::kEmbed:
      return Fields(head, EmbedInstr::Decode(instr));
    case Op::kVec:
      return Line(head).Add("count", VecInstr::Decode(instr).count).text();
    case Op::kMatmul:
      return Fields(head, MatmulInstr::Decode(instr));
    case Op::kAttn: {
      const auto a = AttnInstr::Decode(instr);
      return Line(head)
          .Address("k", a.k_address)
          .Address("v", a.k_address + a.v_offset)
          .Add("dst", a.dst_base)
          .Add("dst_groups", a.dst_groups)
          .Copies("dst_copies", a.dst_copies_log2)
          .Float("qs", a.qs)
          .text();
    }
    default:
      return head;
  }
}

Result<std::string> Disassemble(const Tape& tape, const HwConfig& hw) {
  const auto steps = WalkTape(tape.bytes, tape.boot_count, hw);
  if (!steps) return steps.error();
  const auto label = [&](uint64_t offset, uint64_t bytes) -> std::string {
    for (const TapeSection& s : tape.sections) {
      if (s.offset == offset && s.bytes == bytes) return s.label;
    }
    return "";
  };
  std::string out = "; tape of " + std::to_string(tape.bytes.size()) + " bytes for configuration '" +
                    hw.name + "', " + std::to_string(steps->size()) + " instructions\n";
  char text[64];
  for (size_t i = 0; i < steps->size(); ++i) {
    const TapeStep& step = (*steps)[i];
    std::snprintf(text, sizeof text, "%4zu  %08" PRIx64 "  ", i, step.instr_offset);
    out += text + Disassemble(step.instr);
    if (step.payload_bytes != 0) {
      std::snprintf(text, sizeof text, "  ; %08" PRIx64 " +%" PRIu64, step.payload_offset,
                    step.payload_bytes);
      const std::string name = label(step.payload_offset, step.payload_bytes);
      out += text + (name.empty() ? "" : " " + name);
    }
    out += "\n";
  }
  const uint64_t stream_end = steps->back().payload_offset;
  for (const TapeSection& s : tape.sections) {
    if (s.offset < stream_end) continue;
    std::snprintf(text, sizeof text, "      %08" PRIx64 "  table  ; +%" PRIu64 " ", s.offset, s.bytes);
    out += text + s.label + "\n";
  }
  return out;
}

}  // namespace weft
