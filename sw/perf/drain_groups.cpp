// Drain: how the pairs of a panel, a head or a chunk fall into the quantizer's groups.
#include <algorithm>
#include <numeric>

#include "sw/perf/drain.h"

namespace weft::perf {

namespace {

constexpr uint32_t kGroup = 32;  // elements

}  // namespace

// Whether slots open with the first pair and groups close with the last one only.
void Drain::Classify() {
  run_simple_ = true;
  for (size_t i = 0; i < run_.size(); ++i) {
    run_simple_ &= !(run_[i].opens && i > 0) && !(run_[i].closes && i + 1 < run_.size());
  }
}

// Elements first .. of the destination vector, groups of 32.
void Drain::VectorRun(uint32_t first, uint32_t pairs) {
  run_.assign(pairs, {});
  for (uint32_t i = 0; i < pairs; ++i) {
    const uint32_t n = first + 2 * i, in = n % kGroup;
    run_[i].opens = in == 0;
    run_[i].closes = in == kGroup - 2 || n + 2 >= work_.n;
    run_[i].group.pairs = in / 2 + 1;
  }
  Classify();
}

// Pairs (gate, up) make one element each.
void Drain::GluRun(uint32_t first, uint32_t pairs) {
  run_.assign(pairs, {});
  for (uint32_t i = 0; i < pairs; ++i) {
    const uint32_t n = first / 2 + i, in = n % kGroup;
    run_[i].opens = in == 0;
    run_[i].closes = in == kGroup - 1 || first + 2 * i + 2 >= work_.n;
    run_[i].group.pairs = in / 2 + 1;
  }
  Classify();
}

// Q, K: groups of 32 within the head; V: the head.
void Drain::HeadRun(uint32_t first, uint32_t pairs) {
  const uint32_t size = shape_.model.head_dim;
  const bool value = work_.epilogue == Epilogue::kV;
  run_.assign(pairs, {});
  for (uint32_t i = 0; i < pairs; ++i) {
    const uint32_t n = first + 2 * i, head = n / size, d = n % size;
    const bool head_end = d + 2 >= size || n + 2 >= work_.n;
    Cut& cut = run_[i];
    cut.opens = d % kGroup == 0;
    cut.closes = head_end || (!value && d % kGroup == kGroup - 2);
    cut.slot = value ? d / kGroup : 0;
    if (cut.closes) cut.group = HeadGroup(head, d);
  }
  Classify();
}

// The group of a head that ends with elements d, d + 1.
GroupShape Drain::HeadGroup(uint32_t head, uint32_t d) const {
  const ModelInstr& m = shape_.model;
  const uint32_t port = shape_.hw.port, word = shape_.hw.word_bytes();
  const uint32_t place = head / (work_.epilogue == Epilogue::kQ ? m.q_per_kv : 1) % m.hs * m.head_dim;
  GroupShape group;
  if (work_.epilogue == Epilogue::kV) {
    // A line of its own for each element, port / 32 lines a write; the scale with the last piece.
    const uint32_t lines = std::max(1u, port / kGroup), size = d + 2, tail = (size - 1) % kGroup + 1;
    const auto writes = [&](uint32_t from, uint32_t count) {
      return (from % lines + count + lines - 1) / lines;
    };
    group.kind = GroupShape::Kind::kValue;
    group.pairs = size / 2;
    group.writes = writes(place, kGroup);
    group.last_writes = writes(place + size - tail, tail) + 1;
    return group;
  }
  const uint32_t length = d % kGroup + 2;
  group.pairs = length / 2;
  if (work_.epilogue == Epilogue::kK) {
    group.kind = GroupShape::Kind::kKey;
    group.writes = (place % word + length + word - 1) / word + 1;
  } else {
    group.kind = GroupShape::Kind::kQuery;
    if (m.hs > 1) {
      group.lead = place / word;  // words of other heads
      group.trail = kGroup / word - 1 - (place + length - 1) / word;
    }
  }
  return group;
}

uint32_t Drain::Period(Epilogue epilogue, uint32_t parts) const {
  const ModelInstr& m = shape_.model;
  uint32_t outputs = kGroup;
  switch (epilogue) {
    case Epilogue::kQ:
      outputs = m.head_dim * m.hs * m.q_per_kv;
      break;
    case Epilogue::kK:
    case Epilogue::kV:
      outputs = m.head_dim * m.hs;
      break;
    case Epilogue::kGlu:
      outputs = 2 * kGroup;
      break;
    case Epilogue::kLogits:
      outputs = 2;
      break;
    default:
      break;
  }
  const uint32_t panel = shape_.hw.panel_rows * parts;
  return std::lcm(outputs, panel) / panel;
}

}  // namespace weft::perf
