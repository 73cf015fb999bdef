// The packed records of rtl/weft_pkg.sv for benches: drain descriptors, pairs, quantizer configurations, the
// model.
//
// A record lists its fields in the order of the SystemVerilog struct, most significant first; Port copies it
// to a verilated port and back.
#pragma once

#include <verilated.h>

#include <array>
#include <cstdint>
#include <ostream>
#include <tuple>

namespace weft::bench {

// epi_e of rtl/weft_pkg.sv.
enum Epilogue : uint8_t { kEpiQ, kEpiK, kEpiV, kEpiRes, kEpiGlu, kEpiLogits, kEpiO, kEpiEmbed };

struct ModelRecord {
  uint64_t dim = 0, hidden = 0, head_dim = 0, q_per_kv = 0, hs = 0, sets = 0, blocks = 0, k_groups = 0;
  uint64_t q_base = 0, p_base = 0, inv_dim = 0, eps = 0, k_tail = 0, q_passes = 0, bias = 0, qk_norm = 0, head_eps = 0;

  static constexpr std::array<int, 17> kWidths = {16, 16, 8, 8, 8, 8, 16, 16, 16, 16, 32, 32, 8, 8, 1, 1, 32};
  auto Fields() {
    return std::tie(dim, hidden, head_dim, q_per_kv, hs, sets, blocks, k_groups, q_base, p_base, inv_dim, eps,
                    k_tail, q_passes, bias, qk_norm, head_eps);
  }
};

struct DrainDesc {
  uint64_t epi = 0, is_k = 0, norm = 0, want = 0, parts_log2 = 0, copies_log2 = 0, dst_copies_log2 = 0, n = 0;
  uint64_t panels = 0, row_first = 0, rows = 0, set = 0, block = 0;
  uint64_t kv_buf = 0, o_buf = 0, last = 0, dst_base = 0, dst_groups = 0, qs = 0, addr = 0, instr = 0;

  static constexpr std::array<int, 21> kWidths = {3, 1,  1, 1, 2, 2,  2,  24, 16, 8, 8,
                                                  8, 16, 2, 1, 1, 16, 16, 32, 48, 16};
  auto Fields() {
    return std::tie(epi, is_k, norm, want, parts_log2, copies_log2, dst_copies_log2, n, panels, row_first, rows, set, block, kv_buf, o_buf, last,
                    dst_base, dst_groups, qs, addr, instr);
  }
};

struct PairCtx {
  uint64_t epi = 0, norm = 0, row = 0, n = 0, first = 0, last = 0, last_all = 0, odd_pad = 0, head = 0, d = 0;
  uint64_t instr = 0;

  static constexpr std::array<int, 11> kWidths = {3, 1, 8, 24, 1, 1, 1, 1, 8, 8, 16};
  auto Fields() { return std::tie(epi, norm, row, n, first, last, last_all, odd_pad, head, d, instr); }
  bool operator==(const PairCtx&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const PairCtx& c) {
  return out << "{epi " << c.epi << " norm " << c.norm << " row " << c.row << " n " << c.n << " first "
             << c.first << " last " << c.last << " last_all " << c.last_all << " odd_pad " << c.odd_pad
             << " head " << c.head << " d " << c.d << " instr " << c.instr << "}";
}

struct QuantCfg {
  uint64_t epi = 0, dst_copies_log2 = 0, dst_base = 0, dst_groups = 0, qs = 0, addr = 0;

  static constexpr std::array<int, 6> kWidths = {3, 2, 16, 16, 32, 48};
  auto Fields() { return std::tie(epi, dst_copies_log2, dst_base, dst_groups, qs, addr); }
  bool operator==(const QuantCfg&) const = default;
};

// Calls visit(field, its lowest bit, its width) for each field, last (least significant) first.
template <typename Record, typename Visit>
void ForEachField(Record& record, Visit visit) {
  std::apply(
      [&](auto&... field) {
        uint64_t* fields[] = {&field...};
        static_assert(sizeof...(field) == Record::kWidths.size());
        int low = 0;
        for (size_t i = sizeof...(field); i-- > 0; low += Record::kWidths[i]) {
          visit(*fields[i], low, Record::kWidths[i]);
        }
      },
      record.Fields());
}

template <typename Record>
void ToPort(Record record, WDataOutP words, int word_count) {
  for (int i = 0; i < word_count; ++i) words[i] = 0;
  ForEachField(record, [&](uint64_t field, int low, int width) {
    for (int b = 0; b < width; ++b)
      words[(low + b) / 32] |= static_cast<uint32_t>(field >> b & 1) << (low + b) % 32;
  });
}

template <typename Record, std::size_t Words>
void ToPort(const Record& record, VlWide<Words>& port) {
  ToPort(record, port.data(), Words);
}

template <typename Record, std::size_t Words>
Record FromPort(const VlWide<Words>& port) {
  Record record;
  ForEachField(record, [&](uint64_t& field, int low, int width) {
    field = 0;
    for (int b = 0; b < width; ++b) field |= uint64_t{port[(low + b) / 32] >> (low + b) % 32 & 1} << b;
  });
  return record;
}

// Handshakes that hesitate.
enum class Stalls { kNone, kInput, kOutput, kBoth };
inline bool InputStalls(Stalls s) { return s == Stalls::kInput || s == Stalls::kBoth; }
inline bool OutputStalls(Stalls s) { return s == Stalls::kOutput || s == Stalls::kBoth; }
inline const char* StallName(Stalls s) {
  constexpr const char* kNames[] = {"NoStalls", "InputStalls", "OutputStalls", "BothStall"};
  return kNames[static_cast<int>(s)];
}

}  // namespace weft::bench
