#include "sw/runtime/trace_diff.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <tuple>

#include "sw/compiler/disasm.h"
#include "sw/compiler/tape.h"

namespace weft {

namespace {

auto Key(const TraceEvent& e) { return std::tie(e.instr, e.row, e.n); }
bool Before(const TraceEvent& a, const TraceEvent& b) { return Key(a) < Key(b); }

const char* UnitOf(Epilogue epilogue) {
  switch (epilogue) {
    case Epilogue::kQ: return "matrix and rope (queries)";
    case Epilogue::kK: return "matrix and rope (keys)";
    case Epilogue::kV: return "matrix and norm (values)";
    case Epilogue::kRes: return "matrix and residual";
    case Epilogue::kGlu: return "matrix and swiglu";
    case Epilogue::kLogits: return "matrix and norm (logits)";
    case Epilogue::kO: return "attention";
    case Epilogue::kEmbed: return "embedding";
  }
  return "unknown";
}

}  // namespace

std::vector<InstrName> NameInstructions(const Tape& tape, const HwConfig& hw) {
  const auto steps = WalkTape(tape.bytes, tape.boot_count, hw);
  if (!steps) return {};
  std::vector<InstrName> names;
  uint32_t layer = 0;
  for (const TapeStep& step : *steps) {
    InstrName name{OpName(step.instr.op()), "sequencer", 0};
    const auto section = std::find_if(tape.sections.begin(), tape.sections.end(), [&](const TapeSection& s) {
      return s.offset == step.payload_offset && s.bytes == step.payload_bytes && s.bytes > 0;
    });
    if (section != tape.sections.end()) name.what += " " + section->label;
    if (step.instr.op() == Op::kMatmul) {
      const auto matmul = MatmulInstr::Decode(step.instr);
      name.unit = UnitOf(matmul.epilogue);
      name.outputs = matmul.n;
    }
    if (step.instr.op() == Op::kEmbed) {
      name.unit = UnitOf(Epilogue::kEmbed);
      name.outputs = EmbedInstr::Decode(step.instr).n;
    }
    if (step.instr.op() == Op::kAttn) {
      name.what += " layer " + std::to_string(layer++) + " attention";
      name.unit = "attention (scores, softmax, values)";
    }
    names.push_back(std::move(name));
  }
  return names;
}

bool SameFloat(uint32_t a, uint32_t b) {
  const auto nan = [](uint32_t x) { return (x & 0x7fffffffu) > 0x7f800000u; };
  return a == b || (nan(a) && nan(b));
}

std::optional<TraceDifference> FirstDifference(std::vector<TraceEvent> expected, std::vector<TraceEvent> got,
                                               const std::vector<InstrName>& names) {
  std::sort(expected.begin(), expected.end(), Before);
  std::sort(got.begin(), got.end(), Before);
  size_t e = 0, g = 0;
  while (e < expected.size() || g < got.size()) {
    if (g == got.size() || (e < expected.size() && Before(expected[e], got[g]))) {
      return TraceDifference{expected[e].instr, expected[e].row, expected[e].n, expected[e].v0, {}};
    }
    if (e == expected.size() || Before(got[g], expected[e])) {
      return TraceDifference{got[g].instr, got[g].row, got[g].n, {}, got[g].v0};
    }
    const TraceEvent &want = expected[e++], &have = got[g++];
    if (!SameFloat(want.v0, have.v0)) return TraceDifference{want.instr, want.row, want.n, want.v0, have.v0};
    const uint32_t outputs = want.instr < names.size() ? names[want.instr].outputs : 0;
    if (outputs != 0 && want.n + 1 >= outputs) continue;
    if (!SameFloat(want.v1, have.v1)) return TraceDifference{want.instr, want.row, want.n + 1, want.v1, have.v1};
  }
  return {};
}

std::string FloatText(uint32_t bits) {
  char text[48];
  std::snprintf(text, sizeof text, "0x%08x (%.9g)", bits, static_cast<double>(std::bit_cast<float>(bits)));
  return text;
}

}  // namespace weft
